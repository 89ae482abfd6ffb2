"""The audit log's head, and its latest entries."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.audit import api as audit
from renkei.kernel.clock import utc_now
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing

LATEST = 30


@require_safe
@signed_in
def log(request: PortalRequest) -> HttpResponse:
    """Show the signed head, and the latest entries that the caller may see."""
    head = audit.signed_head(now=utc_now())
    org = request.caller.org
    entries = (
        audit.latest_concerning(org.participant, limit=LATEST)
        if org
        else audit.entries(start=max(0, head.size - LATEST), limit=LATEST)[::-1]
    )
    return listing.show(request, "log", section="log", head=head, key=audit.log_key(), entries=entries)
