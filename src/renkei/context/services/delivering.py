"""How notifications leave: each endpoint has a queue and one worker at a time, so that none waits for another.

What was sent is recorded together, at the latest after `TALLIED` seconds: the notifications are deleted, and each
subscription's figures grow once, however many were sent for it. When a worker dies in between, those few go out again.
A notification that its receiver refuses is set aside at once. One that could not be sent for `PATIENCE` is given up, and
one that its endpoint answers with a fault makes room for the next, until it was tried `TRIES` times. All of them are kept
for a redelivery by command, for `KEPT`.
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.db import connection, transaction

from renkei.context.models import NotificationRow, SubscriptionRow
from renkei.context.ports import (
    NothingToTell,
    Notifier,
    ReceiverFaulted,
    ReceiverRefused,
    ReceiverUnavailable,
    Send,
)
from renkei.context.queries.linking import linked
from renkei.context.rules.subscribing.delivery import pause_after
from renkei.context.rules.subscribing.reading import read_subscription
from renkei.context.rules.subscribing.showing import newest
from renkei.context.services.lanes import Due, Lane, take
from renkei.context.services.tally import Tally
from renkei.context.types import Document, Joining, Notice, Subscription
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal

log = logging.getLogger(__name__)
PATIENCE: Final = timedelta(hours=24)
TRIES: Final = 288
"""As often as one is tried within `PATIENCE` with the longest pause."""
KEPT: Final = timedelta(days=7)
BATCH: Final = 50
"""Notifications read at once."""
TALLIED: Final = 0.1
Clock = Callable[[], datetime]
_decode = msgspec.json.Decoder(list[Document]).decode


@dataclass(frozen=True, slots=True)
class _Told:
    """One notification to be sent: one row of the outbox, or all of a throttled subscription's."""

    rows: tuple[int, ...]
    body: str
    made_at: datetime


@dataclass(slots=True)
class _Run:
    """A worker's turn at one endpoint."""

    lane: Lane
    notifier: Notifier
    clock: Clock
    proven: bool
    tally: Tally = field(default_factory=Tally)
    began: float = field(default_factory=time.monotonic)
    opened: dict[object, Send] = field(default_factory=dict)

    @property
    def reach(self) -> int:
        """Return how many to read: only one as long as it is not known whether the endpoint works again."""
        return 1 if self.doubtful else BATCH

    @property
    def doubtful(self) -> bool:
        """Tell whether the next call may well be in vain."""
        return not self.tally.taken and (not self.proven or self.lane.failures > 0)


def drain(due: Due, notifier: Notifier, *, clock: Clock, proven: bool = True) -> int:
    """Send what is due in a lane until it is empty or its endpoint fails, and return how many were taken.

    While an endpoint that is not `proven` to work is called for the first time, the thread holds no connection to the
    database: there may be many such calls that hang. Does nothing where another worker has the lane.
    """
    lane = take(due, now=clock())
    if lane is None:
        return 0
    run = _Run(lane, notifier, clock, proven)
    with ExitStack() as connections:
        try:
            while batch := _batch(lane, limit=run.reach, now=clock()):
                _send_batch(batch, run, connections)
        except ReceiverUnavailable:
            return run.tally.taken
        except _LostError:
            log.warning("another worker took over at %s", lane.endpoint)
            return run.tally.taken
    lane.leave()
    return run.tally.taken


class _LostError(Exception):
    """The lease ran out and somebody else has the lane."""


def _send_batch(batch: list[NotificationRow], run: _Run, connections: ExitStack) -> None:
    """Send a batch in its order. Raises ReceiverUnavailable, with everything recorded."""
    known = _subscriptions(batch)
    passed: set[int] = set()
    for row in batch:
        if row.pk in passed:
            continue
        subscriber = known.get(row.subscription_id)
        now = run.clock()
        if subscriber is None or not _wants(subscriber, now=now):
            run.tally.drop(row.pk)
            continue
        told = _told(row, subscriber, now=now)
        if told is None:
            passed.update(each.pk for each in batch if each.subscription_id == row.subscription_id)
            continue
        passed.update(told.rows)
        _send(told, subscriber, run, connections)
        if time.monotonic() - run.began >= TALLIED or subscriber.throttled:
            _record(run)
    _record(run)


@dataclass(slots=True)
class _Subscriber:
    """A subscription with what its row says of it now."""

    row: int
    tenant: OrgId
    subscription: Subscription
    last: datetime | None

    @property
    def throttled(self) -> bool:
        return self.subscription.throttling is not None


def _wants(subscriber: _Subscriber, *, now: datetime) -> bool:
    subscription = subscriber.subscription
    ended = subscription.expires_at is not None and subscription.expires_at <= now
    return subscription.is_active and not ended


def _told(row: NotificationRow, subscriber: _Subscriber, *, now: datetime) -> _Told | None:
    """Return what is sent for a row; None where its subscription wants none so soon after the last."""
    throttling = subscriber.subscription.throttling
    if throttling is None:
        return _Told((row.pk,), row.body, row.made_at)
    waiting = NotificationRow.objects.filter(subscription=subscriber.row, failed_at__isnull=True)
    if subscriber.last is not None and subscriber.last + throttling > now:
        waiting.filter(due_at__lt=subscriber.last + throttling).update(due_at=subscriber.last + throttling)
        return None
    subscriber.last = now
    listed = list(waiting.order_by("id")) or [row]
    documents = newest([document for each in listed for document in _decode(each.body)])
    body = msgspec.json.encode(documents).decode()
    return _Told(tuple(each.pk for each in listed), body, listed[-1].made_at)


