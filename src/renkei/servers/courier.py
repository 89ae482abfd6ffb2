"""Carries the exchange's messages to the peers over the Dataspace Protocol 2025-1."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from renkei.exchange import api as exchange
from renkei.exchange.api import MessageKind, Outgoing, Sent
from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers import identity, outgoing
from renkei.servers.dsp.addresses import PATH, base_url
from renkei.servers.errors import PeerAnswered
from renkei.wire import duties
from renkei.wire.dsp import envelope, negotiation, transfer

ASKING: Final = 15
"""Seconds for a question about a process: with the message before it, it stays within the lease of the outbox."""
CONFLICT: Final = 409


class DspCourier:
    """Sends one message at a time; safe in any number of threads and processes."""

    def __init__(self, calls: outgoing.Outgoing | None = None) -> None:
        """`calls` is who makes the HTTP calls: the process's shared one unless told otherwise."""
        self._calls = calls

    def send(self, message: Outgoing) -> Sent:
        """Send a message and return when the peer has taken it, with the peer's pid where it opens a process.

        Raises exchange.PeerRefused with the peer's own code and reasons when the peer, or this node's guard of
        addresses, refuses it for good (4xx other than 408 and 429); exchange.PeerUnavailable when it may be tried
        again: no connection, no answer in time, 408, 429, 5xx, an answer that is too large or cannot be read;
        exchange.PeerUnready for 409.
        """
        with in_the_exchanges_words():
            return self._carry(message)

    def state(self, message: Outgoing) -> str:
        """Return the state in which the peer holds the message's process (`GET <base>/negotiations/<pid>`).

        Raises what `send` raises.
        """
        with in_the_exchanges_words():
            calls = self._calls or outgoing.shared_outgoing()
            shown = identity.authorize(org=message.org, audience=message.peer)
            answer = calls.get_json(_process_url(message), authorization=shown, seconds=ASKING)
            return _told(message, answer.body).state

    def _carry(self, message: Outgoing) -> Sent:
        if message.kind is MessageKind.DUTY_FULFILMENT:
            return self._state_duty(message)
        calls = self._calls or outgoing.shared_outgoing()
        path, make = _KINDS[message.kind]
        # Only an opening says where the answers shall go.
        base = base_url(parties.organisation(message.org)) if message.opening else ""
        body = envelope.write(make(message, base))
        shown = identity.authorize(org=message.org, audience=message.peer)
        answer = calls.post_json(_url(message, path), body, authorization=shown)
        return Sent(_peer_pid(message, answer.body)) if message.opening else Sent()

    def _state_duty(self, message: Outgoing) -> Sent:
        """Send a duty's evidence, which is no message of the protocol, to the root beside the peer's base."""
        calls = self._calls or outgoing.shared_outgoing()
        root = message.address.rstrip("/").removesuffix(PATH)
        body = msgspec.json.encode(duties.Fulfilment(statement=message.payload["statement"]))
        shown = identity.authorize(org=message.org, audience=message.peer)
        calls.post_json(root + duties.PATH, body, authorization=shown)
        return Sent()


def in_both_languages(refusal: Refusal) -> Text:
    """Return what a refusal says."""
    return Text(ja=refusal.said("ja"), en=refusal.said("en"))


@contextmanager
def in_the_exchanges_words(say: Callable[[Refusal], Text] = in_both_languages) -> Iterator[None]:
    """Turn refusals of a call to a peer into PeerRefused, PeerUnready and PeerUnavailable; `say` words our own ones."""
    try:
        yield
    except PeerAnswered as refusal:
        if refusal.kind is Kind.UNAVAILABLE:
            raise exchange.PeerUnavailable(say(refusal)) from refusal
        refused = exchange.PeerUnready if refusal.status == CONFLICT else exchange.PeerRefused
        raise refused(status=refusal.status, code=refusal.peer_code, reasons=refusal.reasons) from refusal
    except Refusal as refusal:
        if refusal.kind is Kind.UNAVAILABLE:
            raise exchange.PeerUnavailable(say(refusal)) from refusal
        said = say(refusal)
        raise exchange.PeerRefused(status=0, code=refusal.code, reasons=(said.en, said.ja)) from refusal


def _url(message: Outgoing, path: str) -> str:
    return f"{_processes_url(message) if message.opening else _process_url(message)}/{path}"


def _processes_url(message: Outgoing) -> str:
    process = "negotiations" if message.kind.startswith("contract-") else "transfers"
    return f"{message.address.rstrip('/')}/{process}"


def _process_url(message: Outgoing) -> str:
    return f"{_processes_url(message)}/{quote(_of_peer(message), safe=':')}"


def _peer_pid(message: Outgoing, body: bytes) -> str:
    """Return the pid that the peer gave the process. Raises exchange.PeerUnavailable when the answer cannot be used."""
    answer = _told(message, body)
    return answer.provider_pid if message.role is exchange.Role.CONSUMER else answer.consumer_pid


def _told(message: Outgoing, body: bytes) -> negotiation.ContractNegotiation | transfer.TransferProcess:
    """Read what the peer says of a process. Raises exchange.PeerUnavailable when it is unusable or about another one."""
    process: type[negotiation.ContractNegotiation | transfer.TransferProcess] = (
        negotiation.ContractNegotiation if message.kind.startswith("contract-") else transfer.TransferProcess
    )
    try:
        answer = envelope.read(body, process)
    except Refusal as refusal:
        said = in_both_languages(refusal)
        raise exchange.PeerUnavailable(
            Text(ja=f"相手の応答を使えません: {said.ja}", en=f"the peer's answer cannot be used: {said.en}")
        ) from refusal
    ours = answer.consumer_pid if message.role is exchange.Role.CONSUMER else answer.provider_pid
    if ours != message.own_pid:
        raise exchange.PeerUnavailable(
            Text(
                ja=f"相手の応答が、別の交渉または転送 {ours} についてのものです。",
                en=f"the peer's answer is about another process, {ours}",
            )
        )
    return answer


