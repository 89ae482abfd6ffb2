"""Peers that refuse a message which they have taken before, or whose answers cross ours: nobody is cut off for it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.rules.machine import shows_taken
from renkei.kernel.ids import NODE
from tests.factories.exchange import MAY, Table, table

K = exchange.MessageKind
P, C = exchange.Role.PROVIDER, exchange.Role.CONSUMER
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=61)


def moved_on(kind: exchange.MessageKind) -> exchange.PeerRefused:
    return exchange.PeerRefused(status=409, code="", reasons=[f"{kind} is out of place in this state"])


class Unforgiving:
    """Lets each message of some kinds arrive, loses the answer to it, and refuses every repetition."""

    def __init__(self, at: Table, *kinds: exchange.MessageKind, died: bool = False) -> None:
        self.kinds, self.died, self.heard = set(kinds), died, list[exchange.MessageKind]()
        at.post.before, at.post.after = self.before, self.after

    def before(self, message: exchange.Outgoing) -> None:
        if message.kind in self.heard:
            raise moved_on(message.kind)

    def after(self, message: exchange.Outgoing) -> None:
        self.heard.append(message.kind)
        if message.kind in self.kinds:
            raise KeyboardInterrupt if self.died else exchange.PeerUnavailable("the connection was cut")


def deliver(at: Table, *, now=MAY) -> None:
    with suppress(KeyboardInterrupt):  # the worker is gone, and its lease with it after a minute
        at.deliver(now=now)


def settled(at: Table) -> None:
    for step in range(8):
        deliver(at, now=MAY + step * LEASE)


@pytest.mark.django_db
@pytest.mark.parametrize("died", [False, True], ids=["answer lost", "worker died"])
@pytest.mark.parametrize("kind", [K.CONTRACT_AGREEMENT, K.CONTRACT_VERIFICATION, K.CONTRACT_FINALIZED])
def test_a_repetition_that_the_peer_refuses_since_it_has_moved_on_ends_nothing(kind, died):
    at = table()
    wanted = at.request()
    Unforgiving(at, kind, died=died)

    settled(at)

    assert (at.ours(wanted).state, at.theirs(wanted).state) == ("FINALIZED", "FINALIZED")
    assert (at.ours(wanted).waiting_for, at.theirs(wanted).waiting_for) == (None, None)
    assert exchange.outbox(org=None) == ()
    assert [each.in_force(MAY + 9 * LEASE) for each in exchange.agreements(org=None)] == [True, True]
    assert len(set(audit.trail(at.theirs(wanted).id))) == len(audit.trail(at.theirs(wanted).id))


@pytest.mark.django_db
def test_whoever_sends_the_agreement_has_taken_the_request_whose_answer_was_lost():
    at = table()
    wanted = at.request()
    Unforgiving(at, K.CONTRACT_REQUEST)

    settled(at)

    assert (at.ours(wanted).state, at.theirs(wanted).state) == ("FINALIZED", "FINALIZED")
    assert at.ours(wanted).waiting_for is None
    assert at.post.carried.count(K.CONTRACT_REQUEST) == 1


@pytest.mark.django_db
def test_a_start_is_not_sent_again_after_the_peer_has_suspended_what_it_started():
    at = table()
    agreed = at.agreed()
    Unforgiving(at, K.TRANSFER_START)
    asked = exchange.request_transfer(
        org=at.consumer.id, agreement=agreed.id, format=exchange.HTTP_DATA, actor=NODE, now=MAY
    )
    at.deliver()
    assert [(each.kind, each.attempts) for each in exchange.outbox(org=None)] == [(K.TRANSFER_START, 1)]

    exchange.suspend_transfer(org=at.consumer.id, transfer=asked.id, reason="Holiday.", actor=NODE, now=MAY)
    at.post.before = at.post.after = lambda _message: None
    exchange.deliver_due(at.post, now=MAY)
    at.deliver(now=MAY + LEASE)

    states = {each.state for each in exchange.transfers(org=None)}
    assert states == {exchange.TransferState.SUSPENDED}
    assert at.post.carried.count(K.TRANSFER_START) == 1
    assert exchange.outbox(org=None) == ()


@pytest.mark.django_db
def test_a_first_refusal_is_believed_and_the_peer_is_not_asked():
    at = table()
    wanted = at.request()
    asked = watched(at)

    def unwilling(message: exchange.Outgoing) -> None:
        if message.kind is K.CONTRACT_VERIFICATION:
            raise moved_on(message.kind)

    at.post.before = unwilling
    at.deliver()

    assert (at.ours(wanted).state, at.ours(wanted).code, asked) == ("TERMINATED", "exchange.peer-refused", [])


@pytest.mark.django_db
def test_a_repetition_that_is_refused_where_the_peer_never_took_it_ends_the_process():
    at = table()
    wanted = at.request()
    asked = watched(at)
    answers: list[Exception] = [exchange.PeerUnavailable("no route to host"), moved_on(K.CONTRACT_AGREEMENT)]

    def before(message: exchange.Outgoing) -> None:
        if message.kind is K.CONTRACT_AGREEMENT and answers:
            raise answers.pop(0)

    at.post.before = before
    at.deliver()
    at.deliver(now=MAY + SECOND)

    assert asked == [K.CONTRACT_AGREEMENT]
    assert (at.theirs(wanted).state, at.theirs(wanted).code) == ("TERMINATED", "exchange.peer-refused")


@pytest.mark.django_db
def test_a_peer_that_cannot_say_where_it_stands_is_asked_again_later():
    at = table()
    wanted = at.request()
    Unforgiving(at, K.CONTRACT_FINALIZED)
    at.deliver()
    true_state, at.post.state = at.post.state, silent  # type: ignore[method-assign]

    at.deliver(now=MAY + SECOND)
    [waiting] = exchange.outbox(org=at.provider.id)
    at.post.state = true_state  # type: ignore[method-assign]
    at.deliver(now=waiting.next_at)

    assert (waiting.attempts, waiting.failure.en) == (2, "the peer answered 500")
    assert at.theirs(wanted).state is exchange.NegotiationState.FINALIZED
    assert exchange.outbox(org=None) == ()


def silent(_message: exchange.Outgoing) -> str:
    raise exchange.PeerUnavailable("the peer answered 500")


def watched(at: Table) -> list[exchange.MessageKind]:
    """Return the list of the messages about which the peer is asked from now on."""
    asked, ask = list[exchange.MessageKind](), at.post.state

    def state(message: exchange.Outgoing) -> str:
        asked.append(message.kind)
        return ask(message)

    at.post.state: Callable[[exchange.Outgoing], str] = state  # type: ignore[method-assign,misc]
    return asked


# For each message of ours, the states of the peer that show it has it: written down by hand from DSP 2025-1.
SHOWING = {
    (K.CONTRACT_REQUEST, C, True): "REQUESTED OFFERED AGREED",
    (K.CONTRACT_REQUEST, C, False): "REQUESTED AGREED",
    (K.CONTRACT_OFFER, P, True): "OFFERED REQUESTED ACCEPTED",
    (K.CONTRACT_OFFER, P, False): "OFFERED ACCEPTED",
    (K.CONTRACT_ACCEPTED, C, False): "ACCEPTED AGREED",
    (K.CONTRACT_AGREEMENT, P, False): "AGREED VERIFIED",
    (K.CONTRACT_VERIFICATION, C, False): "VERIFIED FINALIZED",
    (K.CONTRACT_FINALIZED, P, False): "FINALIZED",
    (K.CONTRACT_TERMINATION, P, False): "TERMINATED",
    (K.CONTRACT_TERMINATION, C, False): "TERMINATED",
    (K.TRANSFER_REQUEST, C, True): "REQUESTED STARTED SUSPENDED COMPLETED",
    (K.TRANSFER_START, P, False): "STARTED",
    (K.TRANSFER_START, C, False): "STARTED",
    (K.TRANSFER_SUSPENSION, P, False): "SUSPENDED",
    (K.TRANSFER_SUSPENSION, C, False): "SUSPENDED",
    (K.TRANSFER_COMPLETION, P, False): "COMPLETED",
    (K.TRANSFER_COMPLETION, C, False): "COMPLETED",
    (K.TRANSFER_TERMINATION, P, False): "TERMINATED",
    (K.TRANSFER_TERMINATION, C, False): "TERMINATED",
}


@pytest.mark.parametrize("case", SHOWING, ids=lambda case: f"{case[0]} by {case[1]}, opening: {case[2]}")
def test_a_state_shows_that_a_message_was_taken_only_where_nothing_else_could_have_led_to_it(case):
    kind, sender, opening = case
    states = exchange.NegotiationState if kind.startswith("contract-") else exchange.TransferState

    shown = {
        state.value
        for state in states
        if shows_taken(kind, sender=sender, opening=opening, state=state.value)
    }

    assert shown == set(SHOWING[case].split())


def test_every_kind_of_message_has_its_states():
    # a duty's evidence changes no state, and its receiver answers a repeat as it did the first
    assert {kind for kind, *_ in SHOWING} == set(K) - {K.DUTY_FULFILMENT}
