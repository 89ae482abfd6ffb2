"""Uses that are counted: exactly as many as the terms allow, however many ask at once and whatever the clock says."""

from datetime import timedelta

import pytest

from renkei.exchange import api as exchange
from renkei.exchange.errors import RateExceeded, UsesExhausted
from renkei.exchange.models import UsageRow
from renkei.exchange.rules.terms import parsed
from renkei.kernel.refusals import Refusal
from tests.exchange.test_races import at_once
from tests.factories import lake as tables
from tests.factories.exchange import CELL, GROUP, MAY, PURPOSES, Hand, Table, constraint, table, terms
from tests.parties.other_process import run_together

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def limited(*more) -> Table:
    return table(said=terms(PURPOSES, CELL, GROUP, *more))


def count(n: int):
    return constraint("count", "lteq", str(n))


def rate(said: str):
    return constraint("rk:rate", "lteq", said)


def read(secret: str, *, now=MAY):
    return exchange.deliver(exchange.access(secret, now=now), channel="http-data", now=now)


def uses(at: Table, *, now=MAY) -> exchange.Uses:
    [signed] = exchange.agreements(org=at.provider.id)
    return exchange.uses(signed, now=now)


def outcome(secret: str, *, now=MAY) -> str:
    try:
        read(secret, now=now)
    except Refusal as refusal:
        return refusal.code
    return "read"


@pytest.mark.django_db
def test_after_the_last_use_the_next_is_refused_and_leaves_no_record():
    at = limited(count(2))
    secret = at.secret()

    assert [outcome(secret) for _ in range(4)] == ["read", "read"] + ["exchange.uses-exhausted"] * 2
    assert len(exchange.provisions(org=at.provider.id)) == 2
    assert (uses(at).taken, uses(at).left) == (2, 0)


@pytest.mark.django_db
def test_what_only_looks_takes_nothing_and_a_use_that_goes_on_may_be_looked_at_after_the_last():
    at = limited(count(1))
    ours = at.transferred()
    secret = ours.data_address.secret
    for _ in range(3):
        exchange.access(secret, now=MAY)
    read(secret)
    [theirs] = exchange.transfers(org=at.provider.id)

    exchange.access_by_transfer(theirs.id, now=MAY)  # its files are fetched, in parts and again

    with pytest.raises(UsesExhausted):
        exchange.access(secret, now=MAY)


@pytest.mark.django_db
def test_transfers_of_one_agreement_share_its_uses_and_other_agreements_have_their_own():
    at = limited(count(1))
    first = at.transferred()
    again = exchange.request_transfer(
        org=at.consumer.id,
        agreement=first.agreement,
        format=exchange.HTTP_DATA,
        actor=at.consumer.actor,
        now=MAY,
    )
    at.deliver()
    other = at.secret()
    read(first.data_address.secret)

    assert (
        outcome(exchange.transfer(again.id, org=at.consumer.id).data_address.secret)
        == "exchange.uses-exhausted"
    )
    assert outcome(other) == "read"


@pytest.mark.django_db
def test_a_window_gives_its_uses_and_the_next_window_gives_them_again():
    at = limited(rate("2/PT1H"))
    secret = at.secret()
    end = MAY + HOUR  # windows begin at the full hour, and so does MAY

    assert [outcome(secret, now=end - SECOND) for _ in range(3)] == ["read", "read", "exchange.rate-exceeded"]
    assert uses(at, now=end - SECOND).window_ends == end
    assert outcome(secret, now=end) == "read"


@pytest.mark.django_db
def test_a_clock_that_is_set_back_finds_the_window_as_it_was_left():
    at = limited(rate("1/PT1H"), count(3))
    secret = at.secret()

    assert outcome(secret, now=MAY) == "read"
    assert outcome(secret, now=MAY + HOUR) == "read"
    assert outcome(secret, now=MAY) == "exchange.rate-exceeded"
    assert (
        outcome(secret, now=MAY - HOUR) == "read"
    )  # never used: it is no second helping, and the count has an end
    assert outcome(secret, now=MAY + 2 * HOUR) == "exchange.uses-exhausted"


@pytest.mark.django_db
def test_a_use_refused_for_its_rate_is_not_counted():
    at = limited(rate("1/PT1H"), count(3))
    secret = at.secret()
    read(secret)
    granted_before = exchange.access(secret, now=MAY + HOUR)

    with pytest.raises(RateExceeded):
        exchange.deliver(granted_before, channel="http-data", now=MAY)

    assert uses(at).taken == 1


@pytest.mark.django_db
def test_where_nothing_is_counted_there_is_no_row_and_nothing_is_told():
    at = table()
    read(at.secret())

    assert UsageRow.objects.count() == 0
    assert uses(at) == exchange.Uses()


