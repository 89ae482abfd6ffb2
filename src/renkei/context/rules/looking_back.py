"""What a term of the query language looks at, for those who look for it in histories (clause 5.7.4)."""

from renkei.context.rules.asking import ENTITY_MEMBERS, sort_of
from renkei.context.types import (
    All,
    AnyOf,
    Compare,
    Comparison,
    Literal,
    Range,
    Term,
)

_BOUNDS = {
    Comparison.EQUAL: "=",
    Comparison.GREATER: ">",
    Comparison.LESS: "<",
    Comparison.GREATER_EQUAL: ">=",
    Comparison.LESS_EQUAL: "<=",
}
Bound = tuple[str, float]
"""An operator of SQL and a number."""


def attributes_of(term: Term) -> frozenset[str]:
    """Return the attributes that a term looks at."""
    match term:
        case All() | AnyOf():
            return frozenset().union(*(attributes_of(part) for part in term.terms))
        case _:
            return frozenset({term.path.attribute}) - ENTITY_MEMBERS


def bounds_of(term: Term) -> list[tuple[str, list[list[Bound]]]]:
    """Return what a term surely asks of numbers: for an attribute, bounds of which one group has to hold.

    It is less than the term asks: whoever does not meet it does not meet the term.
    """
    if isinstance(term, All):
        return [bound for part in term.terms for bound in bounds_of(part)]
    if not isinstance(term, Compare) or term.path.subs or term.path.members:
        return []
    if term.path.attribute in ENTITY_MEMBERS or term.operator not in _BOUNDS:
        return []
    groups = [_bounds(term.operator, value) for value in term.values]
    return [(term.path.attribute, [group for group in groups if group])] if all(groups) else []


def _bounds(operator: Comparison, value: Literal | Range) -> list[Bound]:
    if isinstance(value, Range):
        if _is_number(value.low) and _is_number(value.high):
            return [(">=", float(value.low)), ("<=", float(value.high))]  # type: ignore[arg-type]
        return []
    return [(_BOUNDS[operator], float(value.value))] if _is_number(value.value) else []  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and sort_of(value) == "n"
