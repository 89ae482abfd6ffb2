"""Signing in and out."""

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Refusal
from renkei.web import forms, session
from renkei.web.request import PortalRequest
from renkei.web.texts import TEXTS


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or begin a session and go where the person wanted to."""
    asked = cast("PortalRequest", request)
    if request.method != "POST":
        return _form(asked, next_page=request.GET.get("next", ""))
    form = forms.SignIn(request.POST)
    next_page = request.POST.get("next", "")
    if not form.is_valid():
        return _form(asked, next_page=next_page, said=TEXTS["sign-in.empty"].in_(asked.lang), status=400)
    try:
        session.sign_in(request, secret=form.cleaned_data["token"], now=utc_now())
    except Refusal as refusal:
        return _form(asked, next_page=next_page, said=refusal.said(asked.lang), status=403)
    return HttpResponseRedirect(_inside(request, next_page))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    session.sign_out(request, now=utc_now())
    return HttpResponseRedirect(reverse("sign-in"))


def _form(request: PortalRequest, *, next_page: str, said: str = "", status: int = 200) -> HttpResponse:
    return render(request, "web/sign_in.html", {"next": next_page, "said": said}, status=status)


def _inside(request: HttpRequest, wanted: str) -> str:
    """Return the page that was wanted, unless it is another site's."""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else reverse("overview")
