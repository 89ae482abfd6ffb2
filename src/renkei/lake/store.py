"""A table's folder: Delta Lake through delta-rs, data files written and synced here.

A data file is synced before the commit that names it, and the commit before its writer is told, so that what the lake
has acknowledged survives a power cut (delta-rs itself syncs nothing). One writer at a time holds the lock beside the
folder; readers need none.
"""

import errno
import fcntl
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from renkei.lake.errors import DiskFull
from renkei.lake.types import Appended

ROW_GROUP = 122_880
"""Rows: DuckDB works on row groups of this size in parallel."""
FILE_BYTES = 256 * 1024 * 1024
KEPT_HOURS = 24
"""How long files that a compaction replaced, and the log that names them, stay for readers of older versions."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_OS_ERROR = re.compile(r"os error (\d+)")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a table."""

    name: str
    size: int
    rows: int


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the right to write to a table, waiting for whoever holds it; turn a full disk into DiskFull."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            _drop_torn_commit(folder / "_delta_log")
            yield
        except (OSError, DeltaError) as why:
            if not is_disk_full(why):
                raise
            raise DiskFull from why


def is_disk_full(why: BaseException) -> bool:
    """Tell whether an error of the system, of delta-rs or of DuckDB means that no more can be written."""
    if isinstance(why, OSError) and why.errno is not None:
        return why.errno in _FULL
    found = _OS_ERROR.search(str(why))
    if found is not None:
        return int(found.group(1)) in _FULL
    return any(os.strerror(number) in str(why) for number in _FULL)


def create(folder: Path, schema: Any, *, measured: Sequence[str]) -> None:
    """Make an empty table. Only the `measured` columns may ever have their extremes in the log."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    statistics = (
        {"delta.dataSkippingStatsColumns": ",".join(measured)}
        if measured
        else {"delta.dataSkippingNumIndexedCols": "0"}
    )
    retention = f"interval {KEPT_HOURS} hours"
    with writing(folder):
        DeltaTable.create(
            str(folder),
            schema,
            configuration={
                **statistics,
                "delta.logRetentionDuration": retention,
                "delta.deletedFileRetentionDuration": retention,
            },
        )
        _sync_commits(folder, after=-1)


def live_files(table: DeltaTable) -> list[DataFile]:
    """Return the files that make up the opened version."""
    actions = pa.table(table.get_add_actions(flatten=True))
    return [
        DataFile(name, size, rows)
        for name, size, rows in zip(
            actions["path"].to_pylist(),
            actions["size_bytes"].to_pylist(),
            actions["num_records"].to_pylist(),
            strict=True,
        )
    ]


def write_files(folder: Path, batches: Iterable[Any], schema: Any) -> list[DataFile]:
    """Write record batches as synced Parquet files of at most about FILE_BYTES; no file is made for no rows.

    When writing fails, the files begun are removed before the error is passed on.
    """
    made: list[DataFile] = []
    waiting = iter(batches)
    try:
        while (first := next(waiting, None)) is not None:
            made.append(_write_file(folder, first, waiting, schema))
    except BaseException:
        discard(folder, made)
        raise
    return made


def discard(folder: Path, files: Iterable[DataFile]) -> None:
    """Remove files that no commit names."""
    for file in files:
        (folder / file.name).unlink(missing_ok=True)


def append_once(folder: Path, rows: Any, *, writer: str, sequence: int) -> Appended:
    """Write an Arrow table's rows and commit them under the writer's sequence, unless that has been done."""
    with writing(folder):
        delta = DeltaTable(str(folder))
        last = delta.transaction_version(writer)
        if last is not None and sequence <= last:
            return Appended(version=delta.version(), rows=0, skipped=True)
        files = write_files(folder, [rows] if rows.num_rows else [], rows.schema)
        version = commit(folder, added=files, transaction=(writer, sequence))
    return Appended(version=version, rows=rows.num_rows, skipped=False)


def commit(
    folder: Path,
    *,
    added: Sequence[DataFile],
    removed: Sequence[DataFile] = (),
    changed: bool = True,
    transaction: tuple[str, int] | None = None,
) -> int:
    """Add and remove files in one commit and return the new version. On failure the added files are removed.

    `changed` is false when the rows stay the same; `transaction` is the writer's name and sequence.
    """
    table = DeltaTable(str(folder))
    at = time.time_ns() // 1_000_000
    actions: list[AddAction | RemoveAction] = [
        AddAction(f.name, f.size, {}, at, changed, json.dumps({"numRecords": f.rows})) for f in added
    ]
    actions += [RemoveAction(f.name, changed, at, f.size, {}) for f in removed]
    try:
        table.create_write_transaction(
            actions,
            "append",
            table.schema(),
            commit_properties=CommitProperties(
                app_transactions=[Transaction(*transaction)] if transaction else None
            ),
            post_commithook_properties=PostCommitHookProperties(
                create_checkpoint=False, cleanup_expired_logs=False
            ),
        )
    except (OSError, DeltaError):
        discard(folder, added)
        raise
    return _sync_commits(folder, after=table.version())


def tidy(folder: Path) -> None:
    """Write a checkpoint, and remove the log and the files that have been out of use for KEPT_HOURS."""
    table = DeltaTable(str(folder))
    table.create_checkpoint()
    table.cleanup_metadata()
    _vacuum(table, hours=KEPT_HOURS)


def forget_history(folder: Path) -> int:
    """Remove every file and log entry that the latest version does not need, and return the latest version."""
    _vacuum(DeltaTable(str(folder)), hours=0)
    _set_log_retention(folder, hours=0)
    table = DeltaTable(str(folder))
    table.create_checkpoint()
    table.cleanup_metadata()
    _set_log_retention(folder, hours=KEPT_HOURS)
    return DeltaTable(str(folder)).version()


def sync(path: Path) -> None:
    """Make a file's content, or a folder's entries, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_file(folder: Path, first: Any, rest: Iterator[Any], schema: Any) -> DataFile:
    name, rows = f"part-{uuid4().hex}.parquet", 0
    path = folder / name
    try:
        with path.open("wb") as sink:
            with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
                batch: Any = first
                while batch is not None:
                    writer.write(pa.table(batch), row_group_size=ROW_GROUP)
                    rows += batch.num_rows
                    batch = next(rest, None) if sink.tell() < FILE_BYTES else None
            sink.flush()
            os.fsync(sink.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sync(folder)
    return DataFile(name, path.stat().st_size, rows)


def _vacuum(table: DeltaTable, *, hours: int) -> None:
    # full: also the files of writers that died before their commit
    table.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False, full=True)


