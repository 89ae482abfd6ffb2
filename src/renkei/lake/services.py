"""Writes: make a table, append to it, keep it compact, erase a subject from it."""

import hashlib
import logging
import shutil
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable
from django.db import transaction

from renkei.audit import api as audit
from renkei.kernel.ids import Actor, OrgId, TableId, new_id
from renkei.lake import duck, queries, rules, store
from renkei.lake.arrow import fit_rows, schema_of
from renkei.lake.errors import DiskFull, SubjectUnknown, TableNameTaken
from renkei.lake.models import TableRow
from renkei.lake.types import Appended, Column, ColumnType, Erased, Table

log = logging.getLogger(__name__)

COMPACT_EVERY = 50
"""Versions after which an append tidies up: the cost of a commit grows with the files and the log."""


@transaction.atomic
def create_table(
    *,
    owner: OrgId,
    name: str,
    columns: tuple[Column, ...],
    subject: str | None,
    actor: Actor,
    now: datetime,
) -> Table:
    """Make an empty table; `subject` names the column by whose values rows can be erased.

    Raises lake.columns-invalid, lake.table-name-taken, lake.disk-full.
    """
    rules.check_columns(columns, subject=subject)
    described = [
        {"name": c.name, "type": c.type.value, "unit": c.unit, "ja": c.text.ja, "en": c.text.en}
        for c in columns
    ]
    row, made = TableRow.objects.get_or_create(
        owner=owner,
        name=name,
        defaults={"id": new_id(), "columns": described, "subject": subject or "", "created_at": now},
    )
    if not made:
        raise TableNameTaken(name=name)
    table = row.as_fact()
    measured = [c.name for c in columns if c.type is ColumnType.INSTANT and c.name != subject]
    store.create(queries.folder(table.id), schema_of(columns), measured=measured)
    audit.record(
        "lake.table-created", actor=actor, subject=table.id, at=now, owner=owner, columns=len(columns)
    )
    return table


def append(table_id: TableId, rows: Any, *, writer: str, sequence: int) -> Appended:
    """Add an Arrow table's rows, once for each (writer, sequence), and return when they are safe on the disk.

    A sequence at or below the writer's last one is skipped (Delta protocol, Application Transaction Identifiers).
    Raises lake.table-missing, lake.rows-misshapen, lake.disk-full.
    """
    table = queries.table(table_id)
    fitting = fit_rows(rows, table.columns)
    appended = store.append_once(queries.folder(table_id), fitting, writer=writer, sequence=sequence)
    if not appended.skipped and appended.version % COMPACT_EVERY == 0:
        _compact_if_there_is_room(table)
    return appended


def compact(table_id: TableId, *, now: datetime) -> None:  # noqa: ARG001 - the contract of all acts
    """Join small files, sorted by subject and time, and remove what has been out of use for a day.

    Versions from before stay readable for that day. Raises lake.table-missing, lake.disk-full.
    """
    _compact(queries.table(table_id))


def erase(table_id: TableId, *, subject: str, actor: Actor, now: datetime) -> Erased:
    """Remove a subject's rows for good: from the table, from its log and from the disk.

    Every earlier version becomes unreadable. Doing it again, also after a crash half-way, completes it.
    Raises lake.table-missing, lake.subject-unknown, lake.disk-full.
    """
    table = queries.table(table_id)
    if table.subject is None:
        raise SubjectUnknown(table=table_id)
    folder = queries.folder(table_id)
    with store.writing(folder):
        rows = _rewrite_without(folder, table, subject)
        version = store.forget_history(folder)
    told = hashlib.sha256(f"{table_id}\n{subject}".encode()).hexdigest()
    with transaction.atomic():
        audit.record(
            "lake.subject-erased",
            actor=actor,
            subject=table_id,
            at=now,
            rows=rows,
            version=version,
            sha256=told,
        )
    return Erased(rows=rows, version=version)


def remove(table_id: TableId, *, column: str, values: Collection[Any], actor: Actor, now: datetime) -> Erased:
    """Remove the rows that have one of these values in a column; earlier versions stay readable as after a compaction.

    Doing it again does no harm. For a data subject's rows there is `erase`, which leaves nothing behind. Raises
    lake.table-missing, lake.disk-full.
    """
    wanted = pa.array(list(values), type=schema_of(queries.table(table_id).columns).field(column).type)
    return _remove(table_id, column, lambda held: pc.is_in(held, value_set=wanted), actor=actor, now=now)


