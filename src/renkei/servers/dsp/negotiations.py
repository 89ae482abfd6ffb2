"""Contract negotiation: what peers say to an organisation, as its consumers and as its providers."""

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.servers.door import Call, Reply, route
from renkei.servers.dsp.addresses import BASE
from renkei.servers.dsp.answers import LARGEST, Visit, act, message_reply, refuse_negotiation, visit
from renkei.servers.dsp.errors import CallbackNeeded, ProcessMismatch
from renkei.servers.dsp.pace import openings
from renkei.wire.dsp import envelope
from renkei.wire.dsp.envelope import NIL_PID
from renkei.wire.dsp.negotiation import (
    ContractAgreementMessage,
    ContractAgreementVerificationMessage,
    ContractNegotiation,
    ContractNegotiationEventMessage,
    ContractNegotiationTerminationMessage,
    ContractOfferMessage,
    ContractRequestMessage,
)


def show(call: Call) -> Reply:
    """Answer with the state of a negotiation that the caller is a party of. Raises exchange.negotiation-missing."""
    here = visit(call)
    return _state(exchange.negotiation_for_peer(call.path["pid"], org=here.org.id, peer=here.peer))


def open_by_request(call: Call, here: Visit) -> Reply:
    """Take a consumer's first request: 201 with the new negotiation, and the same again for the same request."""
    message = envelope.read(call.body, ContractRequestMessage)
    if message.callback_address is None:
        raise CallbackNeeded
    openings.check(here.peer)
    return _state(_request(here, message), status=201)


def counter_by_request(call: Call, here: Visit) -> Reply:
    """Take a consumer's counter-offer."""
    message = envelope.read(call.body, ContractRequestMessage)
    check_process(call, message.provider_pid)
    return _state(_request(here, message))


def open_by_offer(call: Call, here: Visit) -> Reply:
    """Take a provider's offer that nobody asked for: 201 with the new negotiation."""
    message = envelope.read(call.body, ContractOfferMessage)
    if message.callback_address is None:
        raise CallbackNeeded
    openings.check(here.peer)
    return _state(_offer(here, message), status=201)


def answer_by_offer(call: Call, here: Visit) -> Reply:
    """Take a provider's offer in a negotiation of ours."""
    message = envelope.read(call.body, ContractOfferMessage)
    check_process(call, message.consumer_pid)
    return _state(_offer(here, message))


def take_agreement(call: Call, here: Visit) -> Reply:
    """Take a provider's agreement."""
    message = envelope.read(call.body, ContractAgreementMessage)
    check_process(call, message.consumer_pid)
    taken = exchange.receive_agreement(
        org=here.org.id,
        peer=here.peer,
        pid=message.consumer_pid,
        peer_pid=message.provider_pid,
        agreement=message.agreement,
        now=utc_now(),
    )
    return _state(taken)


def take_verification(call: Call, here: Visit) -> Reply:
    """Take a consumer's confirmation that it holds the agreement."""
    message = envelope.read(call.body, ContractAgreementVerificationMessage)
    check_process(call, message.provider_pid)
    taken = exchange.receive_verification(
        org=here.org.id,
        peer=here.peer,
        pid=message.provider_pid,
        peer_pid=message.consumer_pid,
        now=utc_now(),
    )
    return _state(taken)


def take_event(call: Call, here: Visit) -> Reply:
    """Take a consumer's ACCEPTED or a provider's FINALIZED."""
    message = envelope.read(call.body, ContractNegotiationEventMessage)
    pid, peer_pid = own_and_peer(call, provider=message.provider_pid, consumer=message.consumer_pid)
    receive = exchange.receive_accepted if message.event_type == "ACCEPTED" else exchange.receive_finalized
    return _state(receive(org=here.org.id, peer=here.peer, pid=pid, peer_pid=peer_pid, now=utc_now()))


def take_termination(call: Call, here: Visit) -> Reply:
    """Take either side's end of the negotiation, with its reasons."""
    message = envelope.read(call.body, ContractNegotiationTerminationMessage)
    pid, peer_pid = own_and_peer(call, provider=message.provider_pid, consumer=message.consumer_pid)
    taken = exchange.receive_negotiation_termination(
        org=here.org.id,
        peer=here.peer,
        pid=pid,
        peer_pid=peer_pid,
        code=message.code or "",
        reasons=envelope.reason_texts(message.reason),
        now=utc_now(),
    )
    return _state(taken)


def check_process(call: Call, own: str | None) -> None:
    """Raise ProcessMismatch unless the message names our process as the address does."""
    if own != call.path["pid"]:
        raise ProcessMismatch(path=call.path["pid"], message=own or "-")


def own_and_peer(call: Call, *, provider: str, consumer: str) -> tuple[str, str]:
    """Return our pid and the peer's, in a message that either side may send: ours is the one in the address.

    Raises ProcessMismatch when neither is.
    """
    if call.path["pid"] == provider:
        return provider, consumer
    if call.path["pid"] == consumer:
        return consumer, provider
    raise ProcessMismatch(path=call.path["pid"], message=f"{provider}, {consumer}")


def _request(here: Visit, message: ContractRequestMessage) -> exchange.Negotiation:
    return exchange.receive_request(
        org=here.org.id,
        peer=here.peer,
        consumer_pid=message.consumer_pid,
        provider_pid=message.provider_pid,
        offer=message.offer,
        callback=message.callback_address,
        message_id=message.id,
        now=utc_now(),
    )


def _offer(here: Visit, message: ContractOfferMessage) -> exchange.Negotiation:
    return exchange.receive_offer(
        org=here.org.id,
        peer=here.peer,
        provider_pid=message.provider_pid,
        consumer_pid=message.consumer_pid,
        offer=message.offer,
        callback=message.callback_address,
        message_id=message.id,
        now=utc_now(),
    )


def _state(negotiation: exchange.Negotiation, *, status: int = 200) -> Reply:
    answer = ContractNegotiation(
        provider_pid=negotiation.provider_pid or NIL_PID,
        consumer_pid=negotiation.consumer_pid or NIL_PID,
        state=negotiation.state.value,
    )
    return message_reply(answer, status=status)


_HANDLERS = [
    ("/request", open_by_request),
    ("/offers", open_by_offer),
    ("/{pid}/request", counter_by_request),
    ("/{pid}/offers", answer_by_offer),
    ("/{pid}/agreement", take_agreement),
    ("/{pid}/agreement/verification", take_verification),
    ("/{pid}/events", take_event),
    ("/{pid}/termination", take_termination),
]
ROUTES = [
    *(
        route(
            f"{BASE}/negotiations{path}",
            act(handler),
            methods=["POST"],
            refuse=refuse_negotiation,
            limit=LARGEST,
            far=True,
        )
        for path, handler in _HANDLERS
    ),
    route(f"{BASE}/negotiations/{{pid}}", show, methods=["GET"], refuse=refuse_negotiation, far=True),
]
