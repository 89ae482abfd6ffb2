"""How the notifications of subscriptions fare, and sending what was given up after all."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId
from renkei.parties import api as parties
from renkei.web.errors import PageMissing
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing
from renkei.web.views.entities import Sheet, page_number


@require_safe
@signed_in
def subscriptions(request: PortalRequest) -> HttpResponse:
    """List a member's subscriptions with their health; the operator chooses whose."""
    owner = _meant(request)
    if owner is None:
        return listing.show(
            request, "subscriptions", section="entities", organisations=parties.organisations()
        )
    number = page_number(request)
    page = context.Page(listing.ON_A_PAGE, (number - 1) * listing.ON_A_PAGE, counted=True)
    health = context.subscriptions_health(owner, page, now=utc_now())
    return listing.show(
        request,
        "subscriptions",
        section="entities",
        owner=owner,
        lines=[_line(each) for each in health.subscriptions],
        sheet=Sheet(number, max(1, -(-(health.total or 0) // listing.ON_A_PAGE)), health.total or 0),
        may_redeliver=parties.Scope.CONTEXT_WRITE in request.caller.scopes or request.caller.org is None,
        redelivered=_count(request),
    )


@require_POST
@signed_in
def redeliver(request: PortalRequest, *, subscription_id: str) -> HttpResponse:
    """Send what was given up after all. Raises parties.scope-missing, context.subscription-missing."""
    owner = _meant(request)
    if owner is None:
        raise PageMissing
    if request.caller.org is not None:
        parties.check_scope(request.caller, parties.Scope.CONTEXT_WRITE)
    count = context.redeliver(owner, subscription_id, actor=request.caller.actor, now=utc_now())
    said = {"redelivered": count} | ({} if request.caller.org else {"org": owner})
    return redirect(f"{reverse('subscriptions')}?{urlencode(said)}")


def _meant(request: PortalRequest) -> OrgId | None:
    """Return whose subscriptions are meant; None where the operator has not said. Raises parties.scope-missing."""
    if request.caller.org is not None:
        parties.check_scope(request.caller, parties.Scope.CONTEXT_READ)
    return listing.meant(request)


@dataclass(frozen=True, slots=True)
class HealthLine:
    """One line of the list of subscriptions."""

    fares: context.Fares
    endpoint: str
    error: str


def _line(fares: context.Fares) -> HealthLine:
    uri = fares.subscribed.subscription.endpoint.uri
    return HealthLine(fares, _endpoint(uri), fares.subscribed.last_error.replace(uri, _endpoint(uri)))


def _endpoint(uri: str) -> str:
    """Return an address without what may be a secret: a password, or a query."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _count(request: PortalRequest) -> int | None:
    said = request.GET.get("redelivered", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else None
