"""Receipts: every answer that leaves is recorded once, and told to its reader in a statement that the provider signs.

The receipts of a transfer form a chain: each has a number and names the hash of the one before it, so that one that is
missing, put in or shown twice is seen. The audit log holds each one's hash.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from renkei.audit import api as audit
from renkei.exchange.errors import TransferNotStarted
from renkei.exchange.models import ProvisionRow, TransferRow
from renkei.exchange.rules.access import check_in_force
from renkei.exchange.rules.terms import parsed
from renkei.exchange.services.owing import owe_deletion_of
from renkei.exchange.services.processes import loggable
from renkei.exchange.types import (
    RECEIPT_TYPE,
    Access,
    Answered,
    IssuedReceipt,
    Receipt,
    TransferState,
    claims_of,
    receipt_digest,
    tell_files,
    tell_withheld,
)
from renkei.kernel.ids import Actor, TransferId, new_id
from renkei.parties import api as parties
from renkei.privacy import api as privacy

_LAST = """
SELECT number, receipt FROM exchange_provision WHERE transfer = %s AND number IS NOT NULL ORDER BY number DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a receipt stands in the chain of its transfer."""

    number: int
    previous: str | None
    """Hash of the receipt before it."""


def issue_receipt(
    granted: Access, answered: Answered, *, channel: str, checkpoint: str | None = None, now: datetime
) -> IssuedReceipt:
    """Record what is handed over, and return the provider's signed receipt of it.

    One transaction holds the provider's record (APPI Art. 29), the receipt and the log's line with the receipt's hash.
    `channel` is the door that answers. The head of the audit log that stands in it is the newest one that is signed
    already: the log's line of this receipt comes after it. Whoever calls in a transaction of its own takes it with
    `newest_head` before that, as `checkpoint`. Raises what `lock_chain` raises, and what the vault raises when the key
    cannot be had.
    """
    checkpoint = checkpoint or newest_head(now=now)
    with transaction.atomic():
        place = lock_chain(granted.transfer.id, now=now)
        issued = _sign(granted, answered, place, channel=channel, checkpoint=checkpoint, now=now)
        keep_receipt(granted, answered, issued, now=now)
    return issued


def draft_receipt(granted: Access, answered: Answered, *, channel: str, now: datetime) -> IssuedReceipt:
    """Sign the receipt that would come next, for a door that has to show it before it is known that anything leaves.

    It counts when it is kept; until then another one may take its place. Raises as `issue_receipt` does.
    """
    place = _next_place(granted.transfer.id)
    return _sign(granted, answered, place, channel=channel, checkpoint=newest_head(now=now), now=now)


def lock_chain(transfer: TransferId, *, now: datetime) -> Place:
    """Let nobody else issue a receipt of this transfer before the caller's transaction ends; return whose turn it is.

    Making an answer can take long, and what ended meanwhile is not answered. Raises exchange.transfer-not-started, and
    what `check_in_force` raises where the agreement is over. Whoever takes a use does so before this: an agreement that
    ends locks first itself and then its transfers.
    """
    rows = TransferRow.objects.all()
    if connection.features.has_select_for_update:  # SQLite's transactions take turns from their beginning
        rows = rows.select_for_update(no_key=True)
    if rows.values_list("state", flat=True).get(pk=transfer) != TransferState.STARTED:
        raise _over(transfer, now=now)
    return _next_place(transfer)


def newest_head(*, now: datetime) -> str:
    """Return the newest signed head of the log: sealing anew would make every read wait for the whole log's writers."""
    return audit.latest_checkpoint() or audit.signed_head(now=now).checkpoint


def keep_receipt(granted: Access, answered: Answered, issued: IssuedReceipt, *, now: datetime) -> None:
    """Record a provision with its receipt, in a transaction that holds the lock of `lock_chain`."""
    transfer = granted.transfer
    ProvisionRow.objects.create(
        role=transfer.role.value,
        org=transfer.org,
        provider=transfer.participant,
        recipient=transfer.peer,
        agreement=granted.agreement.id,
        transfer=transfer.id,
        dataset=transfer.dataset,
        channel=issued.said.channel,
        release=answered.plan,
        version=answered.version,
        rows=answered.rows,
        columns=list(answered.columns if answered.reads is None else answered.reads),
        at=now,
        receipt_id=issued.said.id,
        receipt=issued.text,
        number=issued.said.number,
    )
    owe_deletion_of(granted.agreement, now=now)
    audit.record(
        "exchange.read",
        actor=Actor(transfer.peer),
        subject=transfer.id,
        at=now,
        concerns=(transfer.participant, transfer.peer),
        role=transfer.role.value,
        dataset=transfer.dataset,
        agreement=granted.agreement.id,
        channel=issued.said.channel,
        release=answered.plan,
        version=answered.version,
        rows=answered.rows,
        receipt=issued.sha256,
    )


def of_release(release: privacy.Release) -> Answered:
    """Return what a receipt tells of a release."""
    hashes = tuple(file.sha256 for file in release.files)
    return Answered(
        plan=release.digest,
        table=release.table,
        version=release.version,
        rows=release.rows,
        columns=tuple(column.name for column in release.columns),
        withheld=release.withheld,
        smallest_group=release.smallest_group,
        loss=release.loss,
        files=hashes if all(hashes) else (),
    )


def _sign(
    granted: Access, answered: Answered, place: Place, *, channel: str, checkpoint: str, now: datetime
) -> IssuedReceipt:
    transfer, agreement = granted.transfer, granted.agreement
    files, all_files = tell_files(answered.files)
    withheld, in_full = tell_withheld(answered.withheld)
    purpose = loggable(granted.purpose)
    said = Receipt(
        id=new_id(),
        issued_at=int(now.timestamp()),
        provider=transfer.participant,
        recipient=transfer.peer,
        agreement=agreement.id,
        terms=agreement.terms_digest,
        transfer=transfer.id,
        number=place.number,
        previous=place.previous,
        channel=channel,
        dataset=transfer.dataset,
        purpose=None if purpose is None else str(purpose),
        plan=answered.plan,
        table=answered.table,
        table_version=answered.version,
        rows=answered.rows,
        columns=len(answered.columns),
        withheld=withheld,
        withheld_in_full=in_full,
        smallest_group=answered.smallest_group,
        loss=answered.loss,
        query=answered.query,
        answer=answered.answer,
        files=files,
        file_count=len(answered.files),
        files_sha256=all_files,
        checkpoint=checkpoint,
    )
    text = parties.sign_statement(org=transfer.org, type=RECEIPT_TYPE, payload=claims_of(said), now=now)
    return IssuedReceipt(said=said, text=text)


def _next_place(transfer: TransferId) -> Place:
    with connection.cursor() as cursor:  # plain SQL: this stands on the path of every read
        cursor.execute(_LAST, [transfer])
        last = cursor.fetchone()
    return Place(1, None) if last is None else Place(last[0] + 1, receipt_digest(last[1]))


def _over(transfer: TransferId, *, now: datetime) -> TransferNotStarted:
    row = TransferRow.objects.select_related("agreement").get(pk=transfer)
    check_in_force(row.agreement.as_fact(), terms=parsed(row.agreement.terms), now=now)
    return TransferNotStarted(transfer=row.pk, state=row.state, agreement=row.agreement.agreement)
