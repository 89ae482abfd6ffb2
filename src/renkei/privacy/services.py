"""Writes: make a release, drop a table's releases."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from django.db import transaction

from renkei.audit import api as audit
from renkei.kernel.ids import NODE, TableId
from renkei.lake import api as lake
from renkei.privacy import cells, rules, shelf, statement
from renkei.privacy.types import CellScheme, Plan, Release, ReleaseFile, Withheld

ROW_GROUP = 122_880
FILE_BYTES = 256 * 1024 * 1024
ATTEMPTS = 4
"""One erasure after the other would have to end while a release is made."""


def release(plan: Plan, *, now: datetime) -> Release:
    """Return what a plan allows to leave of a table's latest version, made now or found as made before.

    Making it takes as long as DuckDB needs to read the table and write the release: call it outside a transaction.
    When an erasure takes the files away meanwhile it is begun anew from what is left. Raises
    privacy.plan-inconsistent, privacy.no-lawful-route, lake.table-missing, lake.disk-full, lake.version-gone.
    """
    rules.check_lawful(plan)
    rules.check_fits(plan, lake.table(plan.table).columns)
    for _ in range(ATTEMPTS - 1):
        try:
            return _released(plan, now=now)
        except lake.VersionGone:
            continue
    return _released(plan, now=now)


def _released(plan: Plan, *, now: datetime) -> Release:
    digest = plan.digest()
    with shelf.using(plan.table):
        snapshot = lake.snapshot(plan.table)
        found = shelf.find(digest, snapshot.version)
        if found is not None:
            return found
        with shelf.making(digest) as aside:
            found = shelf.find(digest, snapshot.version)
            if found is not None:
                return found
            made = _make(plan, snapshot, aside)
            _record(made, now)
            placed = shelf.put(aside, made, now=now)
            shelf.prune(digest, below=snapshot.version, now=now)
    return placed


def drop_releases(table: TableId) -> int:
    """Remove every release of a table, as after an erasure, and return how many there were."""
    with shelf.dropping(table):
        return shelf.drop(table)


@transaction.atomic
def _record(made: Release, now: datetime) -> None:
    audit.record(
        "privacy.released",
        actor=NODE,
        subject=made.table,
        at=now,
        plan=made.digest,
        version=made.version,
        rows=made.rows,
        withheld=sum(term.rows for term in made.withheld if not term.columns),
    )


def _make(plan: Plan, snapshot: lake.Snapshot, aside: Path) -> Release:
    try:
        with lake.reading(snapshot), lake.connection(snapshot, folder=aside) as db:
            placed, hidden = _find_cells(db, plan, snapshot)
            target = lake.quote_text(str(aside / "files"))
            db.execute(
                f"COPY ({statement.release_sql(plan, snapshot)}) TO {target} (FORMAT parquet, COMPRESSION zstd, "
                f"ROW_GROUP_SIZE {ROW_GROUP}, FILE_SIZE_BYTES {FILE_BYTES})"
            )
            files = _collect(aside)
            early = _count_early(db, plan, snapshot, kept=sum(file.rows for file in files))
    except (duckdb.Error, OSError) as why:
        if not lake.is_disk_full(why):
            raise
        raise lake.DiskFull from why
    shutil.rmtree(aside / "spill", ignore_errors=True)
    return Release(
        digest=plan.digest(),
        table=plan.table,
        version=snapshot.version,
        columns=statement.released_columns(plan, snapshot.columns),
        files=files,
        rows=sum(file.rows for file in files),
        withheld=_withheld(
            plan, snapshot, kept=sum(file.rows for file in files), early=early, placed=placed, hidden=hidden
        ),
    )


def _find_cells(db: Any, plan: Plan, snapshot: lake.Snapshot) -> tuple[int, int]:
    """Prepare what the release joins with; return the rows with a position and those whose cell's group is too small."""
    if plan.cell is None:
        return 0, 0
    if plan.cell.scheme is CellScheme.H3:
        cells.offer_h3(db, plan.cell.level)
        db.execute(statement.positions_sql(plan, snapshot))
    if plan.minimum_group is None:
        return _number(db, statement.placed_sql(plan, snapshot)), 0
    db.execute(statement.groups_sql(plan, plan.minimum_group, plan.cell, snapshot))
    placed, hidden = db.execute(statement.hidden_sql()).fetchone()
    return placed, hidden


def _count_early(db: Any, plan: Plan, snapshot: lake.Snapshot, *, kept: int) -> int:
    """Return how many rows lie before the window, or have no time at all."""
    if plan.since is None:
        return 0
    if plan.until is None:
        return snapshot.rows - kept
    return snapshot.rows - _number(db, statement.started_sql(plan, snapshot))


def _number(db: Any, sql: str) -> int:
    found: int = db.execute(sql).fetchone()[0]
    return found


def _collect(aside: Path) -> tuple[ReleaseFile, ...]:
    files = []
    for number, source in enumerate(sorted((aside / "files").iterdir())):
        path = source.rename(aside / f"part-{number:05}.parquet")
        files.append(ReleaseFile(path.name, path, path.stat().st_size, pq.read_metadata(path).num_rows))
    (aside / "files").rmdir()
    return tuple(files)


def _withheld(
    plan: Plan, snapshot: lake.Snapshot, *, kept: int, early: int, placed: int, hidden: int
) -> tuple[Withheld, ...]:
    named = {column.name for column in plan.columns}
    unclassified = tuple(column.name for column in snapshot.columns if column.name not in named)
    dropped = tuple(column.name for column in plan.columns if column.name in plan.dropped)
    found = []
    if plan.since:
        found.append(Withheld("rk:observedFrom", early, ()))
    if plan.until:
        found.append(Withheld("rk:observedUntil", snapshot.rows - early - kept, ()))
    if dropped:
        found.append(Withheld("rk:withholdColumn", kept, dropped))
    if unclassified:
        found.append(Withheld("unclassified", kept, unclassified))
    if plan.cell:
        found.append(Withheld("rk:cell", placed, rules.replaced_by_cell(plan)))
    if plan.minimum_group:
        found.append(Withheld("rk:minimumGroup", hidden, (rules.CELL_COLUMN,)))
    return tuple(found)
