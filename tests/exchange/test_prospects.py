"""What an owner sees before it offers: its table as it would leave, two offers side by side, and who could read."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import DatasetMissing, OfferMissing
from renkei.exchange.models import OfferRow
from renkei.kernel.ids import NODE, OrgId, ParticipantId
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from tests.factories import parties as members
from tests.factories.exchange import (
    CELL,
    END,
    GROUP,
    MAY,
    PURPOSES,
    TERMS,
    constraint,
    dataset,
    offer,
    table,
    terms,
)

pytestmark = pytest.mark.django_db
READER = ParticipantId("did:web:0.example:orgs:far-lab")


def vouch(kind, value):
    parties.vouch(participant=READER, kind=kind, value=value, evidence="seen", actor=NODE, now=MAY)


def simulate(published, said, **more):
    return exchange.simulate(owner=published.owner, dataset=published.id, terms=said, now=MAY, **more)


def test_a_simulation_shows_the_rows_that_would_leave_and_what_each_term_keeps():
    published = dataset()

    seen = simulate(published, terms(PURPOSES, CELL, GROUP | {"rightOperand": "4"}))

    assert seen.preview.rows == seen.preview.table_rows == 12
    assert len(seen.preview.sample) == 12
    assert "cell" in {column.name for column in seen.preview.columns}
    assert "latitude" not in {column.name for column in seen.preview.columns}
    assert {term.term: term.rows for term in seen.preview.withheld} == {"rk:cell": 12, "rk:minimumGroup": 12}
    assert (seen.preview.smallest_group, seen.decision) == (None, None)
    assert 0 < simulate(published, TERMS).preview.loss < seen.preview.loss < 1000
    assert simulate(published, TERMS).preview.smallest_group == 3


def test_a_simulation_agrees_with_the_release_that_is_made_under_the_same_terms():
    at = table()
    seen = simulate(at.dataset, TERMS).preview

    made = exchange.access(at.secret(), now=MAY)
    released = privacy.release(made.plan, now=MAY)

    assert (seen.rows, seen.columns, seen.withheld, seen.smallest_group, seen.loss) == (
        released.rows,
        released.columns,
        released.withheld,
        released.smallest_group,
        released.loss,
    )


def test_a_simulation_records_nothing():
    published = dataset()
    before = audit.seal(now=MAY)

    simulate(published, TERMS, participant=READER)

    assert audit.seal(now=MAY).size == before.size
    assert exchange.provisions(org=published.owner) == ()


def test_no_row_of_what_stays_in_place_is_shown():
    said = terms(constraint("rk:delivery", "eq", "in-place"), GROUP | {"rightOperand": "3"})

    seen = simulate(dataset(), said)

    assert (seen.delivery, seen.preview.sample, seen.preview.rows) == (privacy.Delivery.IN_PLACE, (), 12)


@pytest.mark.parametrize(
    ("said", "purpose", "code"),
    [
        (TERMS, "research", None),
        (TERMS, None, None),
        (TERMS, "maintenance", "exchange.purpose-not-agreed"),
        (terms(CELL, GROUP, constraint("recipient", "eq", "did:web:other.example")), None, "exchange.recipient-not-allowed"),
        (terms(CELL, GROUP, constraint("dateTime", "gt", "2026-05-01T09:00:00Z")), None, "exchange.agreement-not-begun"),
        (terms(CELL, GROUP, constraint("dateTime", "gteq", "2026-05-01T09:00:00Z")), None, None),
        (terms(CELL, GROUP, constraint("dateTime", "lteq", "2026-05-01T09:00:00Z")), None, "exchange.end-date-past"),
        (terms(CELL, GROUP, constraint("rk:membership", "eq", "LPWA")), None, "exchange.membership-missing"),
        (terms(CELL, GROUP, constraint("spatial", "eq", "DE")), None, "exchange.place-not-allowed"),
        (terms(CELL, GROUP, constraint("spatial", "eq", "JP")), None, None),
    ],
)  # fmt: skip
def test_a_simulation_tells_what_a_participant_would_meet_now(said, purpose, code):
    vouch(parties.VouchKind.PLACE, "JP-13")

    seen = simulate(dataset(), said, participant=READER, purpose=purpose)

    assert seen.decision.participant == READER
    assert (seen.decision.refusal and seen.decision.refusal.code) == code
    assert seen.decision.unknown is (code == "exchange.membership-missing")


def test_a_duty_that_reading_waits_for_stands_against_the_first_read():
    said = exchange.write_terms(
        exchange.Wishes(
            cell="jis-mesh:2", minimum_group="2", entity="device", duty=("first compensate:5000:JPY",)
        )
    )

    seen = simulate(dataset(), said, participant=READER)

    assert seen.decision.refusal.code == "exchange.duty-open"


def test_terms_that_would_be_unlawful_are_refused_before_anything_is_shown():
    with pytest.raises(privacy.NoLawfulRoute):
        simulate(dataset(), terms())


def test_nobody_simulates_on_anothers_table():
    published = dataset()
    other = members.organisation(slug="other")

    with pytest.raises(DatasetMissing):
        exchange.simulate(owner=other.id, dataset=published.id, terms=TERMS, now=MAY)
    with pytest.raises(DatasetMissing):
        exchange.audience(owner=other.id, dataset=published.id, now=MAY)
    with pytest.raises(OfferMissing):
        exchange.known_offer(offer(of=published).id, owner=other.id)


def test_two_offers_are_laid_beside_each_other():
    published = dataset()
    wide = offer(of=published, said=terms(PURPOSES, CELL, GROUP))
    narrow = offer(
        of=published,
        said=terms(constraint("purpose", "eq", "research"), END, CELL, GROUP, no_distribution=False),
    )

    compared = exchange.compare_terms(
        exchange.known_offer(narrow.id, owner=published.owner).terms, before=wide.terms
    )

    assert [line.change.value for line in compared.lines] == [
        "changed", "changed", "same", "same", "same", "removed"
    ]  # fmt: skip
    assert compared.lines[0].now.en == "The data may be used only for research."
    assert compared.lines[0].before.en == "The data may be used only for education or research."


def _audience(at, **more):
    return exchange.audience(owner=at.provider.id, dataset=at.dataset.id, now=MAY, **more)


def test_the_audience_names_every_participant_and_what_stands_against_it():
    at = table(said=terms(PURPOSES, CELL, GROUP, constraint("rk:membership", "eq", "LPWA")))
    at.request()
    at.deliver()
    named = offer(of=at.dataset, said=terms(CELL, GROUP, constraint("recipient", "eq", READER)))
    far = exchange.Prospect(READER, Text(ja="遠方ラボ", en="Far Lab"))

    vouch(parties.VouchKind.MEMBERSHIP, "LPWA")

    seen = _audience(at, others=[far])

    assert [
        (each.prospect.participant, each.offer.id, each.sees, each.decision.refusal and each.decision.refusal.code, each.decision.unknown)
        for each in seen.chances
    ] == [
        (READER, at.offer.id, True, None, False),
        (READER, named.id, True, None, False),
        (at.consumer.participant, at.offer.id, True, "exchange.membership-missing", True),
        (at.consumer.participant, named.id, False, "exchange.recipient-not-allowed", False),
    ]  # fmt: skip
    assert seen.next is None


def test_a_peer_that_negotiated_is_known_and_the_owner_is_not_its_own_audience():
    at = table()
    exchange.receive_request(
        org=at.provider.id,
        peer=READER,
        consumer_pid="urn:uuid:1",
        provider_pid=None,
        offer=at.offer.policy(target=True),
        callback="https://peer.example/dsp",
        now=MAY,
    )

    seen = {each.prospect.participant for each in _audience(at).chances}

    assert seen == {READER, at.consumer.participant}


def test_a_withdrawn_offer_has_no_audience():
    at = table()
    exchange.withdraw_offer(offer=at.offer.id, actor=at.provider.actor, now=MAY)

    assert _audience(at).chances == ()


def test_an_audience_comes_in_parts_at_the_same_cost():
    at = table()
    others = [exchange.Prospect(ParticipantId(f"did:web:p{number:02}.example")) for number in range(25)]

    whole, after = [], None
    for _ in range(5):
        part = _audience(at, others=others, after=after, limit=10)
        whole += [each.prospect.participant for each in part.chances]
        after = part.next
        if after is None:
            break

    assert whole == sorted({*(each.participant for each in others), at.consumer.participant})
    assert _cost(at, others[:1]) == _cost(at, others) == 5


def _cost(at, others):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        _audience(at, others=others)
    return len(asked)


def test_an_offer_that_begins_later_is_refused_until_then():
    at = table(said=terms(CELL, GROUP, constraint("dateTime", "gteq", "2026-06-01T00:00:00Z")))

    def code(now):
        (only,) = exchange.audience(owner=OrgId(at.provider.id), now=now).chances
        return only.decision.refusal and only.decision.refusal.code

    assert code(MAY) == "exchange.agreement-not-begun"
    assert code(MAY + timedelta(days=40)) is None


def test_an_offer_that_cannot_be_evaluated_any_more_is_shown_to_nobody_and_hides_no_other():
    at = table()
    OfferRow.objects.filter(pk=at.offer.id).update(terms=terms(constraint("moonPhase", "eq", "full")))
    sound = offer(of=at.dataset)

    seen = {each.offer.id: (each.sees, each.decision.refusal) for each in _audience(at).chances}

    assert seen[at.offer.id][0] is False
    assert seen[at.offer.id][1].code == "exchange.operand-unknown"
    assert seen[sound.id] == (True, None)
