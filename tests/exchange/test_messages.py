"""Every message that a peer can send, in every state, over the stored processes; and each of them twice."""

import hashlib
from itertools import product

import pytest

from renkei.exchange import api as exchange
from renkei.exchange.errors import TransitionIllegal
from renkei.exchange.rules.machine import NEGOTIATION, TRANSFER
from renkei.exchange.services.processes import loggable
from renkei.exchange.types import NegotiationMessage, NegotiationState, Role, TransferMessage, TransferState
from renkei.kernel.ids import NODE, new_id
from tests.factories.exchange import MAY, as_told, table

pytestmark = pytest.mark.django_db
N, NS, T, TS = NegotiationMessage, NegotiationState, TransferMessage, TransferState
AFTER = {  # what follows at once, on our own initiative
    (Role.PROVIDER, NS.ACCEPTED): NS.AGREED,
    (Role.PROVIDER, NS.VERIFIED): NS.FINALIZED,
    (Role.CONSUMER, NS.AGREED): NS.VERIFIED,
}


class Seat:
    """Our side of one process, and the voice of the peer."""

    def __init__(self, at, role):
        self.at, self.role = at, role
        self.org, self.peer = (
            (at.provider, at.consumer) if role is Role.PROVIDER else (at.consumer, at.provider)
        )
        self.pid, self.theirs = "", new_id()

    def said(self, **more):
        to = {
            "org": self.org.id,
            "peer": self.peer.participant,
            "pid": self.pid,
            "peer_pid": self.theirs,
            "now": MAY,
        }
        return to | more

    def put(self, rows, state):
        """Put the stored process into a state that would take a long story to reach."""
        rows.filter(pk=self.pid).update(state=state.value, peer_pid=self.theirs, heard="")


class Negotiating(Seat):
    def __init__(self, at, role):
        super().__init__(at, role)
        self.pid = self.open().id

    def open(self):
        if self.role is Role.CONSUMER:
            return self.at.request()
        return exchange.receive_request(
            org=self.org.id,
            peer=self.peer.participant,
            consumer_pid=self.theirs,
            provider_pid=None,
            offer=self.at.offer.policy(target=True),
            callback="https://peer.example",
            now=MAY,
        )

    def hears(self, message):
        offer = self.at.offer.policy(target=True) | {"@id": "urn:example:counter"}
        agreement = self.at.offer.policy(target=True) | {
            "@id": f"{self.theirs}:agreement",
            "@type": "Agreement",
            "assigner": self.at.provider.participant,
            "assignee": self.at.consumer.participant,
            "timestamp": "2026-05-01T09:00:00Z",
        }
        said = self.said()
        bare = {name: value for name, value in said.items() if name not in {"pid", "peer_pid"}}
        proposal = bare | {"offer": offer, "callback": None}
        calls = {
            N.REQUEST: lambda: exchange.receive_request(
                consumer_pid=self.theirs, provider_pid=self.pid, **proposal
            ),
            N.OFFER: lambda: exchange.receive_offer(
                consumer_pid=self.pid, provider_pid=self.theirs, **proposal
            ),
            N.ACCEPTED: lambda: exchange.receive_accepted(**said),
            N.AGREEMENT: lambda: exchange.receive_agreement(agreement=agreement, **said),
            N.VERIFICATION: lambda: exchange.receive_verification(**said),
            N.FINALIZED: lambda: exchange.receive_finalized(**said),
            N.TERMINATION: lambda: exchange.receive_negotiation_termination(code="7", reasons=["so"], **said),
        }
        return calls[message]()


class Transferring(Seat):
    def __init__(self, at, role, signed):
        super().__init__(at, role)
        if role is Role.CONSUMER:
            opened = exchange.request_transfer(
                org=self.org.id, agreement=signed.id, format=exchange.HTTP_DATA, actor=NODE, now=MAY
            )
        else:
            opened = exchange.receive_transfer_request(
                org=self.org.id,
                peer=self.peer.participant,
                consumer_pid=self.theirs,
                agreement=signed.id,
                format=exchange.HTTP_DATA,
                callback="https://peer.example",
                now=MAY,
            )
        self.pid = opened.id

    def hears(self, message):
        said = self.said()
        why = {"code": "7", "reasons": ["so"]}
        calls = {
            T.START: lambda: exchange.receive_transfer_start(data_address=None, **said),
            T.SUSPENSION: lambda: exchange.receive_transfer_suspension(**why, **said),
            T.COMPLETION: lambda: exchange.receive_transfer_completion(**said),
            T.TERMINATION: lambda: exchange.receive_transfer_termination(**why, **said),
        }
        return calls[message]()


def rows(name):
    from renkei.exchange import models

    return getattr(models, name).objects


@pytest.mark.parametrize(("role", "message"), list(product(Role, N)))
def test_a_negotiation_hears_what_the_table_allows_and_nothing_else(role, message):
    at = table(automatic=False)
    for state in NS:
        seat = Negotiating(at, role)
        seat.put(rows("NegotiationRow"), state)
        following = NEGOTIATION.get((state, message, role.other))

        if following is None:
            with pytest.raises(TransitionIllegal):
                seat.hears(message)
            assert exchange.negotiation(seat.pid, org=seat.org.id).state is state
            continue
        heard = seat.hears(message)
        assert heard.state is AFTER.get((role, following), following)
        waiting = exchange.outbox(org=seat.org.id)
        assert as_told(seat.hears(message)) == as_told(
            heard
        )  # the sender did not see our answer and says it again
        assert exchange.outbox(org=seat.org.id) == waiting


@pytest.mark.parametrize(("role", "message"), list(product(Role, [m for m in T if m is not T.REQUEST])))
def test_a_transfer_hears_what_the_table_allows_and_nothing_else(role, message):
    at = table()
    signed = at.agreed()
    for state in TS:
        seat = Transferring(at, role, signed)
        seat.put(rows("TransferRow"), state)
        following = TRANSFER.get((state, message, role.other))

        if following is None:
            with pytest.raises(TransitionIllegal):
                seat.hears(message)
            assert exchange.transfer(seat.pid, org=seat.org.id).state is state
            continue
        assert seat.hears(message).state is following
        waiting = exchange.outbox(org=seat.org.id)
        assert seat.hears(message).state is following
        assert exchange.outbox(org=seat.org.id) == waiting


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("provider.busy", "provider.busy"),
        ("", ""),
        ("Taro Yamada lives here", f"sha256:{hashlib.sha256(b'Taro Yamada lives here').hexdigest()}"),
        ("x" * 101, f"sha256:{hashlib.sha256(b'x' * 101).hexdigest()}"),
    ],
)
def test_what_a_peer_writes_for_a_code_does_not_get_into_the_log_as_it_is(code: str, kept: str) -> None:
    assert loggable(code) == kept
