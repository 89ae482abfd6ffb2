"""Changes into the outbox of notifications, in the transaction of the write.

A process keeps the active subscriptions of each tenant, indexed by what they watch. One read in the transaction of the
write tells whether they are still the newest; only those that changed are then read again. A tenant that never had a
subscription costs that one read.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import connection, transaction

from renkei.context import rows
from renkei.context.rules.changing import instant
from renkei.context.rules.fitting import fits
from renkei.context.rules.subscribing.delivery import queue_of
from renkei.context.rules.subscribing.reading import read_subscription
from renkei.context.rules.subscribing.showing import look_of, shown
from renkei.context.rules.subscribing.watching import Watcher, Watching, watcher
from renkei.context.types import EntityChange
from renkei.kernel.ids import OrgId

KEPT: Final = 1000
"""Tenants whose subscriptions a process keeps in memory."""
PART: Final = 500
"""Subscriptions read in one statement."""
wake = threading.Event()
"""Set when this process has put notifications into the outbox."""
_encode = msgspec.json.Encoder().encode
_MARK = "SELECT mark FROM context_watch WHERE tenant = %s"
_REVISIONS = (
    "SELECT id, revision FROM context_subscription WHERE tenant = %s AND is_active AND next_at IS NULL"
)
_BODIES = "SELECT id, revision, uri, {body} FROM context_subscription WHERE id IN ({marks})"
_COLUMNS = ("subscription_id", "endpoint", "body", "made_at", "due_at", "attempts")


def announce(tenant: OrgId, changes: Sequence[EntityChange], *, now: datetime) -> None:
    """Write a notification for each subscription that these changes concern, with all entities that it is told of."""
    announce_each(tenant, [(changes, now)])


def announce_each(tenant: OrgId, acts: Sequence[tuple[Sequence[EntityChange], datetime]]) -> None:
    """Do as `announce` does for the changes of each of several acts, with the time of each; one read for all of them."""
    watching = _watching(tenant)
    if not watching:
        return
    written = [row for changes, now in acts for row in _written(watching, changes, now=now)]
    if not written:
        return
    with connection.cursor() as cursor:
        rows.insert(cursor, "context_notification", _COLUMNS, written)
    transaction.on_commit(wake.set)


def _written(watching: Watching, changes: Sequence[EntityChange], *, now: datetime) -> list[tuple[Any, ...]]:
    """Return the rows: those who look alike share what was written for the first of them."""
    at, moment = instant(now), rows.at(now)
    told: dict[Watcher, list[bytes]] = {}
    for change in changes:
        looks: dict[Any, bytes] = {}
        for each in watching.told(change, fits=fits, now=now):
            look = look_of(each)
            part = looks.get(look)
            if part is None:
                part = looks[look] = _encode(shown(change, each, at=at))
            told.setdefault(each, []).append(part)
    bodies: dict[tuple[int, ...], str] = {}
    written = []
    for each, parts in sorted(told.items(), key=lambda one: one[0].row):
        same = tuple(map(id, parts))
        if same not in bodies:
            bodies[same] = f"[{b','.join(parts).decode()}]"
        written.append((each.row, each.queue, bodies[same], moment, moment, 0))
    return written


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a process knows of a tenant's subscriptions."""

    mark: str
    watchers: dict[int, tuple[str, Watcher]]
    """Each with its revision, by row."""
    watching: Watching


_kept: OrderedDict[str, _Kept] = OrderedDict()
_lock = threading.Lock()


def _watching(tenant: OrgId) -> Watching | None:
    """Return the tenant's active subscriptions, the newest; None where it has none."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [tenant])
        found = cursor.fetchone()
        if found is None:
            return None
        kept = _kept.get(tenant)
        if kept is not None and kept.mark == found[0]:
            return kept.watching
        kept = _read(cursor, tenant, found[0], kept.watchers if kept else {})
    with _lock:
        _kept[tenant] = kept
        _kept.move_to_end(tenant)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return kept.watching


def _read(cursor: Any, tenant: OrgId, mark: str, before: dict[int, tuple[str, Watcher]]) -> _Kept:
    """Read what is not known yet. A mark that is older than what is read only has it read once more."""
    cursor.execute(_REVISIONS, [tenant])
    listed = cursor.fetchall()
    watchers = {row: before[row] for row, revision in listed if row in before and before[row][0] == revision}
    unknown = [row for row, _ in listed if row not in watchers]
    body = "body::text" if connection.vendor == "postgresql" else "body"
    for start in range(0, len(unknown), PART):
        part = unknown[start : start + PART]
        marks = ", ".join(["%s"] * len(part))
        cursor.execute(_BODIES.format(body=body, marks=marks), part)
        for row, revision, uri, members in cursor.fetchall():
            subscription = read_subscription(uri, msgspec.json.decode(members))
            queue = queue_of(subscription.endpoint.uri)
            watchers[row] = revision, watcher(row, subscription, queue=queue)
    return _Kept(mark, watchers, Watching(each for _, each in watchers.values()))
