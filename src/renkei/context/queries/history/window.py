"""Which instances a question means, as conditions in SQL, for the database and for the archive alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from renkei.context.types import Chosen, TemporalQuery, TimeRelation

COLUMN = {
    "observedAt": "observed_at",
    "createdAt": "created_at",
    "modifiedAt": "modified_at",
    "deletedAt": "deleted_at",
}
Moment = Callable[[datetime], Any]
"""Turns a time into what a parameter of the engine takes."""


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL text with marks, and what goes in their places."""

    text: str
    parameters: tuple[Any, ...] = ()


def time_column(temporal: TemporalQuery) -> str:
    """Return the expression of the time that instances are placed by.

    Where nothing is asked of the time, what was never observed is told as well, at the time it was written.
    """
    if temporal.member == "observedAt" and temporal.relation is None:
        return "COALESCE(i.observed_at, i.created_at)"
    return f"i.{COLUMN[temporal.member]}"


def in_time(temporal: TemporalQuery, *, mark: str, moment: Moment) -> Condition:
    """Return the condition on the times of an instance `i`: `before` and `after` are open, `between` has its start.

    That something was taken away is told only to those who ask by `deletedAt`.
    """
    taken = "NOT NULL" if temporal.member == "deletedAt" else "NULL"
    parts = [f"i.deleted_at IS {taken}"]
    values: list[Any] = []
    column = time_column(temporal)
    if temporal.relation is TimeRelation.BEFORE and temporal.at:
        parts.append(f"{column} < {mark}")
        values.append(moment(temporal.at))
    elif temporal.relation is TimeRelation.AFTER and temporal.at:
        parts.append(f"{column} > {mark}")
        values.append(moment(temporal.at))
    elif temporal.relation is TimeRelation.BETWEEN and temporal.at and temporal.until:
        parts += [f"{column} >= {mark}", f"{column} < {mark}"]
        values += [moment(temporal.at), moment(temporal.until)]
    return Condition(" AND ".join(parts), tuple(values))


def one_of(column: str, values: Sequence[Any], *, mark: str) -> Condition:
    """Return the condition that a column has one of these values."""
    if not values:
        return Condition("1 = 0")
    return Condition(f"{column} IN ({', '.join([mark] * len(values))})", tuple(values))


def of_datasets(shown: Chosen, *, mark: str) -> list[Condition]:
    """Return the condition on the dataset of an instance `i`, where there is one."""
    return [] if shown.datasets is None else [one_of("i.dataset", sorted(shown.datasets), mark=mark)]


def every(conditions: Sequence[Condition]) -> Condition:
    """Return the condition that all of them hold."""
    return Condition(
        " AND ".join(f"({one.text})" for one in conditions),
        tuple(value for one in conditions for value in one.parameters),
    )
