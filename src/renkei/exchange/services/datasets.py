"""Datasets and offers: what an owner says about its tables, and on which terms."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from renkei.audit import api as audit
from renkei.context import api as context
from renkei.exchange.errors import (
    ColumnUnknown,
    DatasetMissing,
    DatasetTaken,
    NotTheOwner,
    OfferHandling,
    OfferMissing,
    OfferTaken,
)
from renkei.exchange.models import DatasetRow, OfferRow, pack_place
from renkei.exchange.rules.normal import normal, terms_digest
from renkei.exchange.rules.plan import check_end, complete
from renkei.exchange.rules.terms import parse
from renkei.exchange.services.processes import check_ids
from renkei.exchange.services.quality import measure
from renkei.exchange.services.revisions import check_keepable, fill, pack, record_dataset, renew_catalogue
from renkei.exchange.types import PROFILE, Dataset, EntitySource, Offer, Policy
from renkei.kernel.ids import Actor, DatasetId, OfferId, OrgId, TableId, new_id
from renkei.kernel.places import Place
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.privacy import api as privacy


def publish_dataset(
    *,
    owner: OrgId,
    table: TableId,
    title: Text,
    description: Text,
    licence: str,
    classes: Sequence[privacy.ColumnClass],
    themes: Sequence[str] = (),
    place: Place | None = None,
    entities: EntitySource | None = None,
    dataset_id: DatasetId | None = None,
    actor: Actor,
    now: datetime,
) -> Dataset:
    """Describe a table for others; its quality figures are computed from the table as it is now.

    Where any column is personal, all have to be classed. A feed of the owner's context is published together with the
    present of its entities; with `entities` any table is said to be the history of a type. Raises exchange.not-the-owner, column-unknown,
    column-repeated, column-unclassed, dataset-taken, lake.table-missing, privacy.plan-inconsistent.
    """
    check_ids(dataset_id)
    found = lake.table(table)
    if found.owner != owner:
        raise NotTheOwner(table=table)
    classed = complete(classes, columns=[column.name for column in found.columns])
    privacy.check_fits(privacy.Plan(table=table, columns=classed), found.columns)
    entities = entities or _fed_from(found)
    _check_columns(entities, found)
    row = DatasetRow(
        id=dataset_id or new_id(),
        owner=owner,
        table=table,
        title_ja=title.ja,
        title_en=title.en,
        description_ja=description.ja,
        description_en=description.en,
        licence=licence,
        themes=list(themes),
        classes=pack(classed),
        place=pack_place(place),
        entities=entities.as_dict() if entities else None,
        published_at=now,
    )
    fill(row, measure(found, classes=classed))
    _publish(row, actor=actor, now=now)
    return row.as_fact()


def _fed_from(table: lake.Table) -> EntitySource | None:
    """Return the type of entity whose history flows into a table, where one does."""
    feed = next((feed for feed in context.feeds(table.owner) if feed.table == table.id), None)
    if feed is None:
        return None
    attributes = tuple((column.name, column.attribute) for column in feed.columns)
    return EntitySource(type=feed.type, attributes=attributes, position=feed.position)


def _check_columns(entities: EntitySource | None, table: lake.Table) -> None:
    names = [column.name for column in table.columns]
    for column in entities.columns if entities else ():
        if column not in names:
            raise ColumnUnknown(column=column, columns=", ".join(names))


@transaction.atomic
def offer(
    *,
    dataset: DatasetId,
    terms: Policy,
    automatic: bool,
    by_hand: bool = False,
    offer_id: OfferId | None = None,
    actor: Actor,
    now: datetime,
) -> Offer:
    """Offer a dataset under terms, which are kept in their normal form.

    `automatic` agrees at once to a request that fits; `by_hand` leaves every step after a request, and the start of each
    transfer, to the owner; with neither the owner decides once and the rest goes on by itself. Whatever nobody could
    evaluate or keep is refused now, by name: raises exchange.dataset-missing, what `parse` raises, column-unknown,
    role-missing, end-date-past, offer-taken, offer-handling, and privacy.no-lawful-route.
    """
    if automatic and by_hand:
        raise OfferHandling
    found = DatasetRow.objects.select_for_update().filter(pk=dataset).first()  # its classes stay meanwhile
    if found is None:
        raise DatasetMissing(dataset=dataset)
    check_ids(offer_id)
    parsed = parse(terms)
    check_end(parsed, now=now)
    fact = found.as_fact()
    check_keepable(parsed, table=fact.table, classes=fact.classes)
    row = OfferRow(
        id=offer_id or new_id(),
        dataset=found,
        terms={"profile": PROFILE} | normal(terms),
        automatic=automatic,
        by_hand=by_hand,
        created_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise OfferTaken(offer=row.pk) from None
    _record(row, "offer-made", owner=found.owner, actor=actor, now=now)
    return row.as_fact()


@transaction.atomic
def withdraw_offer(*, offer: OfferId, actor: Actor, now: datetime) -> Offer:
    """Take an offer out of the catalogue; agreements made from it stand. Withdrawing again changes nothing.

    Raises exchange.offer-missing.
    """
    row = OfferRow.objects.select_for_update(of=("self",)).select_related("dataset").filter(pk=offer).first()
    if row is None:
        raise OfferMissing(offer=offer)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        _record(row, "offer-withdrawn", owner=row.dataset.owner, actor=actor, now=now)
    return row.as_fact()


@transaction.atomic
def _publish(row: DatasetRow, *, actor: Actor, now: datetime) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise DatasetTaken(dataset=row.pk) from None
    record_dataset(row, "dataset-published", actor=actor, now=now)


def _record(row: OfferRow, action: str, *, owner: str, actor: Actor, now: datetime) -> None:
    renew_catalogue(owner)
    audit.record(
        f"exchange.{action}",
        actor=actor,
        subject=row.pk,
        at=now,
        concerns=(parties.organisation(OrgId(owner)).participant,),
        dataset=row.dataset_id,
        terms=terms_digest(row.terms),
        automatic=row.automatic,
        by_hand=row.by_hand,
    )
