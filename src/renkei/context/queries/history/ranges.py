"""Sums over recent history, one range of the index for each period: nothing is sorted, and nothing is read but the index.

It is meant for a moderate number of periods; many are grouped out of all lines (`sums`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from renkei.context import rows
from renkei.context.queries.history import hot
from renkei.context.queries.history.sums import Extent, Sum, Timeline
from renkei.context.queries.history.window import Condition, every, in_time, one_of
from renkei.context.rules.periods import Period, shifted, starts
from renkei.context.types import Aggregate, Chosen, TemporalQuery
from renkei.kernel.ids import OrgId

MOST = 2000
"""Ranges of one answer; beyond it grouping is as fast."""
_MICRO = timedelta(microseconds=1)
_NEAREST = 200
"""Series that are looked at one by one."""
_AT_ONCE = 400
"""Ranges of one statement: SQLite takes 500."""
_UNDERSTOOD = frozenset(Aggregate) - {Aggregate.STDDEV}
_COLUMNS: Mapping[str, frozenset[Aggregate]] = {
    "COUNT(DISTINCT number)": frozenset({Aggregate.DISTINCT_COUNT}),
    "SUM(number)": frozenset({Aggregate.SUM, Aggregate.AVG}),
    "MIN(number)": frozenset({Aggregate.MIN}),
    "MAX(number)": frozenset({Aggregate.MAX}),
    "SUM(number * number)": frozenset({Aggregate.SUMSQ}),
}
_OWN = "FROM context_instance i WHERE i.entity_id = {entity} AND i.name_id = {name} AND i.deleted_at IS NULL"
_WALK = f"""
WITH RECURSIVE named(entity, name) AS (
  SELECT e.id, (SELECT MIN(i.name_id) FROM context_instance i WHERE i.entity_id = e.id AND i.deleted_at IS NULL)
  FROM context_entity e WHERE {{entities}}
  UNION ALL
  SELECT entity, (SELECT MIN(i.name_id) FROM context_instance i
    WHERE i.entity_id = named.entity AND i.deleted_at IS NULL AND i.name_id > named.name)
  FROM named WHERE name IS NOT NULL
), series(entity, name, dataset) AS (
  SELECT entity, name, (SELECT MIN(i.dataset) {_OWN.format(entity="named.entity", name="named.name")})
  FROM named WHERE name IS NOT NULL
  UNION ALL
  SELECT entity, name, (SELECT MIN(i.dataset) {_OWN.format(entity="series.entity", name="series.name")}
    AND i.dataset > series.dataset)
  FROM series WHERE dataset IS NOT NULL
)
"""  # noqa: S608 - our own names and marks
_SERIES = """
SELECT s.entity, s.name, n.iri, s.dataset, (SELECT MIN(i.observed_at) {own}), (SELECT MAX(i.observed_at) {own}),
  (SELECT i.body {own} LIMIT 1)
FROM series s JOIN context_name n ON n.id = s.name WHERE {chosen}
"""


@dataclass(frozen=True, slots=True)
class Series:
    """One dataset of one attribute of one entity, within the time asked for."""

    entity: int
    name: int
    attribute: str
    dataset: str
    kind: str
    first: datetime
    last: datetime


def can_tell(temporal: TemporalQuery, methods: Sequence[Aggregate]) -> bool:
    """Tell whether this way knows an answer: the index is one of observations."""
    return temporal.member == "observedAt" and _UNDERSTOOD.issuperset(methods)


def series_of(entities: Sequence[int], chosen: Chosen, temporal: TemporalQuery) -> list[Series]:
    """Return what there is to sum up; each found by a few looks into the index, however long its history."""
    time = in_time(temporal, mark=hot.MARK, moment=rows.at)
    own = f"{_OWN.format(entity='s.entity', name='s.name')} AND i.dataset = s.dataset AND {time.text}"
    whose = one_of("e.id", entities, mark=hot.MARK)
    wanted = _wanted(chosen)
    found = hot.fetched(
        _WALK.format(entities=whose.text) + _SERIES.format(own=own, chosen=wanted.text),
        [*whose.parameters, *time.parameters * 3, *wanted.parameters],
    )
    return [
        Series(entity, name, iri, dataset, msgspec.json.decode(body)["type"], _time(first), _time(last))
        for entity, name, iri, dataset, first, last, body in found
        if first is not None
    ]


def _wanted(chosen: Chosen) -> Condition:
    parts = [Condition("s.dataset IS NOT NULL")]
    if chosen.only is not None:
        parts.append(one_of("n.iri", sorted(chosen.only), mark=hot.MARK))
    if chosen.without:
        without = one_of("n.iri", sorted(chosen.without), mark=hot.MARK)
        parts.append(Condition(f"NOT ({without.text})", without.parameters))
    if chosen.datasets is not None:
        parts.append(one_of("s.dataset", sorted(chosen.datasets), mark=hot.MARK))
    return every(parts)


def _time(told: Any) -> datetime:
    moment = rows.moment(told)
    if moment is None:
        raise AssertionError("a series that has a first instance has a last one")
    return moment


def nearest(
    tenant: OrgId, entities: Sequence[int], chosen: Chosen, temporal: TemporalQuery, *, limit: int
) -> Condition | None:
    """Return a condition that narrows lines `i` to those that can be among the first of an answer; None where it would not help.

    Of each series the index has the first ones in order, or the last ones; what was never observed lies together in it.
    """
    if temporal.member != "observedAt" or (temporal.relation is None and temporal.last is None):
        return None
    found = hot.fetched(*_names_of(tenant, entities, chosen))
    if not found or len(found) > _NEAREST:
        return None
    most = int(temporal.last or limit)
    parts: list[str] = []
    values: list[Any] = []
    for entity, name, dataset in found:
        for time, order in _sorts(temporal):
            parts.append(
                "SELECT id FROM (SELECT i.id FROM context_instance i WHERE i.entity_id = %s AND i.name_id = %s "  # noqa: S608
                f"AND i.dataset = %s AND {time.text} ORDER BY {order} LIMIT {most}) part"
            )
            values += [entity, name, dataset, *time.parameters]
    return Condition(f"i.id IN ({' UNION ALL '.join(parts)})", tuple(values))


def _sorts(temporal: TemporalQuery) -> list[tuple[Condition, str]]:
    """Return the sorts of lines that an answer is made of, with the order in which they come."""
    way = " DESC" if temporal.last else ""
    time = in_time(temporal, mark=hot.MARK, moment=rows.at)
    observed = every([time, Condition("i.observed_at IS NOT NULL")])
    found = [(observed, f"i.observed_at{way}, i.id{way}")]
    if temporal.relation is None:
        never = Condition("i.deleted_at IS NULL AND i.observed_at IS NULL")
        found.append((never, f"i.created_at{way}, i.id{way}"))
    return found


def _names_of(tenant: OrgId, entities: Sequence[int], chosen: Chosen) -> tuple[str, tuple[Any, ...]]:
    whose, wanted = one_of("e.id", entities, mark=hot.MARK), _wanted(chosen)
    return (
        f"{_WALK.format(entities=whose.text)} SELECT s.entity, s.name, s.dataset FROM series s "  # noqa: S608
        f"JOIN context_name n ON n.id = s.name WHERE n.tenant = %s AND {wanted.text}",
        (*whose.parameters, tenant, *wanted.parameters),
    )


def extents_of(found: Sequence[Series]) -> dict[int, Extent]:
    """Return the extent of each entity's history."""
    by_entity: dict[int, list[Series]] = {}
    for one in found:
        by_entity.setdefault(one.entity, []).append(one)
    return {
        entity: Extent(min(one.first for one in its), max(one.last for one in its))
        for entity, its in by_entity.items()
    }


