"""Datasets, offers and the catalogue."""

from datetime import timedelta

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange import errors
from renkei.kernel.ids import NODE, DatasetId, OfferId, new_id
from renkei.privacy import api as privacy
from tests.factories import lake
from tests.factories import parties as members
from tests.factories.exchange import (
    CELL,
    CLASSES,
    END,
    GROUP,
    MAY,
    PLAIN,
    TERMS,
    constraint,
    dataset,
    offer,
    plan_of,
    terms,
)

pytestmark = pytest.mark.django_db


def test_a_dataset_tells_figures_that_were_computed_from_its_table():
    rows = lake.readings(("D-1", "D-2"), each=3).to_pylist()
    rows[0] |= {"latitude": None, "longitude": None}

    made = dataset(rows=lake.rows_of(rows, lake.COLUMNS))

    assert made.quality == exchange.Quality(
        version=made.quality.version,
        rows=6,
        first=MAY,
        last=MAY + timedelta(minutes=2),
        completeness={
            "device": 1000,
            "at": 1000,
            "latitude": 833,
            "longitude": 833,
            "gateway": 1000,
            "reading": 1000,
            "counter": 1000,
        },
        subjects=2,
    )
    assert exchange.dataset(made.id) == made
    assert exchange.datasets(made.owner) == (made,)
    assert audit.trail(made.id) == ["exchange.dataset-published"]


def test_an_empty_table_can_be_published():
    made = dataset(rows=lake.rows_of([], lake.COLUMNS))

    assert (made.quality.rows, made.quality.first, made.quality.subjects) == (0, None, 0)
    assert set(made.quality.completeness.values()) == {0}


def test_columns_are_plain_where_nothing_is_personal():
    made = dataset(classes=PLAIN)

    assert made.classes == (*PLAIN, *(privacy.ColumnClass(each.name) for each in CLASSES[2:]))


@pytest.mark.parametrize(
    ("classes", "refusal", "facts"),
    [
        (CLASSES[:4], errors.ColumnUnclassed, {"columns": "gateway, reading, counter"}),
        ((*CLASSES, CLASSES[0]), errors.ColumnRepeated, {"column": "device"}),
        (
            (privacy.ColumnClass("height"),),
            errors.ColumnUnknown,
            {"column": "height", "columns": "device, at, latitude, longitude, gateway, reading, counter"},
        ),
    ],
)
def test_columns_are_classed_by_name_or_the_dataset_is_refused(classes, refusal, facts):
    with pytest.raises(refusal) as refused:
        dataset(classes=classes)
    assert refused.value.facts == facts


def test_a_role_that_the_columns_type_cannot_have_is_refused():
    with pytest.raises(privacy.PlanInconsistent):
        dataset(classes=(privacy.ColumnClass("device", role=privacy.Role.TIME),))


def test_only_the_owner_publishes_its_table():
    with pytest.raises(errors.NotTheOwner):
        exchange.publish_dataset(
            owner=members.organisation(slug="other").id,
            table=lake.table().id,
            title=lake.COLUMNS[0].text,
            description=lake.COLUMNS[0].text,
            licence="CC0-1.0",
            classes=(),
            actor=NODE,
            now=MAY,
        )


def test_identifiers_can_be_chosen_once():
    made = offer(of=dataset(dataset_id="urn:example:d"), offer_id="urn:example:o")
    assert (made.dataset, made.id) == ("urn:example:d", "urn:example:o")

    with pytest.raises(errors.DatasetTaken):
        dataset(owner=members.organisation(slug="other"), dataset_id="urn:example:d")
    with pytest.raises(errors.OfferTaken):
        offer(of=exchange.dataset(made.dataset), offer_id="urn:example:o")


def test_an_offer_keeps_its_terms_in_normal_form():
    made = offer()

    assert exchange.terms_digest(made.terms) == exchange.terms_digest(TERMS)
    assert made.terms["profile"] == exchange.PROFILE
    assert made.policy() == {"@id": made.id, "@type": "Offer"} | made.terms
    assert made.policy(target=True)["target"] == made.dataset
    assert exchange.offers(dataset=made.dataset) == (made,)
    assert audit.trail(made.id) == ["exchange.offer-made"]


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (terms(constraint("systemDevice", "eq", "x"), CELL, GROUP), errors.OperandUnknown),
        (terms(CELL, GROUP, constraint("rk:withholdColumn", "eq", "height")), errors.ColumnUnknown),
        (
            terms(CELL, constraint("rk:minimumGroup", "gteq", "5", **{"rk:entity": "owner"})),
            errors.ColumnUnknown,
        ),
        (terms(CELL, GROUP, constraint("dateTime", "lteq", "2026-05-01T09:00:00Z")), errors.EndDatePast),
        (terms(END), privacy.NoLawfulRoute),
    ],
)
def test_an_offer_that_could_not_be_kept_is_refused_when_it_is_written(said, refusal):
    made = dataset()

    with pytest.raises(refusal):
        offer(of=made, said=said)
    assert exchange.offers(dataset=made.id) == ()


