"""Agreements whose end date passes: who notices, and who is told."""

from datetime import UTC, datetime, timedelta

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import AgreementExpired
from renkei.kernel.ids import NODE
from tests.factories.exchange import END, MAY, TERMS, constraint, table, terms

pytestmark = pytest.mark.django_db
S = exchange.TransferState
LAST = datetime(2027, 3, 31, tzinfo=UTC)
"""The last moment of use under the factory's terms."""


def theirs(at):
    [found] = exchange.transfers(org=at.provider.id)
    return found


def test_after_the_end_date_the_transfer_is_ended_and_the_consumer_told_why():
    at = table()
    ours = at.transferred()
    after = LAST + timedelta(microseconds=1)

    assert exchange.end_lapsed(now=after) == 1

    assert (theirs(at).state, theirs(at).code) == (S.TERMINATED, "exchange.agreement-expired")
    at.deliver(now=after)
    told = exchange.transfer(ours.id, org=at.consumer.id)
    assert (told.state, told.code) == (S.TERMINATED, "exchange.agreement-expired")
    assert "2027-03-31T00:00:00Z" in told.reasons[0]
    assert "利用期間" in told.reasons[1]
    assert audit.trail(theirs(at).id)[-1] == "exchange.transfer-terminated"
    assert audit.trail(ours.agreement)[-1] == "exchange.agreement-expired"


def test_a_second_look_finds_nothing_more_to_end():
    at = table()
    at.transferred()
    after = LAST + timedelta(seconds=1)
    exchange.end_lapsed(now=after)

    assert exchange.end_lapsed(now=after) == 0
    assert [each.kind for each in exchange.outbox(org=None)] == [exchange.MessageKind.TRANSFER_TERMINATION]


@pytest.mark.parametrize(("operator", "ended"), [("lteq", 0), ("lt", 1)])
def test_the_last_moment_of_use_is_the_terms_own(operator, ended):
    at = table(said=terms(constraint("dateTime", operator, END["rightOperand"]), *_rest()))
    at.transferred()

    assert exchange.end_lapsed(now=LAST - timedelta(microseconds=1)) == 0
    assert exchange.end_lapsed(now=LAST) == ended


def test_a_suspended_transfer_is_ended_too():
    at = table()
    ours = at.transferred()
    exchange.suspend_transfer(
        org=at.provider.id, transfer=theirs(at).id, reason="maintenance", actor=NODE, now=MAY
    )
    assert exchange.end_lapsed(now=LAST + timedelta(days=1)) == 1
    assert exchange.transfer(ours.id, org=at.consumer.id).state is S.STARTED  # not carried yet


def test_an_agreement_without_end_date_goes_on():
    at = table(said=terms(*_rest()))
    at.transferred()

    assert exchange.end_lapsed(now=MAY.replace(year=2999)) == 0
    assert theirs(at).state is S.STARTED


def _rest():
    return TERMS["permission"][0]["constraint"][2:]


DAY = timedelta(days=1)


@pytest.mark.parametrize("seen", ["by the work loop", "by a read", "by the work loop without a transfer"])
def test_what_was_once_seen_expired_stays_so_when_the_clock_is_set_back(seen):
    at = table()
    if seen.endswith("transfer"):
        at.agreed()
    else:
        secret = at.secret()
    if seen == "by a read":
        with pytest.raises(AgreementExpired):
            exchange.access(secret, now=LAST + DAY)
    else:
        exchange.end_lapsed(now=LAST + DAY)

    [signed] = exchange.agreements(org=at.provider.id)
    assert signed.expired_at == LAST + DAY
    assert not signed.in_force(MAY)
    if seen == "by a read":
        for moment in (LAST + DAY, LAST - DAY, MAY):
            with pytest.raises(AgreementExpired):
                exchange.access(secret, now=moment)
    with pytest.raises(AgreementExpired):
        exchange.receive_transfer_request(
            org=at.provider.id,
            peer=at.consumer.participant,
            consumer_pid="urn:later",
            agreement=signed.id,
            format=exchange.HTTP_DATA,
            callback="http://consumer.test/dsp",
            now=MAY,
        )


def test_a_read_that_saw_the_end_lets_its_transfer_be_ended_although_the_clock_went_back():
    at = table()
    secret = at.secret()
    with pytest.raises(AgreementExpired):
        exchange.access(secret, now=LAST + DAY)

    assert exchange.end_lapsed(now=MAY) == 1

    assert theirs(at).state is S.TERMINATED


def test_the_time_after_which_use_lapses_counts_from_this_nodes_own_clock():
    at = table(said=terms(*_rest(), constraint("elapsedTime", "lteq", "P1D")))
    secret = at.secret()

    exchange.access(secret, now=MAY + DAY)
    with pytest.raises(AgreementExpired):
        exchange.access(secret, now=MAY + DAY + timedelta(microseconds=1))
    with pytest.raises(AgreementExpired):
        exchange.access(secret, now=MAY)
