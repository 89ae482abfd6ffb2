"""Nothing is ever stuck without a stated reason: what a process waits for, and for whom, in every situation."""

from datetime import timedelta

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import NothingToSend, ProcessMissing
from renkei.exchange.models import NegotiationRow, OutboxRow, TransferRow
from renkei.exchange.types import SILENCE
from renkei.kernel.texts import Text
from tests.factories import parties as members
from tests.factories.exchange import MAY, table

pytestmark = pytest.mark.django_db

N, T, R, Turn = exchange.NegotiationState, exchange.TransferState, exchange.Role, exchange.Turn
NEGOTIATIONS = {
    (N.REQUESTED, R.PROVIDER): Turn.OURS,
    (N.REQUESTED, R.CONSUMER): Turn.PEER,
    (N.OFFERED, R.PROVIDER): Turn.PEER,
    (N.OFFERED, R.CONSUMER): Turn.OURS,
    (N.ACCEPTED, R.PROVIDER): Turn.OURS,
    (N.ACCEPTED, R.CONSUMER): Turn.PEER,
    (N.AGREED, R.PROVIDER): Turn.PEER,
    (N.AGREED, R.CONSUMER): Turn.OURS,
    (N.VERIFIED, R.PROVIDER): Turn.OURS,
    (N.VERIFIED, R.CONSUMER): Turn.PEER,
}
TRANSFERS = {
    (T.REQUESTED, R.PROVIDER, ""): Turn.OURS,
    (T.REQUESTED, R.CONSUMER, ""): Turn.PEER,
    (T.STARTED, R.PROVIDER, ""): Turn.PEER,
    (T.STARTED, R.CONSUMER, ""): Turn.OURS,
    (T.SUSPENDED, R.PROVIDER, "provider"): Turn.OURS,
    (T.SUSPENDED, R.PROVIDER, "consumer"): Turn.PEER,
    (T.SUSPENDED, R.CONSUMER, "provider"): Turn.PEER,
    (T.SUSPENDED, R.CONSUMER, "consumer"): Turn.OURS,
}
HOUR = timedelta(hours=1)
OUTBOX = {
    "empty": None,
    "waiting": {},
    "failing": {
        "attempts": 3,
        "trouble": "no route to host",
        "tried_at": MAY,
        "next_at": MAY + timedelta(seconds=4),
    },
    "in hand": {"leased_until": MAY + HOUR, "lease": "worker"},
    "lease expired": {"leased_until": MAY - HOUR, "lease": "worker"},
}
WORDS = {
    "waiting": (Turn.NODE, "this node to send our message"),
    "failing": (
        Turn.PEER,
        "the peer to take our message, which is tried again; the last failure: “no route to host”",
    ),
    "in hand": (
        Turn.NODE,
        "this node to send our message, which is under way; should that break off, it goes again from "
        "2026-05-01 10:00:00 UTC",
    ),
    "lease expired": (
        Turn.NODE,
        "this node to send our message, which is under way; should that break off, it goes again from "
        "2026-05-01 08:00:00 UTC",
    ),
}
DUE = {case for case, turn in NEGOTIATIONS.items() if turn is Turn.OURS}


def placed(process, situation, **state):
    """Put a process of the consumer into a state, with its outbox in a situation."""
    rows = type(process).objects.filter(pk=process.pk)
    rows.update(trouble=(OUTBOX[situation] or {}).get("trouble", ""), updated_at=MAY, **state)
    waits = OutboxRow.objects.filter(process=process.pk)
    if OUTBOX[situation] is None:
        waits.delete()
    else:
        waits.update(**OUTBOX[situation])


def test_the_cases_are_all_there_are():
    negotiations = {(s, r) for s in N for r in R if s not in {N.FINALIZED, N.TERMINATED}}
    transfers = {(s, r) for s in T for r in R if s not in {T.COMPLETED, T.TERMINATED}}

    assert set(NEGOTIATIONS) == negotiations
    assert {(state, role) for state, role, _ in TRANSFERS} == transfers