def summed(
    found: Sequence[Series],
    methods: Sequence[Aggregate],
    period: Period,
    timelines: Mapping[int, Timeline],
) -> list[Sum] | None:
    """Return the sums of each attribute in each period that holds a value; None where there are too many periods."""
    wanted: list[tuple[Series, int, datetime, datetime]] = []
    for one in found:
        for number, start, end in _periods(one, period, timelines[one.entity]):
            wanted.append((one, number, start, end))
            if len(wanted) > MOST:
                return None
    columns = [column if needed & set(methods) else "NULL" for column, needed in _COLUMNS.items()]
    made: list[Sum] = []
    for begin in range(0, len(wanted), _AT_ONCE):
        made += _read(wanted[begin : begin + _AT_ONCE], columns)
    return made


def _periods(one: Series, period: Period, timeline: Timeline) -> list[tuple[int, datetime, datetime]]:
    """Return those periods that a series reaches into: number, and the first and last moment of it that matter."""
    if period.whole:
        return [(0, one.first, one.last)]
    if period.months:
        edges = list(enumerate(pairwise(starts(period, timeline.start, one.last))))
    else:
        first, last = (_micros(moment - timeline.start) // period.micros for moment in (one.first, one.last))
        numbers = range(first, min(last, first + MOST) + 1)
        edges = [
            (n, (shifted(timeline.start, period, n), shifted(timeline.start, period, n + 1))) for n in numbers
        ]
    return [
        (number, max(start, one.first), min(end - _MICRO, one.last))
        for number, (start, end) in edges
        if end > one.first
    ]


def _micros(length: timedelta) -> int:
    return length // _MICRO


def _read(wanted: Sequence[tuple[Series, int, datetime, datetime]], columns: Sequence[str]) -> list[Sum]:
    bound = "%s::timestamptz" if rows.is_postgresql() else "%s"
    one_range = (
        f"SELECT %s AS place, COUNT(*), COUNT(number), {', '.join(columns)} FROM context_instance "  # noqa: S608
        "WHERE entity_id = %s AND name_id = %s AND dataset = %s AND deleted_at IS NULL "
        f"AND observed_at >= {bound} AND observed_at <= {bound}"
    )
    values: list[Any] = []
    for place, (series, _, start, end) in enumerate(wanted):
        values += [place, series.entity, series.name, series.dataset, rows.at(start), rows.at(end)]
    found = hot.fetched(" UNION ALL ".join([one_range] * len(wanted)), values) if wanted else []
    return [_sum(wanted[int(place)], *told) for place, *told in found if told[0]]


def _sum(asked: tuple[Series, int, datetime, datetime], *told: Any) -> Sum:
    series, number, _, _ = asked
    count, numbers, distinct, total, least, most, squares = told
    return Sum(
        series.entity,
        series.attribute,
        series.dataset,
        series.kind,
        number,
        count,
        numbers,
        distinct,
        total,
        least,
        most,
        squares,
        None,
    )
