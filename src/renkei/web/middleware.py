"""What every page goes through: its language, its security headers, and refusals told as a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from renkei.kernel.refusals import Kind, Refusal
from renkei.servers.door import STATUS
from renkei.web.errors import PageMissing
from renkei.web.language import COOKIE, language_of
from renkei.web.request import PortalRequest

POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""Content-Security-Policy: the pages have no script at all, and nothing from elsewhere."""


class Portal:
    """Middleware around every page."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: PortalRequest) -> HttpResponse:
        """Choose the language, answer, and add the headers that every page carries."""
        request.lang = language_of(request)
        response = refusal_page(request, PageMissing()) if _names_nothing(request) else self._answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Content-Language"] = request.lang
        if request.GET.get("lang") == request.lang:
            response.set_cookie(
                COOKIE, request.lang, max_age=365 * 86400, samesite="Lax", secure=request.is_secure()
            )
        return response

    def process_exception(self, request: PortalRequest, why: Exception) -> HttpResponse | None:
        """Tell a refusal as a page; lead whoever is not signed in to the sign-in page."""
        if not isinstance(why, Refusal):
            return None
        if why.kind is Kind.UNKNOWN_CALLER:
            wanted = request.get_full_path() if request.method == "GET" else reverse("overview")
            return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': wanted})}")
        # What is another's and what is not there get the same answer, so that nobody learns which it was.
        return refusal_page(request, PageMissing() if why.kind is Kind.MISSING else why)


def _names_nothing(request: HttpRequest) -> bool:
    """PostgreSQL stores no NUL and breaks on a question with one: no thing and no session was ever named so."""
    said = (request.path_info, *request.GET.values(), *request.COOKIES.values())
    return any("\x00" in part for part in said)


def refusal_page(request: PortalRequest, refusal: Refusal) -> HttpResponse:
    """Return the page that tells a refusal, under the status of its kind."""
    facts = {"refusal": refusal, "said": refusal.said(request.lang)}
    return render(request, "web/refusal.html", facts, status=STATUS[refusal.kind])
