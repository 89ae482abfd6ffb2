"""What becomes of history in the long run: moved, swept, forgotten after its time, and erased on request."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from django.db import connection, transaction

from renkei.audit import api as audit
from renkei.context import rows
from renkei.context.errors import EntityMissing, RetentionInvalid
from renkei.context.models import (
    ArchiveRow,
    EntityRow,
    ErasureRow,
    FeedRow,
    InstanceRow,
    NotificationRow,
    RetentionRow,
    SubscriptionRow,
    VoidRow,
)
from renkei.context.queries.history import archive as archived_lines
from renkei.context.queries.history.state import State, voids_in
from renkei.context.services.archiving import WRITER, archive_tenant, closed_before, finish_batch
from renkei.context.services.feeding import feed_next, finish_feed
from renkei.context.services.storing import Known, known, store
from renkei.context.types import Compacted, EntityChange, EntityId
from renkei.kernel.ids import NODE, Actor, OrgId, TableId
from renkei.kernel.refusals import Refusal
from renkei.lake import api as lake

BATCH = 50_000
"""Instances that go at once."""
SWEEP_EVERY = timedelta(days=1)
LONGEST_KEPT = 36_500
"""Days."""
Progress = Callable[[int], None]
"""Is told how much more was done."""
One = TypeVar("One")


def archive_history(
    *, now: datetime, recent: timedelta, limit: int = BATCH, progress: Progress | None = None
) -> int:
    """Move one batch of each tenant's closed hours into its archive, and return how many instances went.

    What was recorded within `recent` stays where it is. A tenant whose table cannot be written now does not hold up the
    others; its refusal is raised at the end.
    """
    before = closed_before(now=now, recent=recent)

    def move(tenant: OrgId) -> int:
        return _told(archive_tenant(tenant, now=now, before=before, limit=limit), progress)

    return _for_each(_tenants(), move)


def feed_history(*, now: datetime, limit: int = BATCH, progress: Progress | None = None) -> int:
    """Move one batch into each feed, and return how many lines went."""

    def move(feed: int) -> int:
        return _told(feed_next(feed, now=now, limit=limit), progress)

    return _for_each(FeedRow.objects.order_by("id").values_list("id", flat=True), move)


def compact_history(*, now: datetime, recent: timedelta, progress: Progress | None = None) -> Compacted:
    """Do at once all that the node does with history in the background, until nothing is left to do."""
    # A feed looks once how far it may go and goes there the next time.
    fed = _until_done(
        lambda: feed_history(now=now, progress=progress) or feed_history(now=now, progress=progress)
    )
    archived = _until_done(lambda: archive_history(now=now, recent=recent, progress=progress))
    finish_erasures(now=now)
    forgotten = forget_old_history(now=now)
    for tenant in _archived_tenants():
        sweep(tenant, now=now)
        lake.compact(TableId(ArchiveRow.objects.values_list("table", flat=True).get(pk=tenant)), now=now)
    return Compacted(archived=archived, fed=fed, forgotten=forgotten)


def keep_house(*, now: datetime) -> None:
    """Finish erasures, forget what is past its time, and sweep each archive once a day."""
    finish_erasures(now=now)
    forget_old_history(now=now)
    for row in ArchiveRow.objects.order_by("pk"):
        if row.swept_at is None or row.swept_at <= now - SWEEP_EVERY:
            sweep(OrgId(row.pk), now=now)


def sweep(tenant: OrgId, *, now: datetime) -> int:
    """Take out of the archive what does not count any more, and return how many rows went.

    While a batch is under way nothing is swept: declarations that something is void may be about its lines.
    """
    with transaction.atomic():
        row = ArchiveRow.objects.select_for_update().get(pk=tenant)
        if row.claimed_to is not None:
            return 0
        last = VoidRow.objects.filter(tenant=tenant).order_by("-pk").values_list("pk", flat=True).first() or 0
        state = State(TableId(row.table), row.batch, row.state)
    gone = 0
    void = archived_lines.void(voids_in(tenant, until=last))
    with archived_lines.opened(state) as opened:
        dead = archived_lines.instances_outside(void, opened) if void else []
        known = archived_lines.entity_rows(opened)
    if dead:
        gone += lake.remove(state.table, column="instance", values=dead, actor=NODE, now=now).rows
    orphans = sorted(known - _present(known))
    if orphans:
        gone += lake.remove(state.table, column="entity_row", values=orphans, actor=NODE, now=now).rows
    with transaction.atomic():
        row = ArchiveRow.objects.select_for_update().get(pk=tenant)
        # A line that was changed keeps being known by the id it had, so that declaration stays while it is told.
        VoidRow.objects.filter(tenant=tenant, pk__lte=last, moved_to__isnull=True).delete()
        VoidRow.objects.filter(tenant=tenant, entity__in=orphans).delete()
        row.state, row.swept_at = row.state + 1, now
        row.save(update_fields=["state", "swept_at"])
    return gone


@transaction.atomic
def keep_history_for(tenant: OrgId, *, days: int | None, actor: Actor, now: datetime) -> None:
    """Say how many days a tenant's history is kept; None for ever. Raises context.retention-invalid."""
    if days is None:
        RetentionRow.objects.filter(pk=tenant).delete()
    elif 1 <= days <= LONGEST_KEPT:
        RetentionRow.objects.update_or_create(pk=tenant, defaults={"days": days})
    else:
        raise RetentionInvalid(days=days, most=LONGEST_KEPT)
    audit.record("context.retention-set", actor=actor, subject=tenant, at=now, days=days or 0)


