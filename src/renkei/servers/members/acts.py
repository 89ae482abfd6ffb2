"""The doors of the member API that act in what runs. As the provider an act is a decision and takes the scope publish."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.routing import BaseRoute

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import DatasetId, NegotiationId, TransferId
from renkei.parties import api as parties
from renkei.servers.door import Call, Reply, json_reply, route
from renkei.servers.identity import member
from renkei.servers.members import answers
from renkei.servers.peers import Peers
from renkei.wire import member as wire

peers = Peers()


def propose(call: Call) -> Reply:
    """Offer a dataset to a participant that has not asked for it; the message goes out in the background."""
    caller = _member(call)
    parties.check_scope(caller, parties.Scope.PUBLISH)
    asked = call.read(wire.Proposal)
    peer = peers.find(asked.consumer)
    made = exchange.propose_offer(
        org=caller.org.id,
        consumer=peer.participant,
        address=peer.base,
        dataset=DatasetId(asked.dataset),
        terms=asked.terms,
        by_hand=asked.by_hand,
        actor=caller.actor,
        now=utc_now(),
    )
    return json_reply(answers.negotiation(made), status=201)


def accept(call: Call) -> Reply:
    """Accept the provider's offer."""
    return _negotiate(call, exchange.accept_offer)


def agree(call: Call) -> Reply:
    """Agree to what the consumer asks for, or by hand to what it accepted."""
    return _negotiate(call, exchange.agree)


def counter(call: Call) -> Reply:
    """Answer with other terms."""
    caller = _member(call)
    terms = call.read(wire.Counter).terms
    found = _negotiation(caller, call)
    own: dict[str, Any] = {"org": found.org, "negotiation": found.id, "actor": caller.actor, "now": utc_now()}
    if found.role is exchange.Role.PROVIDER:
        return json_reply(answers.negotiation(exchange.counter(terms=terms, **own)))
    return json_reply(answers.negotiation(exchange.counter_offer(offer=terms, **own)))


def verify(call: Call) -> Reply:
    """Confirm by hand the agreement that came."""
    return _negotiate(call, exchange.verify_agreement)


def finalize(call: Call) -> Reply:
    """Put by hand into force what the consumer verified."""
    return _negotiate(call, exchange.finalize)


def terminate_negotiation(call: Call) -> Reply:
    """End a negotiation, giving the peer the reason."""
    return _negotiate(call, exchange.terminate_negotiation, body=wire.Termination)


def retry_negotiation(call: Call) -> Reply:
    """Have the message that waits tried at once."""
    caller = _member(call)
    found = _negotiation(caller, call)
    exchange.retry_now(org=found.org, process=found.id, actor=caller.actor, now=utc_now())
    return json_reply(answers.negotiation(exchange.negotiation(found.id, org=found.org)))


def start(call: Call) -> Reply:
    """Start by hand what the consumer requested."""
    return _transfer(call, exchange.start_transfer)


def suspend(call: Call) -> Reply:
    """Stop the reading for a while, giving the peer the reason."""
    return _transfer(call, exchange.suspend_transfer, body=wire.Termination)


def resume(call: Call) -> Reply:
    """Let the reading go on."""
    return _transfer(call, exchange.resume_transfer)


def complete(call: Call) -> Reply:
    """Say that everything was read."""
    return _transfer(call, exchange.complete_transfer)


def terminate_transfer(call: Call) -> Reply:
    """End a transfer, giving the peer the reason."""
    return _transfer(call, exchange.terminate_transfer, body=wire.Termination)


def retry_transfer(call: Call) -> Reply:
    """Have the message that waits tried at once."""
    caller = _member(call)
    found = _found_transfer(caller, call)
    exchange.retry_now(org=found.org, process=found.id, actor=caller.actor, now=utc_now())
    return json_reply(answers.transfer(exchange.transfer(found.id, org=found.org)))


def _negotiate(
    call: Call, act: Callable[..., exchange.Negotiation], *, body: type[wire.Termination] | None = None
) -> Reply:
    caller = _member(call)
    said = {} if body is None else msgspec.structs.asdict(call.read(body))
    found = _negotiation(caller, call)
    done = act(org=found.org, negotiation=found.id, actor=caller.actor, now=utc_now(), **said)
    return json_reply(answers.negotiation(done))


def _transfer(
    call: Call, act: Callable[..., exchange.Transfer], *, body: type[wire.Termination] | None = None
) -> Reply:
    caller = _member(call)
    said = {} if body is None else msgspec.structs.asdict(call.read(body))
    found = _found_transfer(caller, call)
    done = act(org=found.org, transfer=found.id, actor=caller.actor, now=utc_now(), **said)
    return json_reply(answers.transfer(done))


def _member(call: Call) -> parties.Member:
    return member(call, parties.Scope.EXCHANGE)


def _negotiation(caller: parties.Member, call: Call) -> exchange.Negotiation:
    found = exchange.negotiation(NegotiationId(call.path["id"]), org=caller.org.id)
    _check_may_decide(caller, found.role)
    return found


def _found_transfer(caller: parties.Member, call: Call) -> exchange.Transfer:
    found = exchange.transfer(TransferId(call.path["id"]), org=caller.org.id)
    _check_may_decide(caller, found.role)
    return found


def _check_may_decide(caller: parties.Member, role: exchange.Role) -> None:
    if role is exchange.Role.PROVIDER:
        parties.check_scope(caller, parties.Scope.PUBLISH)


_NEGOTIATION = {
    "acceptance": accept,
    "agreement": agree,
    "counter": counter,
    "verification": verify,
    "finalization": finalize,
    "termination": terminate_negotiation,
    "retry": retry_negotiation,
}
_TRANSFER = {
    "start": start,
    "suspension": suspend,
    "resumption": resume,
    "completion": complete,
    "termination": terminate_transfer,
    "retry": retry_transfer,
}
ROUTES: list[BaseRoute] = [
    route(f"{wire.ROOT}/proposals", propose, methods=["POST"], far=True),
    *(
        route(f"{wire.ROOT}/negotiations/{{id}}/{name}", act, methods=["POST"])
        for name, act in _NEGOTIATION.items()
    ),
    *(
        route(f"{wire.ROOT}/transfers/{{id}}/{name}", act, methods=["POST"])
        for name, act in _TRANSFER.items()
    ),
]