def _send(told: _Told, subscriber: _Subscriber, run: _Run, connections: ExitStack) -> None:
    """Send one notification. Raises ReceiverUnavailable, with everything recorded."""
    send = _opened(subscriber.subscription, run, connections)
    try:
        notice = _notice(told, subscriber, now=run.clock())
        if not run.proven and run.doubtful:
            connection.close()
        send(notice)
    except NothingToTell:
        for row in told.rows:
            run.tally.drop(row)
    except Refusal as refusal:
        run.tally.refused(told.rows, subscriber.row, why=str(refusal), now=run.clock())
    except ReceiverRefused as refused:
        run.tally.refused(told.rows, subscriber.row, why=refused.why, now=run.clock())
    except ReceiverUnavailable as failed:
        run.tally.failed(told.rows, subscriber.row, why=failed.why, now=run.clock())
        _rest(run, subscriber.subscription, told if isinstance(failed, ReceiverFaulted) else None)
        raise
    except Exception as bug:
        log.exception("a bug behind a notification of %s, which is set aside", subscriber.subscription.id)
        run.tally.refused(told.rows, subscriber.row, why=f"a bug of this node: {bug}", now=run.clock())
    else:
        run.tally.sent(told.rows, subscriber.row, now=run.clock())


def _opened(subscription: Subscription, run: _Run, connections: ExitStack) -> Send:
    """Return the one connection of this turn; subscriptions that want different ones of an endpoint each have their own."""
    endpoint = subscription.endpoint
    key = endpoint.uri, endpoint.notifier, endpoint.timeout
    if key not in run.opened:
        run.opened[key] = connections.enter_context(run.notifier.opened(endpoint))
    return run.opened[key]


def _notice(told: _Told, subscriber: _Subscriber, *, now: datetime) -> Notice:
    entities = newest(_decode(told.body))
    subscription = subscriber.subscription
    others: dict[str, Document] = {}
    if subscription.join is not Joining.NONE:
        found = linked(subscriber.tenant, entities, levels=subscription.join_level, now=now)
        others = {str(name): document for name, document in found.items()}
    return Notice(
        id=f"urn:ngsi-ld:Notification:{told.rows[-1]}",
        tenant=subscriber.tenant,
        subscription=subscription,
        notified_at=told.made_at,
        entities=entities,
        linked=others,
    )


def _rest(run: _Run, subscription: Subscription, faulty: _Told | None) -> None:
    """Record a failure, and leave the endpoint alone for a while; what waited too long is given up."""
    now, cooldown = run.clock(), subscription.endpoint.cooldown
    failures = 1 if run.tally.taken else run.lane.failures + 1
    until = now + pause_after(failures, chance=random.random(), cooldown=cooldown)  # noqa: S311 - spreads
    with transaction.atomic():
        run.tally.write(now=now)
        if faulty is not None:
            _make_room(faulty, cooldown=cooldown, now=now)
        NotificationRow.objects.filter(
            endpoint=run.lane.endpoint, failed_at__isnull=True, due_at__lte=now - PATIENCE
        ).update(failed_at=now)
        run.lane.rest(failures=failures, until=until)


def _make_room(faulty: _Told, *, cooldown: timedelta | None, now: datetime) -> None:
    """Let a notification that may itself be at fault wait longer with each attempt, behind the others."""
    waiting = NotificationRow.objects.filter(pk__in=faulty.rows)
    waiting.filter(attempts__gte=TRIES).update(failed_at=now)
    tried = waiting.order_by("attempts").values_list("attempts", flat=True).last() or 1
    waiting.update(due_at=now + pause_after(tried, chance=0, cooldown=cooldown))


def _record(run: _Run) -> None:
    """Write down what was sent, and keep the lane. Raises _LostError."""
    with transaction.atomic():
        if run.tally:
            run.tally.write(now=run.clock())
        kept = run.lane.keep(now=run.clock())
    run.began = time.monotonic()
    if not kept:
        raise _LostError


def _batch(lane: Lane, *, limit: int, now: datetime) -> list[NotificationRow]:
    waiting = NotificationRow.objects.filter(endpoint=lane.endpoint, failed_at__isnull=True, due_at__lte=now)
    return list(waiting.order_by("due_at", "id")[:limit])


def _subscriptions(batch: list[NotificationRow]) -> dict[int, _Subscriber]:
    listed = SubscriptionRow.objects.filter(pk__in={row.subscription_id for row in batch})
    return {
        row.pk: _Subscriber(
            row.pk, OrgId(row.tenant), read_subscription(row.uri, row.body), row.last_notification
        )
        for row in listed
    }


def forget_given_up(*, now: datetime) -> int:
    """Delete what was given up so long ago that nobody will have it redelivered, and return how many those were."""
    return NotificationRow.objects.filter(failed_at__isnull=False, failed_at__lte=now - KEPT).delete()[0]