def forget_old_history(*, now: datetime) -> int:
    """Forget what tells of a time longer ago than its tenant keeps history; return instances and rows of feeds."""
    return _for_each(
        RetentionRow.objects.order_by("pk"),
        lambda row: _forget(OrgId(row.pk), before=now - timedelta(days=row.days), now=now),
    )


def _forget(tenant: OrgId, *, before: datetime, now: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM context_instance WHERE id IN (SELECT i.id FROM context_instance i JOIN context_entity e "
            "ON e.id = i.entity_id WHERE e.tenant = %s AND COALESCE(i.observed_at, i.created_at) < %s)",
            [tenant, rows.at(before)],
        )
        gone = int(cursor.rowcount)
        if gone:
            audit.record("context.history-forgotten", actor=NODE, subject=tenant, at=now, instances=gone)
    for table in ArchiveRow.objects.filter(pk=tenant).values_list("table", flat=True):
        gone += lake.forget_before(TableId(table), column="told_at", before=before, actor=NODE, now=now).rows
    for table in FeedRow.objects.filter(tenant=tenant).values_list("table", flat=True):
        gone += lake.forget_before(
            TableId(table), column="observed_at", before=before, actor=NODE, now=now
        ).rows
    return gone


def erase_entity(tenant: OrgId, uri: EntityId, *, actor: Actor, now: datetime) -> int:
    """Erase an entity for good: its present, its history here, in the archive and in the feeds, and former ones of its URI.

    Returns how many instances and rows of feeds went. Begun is finished: after a crash `finish_erasures` goes on. Raises
    context.entity-missing where nothing was known of it, lake.disk-full.
    """
    with transaction.atomic():
        found = known(tenant, [uri])
        gone = _erase_here(tenant, uri, found)
        asked = ErasureRow.objects.create(tenant=tenant, uri=uri, actor=actor, asked_at=now)
        told = hashlib.sha256(f"{tenant}\n{uri}".encode()).hexdigest()
        audit.record(
            "context.entity-erased", actor=actor, subject=tenant, at=now, instances=gone, sha256=told
        )
    gone += _finish_erasure(asked, now=now)
    if not found and not gone:
        raise EntityMissing(entity=uri)
    return gone


def finish_erasures(*, now: datetime) -> int:
    """Finish erasures that were begun, and return how many rows went from tables."""
    return _for_each(ErasureRow.objects.order_by("pk"), lambda asked: _finish_erasure(asked, now=now))


def _erase_here(tenant: OrgId, uri: EntityId, found: Mapping[str, Known]) -> int:
    if not found:
        return 0
    _untell(tenant, uri)
    lines = InstanceRow.objects.filter(entity_id=found[uri].row).count()
    store(tenant, found, [EntityChange(uri, found[uri].present, None, ())])
    return lines


def _untell(tenant: OrgId, uri: EntityId) -> None:
    """Take an entity out of the notifications that wait, or were given up and could be sent again."""
    subscriptions = SubscriptionRow.objects.filter(tenant=tenant).values("pk")
    for row in NotificationRow.objects.filter(subscription_id__in=subscriptions, body__contains=uri):
        told = [document for document in msgspec.json.decode(row.body) if document["id"] != uri]
        if told:
            NotificationRow.objects.filter(pk=row.pk).update(body=msgspec.json.encode(told).decode())
        else:
            row.delete()


def _finish_erasure(asked: ErasureRow, *, now: datetime) -> int:
    """Erase an entity from the tables: first what may be in somebody's hands goes where it was going."""
    tenant, actor = OrgId(asked.tenant), Actor(asked.actor)
    finish_batch(tenant, now=now)
    for feed in FeedRow.objects.filter(tenant=tenant).order_by("id"):
        finish_feed(feed.pk, now=now)
    tables = [_closed(row.table, row.batch) for row in ArchiveRow.objects.filter(pk=tenant)]
    tables += [_closed(row.table, row.batch) for row in FeedRow.objects.filter(tenant=tenant).order_by("id")]
    gone = sum(lake.erase(TableId(table), subject=asked.uri, actor=actor, now=now).rows for table in tables)
    asked.delete()
    return gone


def _closed(table: str, batch: int) -> str:
    """Use up a batch's number in a table: whoever still holds its lines, read before they were erased, comes too late."""
    schema = lake.schema_of(lake.table(TableId(table)).columns)
    lake.append(TableId(table), schema.empty_table(), writer=WRITER, sequence=batch)
    return table


def _present(entities: Iterable[int]) -> set[int]:
    wanted, found = sorted(entities), set[int]()
    for start in range(0, len(wanted), 1000):
        part = wanted[start : start + 1000]
        found |= set(EntityRow.objects.filter(pk__in=part).values_list("pk", flat=True))
    return found


def _tenants() -> list[OrgId]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tenant FROM context_entity ORDER BY tenant")
        return [OrgId(row[0]) for row in cursor.fetchall()]


def _archived_tenants() -> list[OrgId]:
    return [OrgId(pk) for pk in ArchiveRow.objects.order_by("pk").values_list("pk", flat=True)]


def _for_each(those: Iterable[One], act: Callable[[One], int]) -> int:
    """Act on each; one that is refused does not hold up the others, and its refusal is raised at the end."""
    done, refused = 0, None
    for one in list(those):
        try:
            done += act(one)
        except Refusal as why:
            refused = refused or why
    if refused is not None:
        raise refused
    return done


def _until_done(act: Callable[[], int]) -> int:
    total = 0
    while done := act():
        total += done
    return total


def _told(done: int, progress: Progress | None) -> int:
    if done and progress is not None:
        progress(done)
    return done
