"""Moving history into the archive, each instance once, whenever the process dies.

A batch goes these steps, each of which can be repeated: it is claimed (its number and its last instance are written
down); its entities are marked as having an archive; its lines are appended to the table under that number, which the
table remembers and takes once; what stands in the table under that number is deleted from the database, and with that,
in the same transaction, the batch counts. After a crash the claim is found and the batch begins anew with the same
number. What is deleted is what is found in the table, so a line that appeared meanwhile, whatever its number, stays and
goes with a later batch; and what was deleted from the database meanwhile does not go.

Two processes at the same batch do no harm: the table takes the first, and the number does not move on before the batch
is settled. How readers see each line once is told in `queries.history.state`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction

from renkei.audit import api as audit
from renkei.context import rows
from renkei.context.models import ArchiveRow, FeedRow
from renkei.context.rules.comparing import worth_of
from renkei.kernel.ids import NODE, OrgId, TableId
from renkei.kernel.texts import Text
from renkei.lake import api as lake

WRITER = "context"
NAME = "context_history"
_CHUNK = 10_000
_INSTANT, _TEXT, _INTEGER = lake.ColumnType.INSTANT, lake.ColumnType.TEXT, lake.ColumnType.INTEGER


def _column(name: str, kind: lake.ColumnType, ja: str, en: str) -> lake.Column:
    return lake.Column(name=name, type=kind, unit=None, text=Text(ja=ja, en=en))


COLUMNS = (
    _column("entity", _TEXT, "エンティティの URI", "URI of the entity"),
    _column("entity_row", _INTEGER, "このノードでのエンティティの番号", "Number of the entity on this node"),
    _column("attribute", _TEXT, "属性の IRI", "IRI of the attribute"),
    _column("dataset", _TEXT, "データセット ID(既定は空)", "Dataset id, empty for the default instance"),
    _column("instance", _INTEGER, "インスタンスの番号", "Number of the instance"),
    _column("kind", _TEXT, "属性の種類", "Kind of the attribute"),
    _column(
        "sort", _TEXT, "値の型(n: 数、s: 文字列、o: その他)", "Sort of the value: n number, s text, o other"
    ),
    _column("number", lake.ColumnType.REAL, "値が数ならその数", "The value, where it is a number"),
    _column(
        "text", _TEXT, "値が数でなければその文字列か JSON", "The value as text or JSON, where it is no number"
    ),
    _column("body", _TEXT, "インスタンス全体(展開形の JSON)", "The whole instance in expanded form, as JSON"),
    _column("observed_at", _INSTANT, "観測日時", "When it was observed"),
    _column("created_at", _INSTANT, "記録日時", "When it was recorded"),
    _column("modified_at", _INSTANT, "更新日時", "When it was last changed"),
    _column("deleted_at", _INSTANT, "削除日時", "When it was taken away"),
    _column(
        "told_at", _INSTANT, "観測日時、なければ記録日時", "When it was observed, else when it was recorded"
    ),
    _column("batch", _INTEGER, "移動の単位の番号", "Number of the batch it was moved with"),
)


def closed_before(*, now: datetime, recent: timedelta) -> datetime:
    """Return the end of the last closed hour of which nothing is recent any more."""
    return (now - recent).replace(minute=0, second=0, microsecond=0)


def archive_tenant(tenant: OrgId, *, now: datetime, before: datetime, limit: int) -> int:
    """Move a tenant's next batch, or the one that was left unfinished, and return how many instances it had.

    Raises lake.disk-full.
    """
    archive = claim_batch(tenant, before=before, limit=limit, now=now)
    if archive is None:
        return 0
    mark_entities(archive, now=now)
    append_batch(archive)
    return settle_batch(archive, now=now)


def finish_batch(tenant: OrgId, *, now: datetime) -> None:
    """Settle the batch under way, if there is one."""
    archive = ArchiveRow.objects.filter(pk=tenant, claimed_to__isnull=False).first()
    if archive is not None:
        append_batch(archive)
        settle_batch(archive, now=now)


def claim_batch(tenant: OrgId, *, before: datetime, limit: int, now: datetime) -> ArchiveRow | None:
    """Return the archive with a batch under way: the unfinished one, else a new one; None when there is nothing to move."""
    under_way = ArchiveRow.objects.filter(pk=tenant, claimed_to__isnull=False).first()
    if under_way is not None:
        return under_way
    if _last_of_batch(tenant, before=before, limit=limit) is None:
        return None
    with transaction.atomic():
        archive = archive_of(tenant, now=now)
        if archive.claimed_to is not None:
            return archive
        # Only now is it certain which feeds there are: who makes one locks the archive, too.
        last = _last_of_batch(tenant, before=before, limit=limit)
        if last is None:
            return None
        archive.batch, archive.claimed_to, archive.claimed_before = archive.batch + 1, last, before
        archive.save(update_fields=["batch", "claimed_to", "claimed_before"])
        return archive


def mark_entities(archive: ArchiveRow, *, now: datetime) -> None:
    """Mark the entities of a claimed batch: from now on whoever reads them looks into the archive as well."""
    with transaction.atomic(), connection.cursor() as cursor:
        # In the order in which writers lock entities, so that neither waits for the other.
        lock = " FOR UPDATE" if rows.is_postgresql() else ""
        cursor.execute(
            "SELECT e.id FROM context_entity e WHERE e.tenant = %s AND e.id IN (SELECT i.entity_id "  # noqa: S608
            f"FROM context_instance i WHERE i.id <= %s AND i.created_at < %s) ORDER BY e.uri{lock}",
            [archive.tenant, archive.claimed_to, rows.at(archive.claimed_before)],
        )
        entities = [row[0] for row in cursor.fetchall()]
        for start in range(0, len(entities), 500):
            part = entities[start : start + 500]
            marks = ", ".join(["%s"] * len(part))
            cursor.execute(
                f"UPDATE context_entity SET archived_at = %s WHERE id IN ({marks})",  # noqa: S608 - only marks
                [rows.at(now), *part],
            )


def append_batch(archive: ArchiveRow) -> None:
    """Append the lines of a claimed batch to the table, which skips a batch that it holds already."""
    import pyarrow as pa  # heavy, and idle nodes have nothing to append

    schema = lake.schema_of(COLUMNS)
    parts, after = [], 0
    while lines := _lines_after(archive, after):
        parts.append(_arrow([_archived(line, archive.batch) for line in lines], schema))
        after = lines[-1][0]
    if parts:
        lake.append(TableId(archive.table), pa.concat_tables(parts), writer=WRITER, sequence=archive.batch)


def settle_batch(archive: ArchiveRow, *, now: datetime) -> int:
    """Let a batch count that stands in the table: delete its lines from the database, write the audit line, return them."""
    moved = _standing(archive)
    with transaction.atomic():
        held = ArchiveRow.objects.select_for_update().get(pk=archive.pk)
        if (held.batch, held.claimed_to) != (archive.batch, archive.claimed_to):
            return 0
        with connection.cursor() as cursor:
            rows.delete_of(cursor, "context_instance", "id", moved)
        held.moved_to = max(held.moved_to, held.claimed_to or 0)
        held.claimed_to, held.claimed_before, held.state = None, None, held.state + 1
        held.save(update_fields=["moved_to", "claimed_to", "claimed_before", "state"])
        audit.record(
            "context.history-archived",
            actor=NODE,
            subject=archive.tenant,
            at=now,
            table=archive.table,
            batch=archive.batch,
            instances=len(moved),
        )
    return len(moved)


def archive_of(tenant: OrgId, *, now: datetime) -> ArchiveRow:
    """Return a tenant's archive, locked; the first time, made."""
    found = ArchiveRow.objects.select_for_update().filter(pk=tenant).first()
    if found is not None:
        return found
    try:
        table = lake.create_table(
            owner=tenant, name=NAME, columns=COLUMNS, subject="entity", actor=NODE, now=now
        )
    except lake.TableNameTaken:
        faster = ArchiveRow.objects.select_for_update().filter(pk=tenant).first()
        if faster is None:  # the name was given to a table of something else
            raise
        return faster
    return ArchiveRow.objects.create(pk=tenant, table=table.id)


