"""The rows of a table as a plan shows them, in SQL: their window, cells, masks and steps of time. Every name is quoted."""

# ruff: noqa: S608 - every name and value in these texts is quoted by lake.sql

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from renkei.lake import api as lake
from renkei.lake.types import Column, ColumnType, Snapshot
from renkei.privacy import cells
from renkei.privacy.masks import masked_column, masked_sql, stepped_sql
from renkei.privacy.rules import column_with, leaving, masks
from renkei.privacy.types import CELL_COLUMN, Cell, CellScheme, Delivery, Mask, MaskKind, Plan, Role

KEY = "cell key"
"""A space keeps it apart from any column of a table."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One column as a plan shows it."""

    column: Column
    sql: str
    """Its value, out of `rows` and, where cells are told, `told`."""


def shown_columns(plan: Plan, columns: Sequence[Column]) -> Iterator[Column]:
    """Yield the columns as a plan shows them, in the plan's order: masked, or the cell where a position stood."""
    described = {column.name: column for column in columns}
    by_column, staying = masks(plan), {column.name for column in leaving(plan)}
    positions, cell_made = {column_with(plan, Role.LATITUDE), column_with(plan, Role.LONGITUDE)}, False
    for name in (column.name for column in plan.columns):
        if name in staying:
            mask = by_column.get(name)
            yield masked_column(mask, described[name]) if mask else described[name]
        elif plan.cell and name in positions and not cell_made:
            cell_made = True
            yield Column(CELL_COLUMN, ColumnType.TEXT, None, cells.describe(plan.cell))


def shown_values(plan: Plan, snapshot: Snapshot) -> Iterator[Shown]:
    """Yield the columns as a plan shows them, each with the SQL of its value."""
    described, by_column = {column.name: column for column in snapshot.columns}, masks(plan)
    time = column_with(plan, Role.TIME)
    for column in shown_columns(plan, snapshot.columns):
        value, mask = f"rows.{lake.quote_name(column.name)}", by_column.get(column.name)
        if plan.cell and column.name == CELL_COLUMN:
            yield Shown(column, _cell_shown(plan, plan.cell))
        elif mask is not None and mask.kind is MaskKind.HASH:
            yield Shown(column, f"{pseudonyms(mask)}.pseudonym")
        elif mask is not None:
            yield Shown(column, masked_sql(mask, value, described[column.name]))
        elif plan.time_step is not None and column.name == time:
            yield Shown(column, stepped_sql(plan.time_step, value))
        else:
            yield Shown(column, value)


def tells_cells(plan: Plan) -> bool:
    """Whether it is the cell that a minimum group guards, and not the groups of a plan."""
    grouped = plan.group_by or plan.delivery is not Delivery.ROWS
    return plan.cell is not None and plan.minimum_group is not None and not grouped


def _cell_shown(plan: Plan, cell: Cell) -> str:
    return "told.shown" if tells_cells(plan) else cells.key_text(cell, f"rows.{cell_key()}")


def source(plan: Plan, snapshot: Snapshot) -> str:
    """Return the SQL of what the values are read from: the rows in the window, with cells and pseudonyms beside them."""
    return f"{_placed(plan, snapshot)}{''.join(_hashed(mask) for mask in hashes(plan))}"


def _hashed(mask: Mask) -> str:
    names = pseudonyms(mask)
    return f" LEFT JOIN {names} ON rows.{lake.quote_name(mask.column)} = {names}.value"


def hashes(plan: Plan) -> Iterator[Mask]:
    """Yield the masks that are keyed hashes."""
    return (mask for mask in plan.masks if mask.kind is MaskKind.HASH)


def pseudonyms(mask: Mask) -> str:
    """Return the quoted name of the table of a hashed column's pseudonyms."""
    return lake.quote_name(f"pseudonyms of {mask.column}")


def _placed(plan: Plan, snapshot: Snapshot) -> str:
    if plan.cell is None:
        return f"{rows_in_window(plan, snapshot)} AS rows"
    with_keys = f"({keyed(plan, plan.cell, snapshot)}) AS rows"
    if not tells_cells(plan):
        return with_keys
    return f"{with_keys} LEFT JOIN (SELECT {cell_key()}, shown FROM told WHERE enough) AS told ON rows.{cell_key()} = told.{cell_key()}"


def keyed(plan: Plan, cell: Cell, snapshot: Snapshot) -> str:
    """Return the query of the rows in the window with the key of their cell."""
    lat, lon = position(plan)
    if cell.scheme is CellScheme.JIS_MESH:
        key = cells.mesh_key(*position_names(plan), cell.level)
        return f"SELECT *, {key} AS {cell_key()} FROM {rows_in_window(plan, snapshot)}"
    on = f"placed.{lat} = positions.{lat} AND placed.{lon} = positions.{lon}"
    return (
        f"SELECT placed.*, positions.{cell_key()} FROM {rows_in_window(plan, snapshot)} AS placed "
        f"LEFT JOIN positions ON {on}"
    )


def rows_in_window(plan: Plan, snapshot: Snapshot) -> str:
    """Return the SQL of the rows in the window."""
    return f"(SELECT * FROM {lake.relation_sql(snapshot)} WHERE {after_beginning(plan)} AND {_until(plan)})"


def after_beginning(plan: Plan) -> str:
    """Return the SQL condition that a row is not before the window."""
    return f"{_time(plan)} >= {lake.quote_instant(plan.since)}" if plan.since else "true"


def _until(plan: Plan) -> str:
    return f"{_time(plan)} < {lake.quote_instant(plan.until)}" if plan.until else "true"


def _time(plan: Plan) -> str:
    return lake.quote_name(str(column_with(plan, Role.TIME)))


def position(plan: Plan) -> tuple[str, str]:
    """Return the quoted columns of the position."""
    latitude, longitude = position_names(plan)
    return lake.quote_name(latitude), lake.quote_name(longitude)


def position_names(plan: Plan) -> tuple[str, str]:
    """Return the columns of the position."""
    return str(column_with(plan, Role.LATITUDE)), str(column_with(plan, Role.LONGITUDE))


def quoted(names: Sequence[str]) -> str:
    """Return quoted names, side by side."""
    return ", ".join(lake.quote_name(name) for name in names)


def cell_key() -> str:
    """Return the quoted name of the cell's key."""
    return lake.quote_name(KEY)
