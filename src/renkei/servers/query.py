"""Queries in place: a SQL aggregate comes in, an answer goes out, and the rows stay.

How long an answer takes could tell of rows that are withheld. Whatever comes of a question is therefore told only at
certain times after it came: a tenth of a second, two, four, and so on.
"""

import asyncio
import time
from datetime import datetime

import msgspec
from starlette.routing import Route

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Kind, Refusal
from renkei.privacy import api as privacy
from renkei.servers.door import STATUS, Call, Reply, in_room, json_reply, route
from renkei.servers.errors import BodyMalformed, TransferOfAnotherToken
from renkei.wire.delta_sharing import VERSION_HEADER
from renkei.wire.queries import QueryAnswer, QueryRequest
from renkei.wire.rows import RECEIPT_HEADER

LARGEST = 200_000
"""Bytes of a question: its groups may be many."""
FIRST_MOMENT = 0.1
"""Seconds."""
QUERY_STATUS = {**STATUS, Kind.CONFLICT: 403}


async def ask(call: Call) -> Reply:
    """`POST /query/{transfer}` with the transfer's secret: answer a `QueryRequest` with a `QueryAnswer`.

    Raises exchange's refusals of an access, servers.transfer-of-another-token, privacy's refusals of queries.
    """
    begun = time.monotonic()
    try:
        return await in_room(lambda: answer(call))
    finally:
        await asyncio.sleep(left_to_wait(time.monotonic() - begun))


def answer(call: Call) -> Reply:
    """Check the caller, and answer its question. Raises what `ask` raises."""
    now = utc_now()
    try:
        asked = call.read(QueryRequest)
    except BodyMalformed:
        _granted(
            call, purpose=None, now=now
        )  # a stranger is told that it is one, and nothing of its question
        raise
    access = _granted(call, purpose=asked.purpose, now=now)
    told = exchange.answer_query(access, _question(asked), purpose=asked.purpose, write=_body, now=now)
    headers = {
        VERSION_HEADER: str(told.release.version),
        RECEIPT_HEADER: told.receipt.text,
        "Cache-Control": "private, no-store",
    }
    return Reply(body=told.body, headers=headers)


def _granted(call: Call, *, purpose: str | None, now: datetime) -> exchange.Access:
    access = exchange.access(call.bearer(), purpose=purpose, now=now)
    if access.transfer.id != call.path["transfer"]:
        raise TransferOfAnotherToken
    return access


def left_to_wait(elapsed: float) -> float:
    """Return the seconds until an answer may be told that took `elapsed` seconds."""
    moment = FIRST_MOMENT
    while moment < elapsed:
        moment *= 2
    return moment - elapsed


def _question(asked: QueryRequest) -> privacy.Question:
    return privacy.Question(
        sql=asked.sql,
        epsilon=asked.epsilon,
        bounds=tuple((name, low, high) for name, (low, high) in sorted(asked.bounds.items())),
        groups=asked.groups,
        groups_each=asked.groups_each,
    )


def _body(said: privacy.Answer, release: privacy.Release) -> bytes:
    """Write the answer as it goes out; its receipt names the SHA-256 of these bytes."""
    return msgspec.json.encode(
        QueryAnswer(
            columns=said.columns,
            rows=said.rows,  # type: ignore[arg-type]  # cells are what JSON knows: privacy.queries.running
            version=release.version,
            plan=release.digest,
            withheld=() if said.epsilon else release.withheld,
            smallest_group=said.smallest_group,
            epsilon=said.epsilon,
            again=said.again,
        )
    )


def _refuse(refusal: Refusal, _call: Call) -> Reply:
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind is Kind.UNKNOWN_CALLER else {}
    return json_reply(refusal.as_dict(), status=QUERY_STATUS[refusal.kind], headers=headers)


ROUTES: list[Route] = [route("/query/{transfer}", ask, methods=["POST"], refuse=_refuse, limit=LARGEST)]