@pytest.mark.parametrize("situation", OUTBOX)
@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize(("state", "role"), NEGOTIATIONS)
def test_a_negotiation_says_what_it_waits_for_and_for_whom(state, role, by_hand, situation):
    at = table()
    row = NegotiationRow.objects.get(pk=at.request().id)
    placed(row, situation, state=state.value, role=role.value, by_hand=by_hand)

    for found in (
        exchange.negotiation(row.pk, org=at.consumer.id),
        exchange.negotiations(org=at.consumer.id)[0],
    ):
        due = (state, role) in DUE
        turn, words = WORDS.get(situation, (None, None)) if not due else (None, None)

        assert found.turn is (turn or NEGOTIATIONS[state, role])
        assert found.decision_due is due
        assert found.waiting_for is not None
        assert words in {None, found.waiting_for.en}
        assert found.waiting_for.ja
        assert found.waiting_since == MAY
        assert (found.unsent is None) is (situation == "empty")


@pytest.mark.parametrize("situation", OUTBOX)
@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize(("state", "role", "suspended_by"), TRANSFERS)
def test_a_transfer_says_what_it_waits_for_and_for_whom(state, role, suspended_by, by_hand, situation):
    at = table()
    asked = exchange.request_transfer(
        org=at.consumer.id, agreement=at.agreed().id, format="HttpData-PULL", actor=at.consumer.actor, now=MAY
    )
    row = TransferRow.objects.get(pk=asked.id)
    placed(row, situation, state=state.value, role=role.value, by_hand=by_hand, suspended_by=suspended_by)

    for found in (exchange.transfer(asked.id, org=at.consumer.id), exchange.transfers(org=at.consumer.id)[0]):
        due = (state, role) == (T.REQUESTED, R.PROVIDER)
        turn, words = WORDS.get(situation, (None, None)) if not due else (None, None)

        assert found.turn is (turn or TRANSFERS[state, role, suspended_by])
        assert found.decision_due is due
        assert found.waiting_for is not None
        assert words in {None, found.waiting_for.en}
        assert found.waiting_for.ja
        assert found.waiting_since == MAY
        assert (found.unsent is None) is (situation == "empty")


@pytest.mark.parametrize("state", [N.FINALIZED, N.TERMINATED])
@pytest.mark.parametrize("situation", OUTBOX)
def test_what_is_over_waits_only_until_the_peer_has_been_told(state, situation):
    at = table()
    row = NegotiationRow.objects.get(pk=at.request().id)
    placed(row, situation, state=state.value)

    found = exchange.negotiation(row.pk, org=at.consumer.id)

    assert (found.turn, found.waiting_for and found.waiting_for.en) == WORDS.get(situation, (None, None))


@pytest.mark.parametrize("case", NEGOTIATIONS)
def test_the_list_of_what_waits_for_us_says_as_the_rule_says(case):
    at = table()
    state, role = case
    NegotiationRow.objects.filter(pk=at.request().id).update(state=state.value, role=role.value)

    assert len(exchange.negotiations(org=at.consumer.id, due=True)) == (case in DUE)
    assert len(exchange.negotiations(org=at.consumer.id, due=False)) == (case not in DUE)


def failing(message):
    raise exchange.PeerUnavailable("no route to host")


def test_a_failing_message_says_how_often_it_was_tried_when_it_goes_again_and_when_it_is_given_up():
    at = table()
    wanted = at.request()
    at.post.before = failing
    at.deliver()
    at.deliver(now=MAY + timedelta(seconds=1))

    unsent = at.ours(wanted).unsent

    assert (unsent.kind, unsent.attempts, unsent.failure.en) == (
        exchange.MessageKind.CONTRACT_REQUEST,
        2,
        "no route to host",
    )
    assert (unsent.queued_at, unsent.next_at) == (MAY, MAY + timedelta(seconds=3))
    assert unsent.gives_up_at == MAY + timedelta(hours=24)


def test_a_failure_is_told_in_the_readers_language_and_so_is_why_it_was_given_up():
    at = table()
    wanted = at.request()

    def closed(_message):
        raise exchange.PeerUnavailable(Text(ja="接続できません。", en="It cannot be reached."))

    at.post.before = closed
    at.deliver()

    waiting = at.ours(wanted).waiting_for
    assert waiting.ja == "相手方への送信(失敗したため再試行します:「接続できません。」)"
    assert waiting.en.endswith("the last failure: “It cannot be reached.”")
    at.deliver(now=MAY + timedelta(hours=25))
    english, japanese = at.ours(wanted).reasons
    assert "last failure: “It cannot be reached.”" in english
    assert "最後の失敗:「接続できません。」" in japanese


