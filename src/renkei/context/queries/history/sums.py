"""Sums over recent history, in SQL: what they need lies in one index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import Any

import msgspec

from renkei.context import rows
from renkei.context.queries.history import hot
from renkei.context.queries.history.lines import moment_of, text_of
from renkei.context.queries.history.state import Voids
from renkei.context.queries.history.window import COLUMN, Condition, every
from renkei.context.rules.periods import Period, starts
from renkei.context.types import Aggregate, Chosen, Kind, TemporalQuery
from renkei.kernel.ids import OrgId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Extent:
    """The first and the last moment of an entity's history."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where the periods of an entity begin, and where the time asked for, or its history, ends."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Sum:
    """The values of one attribute in one period."""

    entity: int
    attribute: str
    dataset: str
    kind: str
    number: int
    """Which period it is, from 0."""
    count: int
    numbers: int
    """How many of the values are numbers or truths."""
    distinct: int | None
    total: float | None
    least: Any
    most: Any
    squares: float | None
    """The sum of the squares."""
    deviations: float | None
    """The sum of the squares of the distances from the mean."""

    @property
    def words(self) -> bool:
        """Whether some of the values are no numbers."""
        return self.count > self.numbers

    def value(self, method: Aggregate) -> Any:
        """Return what a method makes of the values, None where it has no meaning for them."""
        of_any: dict[Aggregate, Any] = {
            Aggregate.TOTAL_COUNT: self.count,
            Aggregate.DISTINCT_COUNT: self.distinct,
            Aggregate.MIN: self.least,
            Aggregate.MAX: self.most,
            Aggregate.SUM: self.total,
            Aggregate.SUMSQ: self.squares,
        }
        if method in of_any:
            return of_any[method]
        if not self.numbers or self.total is None:
            return None
        if method is Aggregate.AVG:
            return self.total / self.numbers
        return None if self.deviations is None else sqrt(self.deviations / self.numbers)


def column_of(temporal: TemporalQuery) -> str:
    """Return the column that values are placed in time by; one that has no such time has no place."""
    return f"i.{COLUMN[temporal.member]}"


def conditions(
    tenant: OrgId, entities: Sequence[int], shown: Chosen, temporal: TemporalQuery, voids: Voids
) -> Condition:
    """Return what holds of the lines that are summed up."""
    placed = Condition(f"{column_of(temporal)} IS NOT NULL")
    return every([hot.conditions(tenant, entities, shown, temporal, voids), placed])


def extents(where: Condition, temporal: TemporalQuery) -> dict[int, Extent]:
    """Return the extent of each entity's lines."""
    column = column_of(temporal)
    found = hot.fetched(
        f"SELECT i.entity_id, MIN({column}), MAX({column}) FROM context_instance i "  # noqa: S608 - marks
        f"WHERE {where.text} GROUP BY i.entity_id",
        where.parameters,
    )
    return {row: Extent(moment_of(text_of(first)), moment_of(text_of(last))) for row, first, last in found}


