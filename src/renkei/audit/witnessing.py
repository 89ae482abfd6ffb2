"""Looking after other nodes' logs: who is visited when, what is kept of it, and what a contradiction leaves behind.

A visit is written in the transaction of the agreement that gives rise to it, and made by the work loop: nothing waits for
it. Whoever makes it takes the row by one UPDATE that only one can win and that counts the attempt, so that a visit which
fails in a way nobody thought of is counted, too. All visits to one peer that were due when it began are settled by it,
or put off together, so that a hundred agreements in one minute make one call.

A log's key is trusted when it is first seen and pinned from then on. A log that shrank, was rewritten or has
another key gets no cosignature; both heads are kept, and the one that was kept before stays what the log is held to.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q

from renkei.audit.errors import PeerLogContradicted, PeerLogUnknown, PeerMoved
from renkei.audit.models import ContradictionRow, VisitRow, WitnessedRow
from renkei.audit.pins import Pins, held, take_turn
from renkei.audit.ports import PeerLogs
from renkei.audit.services import record
from renkei.audit.settling import ATTEMPTS, accuse, end, put_off, say_moved, say_withdrawn
from renkei.audit.signing import Signer, log_key
from renkei.audit.types import Contradiction, Sighting, Visit, VisitOutcome, WitnessedHead
from renkei.kernel.ids import NODE, Actor
from renkei.kernel.refusals import Kind, Refusal

SETTLING = timedelta(seconds=3)
"""Between an agreement and the visit: the peer's log has the agreement by then, and those that follow share the visit."""
LEASE = timedelta(seconds=90)
"""Longer than a visit may take: key, head and one proof for each head that was kept."""
_ADDRESS = 500

Clock = Callable[[], datetime]


def plan_visit(*, peer: str, occasion: str, now: datetime) -> None:
    """Have a peer's log looked at soon, in the caller's transaction; `occasion` is the agreement that asks for it."""
    VisitRow.objects.create(peer=peer, occasion=occasion, planned_at=now, next_at=now + SETTLING)


def visit_due(logs: PeerLogs, *, now: datetime, clock: Clock | None = None) -> bool:
    """Make the visit that has been due longest; False where none is due.

    `clock` tells when it is over, from when on a pause is counted. Nothing is raised for a peer that cannot be reached or
    contradicts itself: the visit's row says so.
    """
    due = VisitRow.objects.filter(next_at__lte=now).order_by("next_at", "pk").first()
    if due is None:
        return False
    taken = VisitRow.objects.filter(pk=due.pk, next_at=due.next_at)
    if due.attempts >= ATTEMPTS:  # the last attempt came to nothing that could be noted
        taken.update(next_at=None, outcome=VisitOutcome.UNREACHED.value)
    elif taken.update(next_at=now + LEASE, attempts=F("attempts") + 1):
        due.next_at, due.attempts = now + LEASE, due.attempts + 1
        _settle(due, logs, now=now, clock=clock or (lambda: now))
    return True


def visit_now(peer: str, *, logs: PeerLogs, now: datetime) -> Visit:
    """Look at a peer's log at once, whatever is due.

    Raises audit.peer-log-contradicted where it is not what it was, audit.peer-moved where the peer names another log.
    """
    row = VisitRow.objects.create(peer=peer, occasion="", planned_at=now, next_at=now + LEASE, attempts=1)
    _settle(row, logs, now=now, clock=lambda: now)
    row.refresh_from_db()
    if row.outcome == VisitOutcome.CONTRADICTED.value:
        raise PeerLogContradicted(origin=row.origin, peer=peer, why=row.code)
    if row.outcome == VisitOutcome.MOVED.value:
        raise PeerMoved(peer=peer, origin=row.origin)
    return row.as_fact()


@transaction.atomic
def forget_log(*, log: str, actor: Actor, now: datetime) -> int:
    """Stop holding a log to the heads that were kept of it: its next head is trusted as at the first visit.

    `log` is its address, its key, or the participant whose log it is; never its name, which anybody can give his own.
    The heads and contradictions stay as proof. Returns how many heads were given up. Raises audit.peer-log-unknown.
    """
    rows = held().filter(Q(address=log) | Q(vkey=log) | Q(peer=log))
    counted = list(rows.values_list("origin").annotate(count=Count("pk")).order_by("origin"))
    if not counted:
        raise PeerLogUnknown(log=log[:500])
    rows.update(dropped_at=now)
    for origin, count in counted:
        record("audit.peer-log-forgotten", actor=actor, subject=origin, at=now, heads=count)
    return sum(count for _, count in counted)


def witnessed(
    *, origin: str | None = None, vkey: str | None = None, address: str | None = None, limit: int = 20
) -> tuple[WitnessedHead, ...]:
    """Return the heads that are kept of a log (by its name, its key, its address), or of all, the newest first."""
    asked = {"origin": origin, "vkey": vkey, "address": address}
    rows = held().filter(**{name: value for name, value in asked.items() if value is not None})
    return tuple(row.as_fact() for row in rows.order_by("-pk")[:limit])


