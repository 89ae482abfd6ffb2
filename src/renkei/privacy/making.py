"""A plan carried out by DuckDB: a release written to a folder, or only looked at, with the account of what stayed behind."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from renkei.lake import api as lake
from renkei.privacy import cells, rules, statement
from renkei.privacy.masks import PseudonymKey
from renkei.privacy.showing import tells_cells
from renkei.privacy.types import (
    CELL_COLUMN,
    CellScheme,
    Delivery,
    MaskKind,
    Plan,
    Preview,
    Release,
    ReleaseFile,
    Role,
    Withheld,
)

ROW_GROUP = 122_880
FILE_BYTES = 256 * 1024 * 1024
_UNTOLD = 1000
"""Per mille: nothing of the information is left."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known before the rows are written."""

    placed: int = 0
    """Rows in the window that have a position."""
    hidden: int = 0
    """Rows whose group is too small."""
    smallest: int | None = None
    window: int | None = None
    """Rows in the window; None where all of them are released."""


def make(plan: Plan, snapshot: lake.Snapshot, aside: Path, *, key: PseudonymKey | None) -> Release:
    """Write a plan's release into a folder. Raises lake.disk-full, lake.version-gone."""
    with _working(snapshot, aside) as db:
        prepared = _prepare(db, plan, snapshot, key)
        target = lake.quote_text(str(aside / "files"))
        db.execute(
            f"COPY ({statement.release_sql(plan, snapshot)}) TO {target} (FORMAT parquet, COMPRESSION zstd, "
            f"ROW_GROUP_SIZE {ROW_GROUP}, FILE_SIZE_BYTES {FILE_BYTES})"
        )
        files = _collect(aside)
        rows = sum(file.rows for file in files)
        withheld = _account(db, plan, snapshot, prepared, released=rows)
        loss = _loss(db, plan, snapshot, prepared, released=rows)
    shutil.rmtree(aside / "spill", ignore_errors=True)
    return Release(
        digest=plan.digest(),
        table=plan.table,
        version=snapshot.version,
        columns=statement.released_columns(plan, snapshot.columns),
        files=files,
        rows=rows,
        withheld=withheld,
        smallest_group=prepared.smallest,
        loss=loss,
    )


def preview(
    plan: Plan, snapshot: lake.Snapshot, scratch: Path, *, key: PseudonymKey | None, rows: int
) -> Preview:
    """Look at what a plan would release, and at its first rows. Raises what `make` raises."""
    columns = statement.released_columns(plan, snapshot.columns)
    with _working(snapshot, scratch) as db:
        prepared = _prepare(db, plan, snapshot, key)
        query = statement.release_sql(plan, snapshot)
        shown = ", ".join(lake.quote_name(column.name) for column in columns)
        sample = db.execute(f"SELECT {shown} FROM ({query}) LIMIT {rows:d}").fetchall()  # noqa: S608 - as below
        released = _number(db, f"SELECT count(*) FROM ({query})")  # noqa: S608 - made by the statement
        return Preview(
            version=snapshot.version,
            columns=columns,
            sample=tuple(sample),
            rows=released,
            table_rows=snapshot.rows,
            withheld=_account(db, plan, snapshot, prepared, released=released),
            smallest_group=prepared.smallest,
            loss=_loss(db, plan, snapshot, prepared, released=released),
        )


def told_groups(
    plan: Plan, snapshot: lake.Snapshot, scratch: Path, *, key: PseudonymKey | None
) -> frozenset[tuple[Any, ...]] | None:
    """Return what the groups that a plan may tell show, of a snapshot; None where it asks for no minimum group.

    Raises what `make` raises.
    """
    if plan.minimum_group is None:
        return None
    names = "shown" if not plan.group_by else ", ".join(lake.quote_name(name) for name in plan.group_by)
    table = "groups" if plan.group_by else "told"
    with _working(snapshot, scratch) as db:
        _prepare(db, plan, snapshot, key)
        found = db.execute(f"SELECT {names} FROM {table} WHERE enough").fetchall()  # noqa: S608 - names are quoted
    return frozenset(
        tuple(each.astimezone(UTC) if isinstance(each, datetime) else each for each in row) for row in found
    )