def summed(
    where: Condition,
    temporal: TemporalQuery,
    methods: Sequence[Aggregate],
    period: Period,
    timelines: Mapping[int, Timeline],
) -> list[Sum]:
    """Return the sums of each attribute in each period that holds a value."""
    if not timelines:
        return []
    plan = _plan(column_of(temporal), period, timelines)
    distinct = "COUNT(DISTINCT number)" if Aggregate.DISTINCT_COUNT in methods else "NULL"
    inner = (
        f"SELECT i.entity_id, i.name_id, i.dataset, {plan.number} AS place, i.number AS number "  # noqa: S608
        f"FROM context_instance i {plan.join} WHERE {where.text}{plan.where}"
    )
    spread = "NULL"
    if Aggregate.STDDEV in methods:
        inner = (
            "SELECT *, AVG(number) OVER (PARTITION BY entity_id, name_id, dataset, place) AS mean "  # noqa: S608
            f"FROM ({inner}) placed"
        )
        spread = "SUM((number - mean) * (number - mean))"
    found = hot.fetched(
        f"{plan.prefix} SELECT entity_id, name_id, dataset, place, COUNT(*), COUNT(number), {distinct}, "  # noqa: S608
        f"SUM(number), MIN(number), MAX(number), SUM(number * number), {spread} FROM ({inner}) told "
        "GROUP BY entity_id, name_id, dataset, place",
        (*plan.parameters, *where.parameters),
    )
    names = _names({row[1] for row in found})
    kinds = _kinds({(row[0], row[1], row[2]) for row in found})
    return [
        Sum(entity, names[name], dataset, kinds[(entity, name, dataset)], int(place), *numbers)
        for entity, name, dataset, place, *numbers in found
    ]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a line finds its period."""

    number: str
    prefix: str = ""
    join: str = ""
    where: str = ""
    parameters: tuple[Any, ...] = ()


def _plan(column: str, period: Period, timelines: Mapping[int, Timeline]) -> _Plan:
    if period.whole:
        return _Plan("0")
    if period.months:
        return _by_boundaries(column, period, timelines)
    origins = {timeline.start for timeline in timelines.values()}
    if len(origins) == 1:
        return _Plan(_counted(column, period, _literal(origins.pop())))
    stated = ", ".join("(%s, %s)" for _ in timelines)
    values = [value for row, timeline in timelines.items() for value in (row, _micros(timeline.start))]
    return _Plan(
        _counted(column, period, "o.origin"),
        prefix=f"WITH o(entity, origin) AS (VALUES {stated})",
        join="JOIN o ON o.entity = i.entity_id",
        parameters=tuple(values),
    )


def _counted(column: str, period: Period, origin: str) -> str:
    """Return the number of the period: microseconds since the origin by those of a period, rounded down."""
    if rows.is_postgresql():
        # A difference of times is exact, and so is the whole of it in microseconds.
        return (
            f"FLOOR((EXTRACT(EPOCH FROM {column}) * 1000000 - {origin}) / {period.micros}::numeric)::bigint"
        )
    micros = f"UNIXEPOCH({column}) * 1000000 + CAST(SUBSTR({column} || '.000000', 21, 6) AS INTEGER)"
    return f"({micros} - {origin}) / {period.micros}"


def _literal(at: datetime) -> str:
    return str(_micros(at))


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICRO


def _by_boundaries(column: str, period: Period, timelines: Mapping[int, Timeline]) -> _Plan:
    """Join lines with the beginning and the end of each period of the calendar."""
    values: list[Any] = []
    for row, timeline in timelines.items():
        edges = starts(period, timeline.start, timeline.end)
        for number, (start, end) in enumerate(pairwise(edges)):
            values += [row, number, rows.at(start), rows.at(end)]
    one = (
        "(%s::bigint, %s::bigint, %s::timestamptz, %s::timestamptz)"
        if rows.is_postgresql()
        else "(%s, %s, %s, %s)"
    )
    stated = ", ".join([one] * (len(values) // 4))
    return _Plan(
        "b.place",
        prefix=f"WITH b(entity, place, start, stop) AS (VALUES {stated})",
        join="JOIN b ON b.entity = i.entity_id",
        where=f" AND {column} >= b.start AND {column} < b.stop",
        parameters=tuple(values),
    )


def _names(numbers: set[int]) -> dict[int, str]:
    if not numbers:
        return {}
    marks = ", ".join(["%s"] * len(numbers))
    found = hot.fetched(f"SELECT id, iri FROM context_name WHERE id IN ({marks})", sorted(numbers))  # noqa: S608
    return dict(found)


def _kinds(series: set[tuple[int, int, str]]) -> dict[tuple[int, int, str], str]:
    """Return the kind of each attribute, as some instance of it says."""
    return {one: _kind(one) for one in series}


def _kind(one: tuple[int, int, str]) -> str:
    found = hot.fetched(
        "SELECT body FROM context_instance WHERE entity_id = %s AND name_id = %s AND dataset = %s "
        "AND deleted_at IS NULL LIMIT 1",
        one,
    )
    # None is left where the lines have been moved meanwhile: then all is read once more.
    return str(msgspec.json.decode(found[0][0])["type"]) if found else Kind.PROPERTY.value
