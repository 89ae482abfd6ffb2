"""`POST /ingest/{network}`: one uplink a request, as the network's server posts it, with the organisation's token.

Only the organisation's own devices are known here. Each answer comes after the uplink is safe: 202 when it was stored,
200 when it already had been. A refused message is counted before it is answered with the refusal.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from starlette.routing import BaseRoute

from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties
from renkei.servers import identity
from renkei.servers.door import Call, Reply, json_reply, log, plain_refusal, route, stated_length
from renkei.servers.errors import BodyTooLarge, NetworkUnknown
from renkei.telemetry import api as telemetry
from renkei.wire.lorawan import chirpstack, helium, the_things_stack
from renkei.wire.lorawan.reading import OVERSIZE

Parse = Callable[[bytes], telemetry.Uplink | telemetry.Unreadable]

PARSERS: dict[str, Parse] = {
    telemetry.Network.HELIUM: helium.parse,
    telemetry.Network.CHIRPSTACK: chirpstack.parse,
    telemetry.Network.THE_THINGS_STACK: the_things_stack.parse,
}


def take(call: Call) -> Reply:
    """Store one uplink and answer what became of it."""
    member = identity.member(call, parties.Scope.INGEST)
    parse = PARSERS.get(call.path["network"])
    if parse is None:
        raise NetworkUnknown(network=call.path["network"], known=", ".join(PARSERS))
    if call.query.get("event", "up") != "up":
        # ChirpStack posts its other events (join, status, ack …) to the same address.
        return json_reply({"outcome": "ignored"})
    outcome = _receive(parse(call.body), member)
    if outcome.fate is telemetry.Fate.REFUSED:
        raise telemetry.refusal_of(outcome.code, why=outcome.why)
    return json_reply({"outcome": outcome.fate}, status=202 if outcome.fate is telemetry.Fate.STORED else 200)


def refuse(refusal: Refusal, call: Call) -> Reply:
    """Answer with the refusal; a body over the limit never reached `take`, so it is counted here."""
    if not isinstance(refusal, BodyTooLarge):
        return plain_refusal(refusal, call)
    why = f"more than {settings.RENKEI.max_body} bytes"
    item = telemetry.Unreadable(code=OVERSIZE, why=why, size=stated_length(call.headers), sha256="")
    try:
        _receive(item, identity.member(call, parties.Scope.INGEST))
    except Refusal as stranger:
        return plain_refusal(stranger, call)
    except DatabaseError:
        log.exception("an oversize message was refused and could not be counted")
    return plain_refusal(telemetry.refusal_of(OVERSIZE, why=why), call)


def _receive(item: telemetry.Uplink | telemetry.Unreadable, member: parties.Member) -> telemetry.Outcome:
    return telemetry.receive([item], owner=member.org.id, now=utc_now()).outcomes[0]


ROUTES: list[BaseRoute] = [route("/ingest/{network}", take, methods=["POST"], refuse=refuse)]
