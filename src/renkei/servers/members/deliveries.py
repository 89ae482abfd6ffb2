"""What providers pushed to an organisation: the list, and the bytes by Range, HEAD or whole."""

import logging
from functools import partial

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from renkei.exchange import api as exchange
from renkei.kernel.ids import DeliveryId, TransferId
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties
from renkei.servers.door import STATUS, Call, Reply, check_address, in_room, json_reply, route
from renkei.servers.errors import Fault
from renkei.servers.files import Answer, file_answer, refused, send_answer
from renkei.servers.identity import member
from renkei.servers.inbox import kept_at
from renkei.wire import member as wire
from renkei.wire.rows import ending_of

log = logging.getLogger(__name__)


def deliveries(call: Call) -> Reply:
    """List what was pushed by one transfer."""
    org = member(call, parties.Scope.EXCHANGE).org.id
    found = exchange.deliveries(TransferId(call.path["id"]), org=org)
    return json_reply(wire.Deliveries(tuple(map(_delivery, found))))


class DeliveryDoor:
    """`GET /api/v1/transfers/{id}/deliveries/{delivery}`, as a plain ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        call = Call(request.method, request.path_params, request.query_params, request.headers)
        try:
            check_address(call)
            answer = await in_room(partial(_prepare, call, dict(scope["headers"])))
        except Refusal as refusal:
            answer = refused(refusal, STATUS[refusal.kind])
        except Exception:
            log.exception("a bug behind %s", scope["path"])
            answer = refused(Fault(), 500)
        await send_answer(answer, scope, send)


def _prepare(call: Call, headers: dict[bytes, bytes]) -> Answer:
    org = member(call, parties.Scope.EXCHANGE).org.id
    transfer = TransferId(call.path["id"])
    found = exchange.delivery(DeliveryId(call.path["delivery"]), transfer=transfer, org=org)
    # Never as what the provider called it: a page of a stranger's would be one of this node's.
    answer = file_answer(kept_at(transfer, found.sha256), headers, media_type=b"application/octet-stream")
    answer.headers += [
        (
            b"content-disposition",
            f'attachment; filename="{found.sha256[:16]}{ending_of(found.media_type)}"'.encode(),
        ),
        (b"x-content-type-options", b"nosniff"),
    ]
    return answer


def _delivery(fact: exchange.Delivery) -> wire.Delivery:
    return wire.Delivery(
        id=fact.id,
        size=fact.size,
        sha256=fact.sha256,
        media_type=fact.media_type,
        received_at=fact.received_at,
        receipt=fact.receipt,
    )


ROUTES: list[BaseRoute] = [
    route(f"{wire.ROOT}/transfers/{{id}}/deliveries", deliveries, methods=["GET"]),
    Route(f"{wire.ROOT}/transfers/{{id}}/deliveries/{{delivery}}", DeliveryDoor(), methods=["GET"]),
]
