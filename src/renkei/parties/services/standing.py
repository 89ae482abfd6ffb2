"""What somebody vouches for about a participant: entered on evidence, and revoked."""

import hashlib
from datetime import datetime

from django.db import transaction

from renkei.audit import api as audit
from renkei.kernel.ids import Actor, ParticipantId, new_id
from renkei.parties.errors import VouchMissing
from renkei.parties.models import VouchRow
from renkei.parties.rules.standing import check_vouch
from renkei.parties.types import Vouch, VouchId, VouchKind


@transaction.atomic
def vouch(
    *,
    participant: ParticipantId,
    kind: VouchKind,
    value: str,
    evidence: str,
    document: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Vouch:
    """Enter that a participant, of this node or of another, belongs to a body or is in a place.

    `evidence` says what shows it, `document` is the SHA-256 of a document that does. It holds from `since`, from now
    unless told otherwise, to `until`. The log keeps the hash of the evidence only. Raises parties.vouch-invalid.
    """
    begins = since or now
    check_vouch(
        participant=participant,
        kind=kind,
        value=value,
        evidence=evidence,
        document=document,
        since=begins,
        until=until,
    )
    row = VouchRow.objects.create(
        id=new_id(),
        participant=participant,
        kind=kind.value,
        value=value,
        evidence=evidence.strip(),
        document=document,
        since=begins,
        until=until,
        entered_by=actor,
        entered_at=now,
    )
    _record(row, "vouched", actor=actor, now=now)
    return row.as_fact()


@transaction.atomic
def revoke_vouch(*, vouch_id: VouchId, actor: Actor, now: datetime) -> Vouch:
    """Rely no longer, from now on, on what was entered; a second time changes nothing. Raises parties.vouch-missing."""
    row = VouchRow.objects.select_for_update().filter(pk=vouch_id).first()
    if row is None:
        raise VouchMissing(vouch=vouch_id)
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        _record(row, "vouch-revoked", actor=actor, now=now)
    return row.as_fact()


def _record(row: VouchRow, action: str, *, actor: Actor, now: datetime) -> None:
    audit.record(
        f"parties.{action}",
        actor=actor,
        subject=row.pk,
        at=now,
        concerns=(row.participant,),
        kind=row.kind,
        value=_hash(row.value),
        evidence=_hash(row.evidence),
        document=row.document,
    )


def _hash(text: str) -> str:
    """Both are free text, which may name people: the log holds their hashes."""
    return hashlib.sha256(text.encode()).hexdigest()
