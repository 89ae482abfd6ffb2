"""Sums over history that lies in two places, or holds more than numbers: by DuckDB, over both at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec

from renkei.context import rows
from renkei.context.queries.history import archive, hot
from renkei.context.queries.history.lines import text_of
from renkei.context.queries.history.state import State, Voids
from renkei.context.queries.history.sums import Extent, Sum, Timeline, column_of
from renkei.context.queries.history.window import Condition, every
from renkei.context.rules.comparing import worth_of
from renkei.context.rules.periods import Period, starts
from renkei.context.types import Chosen, TemporalQuery

Recent = list[tuple[Any, ...]]
"""Rows of entity, attribute, dataset, kind, sort, number, text and time (`lines.text_of`)."""


def recent(where: Condition, temporal: TemporalQuery) -> Recent:
    """Return the values of recent lines."""
    found = hot.fetched(
        f"SELECT i.entity_id, n.iri, i.dataset, i.body, {rows.as_told(column_of(temporal))} FROM context_instance i "  # noqa: S608
        f"JOIN context_name n ON n.id = i.name_id WHERE {where.text}",
        where.parameters,
    )
    return [
        (entity, attribute, dataset, *worth_of(msgspec.json.decode(body)), text_of(at))
        for entity, attribute, dataset, body, at in found
    ]


@dataclass(frozen=True, slots=True)
class Values:
    """A relation of values, `told`, in an open DuckDB."""

    duck: Any

    def extents(self) -> dict[int, Extent]:
        """Return the extent of each entity's values."""
        found = self.duck.execute(
            "SELECT entity, min(moment), max(moment) FROM told GROUP BY entity"
        ).fetchall()
        return {row: Extent(first, last) for row, first, last in found}

    def summed(self, period: Period, timelines: Mapping[int, Timeline]) -> list[Sum]:
        """Return the sums of each attribute in each period that holds a value."""
        if not timelines:
            return []
        self._lay_out(period, timelines)
        if period.whole:
            join, number = "", "0"
        elif period.months:
            join = "JOIN edges e ON e.entity = t.entity AND t.moment >= e.start AND t.moment < e.stop"
            number = "e.place"
        else:
            join = "JOIN edges e ON e.entity = t.entity"
            number = f"(epoch_us(t.moment) - epoch_us(e.start)) // {period.micros}"
        found = self.duck.execute(
            f"SELECT t.entity, attribute, dataset, any_value(kind), {number} AS nth, count(*), count(number), "  # noqa: S608
            "count(DISTINCT CASE WHEN number IS NULL THEN sort || text ELSE 'n' || number::VARCHAR END), sum(number), "
            "min(number), max(number), min(text) FILTER (sort = 's'), max(text) FILTER (sort = 's'), "
            "sum(number * number), var_pop(number) * count(number) "
            f"FROM told t {join} GROUP BY t.entity, attribute, dataset, nth"
        ).fetchall()
        return [_sum(row) for row in found]

    def _lay_out(self, period: Period, timelines: Mapping[int, Timeline]) -> None:
        import pyarrow as pa

        laid: list[tuple[int, int, datetime, datetime]] = []
        for row, timeline in timelines.items():
            edges = starts(period, timeline.start, timeline.end) if period.months else [timeline.start] * 2
            laid += [(row, place, *edge) for place, edge in enumerate(pairwise(edges))]
        moment = pa.timestamp("us", tz="UTC")
        schema = pa.schema(
            [("entity", pa.int64()), ("place", pa.int64()), ("start", moment), ("stop", moment)]
        )
        self.duck.register("edges", _arrow(laid, schema))


def _sum(row: Sequence[Any]) -> Sum:
    (
        entity,
        attribute,
        dataset,
        kind,
        place,
        count,
        numbers,
        distinct,
        total,
        low,
        high,
        first,
        last,
        squares,
        apart,
    ) = row
    return Sum(
        entity,
        attribute,
        dataset,
        kind,
        place,
        count,
        numbers,
        distinct,
        total,
        low if numbers else first,
        high if numbers else last,
        squares,
        apart,
    )


@contextmanager
def together(
    state: State | None,
    recent_values: Recent,
    *,
    voids: Voids,
    archived: Mapping[int, str],
    temporal: TemporalQuery,
    shown: Chosen,
) -> Iterator[Values]:
    """Open a DuckDB in which `told` has the values of both places."""
    import pyarrow as pa

    moment = pa.timestamp("us", tz="UTC")
    schema = pa.schema(
        [
            ("entity", pa.int64()),
            *((name, pa.string()) for name in ("attribute", "dataset", "kind", "sort")),
            ("number", pa.float64()),
            ("text", pa.string()),
            ("moment", moment),
        ]
    )
    told = [(*row[:7], datetime.fromisoformat(row[7])) for row in recent_values]
    old = archive.opened(state) if state is not None and archived else nullcontext(None)
    with old as opened:
        duck = opened.duck if opened else _alone()
        duck.register("recent", _arrow(told, schema))
        duck.execute("CREATE TEMP TABLE told AS SELECT * FROM recent")
        if opened is not None and state is not None:
            placed = Condition(f"{column_of(temporal)} IS NOT NULL")
            where = every(
                [archive.conditions(archived, shown, temporal, voids, settled=state.settled), placed]
            )
            duck.execute(
                "INSERT INTO told SELECT entity_row, attribute, dataset, kind, sort, number, text, "  # noqa: S608
                f"{column_of(temporal)} FROM {opened.relation} i WHERE {where.text}",
                list(where.parameters),
            )
        yield Values(duck)


def _alone() -> Any:
    from renkei.lake import api as lake  # heavy, and sums over recent numbers do without

    return lake.connection(threads=1)


def _arrow(values: Sequence[Sequence[Any]], schema: Any) -> Any:
    import pyarrow as pa

    columns = list(zip(*values, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)],
        schema=schema,
    )
