"""Transfers as peers drive them. A repeat of the peer's last message is answered as the first was."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from renkei.audit import api as audit
from renkei.exchange.errors import (
    AgreementMissing,
    FormatUnknown,
    PidTaken,
    TransferMissing,
    TransitionIllegal,
)
from renkei.exchange.models import ADDRESS_PURPOSE, AgreementRow, TransferRow
from renkei.exchange.rules.access import check_in_force
from renkei.exchange.rules.machine import TRANSFER, step
from renkei.exchange.rules.terms import parse
from renkei.exchange.services.agreements import ENDED, ended_by_peer
from renkei.exchange.services.processes import (
    check_ids,
    content_digest,
    enqueue,
    insert,
    record,
    save,
    unqueue,
)
from renkei.exchange.services.receipts import record_receipt
from renkei.exchange.types import (
    DELTA_SHARING,
    FORMATS,
    DataAddress,
    MessageKind,
    Role,
    Transfer,
    TransferMessage,
    TransferState,
)
from renkei.kernel.ids import Actor, OrgId, ParticipantId, new_id

_M, _S = TransferMessage, TransferState
SHARING_ENDPOINT = "https://delta.io/sharing"
HTTP_ENDPOINT = "https://w3id.org/idsa/v4.1/HTTP"


@transaction.atomic
def receive_transfer_request(
    *,
    org: OrgId,
    peer: ParticipantId,
    consumer_pid: str,
    agreement: str,
    format: str,  # noqa: A002 - the field's word
    callback: str,
    now: datetime,
) -> Transfer:
    """Hear a consumer's request to deliver: it starts at once, with a secret that goes out in the start message.

    Raises exchange.agreement-missing, format-unknown, pid-taken, and what `check_in_force` raises. Source: DSP
    2025-1, TransferRequestMessage.
    """
    check_ids(consumer_pid, agreement, format)
    said = content_digest(_M.REQUEST, agreement=agreement, format=format, callback=callback)
    known = _opened(org=org, peer=peer, peer_pid=consumer_pid)
    if known is not None:
        return _repeated(known, said=said)
    signed = _agreed(org=org, peer=peer, agreement=agreement, now=now)
    if format not in FORMATS:
        raise FormatUnknown(format=format, formats=", ".join(FORMATS))
    row = _requested(signed, peer_pid=consumer_pid, format=format, callback=callback, now=now)
    row.opening = said
    secret = f"rt_{secrets.token_urlsafe(32)}"
    row.secret_hash = hash_secret(secret)
    if not insert(row):
        return _repeated(_opened(org=org, peer=peer, peer_pid=consumer_pid) or row, said=said)
    address = _address(row, secret=secret)
    enqueue(row, MessageKind.TRANSFER_START, now=now, payload={"data_address": address.as_dict()})
    record(row, "transfer-started", actor=Actor(row.participant), now=now, agreement=agreement, format=format)
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
    """Hear that the peer starts, or resumes; without a data address the one known before stays.

    Raises exchange.transfer-missing, transition-illegal. Source: DSP 2025-1, TransferStartMessage.
    """
    told = data_address.as_dict() if data_address else None
    row, fresh = _hear(
        org=org, peer=peer, pid=pid, peer_pid=peer_pid, message=_M.START, now=now, data_address=told
    )
    if fresh:
        if told is not None and row.role == Role.CONSUMER:
            row.data_address = audit.conceal(msgspec.json.encode(told), purpose=ADDRESS_PURPOSE)
            record_receipt(row, now=now)
        row.code, row.reasons = None, []
        save(row, now=now, fields=["data_address"])
        record(row, "transfer-started", actor=Actor(peer), now=now, agreement=row.agreement.agreement)
    return row.as_fact()


@transaction.atomic
def receive_transfer_completion(
    *, org: OrgId, peer: ParticipantId, pid: str, peer_pid: str, now: datetime
) -> Transfer:
    """Hear that the peer is done; the secret is void from now.

    Raises exchange.transfer-missing, transition-illegal. Source: DSP 2025-1, TransferCompletionMessage.
    """
    row, fresh = _hear(org=org, peer=peer, pid=pid, peer_pid=peer_pid, message=_M.COMPLETION, now=now)
    if fresh:
        unqueue(row)
        save(row, now=now)
        record(row, "transfer-completed", actor=Actor(peer), now=now, agreement=row.agreement.agreement)
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
    """Hear that the peer suspends. Raises exchange.transfer-missing, transition-illegal.

    Source: DSP 2025-1, TransferSuspensionMessage.
    """
    said = list(reasons)
    row, fresh = _hear(
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
        row.code, row.reasons = code, said
        save(row, now=now)
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
    """Hear that the peer ends the transfer; its reasons are kept as they came.

    When the peer says that it has ended the agreement, our copy ends too. Raises exchange.transfer-missing,
    transition-illegal. Source: DSP 2025-1, TransferTerminationMessage.
    """
    said = list(reasons)
    row, fresh = _hear(
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
        unqueue(row)
        save(row, now=now)
        record(row, "transfer-terminated", actor=Actor(peer), now=now, code=code)
        if code == ENDED:
            ended_by_peer(row.agreement, reasons=said, actor=Actor(peer), now=now)
    return row.as_fact()


def hash_secret(secret: str) -> str:
    """Return what is stored of a bearer secret: its SHA-256. It has 256 random bits, so that no salt is needed."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _address(row: TransferRow, *, secret: str) -> DataAddress:
    public = settings.RENKEI.public_url
    sharing = row.format == DELTA_SHARING
    return DataAddress(
        endpoint_type=SHARING_ENDPOINT if sharing else HTTP_ENDPOINT,
        endpoint=f"{public}/sharing" if sharing else f"{public}/data/{row.pk}",
        properties=(("authorization", secret), ("authType", "bearer")),
    )


