"""How data are pushed: owed with the request, leased by one worker, streamed, then the transfer is completed.

A push is due when its transfer runs and the peer has taken every message about it, the start among them. A worker
leases it by one UPDATE that only one can win and renews the lease while bytes leave. When it dies the lease runs out and
the data are pushed again: a renkei node keeps equal parts once. A transfer that is suspended rests, and goes on when it
is resumed; whatever else ends the right to read breaks off a push that has begun.
"""

import time
from datetime import datetime, timedelta

import msgspec
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from renkei.audit import api as audit
from renkei.exchange.errors import (
    DestinationMissing,
    DestinationUnwanted,
    PushRefused,
    PushUndelivered,
    TransferNotStarted,
    UsesExhausted,
)
from renkei.exchange.models import (
    DESTINATION_PURPOSE,
    OutboxRow,
    PushRow,
    TransferRow,
    stored_failure,
)
from renkei.exchange.ports import PeerRefused, PeerUnavailable, Pusher, PushStopped
from renkei.exchange.rules.machine import TRANSFER, step
from renkei.exchange.services.agreements import close
from renkei.exchange.services.changes import announce_change
from renkei.exchange.services.delivery import access_by_transfer
from renkei.exchange.services.processes import enqueue, in_words, record, save
from renkei.exchange.services.push_records import PushRecord, access_of
from renkei.exchange.types import (
    HTTP_PUSH,
    DataAddress,
    MessageKind,
    Push,
    Pushed,
    Role,
    TransferMessage,
    TransferState,
)
from renkei.kernel.ids import NODE, Actor, TransferId, new_id
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.privacy import api as privacy

LEASE = timedelta(seconds=60)
"""Longer than a pusher may take between two looks."""
LOOK_AGAIN = 1.0
"""Seconds between two looks at the agreement while bytes leave."""
LONGEST_PAUSE = 300
PATIENCE = timedelta(hours=24)
_S = TransferState
_OVER = (_S.COMPLETED.value, _S.TERMINATED.value)


def check_destination(format: str, destination: DataAddress | None) -> None:  # noqa: A002 - the field's word
    """Check that a request names an address for a push, and only for that.

    Raises exchange.destination-missing, destination-unwanted.
    """
    if format == HTTP_PUSH and destination is None:
        raise DestinationMissing(format=format)
    if format != HTTP_PUSH and destination is not None:
        raise DestinationUnwanted(format=format, push=HTTP_PUSH)


def owe_push(row: TransferRow, *, to: DataAddress, now: datetime) -> None:
    """Owe the consumer the data of a transfer, at the address that it named."""
    secret = audit.conceal(msgspec.json.encode(to.as_dict()), purpose=DESTINATION_PURPOSE)
    PushRow.objects.create(transfer=row, destination=secret, next_at=now)


def push_due(pusher: Pusher, *, now: datetime, limit: int = 10) -> int:
    """Carry out the pushes that are due, at most `limit`, and return how many were carried out, well or badly.

    What the consumer's address does not take for now is tried again after 1, 2, 4 … 300 s. What it refuses for good, or
    has not taken for 24 hours, terminates the transfer with the reasons.
    """
    clock, done = _Clock(now), 0
    while done < limit and (row := _lease(now=clock())) is not None:
        _carry_out(row, pusher, clock=clock)
        done += 1
    return done


class _Clock:
    """Goes on from the time at which a worker began."""

    def __init__(self, now: datetime) -> None:
        self._now, self._begun = now, time.monotonic()

    def __call__(self) -> datetime:
        """Return the time in whole seconds: what is written in the moment of the beginning is due in that moment."""
        return self._now + timedelta(seconds=int(time.monotonic() - self._begun))

    def exact(self) -> datetime:
        """Return the time to which the end of an agreement is held."""
        return self._now + timedelta(seconds=time.monotonic() - self._begun)


def _lease(*, now: datetime) -> PushRow | None:
    """Take the next push for ourselves; None when nothing is due that nobody else has."""
    if not _any():
        return None
    unsent = OutboxRow.objects.filter(process=OuterRef("transfer_id"))
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = PushRow.objects.filter(
        free, ~Exists(unsent), next_at__lte=now, transfer__state__in=(_S.STARTED.value, *_OVER)
    )
    while (found := due.order_by("next_at", "pk").values_list("pk", "lease").first()) is not None:
        number, lease = found
        fresh = new_id()
        if PushRow.objects.filter(pk=number, lease=lease).update(lease=fresh, leased_until=now + LEASE):
            row = PushRow.objects.select_related("transfer__agreement").filter(pk=number, lease=fresh).first()
            if row is not None:
                return row
    return None


