"""Whether a document fits a question: the meaning of the query language, which SQL has to give as well."""

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import eq, ge, gt, le, lt
from typing import Any, Final

from renkei.context.rules.asking import sort_of
from renkei.context.rules.geo import lies_so
from renkei.context.rules.indexing import Comparable
from renkei.context.rules.looking import is_there, targets
from renkei.context.rules.moments import microseconds
from renkei.context.rules.patterns import found_in
from renkei.context.rules.selecting import has_scopes, is_selected
from renkei.context.types import (
    DEFAULT,
    All,
    AnyOf,
    Compare,
    Comparison,
    Document,
    EntityQuery,
    Exists,
    Literal,
    Range,
    Scalar,
    Term,
)

_ORDERED: Final[Mapping[Comparison, Callable[[Any, Any], bool]]] = {
    Comparison.GREATER: gt,
    Comparison.LESS: lt,
    Comparison.GREATER_EQUAL: ge,
    Comparison.LESS_EQUAL: le,
}


def fits(query: EntityQuery, doc: Document) -> bool:
    """Say whether an entity is one of those asked for (clause 5.7.2); order and time do not matter to it."""
    if query.selectors and not any(is_selected(selector, doc) for selector in query.selectors):
        return False
    if query.attributes and not any(name in doc["attrs"] for name in query.attributes):
        return False
    if query.datasets and not _has_dataset(query, doc):
        return False
    if query.scopes is not None and not has_scopes(query.scopes, doc.get("scope", ())):
        return False
    if query.q is not None and not matches(query.q, doc):
        return False
    return query.geo is None or any(
        lies_so(query.geo, instance["value"])
        for instance in doc["attrs"].get(query.geo.property, ())
        if instance["type"] == "GeoProperty"
    )


def _has_dataset(query: EntityQuery, doc: Document) -> bool:
    return any(
        instance.get("datasetId", DEFAULT) in query.datasets
        for instances in doc["attrs"].values()
        for instance in instances
    )


def matches(term: Term, doc: Document) -> bool:
    """Say whether a document matches a term of the query language (clause 4.9).

    An element is one instance of an attribute, or what it holds at the path; a comparison holds where it holds for one
    of them, whichever. `!=` holds for an element none of whose values is equal, `!~=` for one that has texts and none of
    them fits the pattern. What is of another sort than the literal is not equal to it, and neither greater nor less. A
    URI, as of a relationship, is only ever equal or unequal.
    """
    match term:
        case All():
            return all(matches(part, doc) for part in term.terms)
        case AnyOf():
            return any(matches(part, doc) for part in term.terms)
        case Exists():
            return is_there(term.path, doc)
        case Compare():
            return any(_meets(term, values) for values in targets(term.path, doc))


def _meets(term: Compare, values: list[Comparable]) -> bool:
    found = any(_holds(value, term.operator, literal) for value in values for literal in term.values)
    if term.operator is Comparison.UNEQUAL:
        return not found
    if term.operator is Comparison.NO_MATCH:
        return not found and any(sort == "s" for sort, _, _ in values)
    return found


def _holds(value: Comparable, operator: Comparison, literal: Literal | Range) -> bool:
    if isinstance(literal, Range):
        return _ordered(value, ge, literal.low) and _ordered(value, le, literal.high)
    if operator in {Comparison.MATCH, Comparison.NO_MATCH}:
        return value[0] == "s" and found_in(str(literal.value), str(value[2]))
    if operator in _ORDERED:
        return _ordered(value, _ORDERED[operator], literal.value)
    if literal.term is not None and value[0] == "u" and value[2] == literal.term:
        return True
    return _compared(value, eq, literal.value)


def _ordered(value: Comparable, holds: Callable[[Any, Any], bool], literal: Scalar) -> bool:
    return value[0] != "u" and _compared(value, holds, literal)


def _compared(value: Comparable, holds: Callable[[Any, Any], bool], literal: Scalar) -> bool:
    sort, number, text = value
    if isinstance(literal, datetime):
        return sort == "s" and number is not None and holds(number, microseconds(literal))
    if isinstance(literal, str):
        return text is not None and holds(text, literal)
    return sort == sort_of(literal) and holds(number, float(literal))