def test_a_member_has_a_waiting_message_tried_at_once():
    at = table()
    wanted = at.request()
    at.post.before = failing
    for minutes in range(10):
        at.deliver(now=MAY + timedelta(minutes=minutes))
    at.post.before = lambda _message: None
    now = MAY + timedelta(minutes=9, seconds=10)
    assert at.deliver(now=now) == 0

    tried = exchange.retry_now(org=at.consumer.id, process=wanted.id, actor=at.consumer.actor, now=now)
    at.deliver(now=now)

    assert (tried.kind, tried.next_at) == (exchange.MessageKind.CONTRACT_REQUEST, now)
    assert at.ours(wanted).state is N.FINALIZED
    assert audit.trail(wanted.id)[:3] == [
        "exchange.negotiation-requested",
        "exchange.message-retried",
        "exchange.message-taken",
    ]


def test_a_member_has_a_waiting_message_of_a_transfer_tried_at_once():
    at = table()
    signed = at.agreed()
    at.post.before = failing
    asked = exchange.request_transfer(
        org=at.consumer.id, agreement=signed.id, format="HttpData-PULL", actor=at.consumer.actor, now=MAY
    )
    at.deliver()
    at.post.before = lambda _message: None

    exchange.retry_now(org=at.consumer.id, process=asked.id, actor=at.consumer.actor, now=MAY)
    at.deliver()

    assert exchange.transfer(asked.id, org=at.consumer.id).state is T.STARTED


def test_only_its_own_organisation_retries_and_only_what_waits():
    at = table()
    wanted = at.request()
    stranger = members.organisation(slug="stranger")

    with pytest.raises(ProcessMissing):
        exchange.retry_now(org=stranger.id, process=wanted.id, actor=stranger.actor, now=MAY)
    at.deliver()
    with pytest.raises(NothingToSend):
        exchange.retry_now(org=at.consumer.id, process=wanted.id, actor=at.consumer.actor, now=MAY)


def test_a_peer_that_has_been_silent_for_a_week_is_found_and_the_process_can_be_terminated():
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    before, after = MAY + SILENCE - timedelta(seconds=1), MAY + SILENCE

    assert (at.ours(wanted).silent(before), at.ours(wanted).silent(after)) == (False, True)
    assert not at.theirs(wanted).silent(after)  # it is the provider's own turn
    assert exchange.negotiations(org=at.consumer.id, stuck_at=before) == ()
    assert exchange.negotiations(org=at.consumer.id, stuck_at=after) == (at.ours(wanted),)
    assert exchange.negotiations(org=at.provider.id, stuck_at=after) == ()
    assert exchange.figures(org=at.consumer.id, now=after).stuck == 1
    exchange.terminate_negotiation(
        org=at.consumer.id, negotiation=wanted.id, reason="No answer.", actor=at.consumer.actor, now=after
    )
    assert at.ours(wanted).state is N.TERMINATED


def test_what_fails_is_found_at_once():
    at = table()
    wanted = at.request()
    at.post.before = failing
    at.deliver()

    assert exchange.negotiations(org=at.consumer.id, stuck_at=MAY) == (at.ours(wanted),)
    assert exchange.figures(org=at.consumer.id, now=MAY) == exchange.Figures(0, 0, stuck=1)


@pytest.mark.parametrize(("state", "role", "suspended_by"), TRANSFERS)
def test_a_transfer_is_silent_in_the_list_as_by_itself(state, role, suspended_by):
    at = table()
    opened = at.transferred()
    TransferRow.objects.filter(pk=opened.id).update(
        state=state.value, role=role.value, suspended_by=suspended_by, updated_at=MAY
    )
    later = MAY + SILENCE

    silent = exchange.transfer(opened.id, org=at.consumer.id).silent(later)

    assert silent is (TRANSFERS[state, role, suspended_by] is Turn.PEER and state is not T.STARTED)
    assert len(exchange.transfers(org=at.consumer.id, stuck_at=later)) == silent
    assert exchange.figures(org=at.consumer.id, now=later).stuck_transfers == silent


def test_our_suspension_is_ours_to_resume_and_theirs_is_theirs():
    at = table()
    opened = at.transferred()
    assert opened.peer_pid is not None
    exchange.suspend_transfer(
        org=at.provider.id, transfer=opened.peer_pid, reason="Moving.", actor=at.provider.actor, now=MAY
    )
    at.deliver()

    assert exchange.transfer(opened.id, org=at.consumer.id).turn is Turn.PEER
    assert exchange.transfer(opened.peer_pid, org=at.provider.id).turn is Turn.OURS