def witnessed_for(occasions: list[str]) -> tuple[WitnessedHead, ...]:
    """Return the heads that were seen on these occasions, in the order of seeing."""
    seen = VisitRow.objects.filter(occasion__in=occasions, outcome=VisitOutcome.WITNESSED.value)
    wanted = Q(pk__in=[])
    for vkey, size in seen.values_list("vkey", "size").distinct():
        wanted |= Q(vkey=vkey, size=size)
    return tuple(row.as_fact() for row in WitnessedRow.objects.filter(wanted).order_by("pk"))


def visits(*, limit: int = 100) -> tuple[Visit, ...]:
    """Return the visits that were made or are due, newest first."""
    return tuple(row.as_fact() for row in VisitRow.objects.order_by("-pk")[:limit])


def contradictions(*, limit: int = 100) -> tuple[Contradiction, ...]:
    """Return what peers' logs contradicted, newest first."""
    return tuple(row.as_fact() for row in ContradictionRow.objects.order_by("-pk")[:limit])


def _settle(row: VisitRow, logs: PeerLogs, *, now: datetime, clock: Clock) -> None:
    own, outcome, why = settings.RENKEI.public_url.rstrip("/"), VisitOutcome.NO_LOG, ""
    try:
        address = logs.address(row.peer)
        if address is not None and address.rstrip("/") == own:
            outcome = VisitOutcome.OWN
        elif address is not None and len(address) <= _ADDRESS:
            pins = Pins(address)
            seen = logs.look(address, kept=pins.under)
            if seen.vkey != log_key().verifier:
                _take_in(row, pins, seen, now=now, clock=clock)
                return
            outcome = VisitOutcome.OWN  # under another address
    except Refusal as refusal:
        why = refusal.code
        # A peer that cannot be had now, or answers nonsense, is tried again; one that refuses for good offers no log.
        if refusal.kind is Kind.UNAVAILABLE or why.startswith("tlog."):
            put_off(row, why, now=now, ended_at=clock())
            return
    _settle_without(row, outcome, why=why, now=now, clock=clock)


def _settle_without(row: VisitRow, outcome: VisitOutcome, *, why: str, now: datetime, clock: Clock) -> None:
    """There is no log to be seen: so be it, unless one was seen before. Then it is asked for again, and missed at last."""
    row.code = why
    if not held().filter(peer=row.peer).exists():
        end(row, outcome, now=now)
    elif row.attempts < ATTEMPTS:
        put_off(row, why or outcome.value, now=now, ended_at=clock())
    else:
        with transaction.atomic():
            say_withdrawn(row, why=why or outcome.value, now=now)
            end(row, VisitOutcome.WITHDRAWN, now=now)


def _take_in(row: VisitRow, pins: Pins, seen: Sighting, *, now: datetime, clock: Clock) -> None:
    # A refusal of the proof counts only where it is the log's last word: anything may stand before a log for an hour.
    insisted = row.attempts >= ATTEMPTS and row.code == seen.code
    if seen.unproven and not insisted:
        put_off(row, seen.code, now=now, ended_at=clock())
    else:
        _keep(row, pins, seen, now=now)


@transaction.atomic
def _keep(row: VisitRow, pins: Pins, seen: Sighting, *, now: datetime) -> None:
    take_turn()
    if pins.changed(seen.vkey):
        # Another visit kept a head meanwhile: this one was not held to it, and is made again, even if settled by that.
        VisitRow.objects.filter(pk=row.pk).update(next_at=now, outcome=VisitOutcome.WAITING.value)
        return
    row.origin, row.vkey, row.size, row.code = seen.origin, seen.vkey, seen.size, ""
    if seen.contradicted is not None:
        accuse(row, pins.address, seen, seen.contradicted, now=now)
        end(row, VisitOutcome.CONTRADICTED, now=now)
    elif _moved(row.peer, pins.address, seen):
        say_moved(row, seen, now=now)
        end(row, VisitOutcome.MOVED, now=now)
    else:
        _witness(row, pins.address, seen, now=now)
        end(row, VisitOutcome.WITNESSED, now=now)


def _moved(peer: str, address: str, seen: Sighting) -> bool:
    """Whether a participant had another log elsewhere when it was last seen: a new home, or a way out."""
    before = held().filter(peer=peer).order_by("-pk").first()
    return before is not None and before.vkey != seen.vkey and before.address != address


def _witness(row: VisitRow, address: str, seen: Sighting, *, now: datetime) -> None:
    same = held().filter(address=address, vkey=seen.vkey, size=seen.size, root=seen.root)
    if same.exists():  # neither signed nor logged a second time
        return
    WitnessedRow.objects.create(
        address=address,
        vkey=seen.vkey,
        size=seen.size,
        peer=row.peer,
        origin=seen.origin,
        root=seen.root,
        checkpoint=Signer.load().cosign(seen.checkpoint, at=int(now.timestamp())),
        seen_at=now,
        occasion=row.occasion,
    )
    record(
        "audit.head-witnessed",
        actor=NODE,
        subject=seen.origin,
        at=now,
        concerns=(row.peer,),
        size=seen.size,
        root=seen.root.hex(),
        agreement=row.occasion or None,
    )
