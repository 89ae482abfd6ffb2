"""Ways into the index beside entities: what a question is asked of first.

A comparison looks up its rows by their value, or goes through all rows of its attribute in the order of the entities.
Which of the two, and for which part of the question, is decided by a look at the index. A way may lead to more entities
than match; it never misses one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from renkei.context.queries.conditions import Asked, is_indexed, of_row
from renkei.context.queries.parts import NEVER, Part, both, either, joined, marks, put
from renkei.context.types import (
    All,
    AnyOf,
    Compare,
    Comparison,
    EntityQuery,
    Literal,
    Range,
    Scalar,
    Term,
)

FEW: Final = 1000
"""Rows of the index up to which a comparison is asked first, whatever else there is."""
_FAR: Final = 10_000
"""Entities before the first that matches from which on it is quicker to look up all that match than to walk there."""
_MOST: Final = 40
"""Lookups that one question is judged by."""
_LOWER: Final = frozenset({Comparison.GREATER, Comparison.GREATER_EQUAL})
_UPPER: Final = frozenset({Comparison.LESS, Comparison.LESS_EQUAL})
_DRIVING: Final = _LOWER | _UPPER | {Comparison.EQUAL}


@dataclass(frozen=True, slots=True)
class Lookup:
    """Rows `d` of an index that are found by a condition."""

    table: str
    where: Part
    is_ordered: bool = False
    """Whether the index has them in the order of their entities."""

    def select(self) -> Part:
        """Return the query for their entities, of which some come twice."""
        return Part(f"SELECT d.entity_id FROM {self.table} d WHERE {self.where.sql}", self.where.parameters)  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Way:
    """A way to the entities that a part of a question can be true for."""

    lookups: tuple[Lookup, ...]
    walk: Lookup | None = None
    """The way through all rows of the attribute, in the order of their entities."""
    attribute: int | None = None
    term: Term | None = None
    """The part of the question that needs not be asked again."""

    def rows(self) -> Part:
        """Return the query for all its entities."""
        return joined([lookup.select() for lookup in self.lookups], " UNION ALL ")

    def ordered(self) -> Lookup | None:
        """Return the lookup that leads to all of them in their order, where there is one."""
        if len(self.lookups) == 1 and self.lookups[0].is_ordered:
            return self.lookups[0]
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a question is asked of first: some entities by their index, or all of them one by one."""

    among: Part | None = None
    """The query for the entities that it is asked of."""
    along: Lookup | None = None
    """Rows whose entities it is asked of, in their order, until the page is full."""
    term: Term | None = None
    """The part that is answered with it."""


def choose(cursor: Any, query: EntityQuery, asked: Asked) -> Choice | None:
    """Return what to ask a question of, None where no entity can match."""
    if any(selector.ids for selector in query.selectors):
        return Choice()
    ways = list(_ways_within(query, asked))
    if not ways:
        return Choice()
    if len(ways) == 1 and (only := ways[0].ordered()):
        return Choice(along=only, term=ways[0].term)
    return _judged(cursor, ways)


def without(term: Term | None, answered: Term | None) -> Term | None:
    """Return what of a term is left to ask when a part of it is answered."""
    if term is answered:
        return None
    if isinstance(term, All):
        left = tuple(part for each in term.terms if (part := without(each, answered)) is not None)
        return All(left) if left else None
    return term


def _ways_within(query: EntityQuery, asked: Asked) -> Iterator[Way]:
    lookups = 0
    for way in (*(_ways(query.q, asked) if query.q else ()), *_by_type(query, asked)):
        lookups += len(way.lookups)
        if lookups <= _MOST:
            yield way


def _judged(cursor: Any, ways: Sequence[Way]) -> Choice | None:
    counted = _look(cursor, ways)
    fewest, chosen, far, place = FEW + 1, None, None, 0
    walks: list[Way] = []
    for way in ways:
        start = next(counted)[1]
        found = [(lookup, *next(counted)) for lookup in way.lookups]
        each = [(lookup, count, first) for lookup, count, first in found if count]
        if not each:
            return None
        kept = replace(way, lookups=tuple(lookup for lookup, _, _ in each))
        walks.append(kept)
        rows, first = sum(count for _, count, _ in each), min(first for _, _, first in each)
        if rows < fewest:
            fewest, chosen = rows, kept
        if way.walk and first - start > _FAR and first > place and kept.ordered() is None:
            place, far = first, kept
    if chosen is not None:
        return Choice(among=chosen.rows())
    if far is not None:
        return Choice(among=far.rows())
    return _along(walks)


def _along(ways: Sequence[Way]) -> Choice:
    """Return the first way that goes along in order: by a value, else through all of an attribute, else by a type."""
    ordered = [(along, way.term) for way in ways if (along := way.ordered())]
    by_value = [(along, term) for along, term in ordered if term is not None]
    walks = [(way.walk, way.term) for way in ways if way.walk]
    for along, term in (*by_value, *walks, *ordered):
        return Choice(along=along, term=term)
    return Choice()