def _of_peer(message: Outgoing) -> str:
    if message.peer_pid is None:
        raise exchange.PeerUnavailable(
            Text(
                ja="相手がこの交渉または転送を何と呼ぶか、まだ知らされていません。",
                en="the peer has not said yet what it calls this process",
            )
        )
    return message.peer_pid


def _consumer(message: Outgoing) -> str:
    return message.own_pid if message.role is exchange.Role.CONSUMER else _of_peer(message)


def _provider(message: Outgoing) -> str:
    return message.own_pid if message.role is exchange.Role.PROVIDER else _of_peer(message)


def _request(message: Outgoing, base: str) -> msgspec.Struct:
    return negotiation.ContractRequestMessage(
        consumer_pid=message.own_pid,
        offer=message.payload["offer"],
        provider_pid=None if message.opening else _of_peer(message),
        callback_address=base if message.opening else None,
    )


def _offer(message: Outgoing, base: str) -> msgspec.Struct:
    return negotiation.ContractOfferMessage(
        provider_pid=message.own_pid,
        offer=message.payload["offer"],
        consumer_pid=None if message.opening else _of_peer(message),
        callback_address=base if message.opening else None,
    )


def _agreement(message: Outgoing, _base: str) -> msgspec.Struct:
    return negotiation.ContractAgreementMessage(
        provider_pid=_provider(message),
        consumer_pid=_consumer(message),
        agreement=message.payload["agreement"],
    )


def _verification(message: Outgoing, _base: str) -> msgspec.Struct:
    return negotiation.ContractAgreementVerificationMessage(
        provider_pid=_provider(message), consumer_pid=_consumer(message)
    )


def _event(event: Literal["ACCEPTED", "FINALIZED"]) -> "_Make":
    def make(message: Outgoing, _base: str) -> msgspec.Struct:
        return negotiation.ContractNegotiationEventMessage(
            provider_pid=_provider(message), consumer_pid=_consumer(message), event_type=event
        )

    return make


def _transfer_request(message: Outgoing, base: str) -> msgspec.Struct:
    given = message.payload.get("data_address")
    return transfer.TransferRequestMessage(
        consumer_pid=message.own_pid,
        agreement_id=message.payload["agreement"],
        format=message.payload["format"],
        callback_address=base,
        data_address=None if given is None else data_address(exchange.DataAddress.from_dict(given)),
    )


def _transfer_start(message: Outgoing, _base: str) -> msgspec.Struct:
    given = message.payload.get("data_address")
    return transfer.TransferStartMessage(
        provider_pid=_provider(message),
        consumer_pid=_consumer(message),
        data_address=None if given is None else data_address(exchange.DataAddress.from_dict(given)),
    )


def data_address(address: exchange.DataAddress) -> transfer.DataAddress:
    """Return a data address in the protocol's form."""
    return transfer.DataAddress(
        type="DataAddress",
        endpoint_type=address.endpoint_type,
        endpoint=address.endpoint or None,
        properties=[
            transfer.EndpointProperty(type="EndpointProperty", name=name, value=value)
            for name, value in address.properties
        ]
        or None,
    )


def _transfer_completion(message: Outgoing, _base: str) -> msgspec.Struct:
    return transfer.TransferCompletionMessage(
        provider_pid=_provider(message), consumer_pid=_consumer(message)
    )


_Ending = type[
    negotiation.ContractNegotiationTerminationMessage
    | transfer.TransferSuspensionMessage
    | transfer.TransferTerminationMessage
]


def _ending(shape: _Ending) -> "_Make":
    def make(message: Outgoing, _base: str) -> msgspec.Struct:
        return shape(
            provider_pid=_provider(message),
            consumer_pid=_consumer(message),
            code=message.payload.get("code") or None,
            reason=list(message.payload.get("reason") or ()) or None,
        )

    return make


_Make = Callable[[Outgoing, str], msgspec.Struct]
_KINDS: Final[dict[MessageKind, tuple[str, _Make]]] = {
    MessageKind.CONTRACT_REQUEST: ("request", _request),
    MessageKind.CONTRACT_OFFER: ("offers", _offer),
    MessageKind.CONTRACT_ACCEPTED: ("events", _event("ACCEPTED")),
    MessageKind.CONTRACT_AGREEMENT: ("agreement", _agreement),
    MessageKind.CONTRACT_VERIFICATION: ("agreement/verification", _verification),
    MessageKind.CONTRACT_FINALIZED: ("events", _event("FINALIZED")),
    MessageKind.CONTRACT_TERMINATION: (
        "termination",
        _ending(negotiation.ContractNegotiationTerminationMessage),
    ),
    MessageKind.TRANSFER_REQUEST: ("request", _transfer_request),
    MessageKind.TRANSFER_START: ("start", _transfer_start),
    MessageKind.TRANSFER_SUSPENSION: ("suspension", _ending(transfer.TransferSuspensionMessage)),
    MessageKind.TRANSFER_COMPLETION: ("completion", _transfer_completion),
    MessageKind.TRANSFER_TERMINATION: ("termination", _ending(transfer.TransferTerminationMessage)),
}
"""For each kind, the last part of its path and how it is made."""
