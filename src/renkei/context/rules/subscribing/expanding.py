"""Names in a subscription's members, put in place of the IRIs that they mean (clauses 5.5.7, 5.2.12 to 5.2.14)."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from renkei.context.errors import RequestInvalid
from renkei.context.rules.asking import parse_q
from renkei.context.rules.selecting import parse_types
from renkei.context.rules.subscribing.terms import stored_term
from renkei.context.types import MEMBERS

Expand = Callable[[str], str]


def expand_members(members: Mapping[str, Any], *, expand: Expand) -> dict[str, Any]:
    """Return members as `rules.subscribing.reading` takes them; `expand` turns a name into the IRI that it means.

    What is not of its kind is left as it is, for the reader to refuse. Raises context.request-invalid, query-malformed.
    """
    return {
        name: value if value is None else _EXPAND.get(name, _as_it_is)(value, expand)
        for name, value in members.items()
    }


def _as_it_is(value: Any, _expand: Expand) -> Any:
    return value


def _expand_entities(value: Any, expand: Expand) -> Any:
    if not isinstance(value, list):
        return value
    return [_expand_selector(each, expand) if isinstance(each, dict) else each for each in value]


def _expand_selector(given: dict[str, Any], expand: Expand) -> dict[str, Any]:
    kept = {name: value for name, value in given.items() if name != "type" and value is not None}
    stated = given.get("type")
    if not isinstance(stated, str) or not stated:
        raise RequestInvalid(why="each of the entities has a type, or * for any")
    if stated == "*":
        return kept
    groups = parse_types(stated, expand=expand, parameter="entities.type").groups
    return kept | {"type": [list(group) for group in groups]}


def _expand_names(value: Any, expand: Expand) -> Any:
    if not isinstance(value, list):
        raise RequestInvalid(why="names of attributes stand in an array")
    return [
        expand(each) if isinstance(each, str) and each and each not in MEMBERS else each for each in value
    ]


def _expand_q(value: Any, expand: Expand) -> Any:
    """Return a query as it was written and as it was understood; it may be written as in an address (RFC 3986, 2.1)."""
    if not isinstance(value, str):
        raise RequestInvalid(why="q is a text")
    return {"text": value, "term": stored_term(parse_q(unquote(value), expand=expand))}


def _checked_csf(value: Any, expand: Expand) -> Any:
    """Return a filter of other sources as it was written: none is asked, but it has to be one."""
    if isinstance(value, str):
        parse_q(unquote(value), expand=expand, parameter="csf")
    return value


def _expand_geo(value: Any, expand: Expand) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get("geoproperty"), str):
        return value
    return value | {"geoproperty": expand(value["geoproperty"])}


def _expand_notification(value: Any, expand: Expand) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        name: _expand_names(given, expand) if name in {"attributes", "pick", "omit"} else given
        for name, given in value.items()
    }


_EXPAND: Final[Mapping[str, Callable[[Any, Expand], Any]]] = {
    "entities": _expand_entities,
    "watchedAttributes": _expand_names,
    "q": _expand_q,
    "csf": _checked_csf,
    "geoQ": _expand_geo,
    "notification": _expand_notification,
}
