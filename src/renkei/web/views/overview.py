"""The first page: what waits for the reader, then how things stand."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.telemetry import api as telemetry
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing


@require_safe
@signed_in
def overview(request: PortalRequest) -> HttpResponse:
    """Show what waits for a decision, what has not arrived, and the figures."""
    org = listing.own(request)
    intake = telemetry.intake(org)
    titles = listing.titles(request)
    return listing.show(
        request,
        "overview",
        section="overview",
        waiting=exchange.negotiations(org=org, due=True, limit=listing.ON_A_PAGE),
        starting=exchange.transfers(org=org, due=True, limit=listing.ON_A_PAGE),
        overdue=exchange.duties_overdue(org=org, now=utc_now(), limit=listing.ON_A_PAGE),
        undelivered=[each for each in exchange.outbox(org=org) if each.attempts],
        titles=titles,
        devices=len(telemetry.devices(org)),
        intake=intake,
        refused=sum(intake.refused.values()),
        datasets=len(titles),
        figures=exchange.figures(org=org, now=utc_now()),
        log_size=audit.head().size,
    )
