"""What becomes of a visit: it ends with all that were due to the same peer, is put off with them, or accuses somebody."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F, Max

from renkei.audit.models import ContradictionRow, VisitRow
from renkei.audit.pins import take_turn
from renkei.audit.services import record
from renkei.audit.types import KeptHead, Sighting, VisitOutcome
from renkei.kernel.ids import NODE
from renkei.kernel.notes import parse_checkpoint, parse_note

ATTEMPTS = 8
_FIRST_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(hours=1)


def end(row: VisitRow, outcome: VisitOutcome, *, now: datetime) -> None:
    """Settle a visit, and with it every other one to this peer that was planned before it was made."""
    others = VisitRow.objects.filter(peer=row.peer, next_at__isnull=False, planned_at__lte=now)
    (others | VisitRow.objects.filter(pk=row.pk)).update(
        next_at=None,
        outcome=outcome.value,
        origin=row.origin,
        vkey=row.vkey,
        size=row.size,
        code=row.code,
    )


@transaction.atomic
def put_off(row: VisitRow, code: str, *, now: datetime, ended_at: datetime) -> None:
    """Try a visit again later, and at the same time every other one to this peer: one call tells enough for all.

    It counts as an attempt of all that were due. Those that have been tried often enough are given up. Nothing is done
    for a visit that somebody else has settled meanwhile.
    """
    take_turn()
    waiting = VisitRow.objects.filter(peer=row.peer, next_at__isnull=False)
    if not waiting.filter(pk=row.pk, next_at=row.next_at).update(code=code[:100]):
        return
    due = waiting.filter(next_at__lte=now).exclude(pk=row.pk)
    due.update(attempts=F("attempts") + 1, code=code[:100])
    waiting.filter(attempts__gte=ATTEMPTS).update(next_at=None, outcome=VisitOutcome.UNREACHED.value)
    tried = waiting.aggregate(most=Max("attempts"))["most"]
    if tried is not None:
        pause = min(_FIRST_PAUSE * 2 ** max(tried - 1, 0), _LONGEST_PAUSE)
        waiting.update(next_at=ended_at + pause)


def accuse(row: VisitRow, address: str, seen: Sighting, kept: KeptHead, *, now: datetime) -> None:
    """Keep both heads of a contradiction, and record it in our log."""
    row.code = seen.code
    accused = _accused(row, address, seen, kept)
    ContradictionRow.objects.create(
        address=address,
        peer=row.peer,
        origin=accused,
        code=seen.code,
        kept_vkey=kept.vkey,
        kept_checkpoint=kept.checkpoint,
        shown_vkey=seen.vkey,
        shown_checkpoint=seen.checkpoint,
        seen_at=now,
        occasion=row.occasion,
    )
    record(
        "audit.peer-log-contradicted",
        actor=NODE,
        subject=accused,
        at=now,
        concerns=(row.peer,),
        code=seen.code,
        size=seen.size,
        root=seen.root.hex(),
        agreement=row.occasion or None,
    )


def say_moved(row: VisitRow, seen: Sighting, *, now: datetime) -> None:
    """Record that a participant names another log than before. Neither log is accused of anything."""
    row.code = "audit.peer-moved"
    record(
        "audit.peer-moved",
        actor=NODE,
        subject=row.peer,
        at=now,
        concerns=(row.peer,),
        size=seen.size,
        root=seen.root.hex(),
        agreement=row.occasion or None,
    )


def say_withdrawn(row: VisitRow, *, why: str, now: datetime) -> None:
    """Record that a participant whose log was seen before shows none any more."""
    row.code = why[:100]
    record(
        "audit.peer-log-withdrawn",
        actor=NODE,
        subject=row.peer,
        at=now,
        concerns=(row.peer,),
        code=row.code,
        agreement=row.occasion or None,
    )


def _accused(row: VisitRow, address: str, seen: Sighting, kept: KeptHead) -> str:
    """The log by its name where it speaks for itself; otherwise the participant.

    Anybody can name a log as he likes, or pass on another's heads with wrong proofs. So a log's name is accused only at the
    address that bears it, or where two roots of one size bear its signature.
    """
    before = parse_checkpoint(parse_note(kept.checkpoint).text)
    both_signed = kept.vkey == seen.vkey and before.size == seen.size and before.root != seen.root
    return seen.origin if both_signed or urlsplit(address).netloc == seen.origin else row.peer
