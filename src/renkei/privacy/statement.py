"""A plan as SQL. Nothing here touches data: it turns a plan and a snapshot into texts, every name in them quoted.

Two passes: `groups_sql` finds the cells that enough entities have rows in, `release_sql` writes the rows.
"""

# ruff: noqa: S608 - every name and value in these texts is quoted by lake.sql

from collections.abc import Sequence

from renkei.lake import api as lake
from renkei.lake.types import Column, ColumnType, Snapshot
from renkei.privacy import cells
from renkei.privacy.rules import CELL_COLUMN, column_with, leaving_as_they_are
from renkei.privacy.types import Cell, CellScheme, MinimumGroup, Plan, Role

KEY = "cell key"
"""A space keeps it apart from any column of a table."""


def released_columns(plan: Plan, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of a release: those that leave as they are, and the cell where the position stood."""
    described = {column.name: column for column in columns}
    staying = {column.name for column in leaving_as_they_are(plan)}
    positions = {column_with(plan, Role.LATITUDE), column_with(plan, Role.LONGITUDE)}
    made: list[Column] = []
    for name in (column.name for column in plan.columns):
        if name in staying:
            made.append(described[name])
        elif plan.cell and name in positions and CELL_COLUMN not in {column.name for column in made}:
            made.append(Column(CELL_COLUMN, ColumnType.TEXT, None, cells.describe(plan.cell)))
    return tuple(made)


def positions_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the statement that makes `positions`: the H3 key of each distinct position in the window."""
    lat, lon = _position(plan)
    known = cells.on_earth(*_position_names(plan))
    pairs = f"SELECT DISTINCT {lat}, {lon} FROM {_rows(plan, snapshot)} WHERE {known}"
    return (
        f"CREATE TEMP TABLE positions AS SELECT {lat}, {lon}, h3_key({lat}, {lon}) AS {_key()} FROM ({pairs})"
    )


def groups_sql(plan: Plan, group: MinimumGroup, cell: Cell, snapshot: Snapshot) -> str:
    """Return the statement that makes `told`: each cell's key and text, whether its group is large enough, its rows.

    `n` counts the cell's rows and `placed` those with a position; rows without a cell stand under a NULL key.
    """
    entity, lat, lon = lake.quote_name(group.entity), *_position(plan)
    pairs = (
        f"SELECT {_key()}, {entity} AS entity, count(*) AS n, "
        f"count(*) FILTER (WHERE {lat} IS NOT NULL AND {lon} IS NOT NULL) AS placed "
        f"FROM ({_keyed(plan, cell, snapshot)}) GROUP BY {_key()}, {entity}"
    )
    return (
        f"CREATE TEMP TABLE told AS SELECT {_key()}, {cells.key_text(cell, _key())} AS shown, "
        f"count(entity) >= {group.size:d} AS enough, sum(n)::BIGINT AS n, sum(placed)::BIGINT AS placed "
        f"FROM ({pairs}) GROUP BY {_key()}"
    )


def hidden_sql() -> str:
    """Return the query of two numbers from `told`: rows with a position, rows whose cell has too small a group."""
    return (
        "SELECT coalesce(sum(placed), 0)::BIGINT, "
        f"coalesce(sum(n) FILTER (WHERE NOT enough AND {_key()} IS NOT NULL), 0)::BIGINT FROM told"
    )


def placed_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the query of the number of rows in the window that have a position."""
    lat, lon = _position(plan)
    return f"SELECT count(*) FROM {_rows(plan, snapshot)} WHERE {lat} IS NOT NULL AND {lon} IS NOT NULL"


def started_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the query of the number of rows from the plan's `since` on, whenever they end."""
    return f"SELECT count(*) FROM {lake.relation_sql(snapshot)} WHERE {_since(plan)}"


def release_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the query of the rows that may leave."""
    shown = [
        _cell_shown(plan, plan.cell)
        if plan.cell and column.name == CELL_COLUMN
        else f"rows.{lake.quote_name(column.name)}"
        for column in released_columns(plan, snapshot.columns)
    ]
    return f"SELECT {', '.join(shown)} FROM {_source(plan, snapshot)}"


def _cell_shown(plan: Plan, cell: Cell) -> str:
    shown = "told.shown" if plan.minimum_group else cells.key_text(cell, f"rows.{_key()}")
    return f"{shown} AS {lake.quote_name(CELL_COLUMN)}"


def _source(plan: Plan, snapshot: Snapshot) -> str:
    if plan.cell is None:
        return f"{_rows(plan, snapshot)} AS rows"
    keyed = f"({_keyed(plan, plan.cell, snapshot)}) AS rows"
    if plan.minimum_group is None:
        return keyed
    return f"{keyed} LEFT JOIN (SELECT {_key()}, shown FROM told WHERE enough) AS told ON rows.{_key()} = told.{_key()}"


def _keyed(plan: Plan, cell: Cell, snapshot: Snapshot) -> str:
    lat, lon = _position(plan)
    if cell.scheme is CellScheme.JIS_MESH:
        key = cells.mesh_key(*_position_names(plan), cell.level)
        return f"SELECT *, {key} AS {_key()} FROM {_rows(plan, snapshot)}"
    on = f"placed.{lat} = positions.{lat} AND placed.{lon} = positions.{lon}"
    return (
        f"SELECT placed.*, positions.{_key()} FROM {_rows(plan, snapshot)} AS placed "
        f"LEFT JOIN positions ON {on}"
    )


def _rows(plan: Plan, snapshot: Snapshot) -> str:
    return f"(SELECT * FROM {lake.relation_sql(snapshot)} WHERE {_since(plan)} AND {_until(plan)})"


def _since(plan: Plan) -> str:
    return f"{_time(plan)} >= {lake.quote_instant(plan.since)}" if plan.since else "true"


def _until(plan: Plan) -> str:
    return f"{_time(plan)} < {lake.quote_instant(plan.until)}" if plan.until else "true"


def _time(plan: Plan) -> str:
    return lake.quote_name(str(column_with(plan, Role.TIME)))


def _position(plan: Plan) -> tuple[str, str]:
    latitude, longitude = _position_names(plan)
    return lake.quote_name(latitude), lake.quote_name(longitude)


def _position_names(plan: Plan) -> tuple[str, str]:
    return str(column_with(plan, Role.LATITUDE)), str(column_with(plan, Role.LONGITUDE))


def _key() -> str:
    return lake.quote_name(KEY)