def forget_before(table_id: TableId, *, column: str, before: datetime, actor: Actor, now: datetime) -> Erased:
    """Remove the rows whose time in a column is before another; null stays.

    What earlier versions hold of them is gone from the disk with the tidying after KEPT_HOURS. Raises
    lake.table-missing, lake.disk-full.
    """
    limit = pa.scalar(before, type=pa.timestamp("us", tz="UTC"))
    return _remove(table_id, column, lambda held: pc.less(held, limit), actor=actor, now=now)


def _remove(
    table_id: TableId, column: str, matches: Callable[[Any], Any], *, actor: Actor, now: datetime
) -> Erased:
    table = queries.table(table_id)
    folder = queries.folder(table_id)
    with store.writing(folder):
        rows = _rewrite(folder, table, column, matches)
        store.tidy(folder)
        version = DeltaTable(str(folder)).version()
    if rows:
        with transaction.atomic():
            audit.record(
                "lake.rows-removed", actor=actor, subject=table_id, at=now, rows=rows, version=version
            )
    return Erased(rows=rows, version=version)


def _worth_joining(files: Sequence[store.DataFile]) -> list[store.DataFile]:
    """Choose the smallest files, each as long as it is no larger than those before it together.

    So a row is written again only when its file at least doubles: what a day's compactions leave behind for readers of
    older versions grows with the logarithm of their number, not with the number.
    """
    chosen: list[store.DataFile] = []
    together = 0
    for file in sorted(files, key=lambda file: file.size):
        if file.size >= store.FILE_BYTES // 2 or (len(chosen) > 1 and file.size > together):
            break
        chosen.append(file)
        together += file.size
    return chosen


def _compact_if_there_is_room(table: Table) -> None:
    try:
        _compact(table)
    except DiskFull:
        log.warning("table %s was not tidied up: the disk is full", table.id)


def _compact(table: Table) -> None:
    folder = queries.folder(table.id)
    with store.writing(folder):
        small = _worth_joining(store.live_files(DeltaTable(str(folder))))
        if len(small) > 1:
            joined = _join(folder, table, small)
            store.commit(folder, added=joined, removed=small, changed=False)
        store.tidy(folder)


def _join(folder: Path, table: Table, files: list[store.DataFile]) -> list[store.DataFile]:
    order = [c.name for c in table.columns if c.type is ColumnType.INSTANT][:1]
    order = [table.subject, *order] if table.subject else order
    work = folder.with_name(f"{folder.name}.work-{uuid4().hex}")
    work.mkdir()
    snapshot = queries.snapshot_of(table, [folder / file.name for file in files])
    try:
        with duck.connection(snapshot, folder=work) as db:
            sorted_rows = db.sql(duck.select_sql(snapshot, order_by=order))
            reader = sorted_rows.to_arrow_reader(store.ROW_GROUP)
            return store.write_files(
                folder, (b.cast(schema_of(table.columns)) for b in reader), reader.schema
            )
    finally:
        shutil.rmtree(work)


def _rewrite_without(folder: Path, table: Table, subject: str) -> int:
    return _rewrite(
        folder, table, str(table.subject), lambda column: pc.equal(pc.cast(column, pa.string()), subject)
    )


def _rewrite(folder: Path, table: Table, column: str, matches: Callable[[Any], Any]) -> int:
    """Replace each file that holds rows that match by one without; return how many rows went."""
    schema = schema_of(table.columns)

    def others(batch: Any) -> Any:
        found = matches(batch.column(column))
        return batch.filter(pc.invert(pc.fill_null(found, False)))  # noqa: FBT003 - pyarrow's own signature

    holding = [
        file
        for file in store.live_files(DeltaTable(str(folder)))
        if _holds(folder / file.name, column, matches)
    ]
    if not holding:
        return 0
    batches = (b for file in holding for b in store.filtered_batches(folder / file.name, others))
    remaining = store.write_files(folder, batches, schema)
    store.commit(folder, added=remaining, removed=holding)
    return sum(f.rows for f in holding) - sum(f.rows for f in remaining)


def _holds(path: Path, column: str, matches: Callable[[Any], Any]) -> bool:
    with pq.ParquetFile(path) as file:
        return any(pc.any(matches(batch.column(0))).as_py() for batch in file.iter_batches(columns=[column]))
