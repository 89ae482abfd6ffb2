"""Reading under an agreement: every read is checked anew, and leaves its record."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from renkei.exchange.errors import TransferMissing, TransferUnknown
from renkei.exchange.models import DatasetRow, ProvisionRow, TransferRow
from renkei.exchange.rules.access import check_readable
from renkei.exchange.services.processes import record
from renkei.exchange.services.revisions import agreed_plan
from renkei.exchange.services.secrets import hash_secret
from renkei.exchange.types import Access, Circumstances, Role
from renkei.kernel.ids import Actor, TransferId
from renkei.privacy import api as privacy


def access(secret: str, *, now: datetime, purpose: str | None = None) -> Access:
    """Tell what the holder of a transfer's secret may read now.

    `purpose` is what the reader claims to read for, when it says so. Raises exchange.transfer-unknown,
    agreement-ended, agreement-expired, agreement-not-begun, agreement-overtaken, transfer-not-started,
    recipient-not-allowed, purpose-not-agreed.
    """
    row = _provided().filter(secret_hash=hash_secret(secret)).first()
    if row is None:
        raise TransferUnknown
    return _readable(row, purpose=purpose, now=now)


def access_by_transfer(transfer: TransferId, *, now: datetime, purpose: str | None = None) -> Access:
    """Tell what may be read now through a transfer, for a caller whose right was shown in another way.

    Raises exchange.transfer-missing and what `access` raises.
    """
    row = _provided().filter(pk=transfer).first()
    if row is None:
        raise TransferMissing(transfer=transfer)
    return _readable(row, purpose=purpose, now=now)


def deliver(granted: Access, *, channel: str, now: datetime) -> privacy.Release:
    """Make the release that the terms allow, at the table's present version, and record the provision.

    `channel` says through which door it goes. Everything is checked again first. Raises what `access` and
    `privacy.release` raise. Source of the record: APPI Art. 29.
    """
    checked = access_by_transfer(granted.transfer.id, now=now)
    release = privacy.release(checked.plan, now=now)
    record_provision(checked, release, channel=channel, now=now)
    return release


@transaction.atomic
def record_provision(granted: Access, release: privacy.Release, *, channel: str, now: datetime) -> None:
    """Keep the provider's record of a release that is handed over, and the log's line of it (APPI Art. 29)."""
    row = _provided().get(pk=granted.transfer.id)
    ProvisionRow.objects.create(
        role=row.role,
        org=row.org,
        provider=row.participant,
        recipient=row.peer,
        agreement=granted.agreement.id,
        transfer=row.pk,
        dataset=row.dataset,
        channel=channel,
        release=release.digest,
        version=release.version,
        rows=release.rows,
        columns=[column.name for column in release.columns],
        at=now,
    )
    record(
        row,
        "read",
        actor=Actor(row.peer),
        now=now,
        agreement=granted.agreement.id,
        channel=channel,
        release=release.digest,
        version=release.version,
        rows=release.rows,
    )


def _provided() -> QuerySet[TransferRow]:
    return TransferRow.objects.select_related("agreement").filter(role=Role.PROVIDER.value)


def _readable(row: TransferRow, *, purpose: str | None, now: datetime) -> Access:
    transfer, agreement = row.as_fact(), row.agreement.as_fact()
    check_readable(
        transfer,
        agreement,
        Circumstances(
            now=now,
            participant=agreement.assignee,
            purpose=purpose,
            in_force_at=agreement.in_force_at,
        ),
    )
    dataset = DatasetRow.objects.get(pk=row.dataset).as_fact()
    return Access(
        transfer=transfer, agreement=agreement, dataset=dataset, plan=agreed_plan(agreement, dataset)
    )
