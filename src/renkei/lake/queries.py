"""Reads: which tables there are, and their rows at a version."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from django.conf import settings

from renkei.kernel.ids import OrgId, TableId
from renkei.lake import duck, store
from renkei.lake.arrow import schema_of
from renkei.lake.errors import TableMissing, TableUnreadable, VersionGone
from renkei.lake.models import TableRow
from renkei.lake.types import Snapshot, Table


def table(table_id: TableId) -> Table:
    """Return a table. Raises lake.table-missing."""
    row = TableRow.objects.filter(pk=table_id).first()
    if row is None:
        raise TableMissing(table=table_id)
    return row.as_fact()


def table_named(owner: OrgId, name: str) -> Table:
    """Return an organisation's table of that name. Raises lake.table-missing."""
    row = TableRow.objects.filter(owner=owner, name=name).first()
    if row is None:
        raise TableMissing(table=name)
    return row.as_fact()


def tables(owner: OrgId) -> tuple[Table, ...]:
    """Return an organisation's tables by name."""
    return tuple(row.as_fact() for row in TableRow.objects.filter(owner=owner).order_by("name"))


def last_sequence(table_id: TableId, writer: str) -> int | None:
    """Return the sequence of the writer's last append, or None when it has made none. Raises lake.table-missing."""
    return DeltaTable(str(folder(table(table_id).id))).transaction_version(writer)


def snapshot(table_id: TableId, version: int | None = None) -> Snapshot:
    """Return the files of a table at a version, the latest unless told otherwise.

    Raises lake.table-missing, lake.version-gone, and lake.table-unreadable for a table whose rows are not simply the
    rows of its files (Delta protocol: deletion vectors, column mapping).
    """
    found = table(table_id)
    place = folder(table_id)
    try:
        delta = DeltaTable(str(place), version=version)
    except DeltaError:
        raise VersionGone(table=table_id, version=version) from None
    _check_plain(table_id, delta)
    files = store.live_files(delta)
    paths = tuple(place / file.name for file in files)
    if version is not None and not all(path.exists() for path in paths):
        raise VersionGone(table=table_id, version=version)
    return Snapshot(
        table_id=table_id,
        version=delta.version(),
        columns=found.columns,
        files=paths,
        rows=sum(file.rows for file in files),
        bytes=sum(file.size for file in files),
    )


def read(table_id: TableId, *, version: int | None = None) -> Any:
    """Return a table's rows as an Arrow RecordBatchReader, in no particular order; memory does not grow with them.

    Raises what `snapshot` raises; reading on raises lake.version-gone when an erasure removes the files meanwhile.
    """
    taken = snapshot(table_id, version)
    schema = schema_of(taken.columns)
    return pa.RecordBatchReader.from_batches(schema, _batches(taken, schema))


@contextmanager
def reading(taken: Snapshot) -> Iterator[None]:
    """Read a snapshot's files: when an erasure removes them meanwhile, raises lake.version-gone instead of DuckDB's error."""
    try:
        yield
    except duckdb.Error:
        if all(path.exists() for path in taken.files):
            raise
        raise VersionGone(table=taken.table_id, version=taken.version) from None


def folder(table_id: TableId) -> Path:
    """Return the folder of a table's files."""
    home: Path = settings.RENKEI.home
    return home / "lake" / table_id.removeprefix("urn:uuid:")


def snapshot_of(owner_table: Table, files: list[Path]) -> Snapshot:
    """Return a snapshot of only these files of a table, for work inside the lake."""
    return Snapshot(owner_table.id, -1, owner_table.columns, tuple(files), 0, 0)


def _batches(taken: Snapshot, schema: Any) -> Iterator[Any]:
    with reading(taken), duck.connection(taken) as db:
        rows = db.sql(duck.select_sql(taken))
        for batch in rows.to_arrow_reader(store.ROW_GROUP):
            yield batch.cast(schema)


def _check_plain(table_id: TableId, delta: DeltaTable) -> None:
    protocol = delta.protocol()
    features = set(protocol.reader_features or ())
    if protocol.min_reader_version == 2 or "delta.columnMapping.mode" in delta.metadata().configuration:
        features.add("columnMapping")
    unsafe = sorted(features & {"deletionVectors", "columnMapping"})
    if unsafe:
        raise TableUnreadable(table=table_id, features=", ".join(unsafe))
