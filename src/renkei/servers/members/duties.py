"""The doors of the member API about an agreement's duties and uses."""

from starlette.routing import BaseRoute

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import AgreementId
from renkei.parties import api as parties
from renkei.servers.door import Call, Reply, json_reply, route
from renkei.servers.identity import member
from renkei.servers.members import answers
from renkei.wire import member as wire


def duties(call: Call) -> Reply:
    """List the duties of one agreement, with how often its data were used."""
    caller = member(call, parties.Scope.EXCHANGE)
    found = exchange.agreement(AgreementId(call.path["id"]), org=caller.org.id)
    owed = exchange.duties(found.id, org=found.org)
    used = answers.uses(exchange.uses(found, now=utc_now()))
    return json_reply(wire.Duties(tuple(map(answers.duty, owed)), used))


def fulfil(call: Call) -> Reply:
    """State that a duty is fulfilled; the other side is told in the background."""
    caller = member(call, parties.Scope.EXCHANGE)
    said = call.read(wire.DutyFulfilment)
    done = exchange.fulfil_duty(
        org=caller.org.id,
        agreement=AgreementId(call.path["id"]),
        number=said.duty,
        statement=said.statement,
        evidence=said.evidence,
        actor=caller.actor,
        now=utc_now(),
    )
    return json_reply(answers.duty(done))


ROUTES: list[BaseRoute] = [
    route(f"{wire.ROOT}/agreements/{{id:path}}/duties", duties, methods=["GET"]),
    route(f"{wire.ROOT}/agreements/{{id:path}}/duties", fulfil, methods=["POST"]),
]
