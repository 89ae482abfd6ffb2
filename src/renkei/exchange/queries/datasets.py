"""What is offered: datasets, offers, the catalogue."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Exists, OuterRef, QuerySet

from renkei.exchange.errors import DatasetMissing
from renkei.exchange.models import CatalogueRow, DatasetRow, OfferRow
from renkei.exchange.rules.recipients import recipients_of
from renkei.exchange.types import Dataset, Listing, Offer, Page
from renkei.kernel.ids import DatasetId, OrgId, ParticipantId


def dataset(dataset_id: DatasetId) -> Dataset:
    """Return one dataset. Raises exchange.dataset-missing."""
    row = DatasetRow.objects.filter(pk=dataset_id).first()
    if row is None:
        raise DatasetMissing(dataset=dataset_id)
    return row.as_fact()


def datasets(owner: OrgId | None = None) -> tuple[Dataset, ...]:
    """Return an organisation's datasets, or every one of the node's where `owner` is None, newest first."""
    rows = DatasetRow.objects.order_by("-published_at", "id")
    return tuple(row.as_fact() for row in (rows if owner is None else rows.filter(owner=owner)))


def offers(*, dataset: DatasetId) -> tuple[Offer, ...]:
    """Return a dataset's offers, withdrawn ones too, oldest first."""
    return tuple(
        row.as_fact() for row in OfferRow.objects.filter(dataset=dataset).order_by("created_at", "id")
    )


def all_offers(owner: OrgId | None = None) -> tuple[Offer, ...]:
    """Return every offer of an organisation's datasets, or of the node's, withdrawn ones too, oldest first."""
    rows = OfferRow.objects.order_by("created_at", "id")
    return tuple(row.as_fact() for row in (rows if owner is None else rows.filter(dataset__owner=owner)))


def listing(*, owner: OrgId, dataset: DatasetId, viewer: ParticipantId | None = None) -> Listing:
    """Return a dataset as it stands in its owner's catalogue. Raises exchange.dataset-missing where it does not."""
    found = _listings(DatasetRow.objects.filter(pk=dataset, owner=owner), viewer=viewer)
    if not found:
        raise DatasetMissing(dataset=dataset)
    return found[0]


def catalogue(
    owner: OrgId,
    *,
    after: str | None = None,
    offset: int = 0,
    limit: int = 100,
    viewer: ParticipantId | None = None,
) -> Page:
    """Return one page of an organisation's catalogue: the datasets with standing offers, by id.

    The page begins `offset` datasets behind the one with the id `after`, or behind the beginning. With a `viewer`,
    offers that are made to others are left out, so that a page can hold fewer than `limit`. Two queries, however long
    the page.
    """
    rows = _standing(owner).filter(pk__gt=after or "").order_by("pk")
    page = list(rows[offset : offset + limit + 1])
    return Page(
        listings=_listings(page[:limit], viewer=viewer),
        next=page[limit - 1].pk if len(page) > limit else None,
    )


def catalogue_before(owner: OrgId, *, after: str, limit: int) -> str:
    """Return as what `after` the page before the one that begins behind `after` is had; empty for the first. One query."""
    rows = _standing(owner).filter(pk__lte=after).order_by("-pk").values_list("pk", flat=True)
    return next(iter(rows[limit : limit + 1]), "")


def catalogue_revision(owner: OrgId) -> str:
    """Return what changes whenever an organisation's catalogue does; empty for one that never changed. One query.

    Whoever reads it *before* the catalogue never takes an old catalogue for a new one.
    """
    return CatalogueRow.objects.filter(pk=owner).values_list("revision", flat=True).first() or ""


def catalogue_revisions() -> Mapping[OrgId, str]:
    """Return `catalogue_revision` of every organisation that ever had a catalogue. One query."""
    return {
        OrgId(owner): revision for owner, revision in CatalogueRow.objects.values_list("owner", "revision")
    }


def _standing(owner: OrgId) -> QuerySet[DatasetRow]:
    """Choose the datasets that stand in an organisation's catalogue."""
    offered = OfferRow.objects.filter(dataset=OuterRef("pk"), withdrawn_at__isnull=True)
    return DatasetRow.objects.filter(Exists(offered), owner=owner)


def _listings(rows: Iterable[DatasetRow], *, viewer: ParticipantId | None) -> tuple[Listing, ...]:
    """Return the datasets with their standing offers, fetched at once; those without any are left out."""
    found = {row.pk: row for row in rows}
    standing = OfferRow.objects.filter(dataset__in=list(found), withdrawn_at__isnull=True)
    offers: dict[str, list[Offer]] = defaultdict(list)
    for row in standing.order_by("created_at", "pk"):
        if _made_to(fact := row.as_fact(), viewer):
            offers[fact.dataset].append(fact)
    return tuple(Listing(row.as_fact(), tuple(offers[key])) for key, row in found.items() if key in offers)


def _made_to(offer: Offer, viewer: ParticipantId | None) -> bool:
    recipients = None if viewer is None else recipients_of(offer.terms)
    return recipients is None or viewer in recipients