def _any() -> bool:
    """Tell whether any push is owed at all. Plain SQL: this is asked after every message, mostly in vain."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM exchange_push LIMIT 1")
        return cursor.fetchone() is not None


def _carry_out(row: PushRow, pusher: Pusher, *, clock: _Clock) -> None:
    if row.pushed_at is not None or row.transfer.state in _OVER:
        _close_up(row, now=clock())
        return
    try:
        pushed = _push(row, pusher, clock=clock)
    except (PushStopped, TransferNotStarted):
        _put_back(row)
    except UsesExhausted as refusal:  # no later attempt finds more of them
        _ended(row, refusal, now=clock())
    except PeerUnavailable as failure:
        _postpone(row, why=failure.why, now=clock())
    except PeerRefused as refusal:
        _refused(row, refusal, now=clock())
    except Refusal as refusal:
        _postpone(row, why=Text(ja=refusal.said("ja"), en=refusal.said("en")), now=clock())
    else:
        _handed_over(row, pushed, now=clock())


def _push(row: PushRow, pusher: Pusher, *, clock: _Clock) -> Pushed:
    access = access_of(row, now=clock())
    release = privacy.release(access.plan, now=clock())
    concealed = audit.reveal(bytes(row.destination), purpose=DESTINATION_PURPOSE)
    destination = DataAddress.from_dict(msgspec.json.decode(concealed))
    watch, record = _Watch(row, clock=clock), PushRecord(row, access, release, now=clock())

    def begin() -> None:
        watch.look_now()
        record.make(now=clock())

    return pusher.push(Push(access, release, destination, record.receipt), begin=begin, look=watch.look)


class _Watch:
    """Keeps the lease while bytes leave, and looks whether they still may."""

    def __init__(self, row: PushRow, *, clock: _Clock) -> None:
        self._row, self._clock = row, clock
        self._ends = row.transfer.agreement.ends_at
        self._next = 0.0

    def look(self) -> None:
        if time.monotonic() >= self._next or (self._ends is not None and self._clock.exact() >= self._ends):
            self.look_now()

    def look_now(self) -> None:
        now = self._clock()
        mine = PushRow.objects.filter(pk=self._row.pk, lease=self._row.lease)
        if not mine.update(leased_until=now + LEASE):
            raise PushStopped
        try:
            access_by_transfer(TransferId(self._row.transfer_id), now=self._clock.exact())
        except Refusal as refusal:
            raise PushStopped from refusal
        self._next = time.monotonic() + LOOK_AGAIN


def _put_back(row: PushRow) -> None:
    """Leave the push for when the transfer goes on, or is over."""
    PushRow.objects.filter(pk=row.pk, lease=row.lease).update(leased_until=None, lease="")


@transaction.atomic
def _handed_over(row: PushRow, pushed: Pushed, *, now: datetime) -> None:
    if not PushRow.objects.filter(pk=row.pk, lease=row.lease).update(pushed_at=now):
        return
    record(row.transfer, "pushed", actor=NODE, now=now, size=pushed.size, sha256=pushed.sha256)
    _close_up(row, now=now)


@transaction.atomic
def _close_up(row: PushRow, *, now: datetime) -> None:
    """Say that the transfer is complete, or forget the push of one that is over; a suspended one says so later."""
    transfer = _locked(row)
    if transfer.state == _S.SUSPENDED:
        _put_back(row)
        return
    PushRow.objects.filter(pk=row.pk).delete()
    if transfer.state in _OVER:
        return
    message = TransferMessage.COMPLETION
    transfer.state = step(TRANSFER, state=_S(transfer.state), message=message, sender=Role.PROVIDER).value
    transfer.trouble = ""
    save(transfer, now=now, fields=["trouble"])
    enqueue(transfer, MessageKind.TRANSFER_COMPLETION, now=now)
    record(
        transfer,
        "transfer-completed",
        actor=Actor(transfer.participant),
        now=now,
        agreement=transfer.agreement.agreement,
    )


@transaction.atomic
def _postpone(row: PushRow, *, why: Text, now: datetime) -> None:
    transfer = _locked(row)
    if transfer.state != _S.STARTED:
        _put_back(row)
        return
    since, attempts = row.tried_at, row.attempts
    if since is None or since < transfer.updated_at:  # it was suspended and resumed meanwhile
        since, attempts = now, 0
    if now - since >= PATIENCE:
        hours = int(PATIENCE.total_seconds() // 3600)
        told = PushUndelivered(hours=hours, why_ja=why.ja, why_en=why.en)
        _give_up(row, transfer, code=told.code, reasons=in_words(told), now=now)
        return
    waits = PushRow.objects.filter(pk=row.pk, lease=row.lease).update(
        attempts=attempts + 1,
        tried_at=since,
        next_at=now + timedelta(seconds=min(2**attempts, LONGEST_PAUSE)),
        leased_until=None,
        lease="",
    )
    if waits:
        TransferRow.objects.filter(pk=transfer.pk).update(trouble=stored_failure(why))
        announce_change(transfer.pk)


@transaction.atomic
def _refused(row: PushRow, refusal: PeerRefused, *, now: datetime) -> None:
    told = PushRefused(status=refusal.status, code_given=refusal.code or "-")
    reasons = [*in_words(told), *refusal.reasons]
    _give_up(row, _locked(row), code=told.code, reasons=reasons, now=now)


@transaction.atomic
def _ended(row: PushRow, refusal: Refusal, *, now: datetime) -> None:
    _give_up(row, _locked(row), code=refusal.code, reasons=in_words(refusal), now=now)


def _give_up(row: PushRow, transfer: TransferRow, *, code: str, reasons: list[str], now: datetime) -> None:
    if not PushRow.objects.filter(pk=row.pk, lease=row.lease).delete()[0] or transfer.state in _OVER:
        return
    TransferRow.objects.filter(pk=transfer.pk).update(trouble="")
    close(transfer, code=code, reasons=reasons, actor=NODE, now=now)


def _locked(row: PushRow) -> TransferRow:
    rows = TransferRow.objects.select_for_update(of=("self",)).select_related("agreement")
    return rows.get(pk=row.transfer_id)
