"""What negotiations and transfers do alike: hear a message once, answer through the outbox, leave an audit line."""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from renkei.audit import api as audit
from renkei.exchange.errors import IdMalformed, PolicyMalformed, ReasonMissing
from renkei.exchange.models import ID, PAYLOAD_PURPOSE, NegotiationRow, OutboxRow, TransferRow
from renkei.exchange.services.changes import announce_change, announce_message
from renkei.exchange.types import MessageKind
from renkei.kernel.ids import Actor
from renkei.kernel.refusals import Refusal

Process = NegotiationRow | TransferRow
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#+-]{0,99}")
_NUL = "\\u0000"
"""As JSON writes it."""


def content_digest(message: str, **content: Any) -> str:
    """Return a digest of what a peer said, by which its repeat is known. Raises exchange.policy-malformed."""
    text = check_storable(content, place=message)
    return hashlib.sha256(f"{message} {text}".encode(errors="surrogatepass")).hexdigest()


def check_storable(value: Any, *, place: str) -> str:
    """Return a value as JSON text. Raises exchange.policy-malformed for NUL, which PostgreSQL does not store."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if _NUL in text:
        raise PolicyMalformed(place=place, why="the character NUL stands in it")
    return text


def check_ids(*ids: str | None) -> None:
    """Check ids that came from outside. Raises exchange.id-malformed."""
    for each in ids:
        if each is not None and not (0 < len(each) <= ID and each.isprintable()):
            raise IdMalformed(length=len(each), limit=ID)


def insert(row: Process) -> bool:
    """Store a process that a peer opened; False when the same message, arriving at the same time, was first."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def enqueue(
    row: Process,
    kind: MessageKind,
    *,
    now: datetime,
    opening: bool = False,
    payload: dict[str, Any] | None = None,
) -> None:
    """Put a message to the process's peer into the outbox, in the caller's transaction."""
    of_negotiation = isinstance(row, NegotiationRow)
    OutboxRow.objects.create(
        kind=kind.value,
        process=row.pk,
        negotiation_id=row.pk if of_negotiation else None,
        transfer_id=None if of_negotiation else row.pk,
        address=row.peer_address,
        opening=opening,
        payload=audit.conceal(msgspec.json.encode(payload or {}), purpose=PAYLOAD_PURPOSE),
        queued_at=now,
        next_at=now,
    )
    announce_message(row.pk)


def unqueue(row: Process) -> None:
    """Take back what has not been sent yet: the process is over."""
    OutboxRow.objects.filter(process=row.pk).delete()


def unqueue_taken(row: Process) -> None:
    """Forget what the peer has shown to have: whoever answers in the state that our message led to has taken it.

    Sending it once more could even do harm: a start, sent again after the peer's suspension, would lift it. What was
    never sent stays.
    """
    gone, _ = OutboxRow.objects.filter(process=row.pk).exclude(attempts=0, lease="").delete()
    if gone:
        row.trouble = ""


def save(row: Process, *, now: datetime, fields: Sequence[str] = ()) -> None:
    """Store a process after a step, and tell those who wait for it."""
    row.updated_at = now
    row.save(
        update_fields=["state", "heard", "peer_pid", "trouble", "code", "reasons", "updated_at", *fields]
    )
    announce_change(row.pk)


def record(row: Process, action: str, *, actor: Actor, now: datetime, **facts: audit.Fact) -> None:
    """Write the audit line of an act on a process; both participants may ask for it."""
    if "code" in facts:
        facts["code"] = loggable(facts["code"])
    audit.record(
        f"exchange.{action}",
        actor=actor,
        subject=row.pk,
        at=now,
        concerns=(row.participant, row.peer),
        role=row.role,
        dataset=row.dataset,
        **facts,
    )


def loggable(code: audit.Fact) -> audit.Fact:
    """Return a code as the log may keep it: as its SHA-256 where it is no word of up to 100 characters.

    A peer can write anything for a code, and the log forgets nothing.
    """
    if not isinstance(code, str) or not code or _CODE.fullmatch(code):
        return code
    return f"sha256:{hashlib.sha256(code.encode(errors='surrogatepass')).hexdigest()}"


def in_words(refusal: Refusal) -> list[str]:
    """Return a refusal as the reasons of a message: what the other side will read, in both languages."""
    return [refusal.said("en"), refusal.said("ja")]


def stated(reason: str) -> str:
    """Return a person's reason without blanks around it. Raises exchange.reason-missing for none."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip().replace("\x00", "")
