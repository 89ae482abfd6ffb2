"""Reading under an agreement: every read is checked anew, and leaves its record."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from renkei.exchange.errors import AgreementExpired, TransferMissing, TransferUnknown
from renkei.exchange.models import DatasetRow, ProvisionRow, TransferRow
from renkei.exchange.queries import PART
from renkei.exchange.rules.access import check_readable
from renkei.exchange.rules.terms import parsed
from renkei.exchange.services.agreements import mark_expired
from renkei.exchange.services.circumstances import before_a_use, circumstances
from renkei.exchange.services.issuing import issue_receipt, newest_head, of_release
from renkei.exchange.services.revisions import agreed_plan
from renkei.exchange.services.secrets import hash_secret
from renkei.exchange.services.uses import take_use
from renkei.exchange.types import Access, Circumstances, Delivered, Provision, Role, Slice
from renkei.kernel.ids import TransferId
from renkei.privacy import api as privacy


def access(secret: str, *, now: datetime, purpose: str | None = None) -> Access:
    """Tell what the holder of a transfer's secret may read now.

    `purpose` is what the reader claims to read for, when it says so. Whoever has taken all uses is refused here already,
    before anything is made for it. Raises exchange.transfer-unknown, agreement-ended, agreement-expired,
    agreement-not-begun, agreement-overtaken, transfer-not-started, and what `decide` raises.
    """
    row = _provided().filter(secret_hash=hash_secret(secret)).first()
    if row is None:
        raise TransferUnknown
    return before_use(row, purpose=purpose, now=now)


def access_by_transfer(transfer: TransferId, *, now: datetime, purpose: str | None = None) -> Access:
    """Tell what may be read now through a transfer in a use that was taken before, such as a delivery that goes on.

    So uses that are all taken are not in the way. Raises exchange.transfer-missing and what else `access` raises.
    """
    row = _provided().filter(pk=transfer).first()
    if row is None:
        raise TransferMissing(transfer=transfer)
    terms = parsed(row.agreement.terms)
    return _readable(row, circumstances(row.agreement, terms=terms, purpose=purpose, now=now))


def deliver(
    granted: Access,
    *,
    channel: str,
    ready: Callable[[privacy.Release], object] = lambda _release: None,
    now: datetime,
) -> Delivered:
    """Make the release that the terms allow, at the table's present version, take a use, record it and sign its receipt.

    `channel` says through which door it goes. Everything is checked again first, and again when the release is made,
    which can take long. `ready` makes it ready to be sent, last of all: what it raises undoes the use and the record.
    Raises what `access`, `privacy.release` and `lock_chain` raise. Source of the record: APPI Art. 29.
    """
    checked = access_by_transfer(granted.transfer.id, purpose=granted.purpose, now=now)
    release = privacy.release(checked.plan, now=now)
    head = newest_head(now=now)
    with transaction.atomic():
        take_use(checked.agreement, terms=parsed(checked.agreement.terms), now=now)
        answered = of_release(release)
        receipt = issue_receipt(checked, answered, channel=channel, checkpoint=head, now=now)
        ready(release)
    return Delivered(release, receipt)


def receipts_for_reader(
    secret: str, *, transfer: TransferId, after: int = 0, limit: int = PART
) -> Slice[Provision]:
    """Return the records, with their receipts, that were made of reads by a transfer, oldest first; `after` is a number.

    Whoever holds the transfer's secret has been told all of it, so that no purpose and no end of the agreement is in the
    way. Raises exchange.transfer-unknown for any secret but the transfer's own.
    """
    row = _provided().filter(secret_hash=hash_secret(secret), pk=transfer).first()
    if row is None:
        raise TransferUnknown
    rows = ProvisionRow.objects.filter(transfer=row.pk, number__gt=after).order_by("number")
    found = list(rows[: limit + 1])
    following = str(found[limit - 1].number) if len(found) > limit else None
    return Slice((each.as_fact() for each in found[:limit]), following=following)


def _provided() -> QuerySet[TransferRow]:
    return TransferRow.objects.select_related("agreement").filter(role=Role.PROVIDER.value)


def before_use(row: TransferRow, *, purpose: str | None, now: datetime) -> Access:
    """Tell what may be read by another use. Raises what `access` raises."""
    terms = parsed(row.agreement.terms)
    known = circumstances(row.agreement, terms=terms, purpose=purpose, now=now)
    return _readable(row, before_a_use(known, row.agreement, terms=terms))


def _readable(row: TransferRow, known: Circumstances) -> Access:
    transfer, agreement = row.as_fact(), row.agreement.as_fact()
    try:
        check_readable(transfer, agreement, known)
    except AgreementExpired:
        mark_expired(row.agreement, now=known.now)
        raise
    dataset = DatasetRow.objects.get(pk=row.dataset).as_fact()
    return Access(
        transfer=transfer,
        agreement=agreement,
        dataset=dataset,
        plan=agreed_plan(agreement, dataset),
        purpose=known.purpose,
    )
