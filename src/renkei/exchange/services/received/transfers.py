"""Transfers as peers drive them. A repeat of the peer's last message is answered as the first was."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import transaction

from renkei.audit import api as audit
from renkei.exchange.errors import (
    AgreementMissing,
    FormatUnknown,
)
from renkei.exchange.models import ADDRESS_PURPOSE, AgreementRow, DatasetRow, TransferRow
from renkei.exchange.rules.access import check_in_force
from renkei.exchange.rules.machine import TRANSFER, step
from renkei.exchange.rules.terms import parse
from renkei.exchange.services.agreements import ENDED, ended_by_peer
from renkei.exchange.services.data_addresses import open_address
from renkei.exchange.services.formats import check_entities, check_format
from renkei.exchange.services.processes import (
    check_ids,
    content_digest,
    enqueue,
    record,
    save,
    unqueue,
)
from renkei.exchange.services.pushes import check_destination, owe_push
from renkei.exchange.services.receipts import record_receipt
from renkei.exchange.services.received.steps import advance_transfer, opened_before, store
from renkei.exchange.types import (
    ENTITY_FORMATS,
    FORMATS,
    HTTP_PUSH,
    DataAddress,
    MessageKind,
    Role,
    Transfer,
    TransferMessage,
    TransferState,
)
from renkei.kernel.ids import Actor, OrgId, ParticipantId, new_id

_M = TransferMessage


@transaction.atomic
def receive_transfer_request(
    *,
    org: OrgId,
    peer: ParticipantId,
    consumer_pid: str,
    agreement: str,
    format: str,  # noqa: A002 - the field's word
    callback: str,
    data_address: DataAddress | None = None,
    now: datetime,
) -> Transfer:
    """Take a consumer's request to deliver: it starts at once, with a secret that goes out in the start message.

    Where the owner takes every step by hand, it waits for the owner to start it. A push is owed to `data_address` once
    the consumer has taken the start. Raises exchange.agreement-missing, format-unknown, destination-missing,
    destination-unwanted, pid-taken, not-an-entity-type, entities-kept-back, privacy.rows-stay, and what `check_in_force` raises. Source: DSP
    2025-1, TransferRequestMessage.
    """
    check_ids(consumer_pid, agreement, format)
    to = {"data_address": data_address.as_dict()} if data_address else {}
    said = content_digest(_M.REQUEST, agreement=agreement, format=format, callback=callback, **to)
    known = opened_before(
        TransferRow, org=org, peer=peer, role=Role.PROVIDER, peer_pid=consumer_pid, said=said
    )
    if known is not None:
        return known.as_fact()
    signed = _agreed(org=org, peer=peer, agreement=agreement, now=now)
    if format not in FORMATS:
        raise FormatUnknown(format=format, formats=", ".join(FORMATS))
    check_format(parse(signed.terms), format)
    _check_entities(signed, format)
    check_destination(format, data_address)
    row = _requested(signed, peer_pid=consumer_pid, format=format, callback=callback, now=now)
    row.opening = said
    row.by_hand = signed.negotiation.by_hand
    address = None
    if not row.by_hand:
        start = step(TRANSFER, state=TransferState.REQUESTED, message=_M.START, sender=Role.PROVIDER)
        row.state, address = start.value, open_address(row)
    kept = store(row, peer_pid=consumer_pid)
    if kept is not row:
        return kept.as_fact()
    if data_address:
        owe_push(row, to=data_address, now=now)
    _answer(row, address=address, now=now)
    return row.as_fact()


@transaction.atomic
def receive_transfer_start(
    *,
    org: OrgId,
    peer: ParticipantId,
    pid: str,
    peer_pid: str,
    data_address: DataAddress | None,
    now: datetime,
) -> Transfer:
    """Take the peer's start, or its resumption; without a data address the one known before stays.

    Raises exchange.transfer-missing, transition-illegal. Source: DSP 2025-1, TransferStartMessage.
    """
    told = data_address.as_dict() if data_address else None
    row, fresh = advance_transfer(
        org=org, peer=peer, pid=pid, peer_pid=peer_pid, message=_M.START, now=now, data_address=told
    )
    if fresh:
        if told is not None and row.role == Role.CONSUMER:
            row.data_address = audit.conceal(msgspec.json.encode(told), purpose=ADDRESS_PURPOSE)
            if row.format != HTTP_PUSH:  # what is pushed is received when it lands
                record_receipt(row, now=now)
        row.code, row.reasons = None, []
        save(row, now=now, fields=["data_address"])
        record(row, "transfer-started", actor=Actor(peer), now=now, agreement=row.agreement.agreement)
    return row.as_fact()


@transaction.atomic
def receive_transfer_completion(
    *, org: OrgId, peer: ParticipantId, pid: str, peer_pid: str, now: datetime
) -> Transfer:
    """Take the peer's word that it is done; the secret is void from now.

    Raises exchange.transfer-missing, transition-illegal. Source: DSP 2025-1, TransferCompletionMessage.
    """
    row, fresh = advance_transfer(
        org=org, peer=peer, pid=pid, peer_pid=peer_pid, message=_M.COMPLETION, now=now
    )
    if fresh:
        untaken = unqueue(row)
        save(row, now=now)
        signed = row.agreement.agreement
        record(row, "transfer-completed", actor=Actor(peer), now=now, agreement=signed, **untaken)
    return row.as_fact()


@transaction.atomic
def receive_transfer_suspension(
    *,
    org: OrgId,
    peer: ParticipantId,
    pid: str,
    peer_pid: str,
    code: str | None,
    reasons: Sequence[str],
    now: datetime,
) -> Transfer:
    """Take the peer's suspension. Raises exchange.transfer-missing, transition-illegal.

    Source: DSP 2025-1, TransferSuspensionMessage.
    """
    said = list(reasons)
    row, fresh = advance_transfer(
        org=org,
        peer=peer,
        pid=pid,
        peer_pid=peer_pid,
        message=_M.SUSPENSION,
        now=now,
        code=code,
        reasons=said,
    )
    if fresh:
        row.code, row.reasons, row.suspended_by = code, said, Role(row.role).other.value
        save(row, now=now, fields=["suspended_by"])
        record(row, "transfer-suspended", actor=Actor(peer), now=now, code=code)
    return row.as_fact()


@transaction.atomic
def receive_transfer_termination(
    *,
    org: OrgId,
    peer: ParticipantId,
    pid: str,
    peer_pid: str,
    code: str | None,
    reasons: Sequence[str],
    now: datetime,
) -> Transfer:
    """Take the peer's end of the transfer; its reasons are kept as they came.

    When the peer says that it has ended the agreement, our copy ends too. Raises exchange.transfer-missing,
    transition-illegal. Source: DSP 2025-1, TransferTerminationMessage.
    """
    said = list(reasons)
    row, fresh = advance_transfer(
        org=org,
        peer=peer,
        pid=pid,
        peer_pid=peer_pid,
        message=_M.TERMINATION,
        now=now,
        code=code,
        reasons=said,
    )
    if fresh:
        row.code, row.reasons = code, said
        untaken = unqueue(row)
        save(row, now=now)
        record(row, "transfer-terminated", actor=Actor(peer), now=now, code=code, **untaken)
        if code == ENDED:
            ended_by_peer(row.agreement, reasons=said, actor=Actor(peer), now=now)
    return row.as_fact()


def _answer(row: TransferRow, *, address: DataAddress | None, now: datetime) -> None:
    """Say that the transfer has started, unless the owner starts it by hand."""
    facts = {"agreement": row.agreement.agreement, "format": row.format}
    if row.by_hand:
        record(row, "transfer-requested", actor=Actor(row.peer), now=now, **facts)
        return
    payload = {"data_address": address.as_dict() if address else None}
    enqueue(row, MessageKind.TRANSFER_START, now=now, payload=payload)
    record(row, "transfer-started", actor=Actor(row.participant), now=now, **facts)


def _requested(
    signed: AgreementRow,
    *,
    peer_pid: str,
    format: str,  # noqa: A002 - the field's word
    callback: str,
    now: datetime,
) -> TransferRow:
    """Return a transfer as it stands after the request."""
    return TransferRow(
        id=new_id(),
        role=Role.PROVIDER.value,
        org=signed.org,
        participant=signed.assigner,
        peer=signed.assignee,
        peer_pid=peer_pid,
        peer_address=callback.rstrip("/"),
        dataset=signed.dataset,
        agreement=signed,
        format=format,
        state=step(TRANSFER, state=None, message=_M.REQUEST, sender=Role.CONSUMER).value,
        created_at=now,
        updated_at=now,
    )


def _check_entities(signed: AgreementRow, format: str) -> None:  # noqa: A002 - the field's word
    found = DatasetRow.objects.filter(pk=signed.dataset).first()
    if found is not None and format in ENTITY_FORMATS:
        check_entities(parse(signed.terms), format, dataset=found.as_fact())


def _agreed(*, org: OrgId, peer: ParticipantId, agreement: str, now: datetime) -> AgreementRow:
    """Return the agreement, locked: whoever ends it meanwhile finds the new transfer, or is found."""
    rows = AgreementRow.objects.select_for_update(of=("self",)).select_related("negotiation")
    row = rows.filter(agreement=agreement, org=org, role=Role.PROVIDER.value, assignee=peer).first()
    if row is None:
        raise AgreementMissing(agreement=agreement)
    check_in_force(row.as_fact(), terms=parse(row.terms), now=now)
    return row
