"""Pushes between two members: what is owed, when it goes, what stops it, and that it is handed over once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import DestinationMissing, DestinationUnwanted, PidTaken, TransferMissing
from renkei.exchange.models import PushRow
from renkei.exchange.services import pushes
from renkei.kernel.ids import NODE, TransferId
from renkei.kernel.texts import Text
from tests.factories.exchange import MAY, Hand, Table, table

pytestmark = pytest.mark.django_db
S = exchange.TransferState
SECOND = timedelta(seconds=1)
ELSEWHERE = exchange.DataAddress("HttpData", "https://consumer.example/in", (("authorization", "s3cret"),))


def asked(at: Table) -> exchange.Transfer:
    """Let the consumer ask for a push, and carry all messages about it."""
    transfer = exchange.request_transfer(
        org=at.consumer.id,
        agreement=at.agreed().id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=MAY,
    )
    at.deliver()
    return transfer


def ours(at: Table) -> exchange.Transfer:
    [found] = exchange.transfers(org=at.consumer.id)
    return found


def theirs(at: Table) -> exchange.Transfer:
    [found] = exchange.transfers(org=at.provider.id)
    return found


def failing(why: Exception) -> Callable[[exchange.Push], None]:
    def fail(_push: exchange.Push) -> None:
        raise why

    return fail


def unavailable(why: str = "no route to host") -> Callable[[exchange.Push], None]:
    return failing(exchange.PeerUnavailable(why))


def provisions(at: Table) -> list[tuple[str, str]]:
    both = (at.provider.id, at.consumer.id)
    return [(each.role.value, each.channel) for org in both for each in exchange.provisions(org=org)]


def receive(at: Table, *, format: str, to: exchange.DataAddress | None) -> exchange.Transfer:  # noqa: A002
    return exchange.receive_transfer_request(
        org=at.provider.id,
        peer=at.consumer.participant,
        consumer_pid="urn:consumer:9",
        agreement=at.agreed().id,
        format=format,
        callback="http://consumer.test/dsp",
        data_address=to,
        now=MAY,
    )


def test_the_data_land_and_both_sides_see_the_transfer_complete():
    at, hand = table(), Hand()
    transfer = asked(at)
    running = (ours(at), theirs(at))

    assert exchange.push_due(hand, now=MAY) == 1
    at.deliver()

    assert [each.state for each in running] == [S.STARTED, S.STARTED]
    assert [each.waiting_for for each in running] == [
        Text(ja="提供者によるデータの送り込み", en="the provider to push the data"),
        Text(ja="利用者へのデータの送り込み", en="the data to be pushed to the consumer"),
    ]
    assert [ours(at).state, theirs(at).state] == [S.COMPLETED, S.COMPLETED]
    [landed] = exchange.deliveries(transfer.id, org=at.consumer.id)
    assert (landed.transfer, landed.media_type) == (transfer.id, "application/vnd.apache.parquet")
    assert provisions(at) == [("provider", "http-push"), ("consumer", "HttpData-PUSH")]
    assert audit.trail(transfer.id) == [
        "exchange.transfer-requested",
        "exchange.transfer-started",
        "exchange.delivery-received",
        "exchange.transfer-completed",
    ]
    assert audit.trail(theirs(at).id) == [
        "exchange.transfer-started",
        "exchange.read",
        "exchange.pushed",
        "exchange.transfer-completed",
    ]
    assert not PushRow.objects.exists()


def test_the_consumers_secret_is_nowhere_in_readable_form():
    at = table()
    asked(at)
    seen: list[exchange.Push] = []
    exchange.push_due(Hand(before=lambda push: (seen.append(push), unavailable()(push))[0]), now=MAY)
    secret = seen[0].destination.secret
    assert secret is not None

    row = PushRow.objects.select_related("transfer").get()
    assert secret.encode() not in bytes(row.destination)
    assert secret not in repr(row.__dict__ | row.transfer.__dict__)
    assert secret not in repr(seen[0])
    assert exchange.transfer(ours(at).id, org=at.consumer.id).data_address is None


@pytest.mark.parametrize(
    ("form", "to", "refusal"),
    [
        (exchange.HTTP_PUSH, None, DestinationMissing),
        (exchange.HTTP_DATA, ELSEWHERE, DestinationUnwanted),
        (exchange.DELTA_SHARING, ELSEWHERE, DestinationUnwanted),
    ],
)
def test_an_address_goes_with_a_push_and_with_nothing_else(form: str, to: Any, refusal: type[Exception]):
    at = table()

    with pytest.raises(refusal):
        receive(at, format=form, to=to)
    assert exchange.transfers(org=at.provider.id) == ()


def test_a_repeated_request_owes_one_push_and_another_address_is_another_request():
    at = table()
    agreement = at.agreed().id
    request = {
        "org": at.provider.id,
        "peer": at.consumer.participant,
        "consumer_pid": "urn:consumer:9",
        "agreement": agreement,
        "format": exchange.HTTP_PUSH,
        "callback": "http://consumer.test/dsp",
        "now": MAY,
    }

    first = exchange.receive_transfer_request(data_address=ELSEWHERE, **request)
    again = exchange.receive_transfer_request(data_address=ELSEWHERE, **request)

    assert (first.id, PushRow.objects.count()) == (again.id, 1)
    other = exchange.DataAddress("HttpData", "https://elsewhere.example/in")
    with pytest.raises(PidTaken):
        exchange.receive_transfer_request(data_address=other, **request)


def test_nothing_is_pushed_before_the_consumer_has_taken_the_start():
    at, hand = table(), Hand()
    at.post.before = lambda message: (
        unavailable()(None) if message.kind is exchange.MessageKind.TRANSFER_START else None
    )
    asked(at)

    early = exchange.push_due(hand, now=MAY)
    at.post.before = lambda _message: None
    at.deliver(now=MAY + SECOND)

    assert (early, hand.pushed) == (0, [])
    assert exchange.push_due(hand, now=MAY + SECOND) == 1


def test_an_address_that_takes_nothing_for_now_is_tried_again_and_the_reason_is_in_sight():
    at, hand = table(), Hand(before=unavailable())
    asked(at)
    tries = []

    for second in range(16):
        if exchange.push_due(hand, now=MAY + second * SECOND):
            tries.append(second)
    waiting = theirs(at).waiting_for
    hand.before = lambda _push: None
    exchange.push_due(hand, now=MAY + 40 * SECOND)

    assert tries == [0, 1, 3, 7, 15]
    assert waiting is not None
    assert waiting.en == (
        "the data to be pushed to the consumer, which is tried again; the last failure: “no route to host”"
    )
    assert theirs(at).state is S.COMPLETED
    at.deliver(now=MAY + 40 * SECOND)
    assert theirs(at).waiting_for is None


def test_a_push_that_fails_waits_for_the_consumers_address_and_is_tried_at_once_on_demand():
    at, hand = table(), Hand(before=unavailable())
    asked(at)
    assert theirs(at).turn is exchange.Turn.NODE
    for second in range(8):
        exchange.push_due(hand, now=MAY + second * SECOND)
    hand.before = lambda _push: None
    now = MAY + 9 * SECOND
    assert (theirs(at).turn, theirs(at).failing, exchange.push_due(hand, now=now)) == (
        exchange.Turn.PEER,
        True,
        0,
    )

    exchange.retry_now(org=at.provider.id, process=theirs(at).id, actor=at.provider.actor, now=now)

    assert exchange.push_due(hand, now=now) == 1
    assert theirs(at).state is S.COMPLETED
    assert provisions(at) == [("provider", "http-push"), ("consumer", "HttpData-PUSH")]


def test_after_a_day_without_success_the_transfer_is_terminated_on_both_sides_with_the_reason():
    at, hand = table(), Hand(before=unavailable())
    asked(at)
    exchange.push_due(hand, now=MAY)

    exchange.push_due(hand, now=MAY + timedelta(hours=24))
    at.deliver(now=MAY + timedelta(hours=24))

    assert [(each.state, each.code) for each in (ours(at), theirs(at))] == [
        (S.TERMINATED, "exchange.push-undelivered")
    ] * 2
    assert ours(at).reasons == theirs(at).reasons
    assert ours(at).reasons[0] == (
        "The data could not be pushed to the consumer's address for 24 hours (last failure: “no route to host”). "
        "Make sure that the address takes data, then ask for a new transfer."
    )
    assert theirs(at).waiting_for is None
    assert not PushRow.objects.exists()


def test_what_the_address_refuses_for_good_ends_the_transfer_with_its_own_words():
    at = table()
    asked(at)
    said = ["the disk quota of this account is used up", "容量の上限に達しました"]
    hand = Hand(before=failing(exchange.PeerRefused(status=413, code="quota", reasons=said)))

    exchange.push_due(hand, now=MAY)
    at.deliver()

    assert (ours(at).state, ours(at).code) == (S.TERMINATED, "exchange.push-refused")
    assert ours(at).reasons[0].startswith("The consumer's address refused the data (status 413, quota).")
    assert list(ours(at).reasons[2:]) == said


def test_while_a_transfer_is_suspended_nothing_is_pushed_and_after_it_the_push_goes_on():
    at, hand = table(), Hand()
    asked(at)
    exchange.suspend_transfer(
        org=at.provider.id, transfer=theirs(at).id, reason="保守のため", actor=NODE, now=MAY
    )
    at.deliver()

    resting = exchange.push_due(hand, now=MAY)
    exchange.resume_transfer(org=at.consumer.id, transfer=ours(at).id, actor=NODE, now=MAY)
    at.deliver()

    assert resting == 0
    assert exchange.push_due(hand, now=MAY) == 1
    assert theirs(at).state is S.COMPLETED


def test_patience_begins_anew_when_a_transfer_is_resumed():
    at, hand = table(), Hand(before=unavailable())
    asked(at)
    exchange.push_due(hand, now=MAY)
    later = MAY + timedelta(days=3)
    exchange.suspend_transfer(
        org=at.provider.id, transfer=theirs(at).id, reason="休みます", actor=NODE, now=MAY
    )
    at.deliver()
    exchange.resume_transfer(org=at.provider.id, transfer=theirs(at).id, actor=NODE, now=later)
    at.deliver(now=later)

    exchange.push_due(hand, now=later)

    assert theirs(at).state is S.STARTED
    hand.before = lambda _push: None
    assert exchange.push_due(hand, now=later + SECOND) == 1
    assert theirs(at).state is S.COMPLETED


def test_suspended_while_the_last_bytes_leave_the_transfer_is_completed_after_its_resumption(
    monkeypatch: Any,
):
    monkeypatch.setattr(pushes, "LOOK_AGAIN", 3600.0)  # the suspension comes after the last look
    at = table()
    transfer = asked(at)

    def suspend(_push: exchange.Push) -> None:
        exchange.suspend_transfer(
            org=at.provider.id, transfer=theirs(at).id, reason="休みます", actor=NODE, now=MAY
        )

    hand = Hand(during=suspend)
    exchange.push_due(hand, now=MAY)
    at.deliver()
    resting = theirs(at).state
    exchange.resume_transfer(org=at.provider.id, transfer=theirs(at).id, actor=NODE, now=MAY)
    at.deliver()
    exchange.push_due(hand, now=MAY)
    at.deliver()

    assert resting is S.SUSPENDED
    assert (ours(at).state, theirs(at).state) == (S.COMPLETED, S.COMPLETED)
    assert len(exchange.deliveries(transfer.id, org=at.consumer.id)) == len(hand.pushed) == 1


def ends_agreement(at: Table) -> None:
    exchange.end_agreement(
        org=at.provider.id, agreement=theirs(at).agreement, reason="終了します", actor=NODE, now=MAY
    )


def terminates(at: Table) -> None:
    exchange.terminate_transfer(
        org=at.consumer.id, transfer=ours(at).id, reason="もう要りません", actor=NODE, now=MAY
    )
    at.deliver()


def suspends(at: Table) -> None:
    exchange.suspend_transfer(
        org=at.consumer.id, transfer=ours(at).id, reason="少し待って", actor=NODE, now=MAY
    )
    at.deliver()


@pytest.mark.parametrize(
    ("act", "state"), [(ends_agreement, S.TERMINATED), (terminates, S.TERMINATED), (suspends, S.SUSPENDED)]
)
def test_a_push_that_has_begun_breaks_off_when_the_right_to_read_ends(
    act: Callable[[Table], None], state: exchange.TransferState, monkeypatch: Any
):
    monkeypatch.setattr(pushes, "LOOK_AGAIN", 0.0)
    at = table()
    transfer = asked(at)
    hand = Hand(during=lambda _push: act(at))

    exchange.push_due(hand, now=MAY)
    at.deliver()
    hand.during = lambda _push: None
    exchange.push_due(hand, now=MAY)

    assert (hand.pushed, exchange.deliveries(transfer.id, org=at.consumer.id)) == ([], ())
    assert (theirs(at).state, PushRow.objects.count()) == (state, int(state is S.SUSPENDED))


def test_a_worker_that_dies_loses_its_lease_and_equal_parts_are_kept_once():
    at, hand = table(), Hand()
    transfer = asked(at)

    class PowerCut(BaseException):
        pass

    def dies(push: exchange.Push) -> None:
        Hand().push(push, begin=lambda: None, look=lambda: None)  # all of it had arrived
        raise PowerCut

    with pytest.raises(PowerCut):
        exchange.push_due(Hand(during=dies), now=MAY)
    at_once = exchange.push_due(hand, now=MAY + SECOND)
    after = exchange.push_due(hand, now=MAY + pushes.LEASE)

    assert (at_once, after, theirs(at).state) == (0, 1, S.COMPLETED)
    assert len(exchange.deliveries(transfer.id, org=at.consumer.id)) == 1
    assert provisions(at) == [("provider", "http-push"), ("consumer", "HttpData-PUSH")]


def test_a_worker_whose_lease_was_taken_over_breaks_off(monkeypatch: Any):
    monkeypatch.setattr(pushes, "LOOK_AGAIN", 0.0)
    at, second = table(), Hand()
    asked(at)

    slow = Hand(during=lambda _push: exchange.push_due(second, now=MAY + pushes.LEASE) and None)
    exchange.push_due(slow, now=MAY)

    assert (len(second.pushed), slow.pushed, theirs(at).state) == (1, [], S.COMPLETED)


def test_the_operator_sees_no_delivery_of_a_transfer_that_is_not_there():
    with pytest.raises(TransferMissing):
        exchange.deliveries(TransferId("urn:nothing"), org=None)
