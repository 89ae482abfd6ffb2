"""Terms of the query language as JSON, so that a stored subscription needs no JSON-LD context to be understood."""

from datetime import datetime
from typing import Any

from renkei.context.types import (
    All,
    AnyOf,
    Compare,
    Comparison,
    Exists,
    Literal,
    Path,
    Range,
    Scalar,
    Term,
    TypeSelection,
)


def stored_term(term: Term) -> dict[str, Any]:
    """Return a term as JSON."""
    if isinstance(term, All):
        return {"all": [stored_term(each) for each in term.terms]}
    if isinstance(term, AnyOf):
        return {"any": [stored_term(each) for each in term.terms]}
    if isinstance(term, Exists):
        return {"exists": _stored_path(term.path)}
    values = [_stored_value(value) for value in term.values]
    return {"path": _stored_path(term.path), "operator": term.operator.value, "values": values}


def read_term(stored: dict[str, Any]) -> Term:
    """Return the term that `stored_term` wrote."""
    if "all" in stored:
        return All(tuple(read_term(each) for each in stored["all"]))
    if "any" in stored:
        return AnyOf(tuple(read_term(each) for each in stored["any"]))
    if "exists" in stored:
        return Exists(_path(stored["exists"]))
    values = tuple(_value(value) for value in stored["values"])
    return Compare(_path(stored["path"]), Comparison(stored["operator"]), values)


def read_types(groups: list[list[str]]) -> TypeSelection:
    """Return a selection of types from its groups."""
    return TypeSelection(tuple(tuple(group) for group in groups))


def _stored_path(path: Path) -> list[Any]:
    return [path.attribute, list(path.subs), list(path.members)]


def _path(stored: list[Any]) -> Path:
    return Path(stored[0], tuple(stored[1]), tuple(stored[2]))


def _stored_value(value: Literal | Range) -> dict[str, Any]:
    if isinstance(value, Range):
        return {"low": _stored_scalar(value.low), "high": _stored_scalar(value.high)}
    uri = {"uri": True} if value.is_uri else {}
    word = {"term": value.term} if value.term is not None else {}
    return {"is": _stored_scalar(value.value), **uri, **word}


def _value(stored: dict[str, Any]) -> Literal | Range:
    if "low" in stored:
        return Range(_scalar(stored["low"]), _scalar(stored["high"]))
    return Literal(_scalar(stored["is"]), is_uri=bool(stored.get("uri")), term=stored.get("term"))


def _stored_scalar(value: Scalar) -> Any:
    return {"time": value.isoformat()} if isinstance(value, datetime) else value


def _scalar(stored: Any) -> Scalar:
    if isinstance(stored, dict):
        return datetime.fromisoformat(stored["time"])
    value: Scalar = stored
    return value
