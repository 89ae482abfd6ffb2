"""Duties: owed with the agreement, due by the time alone, fulfilled by a statement that reaches the other side."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import (
    AgreementMissing,
    AgreementNotInForce,
    DutyMissing,
    DutyOfRecipient,
    DutyOpen,
    DutyStatementInvalid,
)
from renkei.exchange.models import DutyRow
from renkei.kernel.ids import NODE, AgreementId, ParticipantId
from tests.factories.exchange import CELL, GROUP, MAY, PURPOSES, Hand, Table, constraint, table, terms

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OPEN, FULFILLED, OVERDUE = exchange.DutyState.OPEN, exchange.DutyState.FULFILLED, exchange.DutyState.OVERDUE


def duty(action: str, *constraints):
    return {"action": action} | ({"constraint": list(constraints)} if constraints else {})


def within(span: str):
    return constraint("elapsedTime", "lteq", span)


INFORM = duty("inform", within("P7D"))
DELETE = duty("delete", within("P30D"))
PAY = duty("compensate", constraint("payAmount", "eq", "5000", unit="JPY"), within("P7D"))
CREDIT = duty("attribute", constraint("rk:credit", "eq", "Tokai Lab"))


def seated(*duties, first=()) -> Table:
    said = terms(PURPOSES, CELL, GROUP)
    if first:
        said["permission"][0]["duty"] = list(first)
    return table(said=said | ({"obligation": list(duties)} if duties else {}))


def agreed(*duties, first=()) -> tuple[Table, AgreementId]:
    at = seated(*duties, first=first)
    return at, at.agreed().id


def both(at: Table, signed: AgreementId, now):
    return [
        [(each.number, each.state(now)) for each in exchange.duties(signed, org=org.id)]
        for org in (at.consumer, at.provider)
    ]


def fulfil(
    at: Table, signed: AgreementId, number=1, *, org=None, statement="told by letter", now=MAY, **more
):
    org = org or at.consumer
    return exchange.fulfil_duty(
        org=org.id, agreement=signed, number=number, statement=statement, actor=org.actor, now=now, **more
    )


def test_both_sides_owe_each_duty_from_the_moment_the_agreement_is_in_force():
    at, signed = agreed(INFORM, CREDIT, first=[PAY])

    for org in (at.consumer, at.provider):
        owed = exchange.duties(signed, org=org.id)
        assert [(each.number, each.action, each.first, each.due_at) for each in owed] == [
            (1, "compensate", True, MAY + 7 * DAY),
            (2, "attribute", False, None),  # in the order of the normal form, which both sides have
            (3, "inform", False, MAY + 7 * DAY),
        ]
    assert "5,000" in owed[0].words.en
    assert "Tokai Lab" in owed[1].words.ja


def test_before_an_agreement_is_in_force_nothing_is_owed():
    at = seated(INFORM)
    asked = at.request()
    at.deliver(limit=1)  # the request alone has arrived: the provider has agreed, nobody has finalized
    signed = at.theirs(asked).agreement

    assert exchange.duties(signed, org=at.provider.id) == ()
    with pytest.raises(AgreementNotInForce):
        fulfil(at, signed, org=at.provider)


def test_whether_a_duty_is_overdue_follows_from_the_time_alone():
    at, signed = agreed(INFORM)
    due = MAY + 7 * DAY

    assert both(at, signed, due) == [[(1, OPEN)]] * 2
    assert both(at, signed, due + timedelta(microseconds=1)) == [[(1, OVERDUE)]] * 2


def test_evidence_reaches_the_provider_signed_and_the_consumer_learns_that_it_was_taken():
    at, signed = agreed(INFORM)

    ours = fulfil(at, signed, evidence="ab" * 32, now=MAY + DAY)

    assert both(at, signed, MAY + DAY) == [[(1, FULFILLED)], [(1, OPEN)]]
    assert ours.told_at is None
    at.deliver(now=MAY + DAY + HOUR)
    assert both(at, signed, MAY + 30 * DAY) == [[(1, FULFILLED)]] * 2
    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert (theirs.statement, theirs.evidence, theirs.proof) == ("told by letter", "ab" * 32, ours.proof)
    assert (theirs.fulfilled_at, theirs.fulfilled_by) == (MAY + DAY + HOUR, exchange.Role.CONSUMER)
    [ours] = exchange.duties(signed, org=at.consumer.id)
    assert ours.told_at is not None


def test_the_log_has_hashes_of_what_was_stated_and_nothing_else_of_it():
    at, signed = agreed(INFORM)
    fulfil(at, signed, statement="told Hanako Yamada", evidence="ab" * 32)
    at.deliver()

    lines = [act for act in audit.acts(signed) if act.action == "exchange.duty-fulfilled"]

    assert [line.facts["role"] for line in lines] == ["consumer", "provider"]
    assert {line.facts["evidence"] for line in lines} == {"ab" * 32}
    assert len({line.facts["proof"] for line in lines}) == 1
    assert "Hanako" not in str([line.facts for line in lines])


def test_fulfilling_again_changes_nothing_and_says_nothing():
    at, signed = agreed(INFORM)
    first = fulfil(at, signed)
    at.deliver()

    again = fulfil(at, signed, statement="something else", now=MAY + DAY)

    assert (again.statement, again.proof, again.fulfilled_at) == (first.statement, first.proof, MAY)
    assert exchange.outbox(org=None) == ()


def test_what_has_to_be_done_first_bars_every_read_until_the_evidence_has_arrived():
    at = seated(first=[CREDIT])
    secret = at.secret()
    signed = exchange.agreements(org=at.consumer.id)[0].id

    with pytest.raises(DutyOpen) as refused:
        exchange.access(secret, now=MAY)
    assert refused.value.facts["duties"] == "1: attribute"
    fulfil(at, signed)
    with pytest.raises(DutyOpen):
        exchange.access(secret, now=MAY)
    at.deliver()

    assert exchange.access(secret, now=MAY).agreement.id == signed


def test_a_first_duty_that_is_not_kept_at_all_counts_as_open():
    at = seated(first=[CREDIT])
    secret = at.secret()
    DutyRow.objects.all().delete()

    with pytest.raises(DutyOpen):
        exchange.access(secret, now=MAY)


def test_to_delete_is_due_from_the_last_delivery_on():
    at = seated(DELETE)
    secret = at.secret()
    signed = exchange.agreements(org=at.consumer.id)[0].id
    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert theirs.due_at is None

    for day in (1, 3):
        now = MAY + day * DAY
        exchange.deliver(exchange.access(secret, now=now), channel="http-data", now=now)

    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert theirs.due_at == MAY + 33 * DAY
    [ours] = exchange.duties(signed, org=at.consumer.id)
    assert ours.due_at == MAY + 30 * DAY  # the consumer's node knows of the transfer, not of each read


def test_what_is_delivered_after_a_deletion_has_to_be_deleted_as_well():
    at = seated(DELETE)
    secret = at.secret()
    signed = exchange.agreements(org=at.consumer.id)[0].id

    def read(now):
        exchange.deliver(exchange.access(secret, now=now), channel="http-data", now=now)

    read(MAY + DAY)
    fulfil(at, signed, statement="all copies deleted", now=MAY + 2 * DAY)
    at.deliver(now=MAY + 2 * DAY)
    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert theirs.state(MAY + 2 * DAY) is FULFILLED

    read(MAY + 3 * DAY)

    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert (theirs.state(MAY + 3 * DAY), theirs.statement) == (OPEN, "all copies deleted")
    assert theirs.state(MAY + 34 * DAY) is OVERDUE


def test_an_old_statement_does_not_cover_a_later_delivery_however_often_it_comes():
    at = seated(DELETE)
    secret = at.secret()
    signed = exchange.agreements(org=at.consumer.id)[0].id
    ours = fulfil(at, signed, now=MAY + DAY)
    at.deliver(now=MAY + DAY)
    now = MAY + 2 * DAY
    exchange.deliver(exchange.access(secret, now=now), channel="http-data", now=now)

    exchange.receive_fulfilment(
        org=at.provider.id,
        peer=at.consumer.participant,
        agreement=signed,
        number=1,
        statement=ours.statement,
        evidence="",
        proof=ours.proof,
        stated_at=MAY + DAY,
        now=now + HOUR,
    )

    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert theirs.state(now + HOUR) is OPEN


def deleting() -> tuple[Table, str, AgreementId]:
    at = seated(DELETE)
    secret = at.secret()
    return at, secret, exchange.agreements(org=at.consumer.id)[0].id


def read_at(secret: str, now) -> None:
    exchange.deliver(exchange.access(secret, now=now), channel="http-data", now=now)


def test_a_consumer_that_reads_again_deletes_again_and_states_it_anew():
    at, secret, signed = deleting()
    for day in (1, 3):
        read_at(secret, MAY + day * DAY)
        fulfil(at, signed, statement=f"deleted, {day}", now=MAY + (day + 1) * DAY)
        at.deliver(now=MAY + (day + 1) * DAY)

    [theirs] = exchange.duties(signed, org=at.provider.id)
    [ours] = exchange.duties(signed, org=at.consumer.id)
    assert (theirs.state(MAY + 5 * DAY), theirs.statement) == (FULFILLED, "deleted, 3")
    assert (ours.proof, ours.told_at) == (theirs.proof, MAY + 4 * DAY)


@pytest.mark.parametrize(("early", "taken"), [(61, False), (60, True), (0, True)])
def test_a_statement_covers_what_was_delivered_before_it_and_not_what_comes_after(early, taken):
    at, secret, signed = deleting()
    said = MAY + DAY
    fulfil(at, signed, statement="all copies deleted", now=said)
    delivered = said + timedelta(seconds=early)
    read_at(secret, delivered)
    with nullcontext() if taken else pytest.raises(DutyStatementInvalid):
        at.deliver(now=delivered + HOUR)  # the statement arrives after the delivery

    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert theirs.state(delivered + HOUR) is (FULFILLED if taken else OPEN)


def test_a_statement_from_before_the_last_but_one_delivery_sent_again_fulfils_nothing():
    at, secret, signed = deleting()
    proofs = []
    for day in (1, 3):
        proofs.append(fulfil(at, signed, now=MAY + day * DAY).proof)
        at.deliver(now=MAY + day * DAY)
        read_at(secret, MAY + (day + 1) * DAY)

    with pytest.raises(DutyStatementInvalid) as refused:
        exchange.receive_fulfilment(
            org=at.provider.id,
            peer=at.consumer.participant,
            agreement=signed,
            number=1,
            statement="told by letter",
            evidence="",
            proof=proofs[0],
            stated_at=MAY + DAY,
            now=MAY + 5 * DAY,
        )

    assert "2026-05-05T09:00:00Z" in refused.value.said("en")
    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert theirs.state(MAY + 5 * DAY) is OPEN


def test_reading_again_does_not_clear_a_deletion_that_is_overdue():
    at, secret, signed = deleting()
    read_at(secret, MAY)
    late = MAY + 31 * DAY
    assert exchange.note_overdue(now=late) == 2  # each side its own

    read_at(secret, late)

    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert (theirs.state(late), theirs.due_at) == (OVERDUE, MAY + 30 * DAY)
    assert exchange.note_overdue(now=late) == 0
    fulfil(at, signed, now=late + HOUR)
    at.deliver(now=late + HOUR)
    read_at(secret, late + DAY)
    [theirs] = exchange.duties(signed, org=at.provider.id)
    assert (theirs.state(late + DAY), theirs.due_at) == (OPEN, late + 31 * DAY)


def test_only_the_statement_that_was_taken_counts_as_told():
    at, _, signed = deleting()
    fulfil(at, signed, statement="the first copy", now=MAY)
    fulfil(at, signed, statement="every copy", now=MAY + HOUR)

    at.deliver(now=MAY + HOUR, limit=1)

    [ours] = exchange.duties(signed, org=at.consumer.id)
    assert (ours.statement, ours.told_at) == ("every copy", None)
    at.deliver(now=MAY + HOUR)
    [ours] = exchange.duties(signed, org=at.consumer.id)
    assert ours.told_at == MAY + HOUR


def test_what_a_form_ends_lines_with_is_signed_as_line_breaks():
    at, signed = agreed(INFORM)

    ours = fulfil(at, signed, statement=" 一部を消去。\u3000残りも\r\nall deleted\r\n")

    assert ours.statement == "一部を消去。\u3000残りも\nall deleted"


def test_what_was_pushed_is_to_be_deleted_on_both_sides():
    at, signed = agreed(DELETE)
    exchange.request_transfer(
        org=at.consumer.id, agreement=signed, format=exchange.HTTP_PUSH, actor=at.consumer.actor, now=MAY
    )
    at.deliver()
    assert {
        each.due_at for org in (at.consumer, at.provider) for each in exchange.duties(signed, org=org.id)
    } == {None}

    exchange.push_due(Hand(now=MAY + DAY), now=MAY + DAY)

    owed = [each for org in (at.consumer, at.provider) for each in exchange.duties(signed, org=org.id)]
    assert [each.due_at for each in owed] == [MAY + 31 * DAY] * 2


def test_the_provider_records_that_it_was_paid_and_the_consumer_is_told():
    at, signed = agreed(PAY)

    fulfil(at, signed, org=at.provider, statement="received 5,000 JPY")
    at.deliver()

    assert both(at, signed, MAY + 30 * DAY) == [[(1, FULFILLED)]] * 2
    [ours] = exchange.duties(signed, org=at.consumer.id)
    assert ours.fulfilled_by is exchange.Role.PROVIDER


def test_the_provider_states_nothing_else_in_the_recipients_place():
    at, signed = agreed(INFORM)

    with pytest.raises(DutyOfRecipient):
        fulfil(at, signed, org=at.provider)
    with pytest.raises(DutyOfRecipient):
        receive(at, signed, org=at.consumer, peer=at.provider.participant)

    assert both(at, signed, MAY) == [[(1, OPEN)]] * 2


def receive(at: Table, signed, *, org=None, peer=None, number=1, statement="done", evidence=""):
    return exchange.receive_fulfilment(
        org=(org or at.provider).id,
        peer=peer or at.consumer.participant,
        agreement=signed,
        number=number,
        statement=statement,
        evidence=evidence,
        proof="a.b.c",
        stated_at=MAY,
        now=MAY,
    )


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"peer": ParticipantId("did:web:stranger.example")}, AgreementMissing),
        ({"number": 2}, DutyMissing),
        ({"number": 0}, DutyMissing),
        ({"statement": " "}, DutyStatementInvalid),
        ({"statement": "a" * 2001}, DutyStatementInvalid),
        ({"statement": "a\x00"}, DutyStatementInvalid),
        ({"statement": "a\x1b[2Jb"}, DutyStatementInvalid),
        ({"statement": "a\u202eb"}, DutyStatementInvalid),
        ({"statement": "a\r\nb"}, DutyStatementInvalid),
        ({"evidence": "AB" * 32}, DutyStatementInvalid),
    ],
)
def test_what_cannot_be_taken_changes_nothing(wrong, refusal):
    at, signed = agreed(INFORM)

    with pytest.raises(refusal):
        receive(at, signed, **wrong)

    assert both(at, signed, MAY) == [[(1, OPEN)]] * 2


def test_an_unknown_agreement_is_said_to_be_missing():
    at, _ = agreed(INFORM)

    for ask in (
        lambda: receive(at, "urn:none"),
        lambda: fulfil(at, AgreementId("urn:none")),
        lambda: exchange.duties(AgreementId("urn:none"), org=at.consumer.id),
    ):
        with pytest.raises(AgreementMissing):
            ask()


@pytest.mark.parametrize(
    "refuse",
    [
        lambda _message: (_ for _ in ()).throw(exchange.PeerRefused(status=404, code="NotFound")),
        lambda _message: (_ for _ in ()).throw(exchange.PeerUnready(status=409, code="Later")),
    ],
)
def test_a_peer_that_knows_no_duties_keeps_its_agreement_and_the_consumer_sees_why(refuse):
    at, signed = agreed(INFORM)
    at.post.before = refuse
    fulfil(at, signed)
    for second in range(60):
        at.deliver(now=MAY + timedelta(seconds=second))

    assert exchange.outbox(org=None) == ()
    [ours] = exchange.duties(signed, org=at.consumer.id)
    assert ours.state(MAY) is FULFILLED
    assert ours.untold is not None
    assert "NotFound" in ours.untold.en or "Later" in ours.untold.en
    [negotiation] = exchange.negotiations(org=at.consumer.id)
    assert negotiation.state is exchange.NegotiationState.FINALIZED
    assert exchange.agreement(signed, org=at.consumer.id).in_force(MAY)
    assert exchange.figures(org=at.consumer.id, now=MAY).stuck == 0

    at.post.before = lambda _message: None  # the other side has learnt it
    fulfil(at, signed)
    at.deliver(now=MAY + HOUR)
    assert both(at, signed, MAY) == [[(1, FULFILLED)]] * 2
    [ours] = exchange.duties(signed, org=at.consumer.id)
    assert ours.untold is None


def test_a_peer_that_is_silent_for_a_day_keeps_its_agreement_too():
    at, signed = agreed(INFORM)

    def silent(_message):
        raise exchange.PeerUnavailable("no route to host")

    at.post.before = silent
    fulfil(at, signed)
    now = MAY
    while exchange.outbox(org=None):
        at.deliver(now=now)
        now += timedelta(minutes=10)

    assert now - MAY >= DAY
    [ours] = exchange.duties(signed, org=at.consumer.id)
    assert "no route to host" in ours.untold.en
    assert exchange.agreement(signed, org=at.consumer.id).in_force(now)
    [negotiation] = exchange.negotiations(org=at.consumer.id)
    assert negotiation.state is exchange.NegotiationState.FINALIZED


def test_an_overdue_duty_is_written_down_once_and_seen_among_what_waits():
    at, signed = agreed(INFORM)
    late = MAY + 8 * DAY
    assert exchange.note_overdue(now=MAY + 7 * DAY) == 0

    assert exchange.note_overdue(now=late) == 2  # each side its own
    assert exchange.note_overdue(now=late) == 0

    assert audit.trail(signed).count("exchange.duty-overdue") == 2
    for org in (at.consumer, at.provider):
        assert exchange.figures(org=org.id, now=late).overdue == 1
        assert [each.number for each in exchange.duties_overdue(org=org.id, now=late)] == [1]
    fulfil(at, signed, now=late)
    at.deliver(now=late)
    assert exchange.figures(org=None, now=late).overdue == 0


def test_overdue_duties_take_one_query_however_many(django_assert_num_queries):
    at, _ = agreed(INFORM, CREDIT, PAY)

    with django_assert_num_queries(1):
        found = exchange.duties_overdue(org=at.consumer.id, now=MAY + 8 * DAY)

    assert [each.action for each in found] == ["compensate", "inform"]


def test_duties_outlive_the_agreement():
    at = seated(DELETE)
    secret = at.secret()
    signed = exchange.agreements(org=at.consumer.id)[0].id
    exchange.deliver(exchange.access(secret, now=MAY), channel="http-data", now=MAY)
    exchange.end_agreement(org=at.provider.id, agreement=signed, reason="over", actor=NODE, now=MAY + DAY)
    at.deliver(now=MAY + DAY)

    assert both(at, signed, MAY + 31 * DAY) == [[(1, OVERDUE)]] * 2
    fulfil(at, signed, now=MAY + 31 * DAY)
    at.deliver(now=MAY + 31 * DAY)
    assert both(at, signed, MAY + 31 * DAY) == [[(1, FULFILLED)]] * 2
