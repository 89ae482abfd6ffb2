"""A plan as SQL. Nothing here touches data: it turns a plan and a snapshot into texts, every name in them quoted.

`release_sql` writes what may leave. Before it come the temporary tables that it joins with: `positions` (H3 keys),
`told` (cells with enough entities) or `groups` (what the plan's group columns tell, with enough entities or not), and one
table of pseudonyms for each hashed column: a value is hashed once, however many rows have it.
"""

# ruff: noqa: S608 - every name and value in these texts is quoted by lake.sql

from collections.abc import Iterator, Sequence

from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.lake.types import Column, ColumnType, Snapshot
from renkei.privacy import cells
from renkei.privacy.masks import PseudonymKey, hashed_sql
from renkei.privacy.rules import ENTITIES, MEAN, ROWS, column_with, masks
from renkei.privacy.showing import (
    after_beginning,
    cell_key,
    hashes,
    keyed,
    position,
    position_names,
    pseudonyms,
    quoted,
    rows_in_window,
    shown_columns,
    shown_values,
    source,
)
from renkei.privacy.types import (
    CELL_COLUMN,
    Cell,
    Delivery,
    MaskKind,
    MinimumGroup,
    Plan,
    Role,
)

ENTITY, ROW = "entity key", "row key"
"""A space keeps them apart from any column of a table."""
_NUMBERS = {ColumnType.INTEGER, ColumnType.REAL}


