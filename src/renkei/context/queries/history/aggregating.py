"""Histories summed up by periods (clause 4.5.19), in the database, or in DuckDB where some of it lies in the archive."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from renkei.context.queries.history import ranges, sums, totals
from renkei.context.queries.history.gathering import Head
from renkei.context.queries.history.state import (
    State,
    Voids,
    archived_now,
    at_one_moment,
    voids_of,
)
from renkei.context.queries.history.sums import Extent, Sum, Timeline
from renkei.context.queries.history.window import Condition
from renkei.context.rules.periods import Period, read_period, shifted
from renkei.context.types import (
    DEFAULT,
    Aggregate,
    Aggregation,
    Chosen,
    Document,
    Instance,
    TemporalQuery,
    TimeRelation,
)
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import OrgId

_OF_WORDS = frozenset({Aggregate.MIN, Aggregate.MAX, Aggregate.DISTINCT_COUNT})


def aggregated(
    tenant: OrgId,
    heads: Sequence[Head],
    temporal: TemporalQuery,
    shown: Chosen,
    aggregation: Aggregation,
) -> tuple[Document, ...]:
    """Return entities whose attributes hold sums by period; a period without a value is left out.

    Periods are counted from the time asked from (`after`, `between`), else from the entity's first instance. What has no
    such time (a Property that was never observed) is not counted, and a method that has no meaning for values, such as
    the sum of texts, is left out. `stddev` is that of all values there are (of the population).
    """
    period = read_period(aggregation.period)
    if not heads:
        return ()
    strict = TemporalQuery(temporal.relation, temporal.at, temporal.until, temporal.member)
    asked = _Asked(strict, shown, aggregation.methods, period)
    found = _summed(tenant, {head.row: str(head.document["id"]) for head in heads}, asked)
    return tuple({**head.document, "attrs": _attributes(found, head.row, asked)} for head in heads)


@dataclass(frozen=True, slots=True)
class _Asked:
    temporal: TemporalQuery
    chosen: Chosen
    methods: Sequence[Aggregate]
    period: Period


@dataclass(frozen=True, slots=True)
class _Found:
    sums: Sequence[Sum]
    timelines: Mapping[int, Timeline]


@dataclass(frozen=True, slots=True)
class _Read:
    """What the database has to say: the sums, or the values that are yet to be summed up with those of the archive."""

    state: State | None
    voids: Voids
    archived: set[int]
    found: _Found | None
    recent: totals.Recent


def _summed(tenant: OrgId, uris: Mapping[int, str], asked: _Asked) -> _Found:
    rows = list(uris)

    def read(state: State | None) -> _Read:
        voids, archived = (voids_of(rows), archived_now(rows)) if state else (Voids(), set())
        where = sums.conditions(tenant, rows, asked.chosen, asked.temporal, voids)
        if not archived:
            quick = voids == Voids() and ranges.can_tell(asked.temporal, asked.methods)
            found = (_by_ranges(rows, asked) if quick else None) or _in_database(where, rows, asked)
            if not any(one.words for one in found.sums) or not _OF_WORDS & set(asked.methods):
                return _Read(state, voids, archived, found, [])
        return _Read(state, voids, archived, None, totals.recent(where, asked.temporal))

    done = at_one_moment(tenant, read)
    if done.found is not None:
        return done.found
    return _in_duck(done, {row: uris[row] for row in done.archived}, rows, asked)


def _by_ranges(rows: Sequence[int], asked: _Asked) -> _Found | None:
    series = ranges.series_of(rows, asked.chosen, asked.temporal)
    timelines = _timelines(rows, ranges.extents_of(series), asked.temporal)
    found = ranges.summed(series, asked.methods, asked.period, timelines)
    return None if found is None else _Found(found, timelines)


def _in_database(where: Condition, rows: Sequence[int], asked: _Asked) -> _Found:
    extents = sums.extents(where, asked.temporal) if _needs_extent(asked.temporal, asked.period) else {}
    timelines = _timelines(rows, extents, asked.temporal)
    found = sums.summed(where, asked.temporal, asked.methods, asked.period, timelines)
    return _Found(found, timelines)


def _in_duck(done: _Read, archived: Mapping[int, str], rows: Sequence[int], asked: _Asked) -> _Found:
    both = totals.together(
        done.state,
        done.recent,
        voids=done.voids,
        archived=archived,
        temporal=asked.temporal,
        shown=asked.chosen,
    )
    with both as values:
        timelines = _timelines(rows, values.extents(), asked.temporal)
        return _Found(values.summed(asked.period, timelines), timelines)


def _needs_extent(temporal: TemporalQuery, period: Period) -> bool:
    open_start = temporal.relation in {None, TimeRelation.BEFORE}
    return open_start or bool(period.months) or (period.whole and temporal.relation is TimeRelation.AFTER)


def _timelines(
    rows: Iterable[int], extents: Mapping[int, Extent], temporal: TemporalQuery
) -> dict[int, Timeline]:
    """Return where the periods of each entity begin, and where its history ends."""
    made: dict[int, Timeline] = {}
    for row in rows:
        extent = extents.get(row)
        start = temporal.at if temporal.relation in {TimeRelation.AFTER, TimeRelation.BETWEEN} else None
        start = start or (extent.first if extent else None)
        if start is None:
            continue
        end = temporal.at if temporal.relation is TimeRelation.BEFORE else temporal.until
        end = end or (extent.last if extent else start)
        made[row] = Timeline(start, end)
    return made


def _attributes(found: _Found, row: int, asked: _Asked) -> dict[str, list[Instance]]:
    made: dict[tuple[str, str], Instance] = {}
    for one in sorted(found.sums, key=lambda one: (one.number, one.dataset)):
        if one.entity != row:
            continue
        instance = made.setdefault((one.attribute, one.dataset), {"type": one.kind})
        if one.dataset != DEFAULT:
            instance["datasetId"] = one.dataset
        start, end = _bounds(found.timelines[row], asked.period, one.number)
        for method in asked.methods:
            value = one.value(method)
            if value is not None:
                instance.setdefault(method.value, []).append([value, format_utc(start), format_utc(end)])
    attrs: dict[str, list[Instance]] = {}
    for (attribute, _), instance in made.items():
        attrs.setdefault(attribute, []).append(instance)
    return attrs


def _bounds(timeline: Timeline, period: Period, number: int) -> tuple[datetime, datetime]:
    if period.whole:
        return timeline.start, timeline.end
    return shifted(timeline.start, period, number), shifted(timeline.start, period, number + 1)
