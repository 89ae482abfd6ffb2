"""Looking after other nodes' logs: who is visited when, what is kept of it, and what a contradiction leaves behind.

A visit is written in the transaction of the agreement that gives rise to it, and made by the work loop: nothing waits for
it. Whoever makes it takes the row by one UPDATE that only one can win. All visits to one peer that were due when it
began are settled by it, so that a hundred agreements in one minute make one call.

A log's key is trusted when it is first seen and pinned from then on. A log that shrank, was rewritten or has another
key gets no cosignature; both heads are kept, and the one that was kept before stays what the log is held to.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from renkei.audit.errors import PeerLogContradicted, PeerLogUnknown
from renkei.audit.models import ContradictionRow, VisitRow, WitnessedRow
from renkei.audit.ports import PeerLogs
from renkei.audit.services import record
from renkei.audit.signing import Signer
from renkei.audit.types import (
    Contradiction,
    KeptHead,
    Sighting,
    Visit,
    VisitOutcome,
    WitnessedHead,
)
from renkei.kernel.ids import NODE, Actor
from renkei.kernel.refusals import Kind, Refusal

SETTLING = timedelta(seconds=3)
"""Between an agreement and the visit: the peer's log has the agreement by then, and those that follow share the visit."""
ATTEMPTS = 8
LEASE = timedelta(seconds=90)
"""Longer than a visit may take: key, head and one proof for each head that was kept."""
_FIRST_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(hours=1)
_ADDRESS = 500


def plan_visit(*, peer: str, occasion: str, now: datetime) -> None:
    """Have a peer's log looked at soon, in the caller's transaction; `occasion` is the agreement that asks for it."""
    VisitRow.objects.create(peer=peer, occasion=occasion, planned_at=now, next_at=now + SETTLING)


def visit_due(logs: PeerLogs, *, now: datetime) -> bool:
    """Make the visit that has been due longest; False where none is due.

    Nothing is raised for a peer that cannot be reached or contradicts itself: the visit's row says so.
    """
    due = VisitRow.objects.filter(next_at__lte=now).order_by("next_at", "pk").first()
    if due is None:
        return False
    if VisitRow.objects.filter(pk=due.pk, next_at=due.next_at).update(next_at=now + LEASE):
        _settle(due, logs, now=now)
    return True


def visit_now(peer: str, *, logs: PeerLogs, now: datetime) -> Visit:
    """Look at a peer's log at once, whatever is due. Raises audit.peer-log-contradicted where it is not what it was."""
    row = VisitRow.objects.create(peer=peer, occasion="", planned_at=now, next_at=now + LEASE)
    _settle(row, logs, now=now)
    row.refresh_from_db()
    if row.outcome == VisitOutcome.CONTRADICTED.value:
        raise PeerLogContradicted(origin=row.origin, peer=peer, why=row.code)
    return row.as_fact()


@transaction.atomic
def forget_log(*, origin: str, actor: Actor, now: datetime) -> int:
    """Stop holding a log to the heads that were kept of it: its next head is trusted as at the first visit.

    The heads and contradictions stay as proof. Returns how many heads were given up. Raises audit.peer-log-unknown.
    """
    given_up = WitnessedRow.objects.filter(origin=origin, dropped_at=None).update(dropped_at=now)
    if not given_up:
        raise PeerLogUnknown(origin=origin)
    record("audit.peer-log-forgotten", actor=actor, subject=origin, at=now, heads=given_up)
    return given_up


def witnessed(*, origin: str | None = None, limit: int = 20) -> tuple[WitnessedHead, ...]:
    """Return the heads that are kept of a log, or of all, the newest first."""
    return tuple(row.as_fact() for row in _held(origin).order_by("-pk")[:limit])


def witnessed_for(occasions: list[str]) -> tuple[WitnessedHead, ...]:
    """Return the heads that were seen on these occasions, in the order of seeing."""
    seen = VisitRow.objects.filter(occasion__in=occasions, outcome=VisitOutcome.WITNESSED.value)
    wanted = Q(pk__in=[])
    for origin, size in seen.values_list("origin", "size").distinct():
        wanted |= Q(origin=origin, size=size)
    return tuple(row.as_fact() for row in WitnessedRow.objects.filter(wanted).order_by("pk"))


def visits(*, limit: int = 100) -> tuple[Visit, ...]:
    """Return the visits that were made or are due, newest first."""
    return tuple(row.as_fact() for row in VisitRow.objects.order_by("-pk")[:limit])


