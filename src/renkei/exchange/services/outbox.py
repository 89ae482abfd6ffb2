"""How messages leave: written with the act, leased by one worker, sent, then forgotten.

A worker takes the oldest message that is due, of a process with no older one waiting, and marks it with a lease by one
UPDATE that only one worker can win. It sends without any transaction open. When it dies between sending and
forgetting, the lease runs out and the message goes out again: receivers answer a repeat as they did the first.
"""

import threading
import time
from datetime import datetime, timedelta

from django.db import connection, transaction

from renkei.exchange.errors import PeerRefusedMessage, PeerSilent
from renkei.exchange.models import NegotiationRow, OutboxRow, TransferRow, stored_failure
from renkei.exchange.ports import Courier, PeerRefused, PeerUnavailable, PeerUnready
from renkei.exchange.rules.machine import shows_taken
from renkei.exchange.services import duties
from renkei.exchange.services.agreements import lapse
from renkei.exchange.services.changes import announce_change, wake_pushes
from renkei.exchange.services.lanes import lanes
from renkei.exchange.services.processes import Process, in_words, record, save, unqueue
from renkei.exchange.types import PATIENCE, MessageKind, Outgoing, Sent
from renkei.kernel.ids import NODE, new_id
from renkei.kernel.texts import Text

LEASE = timedelta(seconds=60)
"""Longer than a courier may take for one message."""
LONGEST_PAUSE = 300
UNREADY_PAUSE = timedelta(milliseconds=250)
"""Before a message is sent again that came before the peer was ready for it; doubled each time."""
UNREADY_TRIES = 6
"""How often that is done, 16 seconds in all, before the peer's refusal counts."""
_OVER = {"COMPLETED", "TERMINATED"}
_DUE = """
SELECT id, lease, negotiation_id FROM exchange_outbox AS waiting
WHERE next_at <= %s AND (leased_until IS NULL OR leased_until <= %s)
    AND NOT EXISTS (
        SELECT 1 FROM exchange_outbox AS older WHERE older.process = waiting.process AND older.id < waiting.id
    )
    {but}
ORDER BY next_at, id LIMIT 1
"""
_LEASE = "UPDATE exchange_outbox SET lease = %s, leased_until = %s WHERE id = %s AND lease = %s"
_MESSAGE = "SELECT * FROM exchange_outbox WHERE id = %s AND lease = %s"
_NEGOTIATION = "SELECT * FROM exchange_negotiation WHERE id = %s"
_TRANSFER = "SELECT * FROM exchange_transfer WHERE id = %s"
_leasing = threading.Lock()
_BUT = "AND address NOT IN ({places})"


def deliver_due(courier: Courier, *, now: datetime, limit: int = 50) -> int:
    """Send what is due, at most `limit` messages, and return how many the peers took.

    Messages of one process go out in the order in which they were written. An address that does not answer is not
    tried again in the same call, nor at the same time by two threads. A message that the peer refuses, at last where it
    may have come too early, or that could not be delivered for 24 hours, terminates its process with the reason.
    """
    begun, taken, down = time.monotonic(), 0, set[str]()
    for _ in range(limit):
        at = now + timedelta(seconds=int(time.monotonic() - begun))
        leased = _lease(now=at, down=down | lanes.closed())
        if leased is None:
            break
        row, repeated = leased
        message = row.as_fact(repeated=repeated)
        try:
            with lanes.calling(message.address):
                answer = _hand_over(courier, message)
        except PeerUnavailable as why:
            down.add(message.address)
            pause = timedelta(seconds=min(2**row.attempts, LONGEST_PAUSE))
            _postpone(row, why=why.why, now=at, pause=pause)
        except PeerRefused as refusal:
            if isinstance(refusal, PeerUnready) and row.attempts < UNREADY_TRIES:
                _postpone(
                    row,
                    why=Text(ja=str(refusal), en=str(refusal)),
                    now=at,
                    pause=UNREADY_PAUSE * 2**row.attempts,
                )
            else:
                _refused(row, refusal, now=at)
        else:
            _forget(row, answer, now=at)
            taken += 1
    return taken


def _hand_over(courier: Courier, message: Outgoing) -> Sent:
    """Send a message. Raises what `Courier.send` raises.

    Not every receiver answers a repeat as it did the first: one that has moved on may refuse it as out of place. So
    when a message is refused that may have arrived before, the peer is asked where it stands, and the message counts as
    taken when that shows it.
    """
    try:
        return courier.send(message)
    except PeerRefused:
        if _is_of_a_duty(message.kind):  # it is no step of its process, and taken as often as it comes
            raise
        if message.repeated and message.peer_pid is not None and _has_taken(courier, message):
            return Sent()
        raise


def _has_taken(courier: Courier, message: Outgoing) -> bool:
    try:
        state = courier.state(message)
    except PeerRefused:
        return False
    return shows_taken(message.kind, sender=message.role, opening=message.opening, state=state)


def _lease(*, now: datetime, down: set[str]) -> tuple[OutboxRow, bool] | None:
    """Take the next message for ourselves, and tell whether the peer may have it; None when nothing is free and due.

    The workers of one process do it one after the other: they are woken together, and would all reach for the same one.
    """
    with _leasing:
        while (due := _due(now=now, down=down)) is not None:
            message, lease, of = due
            fresh = new_id()
            if not _mark(message, lease=lease, fresh=fresh, until=now + LEASE):
                continue
            row = _leased(message, lease=fresh, of=of)
            if row is not None:
                return row, row.attempts > 0 or lease != ""
    return None


