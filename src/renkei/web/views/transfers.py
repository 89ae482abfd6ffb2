"""Transfers under the agreements."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing


@require_safe
@signed_in
def transfers(request: PortalRequest) -> HttpResponse:
    """List transfers with what they wait for or why they stopped; or only what is stuck or fails, or waits for us."""
    only_stuck, only_due = "stuck" in request.GET, "due" in request.GET
    return listing.show(
        request,
        "transfers",
        section="transfers",
        page=exchange.transfers(
            org=listing.own(request),
            due=True if only_due else None,
            stuck_at=utc_now() if only_stuck else None,
            after=listing.after(request),
            limit=listing.ON_A_PAGE,
        ),
        chosen="stuck" if only_stuck else "due" if only_due else "all",
        owners=listing.owners(request),
    )
