"""Pieces of SQL with the parameters that belong to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of SQL, and its parameters in order."""

    sql: str
    parameters: tuple[Any, ...] = ()


NEVER = Part("1 = 0")
ALWAYS = Part("1 = 1")
WIDEST = 100
"""Alternatives side by side; more are put into groups, since SQLite nests those of one row 1,000 deep at most."""


def joined(parts: Iterable[Part], by: str) -> Part:
    """Return pieces one after the other with a word between them."""
    all_of = list(parts)
    return Part(
        by.join(part.sql for part in all_of), tuple(one for part in all_of for one in part.parameters)
    )


def both(parts: Iterable[Part]) -> Part:
    """Return a condition that holds where all do."""
    all_of = [part for part in parts if part != ALWAYS]
    if NEVER in all_of:
        return NEVER
    return joined(all_of, " AND ") if all_of else ALWAYS


def either(parts: Iterable[Part]) -> Part:
    """Return a condition that holds where one does."""
    some = [part for part in parts if part != NEVER]
    if not some:
        return NEVER
    while len(some) > WIDEST:
        groups = (some[start : start + WIDEST] for start in range(0, len(some), WIDEST))
        some = [either(group) for group in groups]
    whole = joined(some, " OR ")
    return Part(f"({whole.sql})", whole.parameters)


def put(sql: str, *parts: Part) -> Part:
    """Return a piece with others in place of its `§`, in order."""
    first, *rest = sql.split("§")
    text = first + "".join(part.sql + after for part, after in zip(parts, rest, strict=True))
    return Part(text, tuple(one for part in parts for one in part.parameters))


def marks(values: Iterable[Any]) -> Part:
    """Return the list of an IN."""
    given = tuple(values)
    return Part(", ".join(["%s"] * len(given)), given)