def _last_of_batch(tenant: OrgId, *, before: datetime, limit: int) -> int | None:
    """Return the last instance of the next batch; none goes that a feed still waits for."""
    fed = [feed.moved_to for feed in FeedRow.objects.filter(tenant=tenant)]
    bound = " AND i.id <= %s" if fed else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT MAX(id) FROM (SELECT i.id FROM context_instance i JOIN context_entity e ON e.id = i.entity_id "  # noqa: S608
            f"WHERE e.tenant = %s AND i.created_at < %s{bound} ORDER BY i.id LIMIT {int(limit)}) batch",
            [tenant, rows.at(before), *([min(fed)] if fed else [])],
        )
        (last,) = cursor.fetchone()
    return None if last is None else int(last)


def _lines_after(archive: ArchiveRow, after: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.id, e.uri, i.entity_id, n.iri, i.dataset, i.body, i.observed_at, i.created_at, i.modified_at, "  # noqa: S608
            "i.deleted_at FROM context_instance i JOIN context_entity e ON e.id = i.entity_id "
            "JOIN context_name n ON n.id = i.name_id "
            f"WHERE e.tenant = %s AND e.archived_at IS NOT NULL AND i.id > %s AND i.id <= %s AND i.created_at < %s "
            f"ORDER BY i.id LIMIT {_CHUNK}",
            [archive.tenant, after, archive.claimed_to, rows.at(archive.claimed_before)],
        )
        found: list[Any] = cursor.fetchall()
    return found


def _archived(line: Any, batch: int) -> tuple[Any, ...]:
    """Return a line as a row of `COLUMNS`."""
    instance, uri, entity, attribute, dataset, body, *times = line
    worth = worth_of(msgspec.json.decode(body))
    observed, created, modified, deleted = (rows.moment(time) for time in times)
    told = observed or created
    return (
        uri,
        entity,
        attribute,
        dataset,
        instance,
        *worth,
        body,
        observed,
        created,
        modified,
        deleted,
        told,
        batch,
    )


def _arrow(lines: Sequence[tuple[Any, ...]], schema: Any) -> Any:
    import pyarrow as pa

    columns = zip(*lines, strict=True)
    return pa.table(
        [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)],
        schema=schema,
    )


def _standing(archive: ArchiveRow) -> list[int]:
    """Return the instances that stand in the table under the number of this batch."""
    taken = lake.snapshot(TableId(archive.table))
    with lake.reading(taken), lake.connection(taken, threads=1) as duck:
        found = duck.execute(
            f"SELECT instance FROM {lake.relation_sql(taken)} WHERE batch = ?",  # noqa: S608 - a quoted relation
            [archive.batch],
        ).fetchall()
    return [row[0] for row in found]
