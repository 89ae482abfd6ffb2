"""What was signed, handed over, and waits to be sent; and how much goes on."""

from datetime import datetime

from django.db.models import Q

from renkei.exchange.errors import AgreementMissing, DeliveryMissing, ReceiptMissing, TransferMissing
from renkei.exchange.models import (
    AgreementRow,
    DatasetRow,
    DeliveryRow,
    NegotiationRow,
    OutboxRow,
    ProvisionRow,
    TransferRow,
)
from renkei.exchange.queries import PART
from renkei.exchange.queries.owing import overdue
from renkei.exchange.queries.processes import stuck_negotiation, stuck_transfer
from renkei.exchange.slicing import part
from renkei.exchange.types import (
    Agreement,
    AgreementThings,
    Delivery,
    Figures,
    Provision,
    Role,
    Slice,
    Waiting,
)
from renkei.kernel.ids import AgreementId, DeliveryId, NegotiationId, OrgId, TransferId

_OVER = ("COMPLETED", "TERMINATED")


def agreement(agreement_id: AgreementId, *, org: OrgId | None) -> Agreement:
    """Return an organisation's copy of an agreement; where `org` is None the provider's before the consumer's.

    Raises exchange.agreement-missing.
    """
    rows = AgreementRow.objects.filter(agreement=agreement_id).order_by("-role")
    row = (rows if org is None else rows.filter(org=org)).first()
    if row is None:
        raise AgreementMissing(agreement=agreement_id)
    return row.as_fact()


def agreement_things(agreement_id: AgreementId, *, org: OrgId | None) -> AgreementThings | None:
    """Return the ids of everything that an agreement led to on this node; None where there is no such agreement."""
    rows = AgreementRow.objects.filter(agreement=agreement_id)
    rows = rows if org is None else rows.filter(org=org)
    copies = list(rows.values_list("pk", "negotiation", "role", "dataset"))
    if not copies:
        return None
    moved = TransferRow.objects.filter(agreement__in=[pk for pk, *_ in copies]).order_by("created_at", "pk")
    handed = ProvisionRow.objects.filter(agreement=agreement_id, role=Role.PROVIDER.value).exclude(release="")
    handed = handed if org is None else handed.filter(org=org)
    provided = [dataset for _, _, role, dataset in copies if role == Role.PROVIDER]
    return AgreementThings(
        agreement=agreement_id,
        negotiations=tuple(dict.fromkeys(NegotiationId(negotiation) for _, negotiation, *_ in copies)),
        transfers=tuple(TransferId(pk) for pk in moved.values_list("pk", flat=True)),
        tables=tuple(DatasetRow.objects.filter(pk__in=provided).values_list("table", flat=True)),
        releases=frozenset(handed.values_list("release", flat=True)),
    )


def agreements(*, org: OrgId | None, after: str | None = None, limit: int = PART) -> Slice[Agreement]:
    """Return an organisation's agreements, or the node's, newest first; one query. Raises exchange.place-unknown."""
    rows = AgreementRow.objects.all() if org is None else AgreementRow.objects.filter(org=org)
    found, following = part(rows, by="signed_at", after=after, limit=limit)
    return Slice((row.as_fact() for row in found), following=following)


def figures(*, org: OrgId | None, now: datetime) -> Figures:
    """Count an organisation's agreements in force, transfers that run, what is stuck and overdue, or the node's.

    Five queries.
    """
    signed = AgreementRow.objects.filter(
        in_force_at__isnull=False, ended_at__isnull=True, expired_at__isnull=True
    )
    signed = signed.filter(Q(ends_at__isnull=True) | Q(ends_at__gte=now))
    running = TransferRow.objects.exclude(state__in=_OVER)
    own = {} if org is None else {"org": org}
    return Figures(
        agreements=signed.filter(**own).count(),
        transfers=running.filter(**own).count(),
        stuck=NegotiationRow.objects.filter(stuck_negotiation(now), **own).count(),
        stuck_transfers=TransferRow.objects.filter(stuck_transfer(now), **own).count(),
        overdue=overdue(now).filter(**({} if org is None else {"signed__org": org})).count(),
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


def issued(
    *, org: OrgId | None, agreement: AgreementId | None = None, after: str | None = None, limit: int = PART
) -> Slice[Provision]:
    """Return the records of an organisation, or of the node, that hold a receipt which was signed here, newest first.

    One query. Raises exchange.place-unknown.
    """
    rows = ProvisionRow.objects.filter(number__isnull=False)
    rows = rows if org is None else rows.filter(org=org)
    rows = rows if agreement is None else rows.filter(agreement=agreement)
    found, following = part(rows, by="at", after=after, limit=limit)
    return Slice((row.as_fact() for row in found), following=following)


def receipt(receipt_id: str, *, org: OrgId | None) -> Provision:
    """Return the record with the receipt of this id. Raises exchange.receipt-missing."""
    rows = ProvisionRow.objects.filter(receipt_id=receipt_id).exclude(receipt_id="")
    row = (rows if org is None else rows.filter(org=org)).first()
    if row is None:
        raise ReceiptMissing(receipt=receipt_id)
    return row.as_fact()


def deliveries(transfer: TransferId, *, org: OrgId | None) -> tuple[Delivery, ...]:
    """Return what was pushed to an organisation by a transfer, or to whoever's it is, in the order of arrival.

    Raises exchange.transfer-missing.
    """
    rows = TransferRow.objects.filter(pk=transfer)
    if not (rows if org is None else rows.filter(org=org)).exists():
        raise TransferMissing(transfer=transfer)
    landed = DeliveryRow.objects.filter(transfer=transfer).order_by("received_at", "pk")
    return tuple(row.as_fact() for row in landed)


def delivery(delivery_id: DeliveryId, *, transfer: TransferId, org: OrgId | None) -> Delivery:
    """Return one part of what was pushed. Raises exchange.delivery-missing."""
    rows = DeliveryRow.objects.filter(pk=delivery_id, transfer=transfer)
    row = (rows if org is None else rows.filter(transfer__org=org)).first()
    if row is None:
        raise DeliveryMissing(delivery=delivery_id, transfer=transfer)
    return row.as_fact()
