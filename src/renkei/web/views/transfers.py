"""Transfers under the agreements."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.exchange import api as exchange
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing


@require_safe
@signed_in
def transfers(request: PortalRequest) -> HttpResponse:
    """List transfers with what they wait for or why they stopped."""
    return listing.show(
        request,
        "transfers",
        section="transfers",
        page=exchange.transfers(
            org=listing.own(request), after=listing.after(request), limit=listing.ON_A_PAGE
        ),
        owners=listing.owners(request),
    )