def contradictions(*, limit: int = 100) -> tuple[Contradiction, ...]:
    """Return what peers' logs contradicted, newest first."""
    return tuple(row.as_fact() for row in ContradictionRow.objects.order_by("-pk")[:limit])


def _settle(row: VisitRow, logs: PeerLogs, *, now: datetime) -> None:
    try:
        address = logs.address(row.peer)
        if address is None or len(address) > _ADDRESS:
            _end(row, VisitOutcome.NO_LOG, now=now)
        elif address == settings.RENKEI.public_url:
            _end(row, VisitOutcome.OWN, now=now)
        else:
            _keep(row, address, logs.look(address, kept=list(_pins(row.peer, address))), now=now)
    except Refusal as refusal:
        _failed(row, refusal, now=now)


@transaction.atomic
def _keep(row: VisitRow, address: str, seen: Sighting, *, now: datetime) -> None:
    row.origin, row.size = seen.origin, seen.size
    if seen.contradicted is not None:
        row.code = seen.code
        _accuse(row, address, seen, seen.contradicted, now=now)
        _end(row, VisitOutcome.CONTRADICTED, now=now)
        return
    # A head that was seen before is neither signed nor logged a second time.
    if not _held(seen.origin).filter(address=address, size=seen.size).exists():
        _witness(row, address, seen, now=now)
    _end(row, VisitOutcome.WITNESSED, now=now)


def _witness(row: VisitRow, address: str, seen: Sighting, *, now: datetime) -> None:
    WitnessedRow.objects.update_or_create(
        address=address,
        vkey=seen.vkey,
        size=seen.size,
        defaults={
            "peer": row.peer,
            "origin": row.origin,
            "root": seen.root,
            "checkpoint": Signer.load().cosign(seen.checkpoint, at=int(now.timestamp())),
            "seen_at": now,
            "occasion": row.occasion,
            "dropped_at": None,
        },
    )
    record(
        "audit.head-witnessed",
        actor=NODE,
        subject=row.origin,
        at=now,
        concerns=(row.peer,),
        size=seen.size,
        root=seen.root.hex(),
        agreement=row.occasion or None,
    )


def _accuse(row: VisitRow, address: str, seen: Sighting, kept: KeptHead, *, now: datetime) -> None:
    ContradictionRow.objects.create(
        address=address,
        peer=row.peer,
        origin=row.origin,
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
        subject=row.origin,
        at=now,
        concerns=(row.peer,),
        code=seen.code,
        size=seen.size,
        root=seen.root.hex(),
        agreement=row.occasion or None,
    )


def _end(row: VisitRow, outcome: VisitOutcome, *, now: datetime) -> None:
    """Settle a visit, and with it every other one to this peer that was planned before it was made."""
    row.attempts += 1
    others = VisitRow.objects.filter(peer=row.peer, next_at__isnull=False, planned_at__lte=now)
    (others | VisitRow.objects.filter(pk=row.pk)).update(
        next_at=None,
        outcome=outcome.value,
        origin=row.origin,
        size=row.size,
        code=row.code,
        attempts=row.attempts,
    )


def _failed(row: VisitRow, refusal: Refusal, *, now: datetime) -> None:
    """A peer that cannot be had now, or answers nonsense, is tried again; one that refuses for good offers no log."""
    row.code = refusal.code[:100]
    again = refusal.kind is Kind.UNAVAILABLE or refusal.code.startswith("tlog.")
    if not again:
        _end(row, VisitOutcome.NO_LOG, now=now)
    elif row.attempts + 1 >= ATTEMPTS:
        _end(row, VisitOutcome.UNREACHED, now=now)
    else:
        pause = min(_FIRST_PAUSE * 2**row.attempts, _LONGEST_PAUSE)
        row.attempts, row.next_at = row.attempts + 1, now + pause
        row.save(update_fields=["attempts", "next_at", "code"])


def _pins(peer: str, address: str) -> Iterator[KeptHead]:
    """What a log is held to: the last head kept at this address, and the last kept of this peer, wherever that was."""
    rows = _held(None)
    found = {
        row.pk: row
        for rows in (rows.filter(address=address), rows.filter(peer=peer))
        if (row := rows.order_by("-size", "-pk").first()) is not None
    }
    return (KeptHead(row.vkey, row.checkpoint) for row in found.values())


def _held(origin: str | None) -> QuerySet[WitnessedRow]:
    rows = WitnessedRow.objects.filter(dropped_at=None)
    return rows if origin is None else rows.filter(origin=origin)
