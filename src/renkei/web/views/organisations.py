"""The organisations of the node; a member sees its own."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.web.request import PortalRequest
from renkei.web.session import check_own, signed_in
from renkei.web.views import listing


@require_safe
@signed_in
def organisations(request: PortalRequest) -> HttpResponse:
    """List the organisations that the caller may see."""
    shown = tuple(listing.owners(request).values())
    return listing.show(request, "organisations", section="organisations", page=listing.page(request, shown))


@require_safe
@signed_in
def organisation(request: PortalRequest, *, slug: str) -> HttpResponse:
    """Show one organisation, its tokens and its signing keys, without their secrets."""
    found = parties.organisation_by_slug(slug)
    check_own(request.caller, found.id)
    return listing.show(
        request,
        "organisation",
        section="organisations",
        organisation=found,
        keys=parties.keys(found.id),
        tokens=parties.tokens(found.id),
        now=utc_now(),
    )
