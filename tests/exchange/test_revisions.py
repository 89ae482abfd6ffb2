"""Datasets that are described anew, and what that means for offers and agreements."""

import dataclasses

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import (
    AgreementOvertaken,
    ColumnUnclassed,
    DatasetMissing,
    NotTheTable,
    OffersBroken,
)
from renkei.kernel.ids import NODE, DatasetId, OrgId, TableId
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.privacy import api as privacy
from tests.factories import lake as lakes
from tests.factories.exchange import CLASSES, MAY, TERMS, dataset, offer, plan_of, table, terms

pytestmark = pytest.mark.django_db
JUNE = MAY.replace(month=6)
C, R = privacy.Category, privacy.Role


def reclassed(**changes):
    """Return the factory's classes with other categories or roles for the columns named."""
    return tuple(
        dataclasses.replace(each, **changes[each.name]) if each.name in changes else each for each in CLASSES
    )


def revise(of, *, classes=CLASSES, owner=None, on=None, title=None, dataset_id=None):
    return exchange.revise_dataset(
        owner=owner or of.owner,
        dataset=dataset_id or of.id,
        table=on or of.table,
        title=title or of.title,
        description=Text(ja="改めた説明。", en="Described anew."),
        licence="CC0-1.0",
        themes=("weather",),
        classes=classes,
        actor=NODE,
        now=JUNE,
    )


def test_a_dataset_is_described_anew_with_figures_of_its_table_as_it_is_now():
    published = dataset()
    lake.append(TableId(published.table), lakes.readings(), writer="later", sequence=1)

    revision = revise(published, title=Text(ja="改題", en="New title"))

    assert revision == exchange.Revision(
        dataset=dataclasses.replace(
            published,
            title=Text(ja="改題", en="New title"),
            description=Text(ja="改めた説明。", en="Described anew."),
            licence="CC0-1.0",
            themes=("weather",),
            quality=dataclasses.replace(published.quality, version=2, rows=24),
            revised_at=JUNE,
        ),
        overtaken=(),
    )
    assert exchange.dataset(published.id) == revision.dataset
    assert audit.trail(published.id) == ["exchange.dataset-published", "exchange.dataset-revised"]


def test_figures_alone_are_computed_anew_when_the_table_has_moved_on():
    published = dataset()
    unchanged = exchange.refresh_dataset(owner=published.owner, dataset=published.id, actor=NODE, now=JUNE)
    lake.append(TableId(published.table), lakes.readings(), writer="later", sequence=1)

    refreshed = exchange.refresh_dataset(owner=published.owner, dataset=published.id, actor=NODE, now=JUNE)

    assert unchanged == published
    assert (refreshed.quality.version, refreshed.quality.rows, refreshed.revised_at) == (2, 24, JUNE)
    assert refreshed.title == published.title
    assert audit.trail(published.id) == ["exchange.dataset-published", "exchange.dataset-refreshed"]


def test_only_the_owner_revises_and_only_with_the_same_table():
    published = dataset()

    for owner, number in ((OrgId("urn:uuid:other"), published.id), (published.owner, DatasetId("none"))):
        with pytest.raises(DatasetMissing):
            revise(published, owner=owner, dataset_id=number)
        with pytest.raises(DatasetMissing):
            exchange.refresh_dataset(owner=owner, dataset=number, actor=NODE, now=JUNE)
    with pytest.raises(NotTheTable):
        revise(published, on=TableId("urn:uuid:another"))
    with pytest.raises(ColumnUnclassed):
        revise(published, classes=CLASSES[:3])
    assert exchange.dataset(published.id) == published


def test_stricter_classes_are_refused_by_the_names_of_the_offers_that_they_would_break():
    published = dataset()
    kept = offer(of=published, said=_withholding("reading"))
    broken = [offer(of=published).id, offer(of=published).id]
    withdrawn = offer(of=published)
    exchange.withdraw_offer(offer=withdrawn.id, actor=NODE, now=MAY)

    with pytest.raises(OffersBroken) as refused:
        revise(published, classes=reclassed(reading={"category": C.SENSITIVE}))

    assert refused.value.facts["offers"] == ", ".join(broken)
    assert "reading" in refused.value.said("en")
    assert exchange.dataset(published.id) == published
    for each in broken:
        exchange.withdraw_offer(offer=each, actor=NODE, now=MAY)
    assert revise(published, classes=reclassed(reading={"category": C.SENSITIVE})).overtaken == ()
    assert [each.id for each in exchange.offers(dataset=published.id) if not each.withdrawn_at] == [kept.id]


def test_a_role_that_an_offers_terms_need_cannot_be_taken_away():
    published = dataset()
    offer(of=published)

    with pytest.raises(OffersBroken):
        revise(published, classes=reclassed(latitude={"role": R.PLACE}))


def test_an_agreement_that_stricter_classes_overtake_is_suspended_and_both_sides_are_told():
    at = table()
    ours = at.transferred()
    secret = ours.data_address.secret
    exchange.withdraw_offer(offer=at.offer.id, actor=NODE, now=MAY)

    revision = revise(at.dataset, classes=reclassed(reading={"category": C.PERSONAL}))

    assert revision.overtaken == (ours.agreement,)
    at.deliver(now=JUNE)
    told = exchange.transfer(ours.id, org=at.consumer.id)
    assert (told.state, told.code) == (exchange.TransferState.SUSPENDED, "exchange.agreement-overtaken")
    assert "改めた" in told.reasons[1]
    assert audit.trail(ours.agreement)[-1] == "exchange.agreement-overtaken"
    exchange.resume_transfer(org=at.consumer.id, transfer=ours.id, actor=NODE, now=JUNE)
    at.deliver(now=JUNE)
    with pytest.raises(AgreementOvertaken):  # resuming does not help: each read is checked
        exchange.access(secret, now=JUNE)


def test_a_correction_of_the_classes_lets_the_agreement_go_on():
    at = table()
    secret = at.secret()
    exchange.withdraw_offer(offer=at.offer.id, actor=NODE, now=MAY)
    revise(at.dataset, classes=reclassed(reading={"category": C.PERSONAL}))
    revise(at.dataset)
    [theirs] = exchange.transfers(org=at.provider.id)
    exchange.resume_transfer(org=at.provider.id, transfer=theirs.id, actor=NODE, now=JUNE)

    assert exchange.access(secret, now=JUNE).plan.columns == CLASSES


def test_looser_classes_do_not_open_more_to_those_who_have_signed():
    at = table()
    secret = at.secret()

    revise(at.dataset, classes=reclassed(gateway={"category": C.NONE, "role": R.PLAIN}))

    assert exchange.access(secret, now=JUNE).plan.columns == CLASSES
    fresh = plan_of(exchange.dataset(at.dataset.id), TERMS)
    assert fresh.columns == reclassed(gateway={"category": C.NONE, "role": R.PLAIN})


def test_a_column_that_comes_to_tell_a_place_is_kept_back_from_the_next_read_on():
    at = table()
    secret = at.secret()

    revise(at.dataset, classes=reclassed(reading={"role": R.PLACE}))

    release = exchange.deliver(exchange.access(secret, now=JUNE), channel="pull", now=JUNE).release
    assert [column.name for column in release.columns] == ["device", "at", "cell", "counter"]


def _withholding(*columns):
    said = terms(*TERMS["permission"][0]["constraint"])
    said["permission"][0]["constraint"].append(
        {"leftOperand": "rk:withholdColumn", "operator": "isAnyOf", "rightOperand": list(columns)}
    )
    return said
