"""Feeds: the history of a type of entity, flowing into a table of the lake, each line once.

A batch is claimed, appended and settled as one of the archive is (`services.archiving`), but nothing is deleted: a feed
notes up to which instance it has come. So it may only go so far that nobody can still write a line before: on SQLite
there is one writer at a time; on PostgreSQL a feed notes the last instance it sees and the transactions there are, and
goes so far when these have ended. A writer locks the entity before it writes its lines, so its transaction has a number
by then.

When a feed is made, what lies in the archive goes first, batch by batch; what lies in the database comes after it, and
goes to the archive only once every feed has it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from django.db import connection, transaction

from renkei.audit import api as audit
from renkei.context import rows
from renkei.context.models import ArchiveRow, FeedRow
from renkei.context.queries.history import archive as archived_lines
from renkei.context.queries.history.feeds import columns_of
from renkei.context.queries.history.state import State, voids_in
from renkei.context.queries.history.window import Condition, every, one_of
from renkei.context.rules.feeding import Fed, Place, place_of, wide_rows
from renkei.context.types import DEFAULT
from renkei.kernel.ids import NODE, OrgId, TableId
from renkei.lake import api as lake

WRITER = "context"


def feed_next(feed_id: int, *, now: datetime, limit: int) -> int:
    """Move a feed's next batch, or the one that was left unfinished; return the lines it was made of.

    Raises lake.disk-full.
    """
    feed = claim_feed(feed_id, limit=limit)
    if feed is None:
        return 0
    lines = append_feed(feed)
    settle_feed(feed, lines=lines, now=now)
    return lines


def finish_feed(feed_id: int, *, now: datetime) -> None:
    """Settle the batch under way, if there is one."""
    feed = FeedRow.objects.get(pk=feed_id)
    if feed.claimed_to is not None or feed.claimed_archive is not None:
        settle_feed(feed, lines=append_feed(feed), now=now)


@transaction.atomic
def claim_feed(feed_id: int, *, limit: int) -> FeedRow | None:
    """Return the feed with a batch under way: the unfinished one, else a new one; None when nothing can be moved."""
    feed = FeedRow.objects.select_for_update().get(pk=feed_id)
    if feed.claimed_to is not None or feed.claimed_archive is not None:
        return feed
    if feed.archived < feed.archive_to:
        feed.claimed_archive = feed.archived + 1
    else:
        feed.claimed_to = _reachable(feed, limit=limit)
        if feed.claimed_to is None:
            return None
    feed.batch += 1
    feed.save(update_fields=["batch", "claimed_to", "claimed_archive"])
    return feed


def append_feed(feed: FeedRow) -> int:
    """Append the rows of a claimed batch to the table, which skips a batch that it holds already; return the lines."""
    lines = _from_archive(feed) if feed.claimed_archive is not None else _from_database(feed)
    columns = columns_of(feed)
    made = wide_rows(lines, columns, feed.position, _places(feed, lines))
    if made:
        import pyarrow as pa  # heavy, and idle feeds have nothing to append

        schema = lake.schema_of(lake.table(TableId(feed.table)).columns)
        arrays = [
            pa.array(values, type=field.type)
            for values, field in zip(zip(*made, strict=True), schema, strict=True)
        ]
        lake.append(TableId(feed.table), pa.table(arrays, schema=schema), writer=WRITER, sequence=feed.batch)
    return len(lines)


@transaction.atomic
def settle_feed(feed: FeedRow, *, lines: int, now: datetime) -> None:
    """Note that a batch stands in the table, and write the audit line where it held something."""
    held = FeedRow.objects.select_for_update().get(pk=feed.pk)
    stands = (held.batch, held.claimed_to, held.claimed_archive)
    if stands != (feed.batch, feed.claimed_to, feed.claimed_archive) or stands[1:] == (None, None):
        return
    if held.claimed_archive is not None:
        held.archived = held.claimed_archive
    if held.claimed_to is not None:
        held.moved_to = held.claimed_to
    held.claimed_to, held.claimed_archive = None, None
    held.save(update_fields=["archived", "moved_to", "claimed_to", "claimed_archive"])
    if lines:
        audit.record(
            "context.feed-moved", actor=NODE, subject=held.table, at=now, batch=held.batch, lines=lines
        )


def _reachable(feed: FeedRow, *, limit: int) -> int | None:
    """Return the last instance of the next batch, before which nobody can still write.

    What was written of one entity at once is not torn apart, since it becomes one row.
    """
    end = _settled_end(feed) if rows.is_postgresql() else _newest()
    if end is None or end <= feed.moved_to:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT MAX(o.id) FROM context_instance o JOIN (SELECT entity_id, created_at FROM context_instance "
            "WHERE id > %s AND id <= %s ORDER BY id LIMIT 1 OFFSET %s) last "
            "ON o.entity_id = last.entity_id AND o.created_at = last.created_at WHERE o.id <= %s",
            [feed.moved_to, end, limit - 1, end],
        )
        full = cursor.fetchone()[0]
    return end if full is None else int(full)


def _settled_end(feed: FeedRow) -> int | None:
    """Return the last instance seen before by when all who could write before it have ended; look anew.

    Only transactions of this database count: another one on the same server may well have one that is open for hours. A
    node sees its own, since all its processes are of one role (PostgreSQL, pg_stat_activity).
    """
    newest = (
        _newest()
    )  # before the transactions are looked at: who wrote a line before this one is among them
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, "
            "ARRAY(SELECT backend_xid::text::bigint FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_xid IS NOT NULL AND pid <> pg_backend_pid())"
        )
        next_, writing = cursor.fetchone()
    # Of a transaction's number the activity tells the lower half only; one that began meanwhile is ahead of `next_`.
    ages = ((next_ - number) % 2**32 for number in writing)
    oldest = next_ - max((age for age in ages if age < 2**31), default=0)
    ended = feed.seen_to if feed.seen_by is not None and oldest >= feed.seen_by else None
    if ended is not None or feed.seen_by is None:
        feed.seen_to, feed.seen_by = newest, next_
        feed.save(update_fields=["seen_to", "seen_by"])
    return ended


def _newest() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM context_instance")
        return int(cursor.fetchone()[0])


def _of_type() -> str:
    if rows.is_postgresql():
        return "e.types @> jsonb_build_array(%s::text)"
    return "EXISTS (SELECT 1 FROM json_each(e.types) WHERE value = %s)"


def _wanted(feed: FeedRow) -> list[str]:
    position = [feed.position] if feed.position else []
    return sorted({column.attribute for column in columns_of(feed)} | set(position))


def _from_database(feed: FeedRow) -> list[Fed]:
    names = one_of("n.iri", _wanted(feed), mark="%s")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.uri, i.observed_at, i.created_at, n.iri, i.body FROM context_instance i "  # noqa: S608 - marks
            "JOIN context_entity e ON e.id = i.entity_id JOIN context_name n ON n.id = i.name_id "
            f"WHERE i.id > %s AND i.id <= %s AND e.tenant = %s AND i.dataset = %s AND i.deleted_at IS NULL "
            f"AND {names.text} AND {_of_type()} ORDER BY i.id",
            [feed.moved_to, feed.claimed_to, feed.tenant, DEFAULT, *names.parameters, feed.type],
        )
        found = cursor.fetchall()
    return [
        Fed(uri, told, attribute, msgspec.json.decode(body))
        for uri, observed, created, attribute, body in found
        if (told := rows.moment(observed) or rows.moment(created)) is not None
    ]


def _from_archive(feed: FeedRow) -> list[Fed]:
    table = ArchiveRow.objects.values_list("table", flat=True).get(pk=feed.tenant)
    entities = _entities_of_type(feed)
    where = every(
        [
            Condition(
                "i.batch = ? AND i.dataset = ? AND i.deleted_at IS NULL", (feed.claimed_archive, DEFAULT)
            ),
            one_of("i.attribute", _wanted(feed), mark="?"),
            *archived_lines.void(voids_in(OrgId(feed.tenant), until=2**62)),
        ]
    )
    with archived_lines.opened(State(TableId(table), 0, 0)) as opened:
        found = opened.duck.execute(
            "SELECT i.entity_row, i.entity, i.told_at, i.attribute, i.body "  # noqa: S608 - names and marks
            f"FROM {opened.relation} i WHERE {where.text} ORDER BY i.instance",
            list(where.parameters),
        ).fetchall()
    return [
        Fed(uri, told, attribute, msgspec.json.decode(body))
        for row, uri, told, attribute, body in found
        if row in entities
    ]


def _entities_of_type(feed: FeedRow) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.id FROM context_entity e WHERE e.tenant = %s AND {_of_type()}",  # noqa: S608 - only marks
            [feed.tenant, feed.type],
        )
        return {row[0] for row in cursor.fetchall()}


def _places(feed: FeedRow, lines: Sequence[Fed]) -> Mapping[str, Place]:
    """Return where the entities are that these lines are about, as far as their present says so."""
    if not feed.position:
        return {}
    uris = sorted({line.entity for line in lines})
    present = "present::text" if rows.is_postgresql() else "present"
    found: dict[str, Place] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(uris), 1000):
            part = uris[start : start + 1000]
            marks = ", ".join(["%s"] * len(part))
            cursor.execute(
                f"SELECT uri, {present} FROM context_entity WHERE tenant = %s AND uri IN ({marks}) "  # noqa: S608
                "AND present IS NOT NULL",
                [feed.tenant, *part],
            )
            for uri, document in cursor.fetchall():
                instances = msgspec.json.decode(document)["attrs"].get(feed.position, [])
                found[uri] = place_of(instances[0] if instances else None)
    return found
