"""Transfers under the agreements, and what was pushed by one of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import DeliveryId, TransferId
from renkei.servers.files import CHUNK
from renkei.servers.inbox import kept_at
from renkei.web.errors import PageMissing
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing
from renkei.web.views.provisions import receipt_file
from renkei.wire.rows import ending_of


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


@require_safe
@signed_in
def delivery(request: PortalRequest, *, transfer_id: str, delivery_id: str) -> HttpResponseBase:
    """Hand out the bytes that arrived, to the member that they are for: the operator sees only that they did."""
    if request.caller.org is None:
        raise PageMissing
    transfer = TransferId(transfer_id)
    found = exchange.delivery(DeliveryId(delivery_id), transfer=transfer, org=request.caller.org.id)
    path = kept_at(transfer, found.sha256)
    if not path.is_file():
        raise PageMissing
    name = f"{found.sha256[:16]}{ending_of(found.media_type)}"
    # Never as what the provider called it: a page of a stranger's would be one of this node's.
    answer = StreamingHttpResponse(_parts(path), content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Length"] = str(found.size)
    return answer


@require_safe
@signed_in
def delivery_receipt(request: PortalRequest, *, transfer_id: str, delivery_id: str) -> HttpResponse:
    """Hand out what came with a delivery as the provider's receipt, as it came."""
    transfer = TransferId(transfer_id)
    found = exchange.delivery(DeliveryId(delivery_id), transfer=transfer, org=listing.own(request))
    if not found.receipt:
        raise PageMissing
    return receipt_file(found.receipt)


async def _parts(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while part := await asyncio.to_thread(file.read, CHUNK):
            yield part
