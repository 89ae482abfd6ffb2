"""Lines of history from the database and the archive, as one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from renkei.context.queries.history import archive, hot, ranges
from renkei.context.queries.history.lines import Line
from renkei.context.queries.history.state import (
    State,
    Voids,
    archived_now,
    at_one_moment,
    voids_of,
)
from renkei.context.queries.history.window import every
from renkei.context.types import Chosen, Document, TemporalQuery
from renkei.kernel.ids import OrgId

_TRIES = 3
Series = dict[tuple[int, str], str]
"""Entity and attribute, and the body of some line of it."""


@dataclass(frozen=True, slots=True)
class Head:
    """An entity without its attributes."""

    row: int
    document: Document
    archived: bool
    """Whether some of its history lay in the archive when it was looked up."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Lines in the order they were asked for, and of which attributes there are any at all."""

    lines: Sequence[Line]
    series: Series
    complete: bool


@dataclass(frozen=True, slots=True)
class _Part:
    lines: list[Line]
    series: Series


def gather(
    tenant: OrgId, heads: Iterable[Head], shown: Chosen, temporal: TemporalQuery, *, limit: int
) -> Gathered:
    """Return the first lines of these entities by time, at most one more than `limit`.

    Where the last ones are asked for, they are the latest, so many of each attribute, the latest first.
    """
    uris = {head.row: str(head.document["id"]) for head in heads}
    if not uris:
        return Gathered((), {}, complete=True)

    def read(state: State | None) -> tuple[State | None, Voids, set[int], _Part]:
        voids, archived = (voids_of(list(uris)), archived_now(list(uris))) if state else (Voids(), set())
        where = hot.conditions(tenant, list(uris), shown, temporal, voids)
        near = (
            ranges.nearest(tenant, list(uris), shown, temporal, limit=limit + 1) if voids == Voids() else None
        )
        lines = hot.page(every([where, near]) if near else where, temporal, limit=limit + 1)
        known = {(line.entity, line.attribute): line.body for line in lines}
        part = _Part(lines, known if len(lines) <= limit else hot.series(where))
        return state, voids, archived, part

    state, voids, archived, recent = at_one_moment(tenant, read)
    if state is None or not archived:
        return Gathered(recent.lines, recent.series, complete=len(recent.lines) <= limit)
    old = {row: uris[row] for row in archived}
    older = _from_archive(state, old, shown, temporal, voids, limit=limit)
    return _merged(recent, older, temporal, limit)


def _from_archive(
    state: State,
    uris: Mapping[int, str],
    shown: Chosen,
    temporal: TemporalQuery,
    voids: Voids,
    *,
    limit: int,
) -> _Part:
    from renkei.lake import api as lake  # heavy, and most questions are about recent history

    where = archive.conditions(uris, shown, temporal, voids, settled=state.settled)
    for attempt in range(_TRIES):
        try:
            with archive.opened(state) as opened:
                lines = archive.page(where, opened, temporal, limit=limit + 1)
                known = {(line.entity, line.attribute): line.body for line in lines}
                return _Part(lines, known if len(lines) <= limit else archive.series(where, opened))
        except (
            lake.VersionGone
        ):  # an erasure took the files away meanwhile; those that are there now do as well
            if attempt == _TRIES - 1:
                raise
    raise AssertionError


def _merged(recent: _Part, older: _Part, temporal: TemporalQuery, limit: int) -> Gathered:
    lines = sorted(
        [*recent.lines, *older.lines],
        key=lambda line: (line.moment(temporal.member), line.instance),
        reverse=temporal.last is not None,
    )
    if temporal.last is not None:
        lines = _last_of_each(lines, temporal.last)
    return Gathered(lines[: limit + 1], recent.series | older.series, complete=len(lines) <= limit)


def _last_of_each(lines: Iterable[Line], most: int) -> list[Line]:
    counted: dict[tuple[int, str], int] = {}
    kept = []
    for line in lines:
        key = (line.entity, line.attribute)
        counted[key] = counted.get(key, 0) + 1
        if counted[key] <= most:
            kept.append(line)
    return kept
