"""Reads of the exchange, answered with facts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from renkei.exchange.errors import (
    AgreementMissing,
    DatasetMissing,
    NegotiationMissing,
    TransferMissing,
)
from renkei.exchange.models import (
    AgreementRow,
    CatalogueRow,
    DatasetRow,
    NegotiationRow,
    OfferRow,
    OutboxRow,
    ProvisionRow,
    TransferRow,
)
from renkei.exchange.rules.recipients import recipients_of
from renkei.exchange.slicing import part
from renkei.exchange.types import (
    Agreement,
    Dataset,
    Figures,
    Listing,
    Negotiation,
    Offer,
    Page,
    Provision,
    Role,
    Slice,
    Transfer,
    Waiting,
)
from renkei.kernel.ids import AgreementId, DatasetId, NegotiationId, OrgId, ParticipantId, TransferId

PART = 200
"""Items of a list that are read at once unless told otherwise."""
_OVER = ("COMPLETED", "TERMINATED")
_DUE = Q(state="REQUESTED", role=Role.PROVIDER.value) | Q(state="OFFERED", role=Role.CONSUMER.value)
"""As `rules.waiting.decision_due` says it of one row."""
_OPEN = ("REQUESTED", "OFFERED", "ACCEPTED", "AGREED", "VERIFIED")


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
    owner: OrgId, *, after: str | None = None, limit: int = 100, viewer: ParticipantId | None = None
) -> Page:
    """Return one page of an organisation's catalogue: the datasets with standing offers, by id.

    With a `viewer`, offers that are made to others are left out, so that a page can hold fewer than `limit`. Two
    queries, however long the page.
    """
    standing = OfferRow.objects.filter(dataset=OuterRef("pk"), withdrawn_at__isnull=True)
    rows = DatasetRow.objects.filter(Exists(standing), owner=owner, pk__gt=after or "").order_by("pk")
    page = list(rows[: limit + 1])
    return Page(
        listings=_listings(page[:limit], viewer=viewer),
        next=page[limit - 1].pk if len(page) > limit else None,
    )


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


def negotiation(negotiation_id: NegotiationId, *, org: OrgId | None) -> Negotiation:
    """Return one negotiation of an organisation, or of the node where `org` is None.

    Raises exchange.negotiation-missing.
    """
    rows = NegotiationRow.objects.filter(pk=negotiation_id)
    row = (rows if org is None else rows.filter(org=org)).first()
    if row is None:
        raise NegotiationMissing(negotiation=negotiation_id)
    return row.as_fact()


def negotiation_for_peer(pid: str, *, org: OrgId, peer: ParticipantId) -> Negotiation:
    """Return a negotiation to the peer it is held with. Raises exchange.negotiation-missing."""
    row = NegotiationRow.objects.filter(pk=pid, org=org, peer=peer).first()
    if row is None:
        raise NegotiationMissing(negotiation=pid)
    return row.as_fact()


def negotiations(
    *,
    org: OrgId | None,
    open_only: bool = False,
    due: bool | None = None,
    after: str | None = None,
    limit: int = PART,
) -> Slice[Negotiation]:
    """Return an organisation's negotiations, or the node's, newest first; one query.

    With `due` only those that wait for our member's decision, or only the others. Raises exchange.place-unknown.
    """
    rows = NegotiationRow.objects.all() if org is None else NegotiationRow.objects.filter(org=org)
    rows = rows.filter(state__in=_OPEN) if open_only else rows
    if due is not None:
        rows = rows.filter(_DUE) if due else rows.exclude(_DUE)
    found, following = part(rows, by="created_at", after=after, limit=limit)
    return Slice((row.as_fact() for row in found), following=following)


def agreement(agreement_id: AgreementId, *, org: OrgId | None) -> Agreement:
    """Return an organisation's copy of an agreement; where `org` is None the provider's before the consumer's.

    Raises exchange.agreement-missing.
    """
    rows = AgreementRow.objects.filter(agreement=agreement_id).order_by("-role")
    row = (rows if org is None else rows.filter(org=org)).first()
    if row is None:
        raise AgreementMissing(agreement=agreement_id)
    return row.as_fact()


def agreements(*, org: OrgId | None, after: str | None = None, limit: int = PART) -> Slice[Agreement]:
    """Return an organisation's agreements, or the node's, newest first; one query. Raises exchange.place-unknown."""
    rows = AgreementRow.objects.all() if org is None else AgreementRow.objects.filter(org=org)
    found, following = part(rows, by="signed_at", after=after, limit=limit)
    return Slice((row.as_fact() for row in found), following=following)


def transfer(transfer_id: TransferId, *, org: OrgId | None) -> Transfer:
    """Return one transfer; a consumer that asks for its own gets the data address with its secret.

    Raises exchange.transfer-missing.
    """
    rows = TransferRow.objects.select_related("agreement").filter(pk=transfer_id)
    row = (rows if org is None else rows.filter(org=org)).first()
    if row is None:
        raise TransferMissing(transfer=transfer_id)
    return row.as_fact(revealed=org is not None and row.role == Role.CONSUMER)


def transfer_for_peer(pid: str, *, org: OrgId, peer: ParticipantId) -> Transfer:
    """Return a transfer to the peer it runs with. Raises exchange.transfer-missing."""
    row = TransferRow.objects.select_related("agreement").filter(pk=pid, org=org, peer=peer).first()
    if row is None:
        raise TransferMissing(transfer=pid)
    return row.as_fact()


def transfers(
    *, org: OrgId | None, agreement: AgreementId | None = None, after: str | None = None, limit: int = PART
) -> Slice[Transfer]:
    """Return an organisation's transfers, or the node's, newest first, without data addresses; one query.

    Raises exchange.place-unknown.
    """
    rows = TransferRow.objects.select_related("agreement")
    rows = rows if org is None else rows.filter(org=org)
    rows = rows if agreement is None else rows.filter(agreement__agreement=agreement)
    found, following = part(rows, by="created_at", after=after, limit=limit)
    return Slice((row.as_fact() for row in found), following=following)


def figures(*, org: OrgId | None, now: datetime) -> Figures:
    """Count an organisation's agreements in force and transfers that run, or the node's; two queries."""
    signed = AgreementRow.objects.filter(in_force_at__isnull=False, ended_at__isnull=True)
    signed = signed.filter(Q(ends_at__isnull=True) | Q(ends_at__gte=now))
    running = TransferRow.objects.exclude(state__in=_OVER)
    return Figures(
        agreements=(signed if org is None else signed.filter(org=org)).count(),
        transfers=(running if org is None else running.filter(org=org)).count(),
    )


def outbox(*, org: OrgId | None, limit: int = 200) -> tuple[Waiting, ...]:
    """Return an organisation's messages that have not gone out, or the node's, oldest first."""
    rows = OutboxRow.objects.select_related("negotiation", "transfer").order_by("pk")
    if org is not None:
        rows = rows.filter(negotiation__org=org) | rows.filter(transfer__org=org)
    return tuple(row.as_waiting() for row in rows[:limit])


def provisions(
    *, org: OrgId | None, agreement: AgreementId | None = None, after: str | None = None, limit: int = PART
) -> Slice[Provision]:
    """Return an organisation's records of what it handed over and received, or the node's, newest first; one query.

    Raises exchange.place-unknown.
    """
    rows = ProvisionRow.objects.all() if org is None else ProvisionRow.objects.filter(org=org)
    rows = rows if agreement is None else rows.filter(agreement=agreement)
    found, following = part(rows, by="at", after=after, limit=limit)
    return Slice((row.as_fact() for row in found), following=following)


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