@pytest.mark.django_db
def test_the_consumer_knows_the_limit_and_not_the_count():
    at = limited(count(5), rate("2/PT1H"))
    signed = at.agreed()

    known = exchange.uses(signed, now=MAY)

    assert (known.allowed, known.taken, known.left) == (5, None, None)
    assert (known.window_allowed, known.window_taken) == (2, None)


@pytest.mark.django_db
def test_a_push_takes_one_use_however_often_it_is_tried_and_whatever_version_it_brings():
    at = limited(count(1))
    _asked(at)
    hand = Hand()

    def fail(_push):
        raise exchange.PeerUnavailable("it broke off")

    hand.during = fail
    exchange.push_due(hand, now=MAY)
    assert uses(at).left == 0
    tables.grown(at.dataset.table)
    hand.during = lambda _push: None
    exchange.push_due(hand, now=MAY + 2 * SECOND)

    [theirs] = exchange.transfers(org=at.provider.id)
    assert theirs.state is exchange.TransferState.COMPLETED
    assert uses(at).taken == 1


@pytest.mark.django_db
def test_a_push_that_begins_nothing_takes_nothing():
    at = limited(count(1))
    _asked(at)
    hand = Hand()

    def fail(_push):
        raise exchange.PeerUnavailable("no route to host")

    hand.before = fail
    exchange.push_due(hand, now=MAY)

    assert uses(at).taken == 0


@pytest.mark.django_db
def test_a_push_for_which_no_use_is_left_is_ended_at_once_with_the_reason():
    at = limited(count(1))
    read(at.secret())
    ours = exchange.request_transfer(
        org=at.consumer.id,
        agreement=exchange.agreements(org=at.consumer.id)[0].id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=MAY,
    )
    at.deliver()
    hand = Hand()
    exchange.push_due(hand, now=MAY)
    at.deliver()

    told = exchange.transfer(ours.id, org=at.consumer.id)
    assert (told.state, told.code) == (exchange.TransferState.TERMINATED, "exchange.uses-exhausted")
    assert hand.pushed == []


@pytest.mark.django_db
def test_a_push_above_the_rate_goes_in_the_next_window():
    at = limited(rate("1/PT1H"))
    read(at.secret())
    exchange.request_transfer(
        org=at.consumer.id,
        agreement=exchange.agreements(org=at.consumer.id)[0].id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=MAY,
    )
    at.deliver()
    hand = Hand()
    exchange.push_due(hand, now=MAY)
    assert hand.pushed == []

    hand.now = MAY + HOUR
    exchange.push_due(hand, now=MAY + HOUR)

    assert len(hand.pushed) == 1


@pytest.mark.django_db(transaction=True)
def test_threads_that_read_at_once_take_exactly_what_is_allowed():
    at = limited(count(5), rate("3/PT1H"))
    secret = at.secret()
    read(secret)  # the release is made: what follows races for uses alone
    granted = exchange.access(secret, now=MAY)
    said = parsed(granted.agreement.terms)

    def take(now):
        return lambda: exchange.take_use(granted.agreement, terms=said, now=now)

    same_window = at_once(*(take(MAY) for _ in range(12)))
    assert sum(each is None for each in same_window) == 2
    next_window = at_once(*(take(MAY + HOUR) for _ in range(12)))

    assert sum(each is None for each in next_window) == 2
    assert uses(at, now=MAY).taken == 5
    assert {type(each) for each in same_window} == {type(None), RateExceeded}
    assert {type(each) for each in next_window} == {type(None), UsesExhausted}


@pytest.mark.django_db(transaction=True)
def test_processes_that_read_at_once_take_exactly_what_is_allowed():
    at = limited(count(7))
    at.secret()
    [theirs] = exchange.transfers(org=at.provider.id)

    took = run_together(
        f"""
from datetime import datetime, timezone
from renkei.exchange import api as exchange
from renkei.exchange.errors import UsesExhausted
from renkei.exchange.rules.terms import parsed
now = datetime(2026, 5, 1, 9, tzinfo=timezone.utc)
agreement = exchange.access_by_transfer({theirs.id!r}, now=now).agreement
took = 0
for _ in range(5):
    try:
        exchange.take_use(agreement, terms=parsed(agreement.terms), now=now)
        took += 1
    except UsesExhausted:
        pass
print(took)
""",
        processes=4,
    )

    assert sum(map(int, took)) == 7
    assert uses(at).left == 0


def _asked(at: Table) -> exchange.Transfer:
    transfer = exchange.request_transfer(
        org=at.consumer.id,
        agreement=at.agreed().id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=MAY,
    )
    at.deliver()
    return transfer