@contextmanager
def _working(snapshot: lake.Snapshot, folder: Path) -> Iterator[Any]:
    try:
        with lake.reading(snapshot), lake.connection(snapshot, folder=folder) as db:
            yield db
    except (duckdb.Error, OSError) as why:
        if not lake.is_disk_full(why):
            raise
        raise lake.DiskFull from why


def _prepare(db: Any, plan: Plan, snapshot: lake.Snapshot, key: PseudonymKey | None) -> Prepared:
    """Make the tables that the release joins with."""
    if key is not None:
        for made in statement.pseudonyms_sql(plan, snapshot, key):
            db.execute(made)
    if plan.cell is not None and plan.cell.scheme is CellScheme.H3:
        cells.offer_h3(db, plan.cell.level)
        db.execute(statement.positions_sql(plan, snapshot))
    if tells_cells(plan) and plan.cell and plan.minimum_group:
        db.execute(statement.told_sql(plan, plan.minimum_group, plan.cell, snapshot))
        placed, hidden, smallest = db.execute(statement.hidden_sql()).fetchone()
        return Prepared(placed, hidden, smallest)
    placed = _number(db, statement.placed_sql(plan, snapshot)) if plan.cell is not None else 0
    if not plan.group_by or plan.delivery is Delivery.IN_PLACE:
        return Prepared(placed)
    db.execute(statement.groups_sql(plan, snapshot))
    window, hidden, smallest = db.execute(statement.small_groups_sql()).fetchone()
    return Prepared(placed, hidden, smallest if plan.minimum_group else None, window)


def _account(
    db: Any, plan: Plan, snapshot: lake.Snapshot, prepared: Prepared, *, released: int
) -> tuple[Withheld, ...]:
    """Say what each term kept back (docs/reference/releases.md)."""
    kept = released if prepared.window is None else prepared.window
    early = _count_early(db, plan, snapshot, kept=kept)
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
        found.append(Withheld("rk:cell", prepared.placed, rules.replaced_by_cell(plan)))
    found += [Withheld("rk:mask", kept, (mask.column,)) for mask in plan.masks]
    if plan.time_step:
        found.append(Withheld("rk:timeResolution", kept, (str(rules.column_with(plan, Role.TIME)),)))
    if plan.minimum_group and plan.delivery is not Delivery.IN_PLACE:
        columns = (CELL_COLUMN,) if tells_cells(plan) else ()
        found.append(Withheld("rk:minimumGroup", prepared.hidden, columns))
    return tuple(found)


def _loss(db: Any, plan: Plan, snapshot: lake.Snapshot, prepared: Prepared, *, released: int) -> int:
    """Return how much of the table's cells stays behind, in per mille.

    A cell that leaves unchanged counts whole. In a column made coarse each counts for the share of its distinct values
    that can still be told apart (estimated by HyperLogLog); a position is two columns.
    """
    cells_of_table = snapshot.rows * len(snapshot.columns)
    if not cells_of_table or not released:
        return _UNTOLD
    shares = dict.fromkeys((column.name for column in rules.leaving(plan)), 1.0)
    shares |= {mask.column: 0.0 for mask in plan.masks if mask.kind is MaskKind.REDACT}
    coarsened = statement.coarsened_sql(plan, snapshot)
    if coarsened is not None:
        names, query = coarsened
        counts = db.execute(query).fetchone()
        shares |= {
            name: min(1.0, counts[2 * i + 1] / counts[2 * i]) if counts[2 * i] else 0.0
            for i, name in enumerate(names)
        }
    if plan.cell is not None:
        told = 1.0 - prepared.hidden / released if tells_cells(plan) else 1.0
        shares[CELL_COLUMN] = 2 * shares.get(CELL_COLUMN, 0.0) * told
    left = released * sum(shares.values()) / cells_of_table
    return max(0, min(_UNTOLD, _UNTOLD - round(_UNTOLD * left)))


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