def _requested(
    signed: AgreementRow,
    *,
    peer_pid: str,
    format: str,  # noqa: A002 - the field's word
    callback: str,
    now: datetime,
) -> TransferRow:
    """Return a transfer as it stands after the request and our start."""
    requested = step(TRANSFER, state=None, message=_M.REQUEST, sender=Role.CONSUMER)
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
        state=step(TRANSFER, state=requested, message=_M.START, sender=Role.PROVIDER).value,
        created_at=now,
        updated_at=now,
    )


def _agreed(*, org: OrgId, peer: ParticipantId, agreement: str, now: datetime) -> AgreementRow:
    """Return the agreement, locked: whoever ends it meanwhile finds the new transfer, or is found."""
    rows = AgreementRow.objects.select_for_update()
    row = rows.filter(agreement=agreement, org=org, role=Role.PROVIDER.value, assignee=peer).first()
    if row is None:
        raise AgreementMissing(agreement=agreement)
    check_in_force(row.as_fact(), terms=parse(row.terms), now=now)
    return row


def _opened(*, org: OrgId, peer: ParticipantId, peer_pid: str) -> TransferRow | None:
    opened = TransferRow.objects.exclude(opening="").select_related("agreement")
    return opened.filter(org=org, peer=peer, role=Role.PROVIDER.value, peer_pid=peer_pid).first()


def _repeated(row: TransferRow, *, said: str) -> Transfer:
    if row.opening != said:
        raise PidTaken(pid=row.peer_pid)
    return row.as_fact()


def _hear(
    *,
    org: OrgId,
    peer: ParticipantId,
    pid: str,
    peer_pid: str,
    message: TransferMessage,
    now: datetime,
    **content: Any,
) -> tuple[TransferRow, bool]:
    """Return the row, locked, in the state that the message leads to; False when it is a repeat.

    A transfer can rightly be suspended twice in the same words with a resumption of ours between, so a message that
    is legal now is taken as new.
    """
    check_ids(peer_pid)
    rows = TransferRow.objects.select_for_update(of=("self",)).select_related("agreement")
    row = rows.filter(pk=pid, org=org, peer=peer).first()
    if row is None or row.peer_pid not in {None, peer_pid}:
        raise TransferMissing(transfer=pid)
    said = content_digest(message, **content)
    try:
        following = step(TRANSFER, state=_S(row.state), message=message, sender=Role(row.role).other)
    except TransitionIllegal:
        if row.heard == said:
            return row, False
        raise
    row.state, row.peer_pid, row.heard, row.updated_at = following.value, peer_pid, said, now
    return row, True