def _leased(message: int, *, lease: str, of: str) -> OutboxRow | None:
    """Return a message with its process, by plain SQL as in `_due`; None where it was taken back meanwhile."""
    row = next(iter(OutboxRow.objects.raw(_MESSAGE, [message, lease])), None)
    if row is None:
        return None
    if of == "negotiation":
        row.negotiation = NegotiationRow.objects.raw(_NEGOTIATION, [row.process])[0]
    else:
        row.transfer = TransferRow.objects.raw(_TRANSFER, [row.process])[0]
    return row


def _mark(message: int, *, lease: str, fresh: str, until: datetime) -> bool:
    """Put our lease on a message; False when somebody else was faster. Plain SQL, as in `_due`."""
    with connection.cursor() as cursor:
        at = connection.ops.adapt_datetimefield_value(until)
        cursor.execute(_LEASE, [fresh, at, message, lease])
        return bool(cursor.rowcount == 1)


def _due(*, now: datetime, down: set[str]) -> tuple[int, str, str] | None:
    """Return the next message's id, its lease and of which kind its process is.

    Plain SQL: every node asks this again and again, mostly in vain, and putting the query together costs more than
    running it.
    """
    but = _BUT.format(places=", ".join(["%s"] * len(down))) if down else ""
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_DUE.format(but=but), [at, at, *down])
        found = cursor.fetchone()
    return None if found is None else (found[0], found[1], "negotiation" if found[2] else "transfer")


@transaction.atomic
def _forget(row: OutboxRow, answer: Sent, *, now: datetime) -> None:
    """The peer has it: wipe the message, and learn the peer's pid; what was not taken at once is logged."""
    process = row.of
    OutboxRow.objects.filter(pk=row.pk).delete()
    transaction.on_commit(wake_pushes.set)
    rows = type(process).objects.filter(pk=process.pk)
    if process.trouble:
        rows.update(trouble="")
        announce_change(process.pk)
    if _is_of_a_duty(row.kind):
        duties.taken(row, now=now)
    if row.attempts:
        record(process, "message-taken", actor=NODE, now=now, message=row.kind, attempts=row.attempts + 1)
    if row.opening and answer.peer_pid:
        rows.filter(peer_pid__isnull=True).update(peer_pid=answer.peer_pid)
        announce_change(process.pk)


@transaction.atomic
def _postpone(row: OutboxRow, *, why: Text, now: datetime, pause: timedelta) -> None:
    first = row.tried_at or now
    if now - first >= PATIENCE:
        hours = int(PATIENCE.total_seconds() // 3600)
        refusal = PeerSilent(message=row.kind, hours=hours, why_ja=why.ja, why_en=why.en)
        _give_up(row, code=refusal.code, reasons=in_words(refusal), now=now)
        return
    waits = OutboxRow.objects.filter(pk=row.pk, lease=row.lease).update(
        attempts=row.attempts + 1,
        trouble=stored_failure(why),
        tried_at=first,
        next_at=now + pause,
        leased_until=None,
        lease="",
    )
    if waits and not _is_of_a_duty(row.kind):  # it may have been taken back meanwhile
        type(row.of).objects.filter(pk=row.of.pk).update(trouble=stored_failure(why))
        announce_change(row.process)


@transaction.atomic
def _refused(row: OutboxRow, refusal: PeerRefused, *, now: datetime) -> None:
    told = PeerRefusedMessage(message=row.kind, status=refusal.status, code_given=refusal.code or "-")
    _give_up(row, code=told.code, reasons=[*in_words(told), *refusal.reasons], now=now)


def _give_up(message: OutboxRow, *, code: str, reasons: list[str], now: datetime) -> None:
    """Terminate a process that cannot go on; one that is over anyway only loses its messages.

    A message that was taken back while it was on its way, or that the peer has shown to have, changes nothing. Nor does a
    duty's evidence change any process: a peer that takes none, such as one that is no renkei node, keeps its agreement.
    """
    if _is_of_a_duty(message.kind):
        if OutboxRow.objects.filter(pk=message.pk, lease=message.lease).delete()[0]:
            why = Text(ja="\n".join(reasons[1:]) or reasons[0], en=" ".join(reasons))
            duties.not_taken(message, why=why)
            record(message.of, "duty-untold", actor=NODE, now=now, code=code, duty=_duty(message))
        return
    process = message.of
    row = type(process).objects.select_for_update().get(pk=process.pk)
    if not OutboxRow.objects.filter(pk=message.pk, lease=message.lease).exists():
        return
    untaken = unqueue(row)
    row.trouble = ""
    if row.state in _OVER:
        row.save(update_fields=["trouble"])
        return
    row.state, row.code, row.reasons = "TERMINATED", code, reasons
    if isinstance(row, NegotiationRow):
        lapse(row, reason="\n".join(reasons), now=now)
    save(row, now=now)
    record(row, f"{_noun(row)}-terminated", actor=NODE, now=now, code=code, **untaken)


def _is_of_a_duty(kind: str) -> bool:
    return kind == MessageKind.DUTY_FULFILMENT


def _duty(row: OutboxRow) -> int:
    return int(row.as_fact(repeated=False).payload["duty"])


def _noun(process: Process) -> str:
    return "negotiation" if isinstance(process, NegotiationRow) else "transfer"