def _set_log_retention(folder: Path, *, hours: int) -> None:
    table = DeltaTable(str(folder))
    table.alter.set_table_properties({"delta.logRetentionDuration": f"interval {hours} hours"})
    _sync_commits(folder, after=table.version() - 1)


def _sync_commits(folder: Path, *, after: int) -> int:
    log, version = folder / "_delta_log", after
    while (log / f"{version + 1:020}.json").exists():
        version += 1
        sync(log / f"{version:020}.json")
    sync(log)
    return version


def _drop_torn_commit(log: Path) -> None:
    """Remove a last commit that a power cut left half-written: it was never synced, so nobody was told of it."""
    last = _last_commit(log)
    if last is None:
        return
    try:
        for line in last.read_bytes().splitlines() or [b""]:
            json.loads(line)
    except ValueError:
        last.unlink()


def _last_commit(log: Path) -> Path | None:
    """Return the newest commit: from the last checkpoint on there are few, in the folder a day's."""
    try:
        version = int(json.loads((log / "_last_checkpoint").read_bytes())["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return max(log.glob("*.json"), default=None)
    last = None
    while (commit := log / f"{version:020}.json").exists():
        last, version = commit, version + 1
    return last


RowFilter = Callable[[Any], Any]
"""Takes a record batch and returns the rows of it that stay."""


def filtered_batches(path: Path, keep: RowFilter) -> Iterator[Any]:
    """Yield a file's record batches after a filter, leaving out empty ones."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=ROW_GROUP):
            kept = keep(batch)
            if kept.num_rows:
                yield kept
