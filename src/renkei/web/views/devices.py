"""Devices, when they were last heard, and what became of what came in."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.telemetry import api as telemetry
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing


@require_safe
@signed_in
def devices(request: PortalRequest) -> HttpResponse:
    """List devices with their signal, and the intake by outcome."""
    org = listing.own(request)
    return listing.show(
        request,
        "devices",
        section="devices",
        page=listing.page(request, telemetry.devices(org)),
        intake=telemetry.intake(org),
        owners=listing.owners(request),
    )