@pytest.mark.parametrize(
    ("said", "operand"),
    [
        (terms(CELL), "rk:cell"),
        (
            terms(constraint("rk:observedUntil", "lt", "2026-06-01T00:00:00Z")),
            "rk:observedFrom, rk:observedUntil",
        ),
    ],
)
def test_terms_need_columns_with_the_roles_that_they_speak_of(said, operand):
    made = dataset(classes=(privacy.ColumnClass("device"),))

    with pytest.raises(errors.RoleMissing) as refused:
        offer(of=made, said=said)
    assert refused.value.facts["operand"] == operand


def test_an_offer_can_be_withdrawn():
    made = offer()

    withdrawn = exchange.withdraw_offer(offer=made.id, actor=NODE, now=MAY)
    again = exchange.withdraw_offer(offer=made.id, actor=NODE, now=MAY + timedelta(days=1))

    assert withdrawn.withdrawn_at == again.withdrawn_at == MAY
    owner = exchange.dataset(made.dataset).owner
    assert exchange.catalogue(owner) == exchange.Page((), None)
    with pytest.raises(errors.DatasetMissing):
        exchange.listing(owner=owner, dataset=made.dataset)
    with pytest.raises(errors.OfferMissing):
        exchange.withdraw_offer(offer=OfferId("urn:none"), actor=NODE, now=MAY)


def test_a_dataset_that_is_not_there_is_missing():
    with pytest.raises(errors.DatasetMissing):
        exchange.dataset(DatasetId("urn:none"))
    with pytest.raises(errors.DatasetMissing):
        offer(of=dataset()).id and exchange.offer(
            dataset=DatasetId("urn:none"), terms=TERMS, automatic=True, actor=NODE, now=MAY
        )


def many(count):
    """Store copies of one dataset and its offer: publishing each by the door would make as many tables."""
    from renkei.exchange.models import DatasetRow, OfferRow

    first = offer()
    row, terms_row = DatasetRow.objects.get(pk=first.dataset), OfferRow.objects.get(pk=first.id)
    for number in range(1, count):
        row.pk, terms_row.pk, terms_row.dataset_id = (
            f"urn:d:{number:05}",
            f"urn:o:{number:05}",
            f"urn:d:{number:05}",
        )
        row.save(force_insert=True)
        terms_row.save(force_insert=True)
    return exchange.dataset(first.dataset).owner


@pytest.mark.parametrize("count", [1, 3, 100])
def test_a_page_of_the_catalogue_takes_two_queries(count, django_assert_num_queries):
    owner = many(count)

    with django_assert_num_queries(2):
        page = exchange.catalogue(owner, limit=100)

    assert (len(page.listings), page.next) == (count, None)


def test_the_pages_of_a_catalogue_hold_each_dataset_once():
    owner = many(7)
    seen, after = [], None

    while True:
        page = exchange.catalogue(owner, after=after, limit=3)
        seen.append([each.dataset.id for each in page.listings])
        if page.next is None:
            break
        after = page.next

    assert [len(each) for each in seen] == [3, 3, 1]
    assert len({each for page in seen for each in page}) == 7


def test_an_offer_to_others_is_not_in_a_viewers_catalogue():
    made = dataset()
    offer(of=made, said=terms(constraint("recipient", "eq", "did:web:friend.example"), CELL, GROUP))

    assert exchange.catalogue(made.owner, viewer="did:web:friend.example").listings != ()
    assert exchange.catalogue(made.owner, viewer="did:web:other.example").listings == ()
    with pytest.raises(errors.DatasetMissing):
        exchange.listing(owner=made.owner, dataset=made.id, viewer="did:web:other.example")


def test_a_catalogue_shows_only_its_owners_datasets():
    made = dataset()
    offer(of=made)

    assert exchange.catalogue(members.organisation(slug="other").id).listings == ()
    with pytest.raises(errors.DatasetMissing):
        exchange.listing(owner=new_id(), dataset=made.id)


def test_terms_compile_into_a_plan():
    made = dataset()

    plan = plan_of(made, terms(CELL, GROUP, constraint("rk:withholdColumn", "eq", "counter")))

    assert plan == privacy.Plan(
        table=made.table,
        columns=CLASSES,
        dropped=("counter",),
        cell=privacy.Cell(privacy.CellScheme.JIS_MESH, 2),
        minimum_group=privacy.MinimumGroup(2, "device"),
    )
