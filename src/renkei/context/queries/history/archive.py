"""Older history, which lies in a table of the lake: one row for each instance of an attribute."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from renkei.context.queries.history.lines import Line
from renkei.context.queries.history.state import State, Voids
from renkei.context.queries.history.window import (
    Condition,
    every,
    in_time,
    of_datasets,
    one_of,
    time_column,
)
from renkei.context.types import Chosen, TemporalQuery

MARK = "?"
_TIMES = ("observed_at", "created_at", "modified_at", "deleted_at")


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive that is open for questions."""

    duck: Any
    relation: str


@contextmanager
def opened(state: State) -> Iterator[Opened]:
    """Open the archive as it is now. Raises lake.version-gone where an erasure takes its files away meanwhile."""
    from renkei.lake import api as lake  # heavy, and most questions are about recent history

    taken = lake.snapshot(state.table)
    with lake.reading(taken), lake.connection(taken, threads=1) as duck:
        yield Opened(duck, lake.relation_sql(taken))


def conditions(
    uris: Mapping[int, str],
    shown: Chosen,
    temporal: TemporalQuery,
    voids: Voids,
    *,
    settled: int,
) -> Condition:
    """Return what holds of the lines that are asked for; `uris` are those of the entities, by row.

    A former entity of the same URI had another row: its lines are not those of this one.
    """
    parts = [
        one_of("i.entity", sorted(set(uris.values())), mark=MARK),
        one_of("i.entity_row", sorted(uris), mark=MARK),
        Condition("i.batch <= ?", (settled,)),
        in_time(temporal, mark=MARK, moment=_moment),
        *of_datasets(shown, mark=MARK),
    ]
    if shown.only is not None:
        parts.append(one_of("i.attribute", sorted(shown.only), mark=MARK))
    if shown.without:
        parts.append(_outside(one_of("i.attribute", sorted(shown.without), mark=MARK)))
    return every(parts + void(voids))


def void(voids: Voids) -> list[Condition]:
    """Return the conditions that leave out what does not count."""
    parts = []
    if voids.instances:
        parts.append(_outside(one_of("i.instance", voids.instances, mark=MARK)))
    for one in voids.attributes:
        held = [Condition("i.entity_row = ? AND i.instance <= ?", (one.entity, one.until))]
        if one.attribute:
            held.append(Condition("i.attribute = ?", (one.attribute,)))
        if one.dataset is not None:
            held.append(Condition("i.dataset = ?", (one.dataset,)))
        parts.append(_outside(every(held)))
    return parts


def _outside(condition: Condition) -> Condition:
    return Condition(f"NOT ({condition.text})", condition.parameters)


def _moment(at: datetime) -> datetime:
    return at


def page(where: Condition, opened: Opened, temporal: TemporalQuery, *, limit: int) -> list[Line]:
    """Return the first lines by time, the latest first where the last ones are asked for; at most `limit`."""
    column = time_column(temporal)
    order = f"{column} DESC, i.instance DESC" if temporal.last else f"{column}, i.instance"
    last = (
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY i.entity_row, i.attribute ORDER BY {order}) <= {int(temporal.last)}"
        if temporal.last
        else ""
    )
    times = ", ".join(f"coalesce(strftime(i.{name}, '%Y-%m-%dT%H:%M:%S.%fZ'), '')" for name in _TIMES)
    found = opened.duck.execute(
        f"SELECT i.entity_row, i.attribute, i.dataset, i.instance, i.body, {times} "  # noqa: S608 - names and marks
        f"FROM {opened.relation} i WHERE {where.text} {last} ORDER BY {order} LIMIT {int(limit)}",
        list(where.parameters),
    ).fetchall()
    return [Line(*row) for row in found]


def series(where: Condition, opened: Opened) -> dict[tuple[int, str], str]:
    """Return entity and attribute of all lines, however many there are of each, and the body of one of them."""
    found = opened.duck.execute(
        f"SELECT i.entity_row, i.attribute, min(i.body) FROM {opened.relation} i WHERE {where.text} "  # noqa: S608
        "GROUP BY i.entity_row, i.attribute",
        list(where.parameters),
    ).fetchall()
    return {(row, attribute): body for row, attribute, body in found}


def rows_with_lines(where: Condition, opened: Opened) -> set[int]:
    """Return the rows of the entities that have a line as asked for."""
    found = opened.duck.execute(
        f"SELECT DISTINCT i.entity_row FROM {opened.relation} i WHERE {where.text}",  # noqa: S608
        list(where.parameters),
    ).fetchall()
    return {row[0] for row in found}


def instances_outside(kept: Sequence[Condition], opened: Opened) -> list[int]:
    """Return the instances that do not meet every one of these conditions."""
    where = _outside(every(kept))
    found = opened.duck.execute(
        f"SELECT DISTINCT i.instance FROM {opened.relation} i WHERE {where.text}",  # noqa: S608 - only marks
        list(where.parameters),
    ).fetchall()
    return [row[0] for row in found]


def entity_rows(opened: Opened) -> set[int]:
    """Return the rows of all entities that have lines in the archive."""
    found = opened.duck.execute(f"SELECT DISTINCT i.entity_row FROM {opened.relation} i").fetchall()  # noqa: S608
    return {row[0] for row in found}