def _look(cursor: Any, ways: Sequence[Way]) -> Iterator[tuple[int, int]]:
    """Yield for each way its first entity, then of each lookup how many rows it has, up to a limit, and their first.

    0 stands for an entity where there is none.
    """
    parts: list[Part] = []
    for way in ways:
        parts.append(
            Part(
                "SELECT min(d.entity_id) AS entity_id FROM context_value d WHERE d.name_id = %s",
                (way.attribute,),
            )
        )
        parts += [put(f"§ LIMIT {FEW + 1}", lookup.select()) for lookup in way.lookups]
    asked = [
        Part(f"SELECT {place}, count(*), min(h.entity_id) FROM ({part.sql}) h", part.parameters)  # noqa: S608 - our own names
        for place, part in enumerate(parts)
    ]
    whole = joined(asked, " UNION ALL ")
    cursor.execute(whole.sql, whole.parameters)
    for _, count, first in sorted(cursor.fetchall()):
        yield count, first or 0


def _ways(term: Term, asked: Asked) -> list[Way]:
    """Return the ways to all entities that a term can be true for."""
    match term:
        case All():
            limits = [part for part in term.terms if isinstance(part, Compare)]
            return [*_between(limits, asked), *(way for part in term.terms for way in _ways(part, asked))]
        case AnyOf():
            each = [_ways(part, asked) for part in term.terms]
            return [Way(tuple(one for ways in each for one in ways[0].lookups))] if all(each) else []
        case Compare() if term.operator in _DRIVING and is_indexed(term):
            return [_by_value(term, asked)]
        case _:
            return []


def _by_value(term: Compare, asked: Asked) -> Way:
    lookups = tuple(_lookup([one], asked) for one in _each(term))
    return Way(lookups, _lookup([term], asked, walks=True), asked.number(term.path.attribute), term)


def _lookup(
    terms: Sequence[Compare], asked: Asked, *, walks: bool = False, or_several: bool = False
) -> Lookup:
    rows = both(of_row(term, asked, row="d", walks=walks) for term in terms)
    if or_several:
        rows = either([Part(f"({rows.sql})", rows.parameters), Part("d.several")])
    named = Part("d.name_id = %s", (asked.number(terms[0].path.attribute),))
    is_exact = terms[0].operator is Comparison.EQUAL and not isinstance(terms[0].values[0], Range)
    return Lookup("context_value", both([named, rows]), is_ordered=walks or (is_exact and len(terms) == 1))


def _each(term: Compare) -> Iterator[Compare]:
    """Yield a comparison with one value for each that it has, so that each can be looked up in the index."""
    for literal in term.values:
        if isinstance(literal, Literal) and literal.term is not None:
            yield replace(term, values=(Literal(literal.value),))
            yield replace(term, values=(Literal(literal.term),))
        else:
            yield replace(term, values=(literal,))


def _between(limits: Iterable[Compare], asked: Asked) -> Iterator[Way]:
    """Yield a way for a lower and an upper limit of one attribute: a row between them, or one of several rows.

    Of several values of an entity one can be above the lower limit and another below the upper one.
    """
    able = [term for term in limits if term.operator in _LOWER | _UPPER and is_indexed(term)]
    for _, group in groupby(sorted(able, key=_limited), key=_limited):
        terms = list(group)
        lower = next((term for term in terms if term.operator in _LOWER), None)
        upper = next((term for term in terms if term.operator in _UPPER), None)
        if lower is not None and upper is not None:
            number = asked.number(lower.path.attribute)
            several = Part("d.name_id = %s AND d.several", (number,))
            between = _lookup([lower, upper], asked)
            walk = _lookup([lower, upper], asked, walks=True, or_several=True)
            yield Way((between, Lookup("context_value", several)), walk, number)


def _limited(term: Compare) -> tuple[str, str]:
    """Return the attribute that a comparison limits, and the sort of value."""
    literal = term.values[0]
    value: Scalar | None = literal.value if isinstance(literal, Literal) else None
    sort = (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )
    return term.path.attribute, sort


def _by_type(query: EntityQuery, asked: Asked) -> Iterator[Way]:
    """Yield the way over the types, where every selector names some."""
    groups = [selector.types.groups if selector.types else () for selector in query.selectors]
    if not groups or not all(groups):
        return
    numbers = [asked.number(group[0]) for some in groups for group in some]
    known = sorted({number for number in numbers if number is not None})
    each = tuple(Lookup("context_type", _is_named([number]), is_ordered=True) for number in known)
    yield Way(each or (Lookup("context_type", NEVER),))


def _is_named(numbers: Sequence[int]) -> Part:
    inner = marks(numbers)
    return Part(f"d.name_id IN ({inner.sql})", inner.parameters)