def released_columns(plan: Plan, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of a release: masked where the plan says so, a cell where the position stood, or aggregates."""
    shown = tuple(shown_columns(plan, columns))
    if plan.delivery is not Delivery.AGGREGATES:
        return shown
    grouped = tuple(column for column in shown if column.name in plan.group_by)
    added = [Column(ROWS, ColumnType.INTEGER, None, Text(ja="グループの行数", en="Rows of the group"))]
    if plan.minimum_group is not None:
        text = Text(
            ja=f"異なる「{plan.minimum_group.entity}」の数",
            en=f"Distinct values of {plan.minimum_group.entity}",
        )
        added.append(Column(ENTITIES, ColumnType.INTEGER, None, text))
    means = (_mean_column(column) for column in _measures(plan, shown))
    return (*grouped, *added, *means)


def positions_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the statement that makes `positions`: the H3 key of each distinct position in the window."""
    lat, lon = position(plan)
    known = cells.on_earth(*position_names(plan))
    pairs = f"SELECT DISTINCT {lat}, {lon} FROM {rows_in_window(plan, snapshot)} WHERE {known}"
    return f"CREATE TEMP TABLE positions AS SELECT {lat}, {lon}, h3_key({lat}, {lon}) AS {cell_key()} FROM ({pairs})"


def told_sql(plan: Plan, group: MinimumGroup, cell: Cell, snapshot: Snapshot) -> str:
    """Return the statement that makes `told`: each cell's key and text, whether its group is large enough, its rows.

    `n` counts the cell's rows and `placed` those with a position; rows without a cell stand under a NULL key.
    """
    entity, lat, lon = lake.quote_name(group.entity), *position(plan)
    pairs = (
        f"SELECT {cell_key()}, {entity} AS entity, count(*) AS n, "
        f"count(*) FILTER (WHERE {lat} IS NOT NULL AND {lon} IS NOT NULL) AS placed "
        f"FROM ({keyed(plan, cell, snapshot)}) GROUP BY {cell_key()}, {entity}"
    )
    return (
        f"CREATE TEMP TABLE told AS SELECT {cell_key()}, {cells.key_text(cell, cell_key())} AS shown, "
        f"count(entity) AS entities, count(entity) >= {group.size:d} AS enough, "
        f"sum(n)::BIGINT AS n, sum(placed)::BIGINT AS placed FROM ({pairs}) GROUP BY {cell_key()}"
    )


def hidden_sql() -> str:
    """Return the query of three numbers from `told`: rows with a position, rows whose cell has too small a group, and
    the entities of the smallest group that is told."""
    known = f"{cell_key()} IS NOT NULL"
    return (
        "SELECT coalesce(sum(placed), 0)::BIGINT, "
        f"coalesce(sum(n) FILTER (WHERE NOT enough AND {known}), 0)::BIGINT, "
        f"min(entities) FILTER (WHERE enough AND {known}) FROM told"
    )


def groups_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the statement that makes `groups`: what each group of a plan tells, and whether it may be told.

    One row for each group: its columns, its rows `n`, its `entities`, whether they are `enough`, and for aggregates the
    sum and the number of each measure. It goes over the rows once, by group and entity.
    """
    by = quoted(plan.group_by)
    measures = _measures(plan, tuple(shown_columns(plan, snapshot.columns)))
    summed = measures if plan.delivery is Delivery.AGGREGATES else ()
    values = [lake.quote_name(column.name) for column in summed]
    entity = lake.quote_name(ENTITY)
    first = ", ".join(
        [
            by,
            entity,
            "count(*) AS n",
            *(f"sum({v}) AS s{i}, count({v}) AS c{i}" for i, v in enumerate(values)),
        ]
    )
    least = plan.minimum_group.size if plan.minimum_group else 0
    # a figure is of those who have a value, so these have to be enough, too
    second = "".join(
        f", CASE WHEN count({entity}) FILTER (WHERE c{i} > 0) >= {least:d} "
        f"THEN sum(s{i}) / nullif(sum(c{i}), 0) END AS m{i}"
        for i in range(len(values))
    )
    pairs = f"SELECT {first} FROM ({view_sql(plan, snapshot)}) GROUP BY {by}, {entity}"
    return (
        f"CREATE TEMP TABLE groups AS SELECT {by}, sum(n)::BIGINT AS n, count({entity})::BIGINT AS entities, "
        f"count({entity}) >= {least:d} AS enough{second} FROM ({pairs}) GROUP BY {by}"
    )


def small_groups_sql() -> str:
    """Return the query of three numbers from `groups`: rows in the window, rows of groups that are too small, and the
    entities of the smallest group that is told."""
    return (
        "SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n) FILTER (WHERE NOT enough), 0)::BIGINT, "
        "min(entities) FILTER (WHERE enough) FROM groups"
    )


def pseudonyms_sql(plan: Plan, snapshot: Snapshot, key: PseudonymKey) -> Iterator[str]:
    """Yield the statements that make the pseudonyms of each hashed column."""
    described = {column.name: column for column in snapshot.columns}
    for mask in hashes(plan):
        name = lake.quote_name(mask.column)
        values = (
            f"SELECT DISTINCT {name} AS value FROM {rows_in_window(plan, snapshot)} WHERE {name} IS NOT NULL"
        )
        hashed = hashed_sql("value", described[mask.column], key)
        yield f"CREATE TEMP TABLE {pseudonyms(mask)} AS SELECT value, {hashed} AS pseudonym FROM ({values})"


def placed_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the query of the number of rows in the window that have a position."""
    lat, lon = position(plan)
    return (
        f"SELECT count(*) FROM {rows_in_window(plan, snapshot)} WHERE {lat} IS NOT NULL AND {lon} IS NOT NULL"
    )


def started_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the query of the number of rows from the plan's `since` on, whenever they end."""
    return f"SELECT count(*) FROM {lake.relation_sql(snapshot)} WHERE {after_beginning(plan)}"


def release_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the query of what may leave; in place, of what queries are answered from, the entities among it."""
    if plan.delivery is Delivery.AGGREGATES:
        return _aggregates(plan, snapshot)
    if plan.delivery is Delivery.IN_PLACE or not plan.group_by:
        return view_sql(plan, snapshot)
    names = [column.name for column in shown_columns(plan, snapshot.columns)]
    same = " AND ".join(
        f"view.{lake.quote_name(name)} IS NOT DISTINCT FROM groups.{lake.quote_name(name)}"
        for name in plan.group_by
    )
    view = f"({view_sql(plan, snapshot)}) AS view"
    shown = ", ".join(f"view.{lake.quote_name(name)}" for name in names)
    return f"SELECT {shown} FROM {view} JOIN groups ON {same} WHERE groups.enough"


def view_sql(plan: Plan, snapshot: Snapshot) -> str:
    """Return the query of the rows in the window as the plan shows them, with the entity where groups are counted later,
    and in place with a key by which each row is known again."""
    shown = [f"{each.sql} AS {lake.quote_name(each.column.name)}" for each in shown_values(plan, snapshot)]
    if plan.group_by or plan.delivery is Delivery.IN_PLACE:
        group = plan.minimum_group
        shown.append(
            f"{f'rows.{lake.quote_name(group.entity)}' if group else 'NULL'} AS {lake.quote_name(ENTITY)}"
        )
    if plan.delivery is Delivery.IN_PLACE:
        shown.append(f"{_row_key(plan)} AS {lake.quote_name(ROW)}")
    return f"SELECT {', '.join(shown)} FROM {source(plan, snapshot)}"


def _row_key(plan: Plan) -> str:
    """Return the SQL of 64 bits by which a row is known again, whatever the plan shows of it and at every version."""
    parts = (
        f"{lake.quote_text(f'{column.name}=')} || CAST(rows.{lake.quote_name(column.name)} AS VARCHAR)"
        for column in plan.columns
    )
    return f"md5_number_lower(concat_ws(chr(31), {', '.join(parts)}))"


def coarsened_sql(plan: Plan, snapshot: Snapshot) -> tuple[list[str], str] | None:
    """Return the columns that lose detail and the query of how many values each has before and after, about.

    Two numbers for each column, in its order. None where a plan makes nothing coarse.
    """
    named, counts = [], []
    for each in shown_values(plan, snapshot):
        before = _before(plan, each.column.name)
        if before is None:
            continue
        named.append(each.column.name)
        counts += [f"approx_count_distinct({before})", f"approx_count_distinct({each.sql})"]
    if not named:
        return None
    return named, f"SELECT {', '.join(counts)} FROM {source(plan, snapshot)}"


def _before(plan: Plan, name: str) -> str | None:
    """Return the SQL of what stood where a coarse column stands, None for a column that loses nothing."""
    if plan.cell is not None and name == CELL_COLUMN:
        lat, lon = position(plan)
        return f"hash(rows.{lat}, rows.{lon})"
    mask = masks(plan).get(name)
    coarse = mask is not None and mask.kind in {MaskKind.TRUNCATE, MaskKind.ROUND, MaskKind.YEAR}
    stepped = plan.time_step is not None and name == column_with(plan, Role.TIME)
    return f"rows.{lake.quote_name(name)}" if coarse or stepped else None


def _aggregates(plan: Plan, snapshot: Snapshot) -> str:
    shown = tuple(shown_columns(plan, snapshot.columns))
    parts = [quoted([column.name for column in shown if column.name in plan.group_by]), f"n AS {ROWS}"]
    if plan.minimum_group is not None:
        parts.append(f"entities AS {ENTITIES}")
    parts += [
        f"CAST(m{i} AS DOUBLE) AS {lake.quote_name(column.name + MEAN)}"
        for i, column in enumerate(_measures(plan, shown))
    ]
    return f"SELECT {', '.join(parts)} FROM groups WHERE enough"


def _measures(plan: Plan, shown: tuple[Column, ...]) -> tuple[Column, ...]:
    redacted = {mask.column for mask in plan.masks if mask.kind is MaskKind.REDACT}
    kept = (column for column in shown if column.type in _NUMBERS and column.name not in redacted)
    return tuple(column for column in kept if column.name not in plan.group_by)


def _mean_column(column: Column) -> Column:
    text = Text(ja=f"{column.text.ja}の平均", en=f"Mean of {column.text.en}")
    return Column(column.name + MEAN, ColumnType.REAL, column.unit, text)
