"""The words of a question, out of an address or out of the body of a Query (clause 5.2.23): the same from here on."""

from collections.abc import Iterable, Mapping
from typing import Any

from renkei.context.types import RequestInvalid

Words = Mapping[str, str]
"""Each parameter once, as text; lists have commas between."""
MOST_SELECTORS = 1000
"""Selectors of entities in one question."""
MOST_NAMED = 10_000
"""Ids of one question, and names in one list of it."""

_LISTS = ("attrs", "pick", "omit", "containedBy", "datasetId", "expandValues", "jsonKeys")
_TEXTS = ("q", "csf", "scopeQ", "lang", "join", "geometryProperty")
_QUERY = frozenset({"type", "@context", "entities", "joinLevel", "entityMap", *_LISTS, *_TEXTS}) | {
    "geoQ", "temporalQ", "ordering", "aggrParams",
}  # fmt: skip
_GEO = frozenset({"georel", "geometry", "coordinates", "geoproperty"})
_TEMPORAL = frozenset({"timerel", "timeAt", "endTimeAt", "timeproperty", "lastN"})
_ORDERING = frozenset({"orderBy", "geometry", "coordinates"})
_AGGREGATION = frozenset({"aggrMethods", "aggrPeriodDuration"})


def words_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the parameters of an address; one that is given several times is a list."""
    words: dict[str, str] = {}
    for name, value in pairs:
        words[name] = f"{words[name]},{value}" if name in words else value
    return words


def words_of_query(body: Any) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the words of a Query, and its selectors of entities. Raises context.request-invalid."""
    if not isinstance(body, dict) or body.get("type") != "Query":
        raise RequestInvalid(why='/type of the body is "Query"')
    _object("", body, _QUERY)
    words = {name: _joined(name, body[name]) for name in _LISTS if name in body}
    words |= {name: _text(name, body[name]) for name in _TEXTS if name in body}
    if "joinLevel" in body:
        words["joinLevel"] = str(body["joinLevel"])
    words |= (
        _geo(body.get("geoQ", {})) | _temporal(body.get("temporalQ", {})) | _ordering(body.get("ordering"))
    )
    words |= _aggregation(body.get("aggrParams", {}))
    return words, _entities(body)


def _entities(body: dict[str, Any]) -> list[dict[str, Any]]:
    if "entities" not in body:
        return []
    entities = body["entities"]
    if not isinstance(entities, list) or not 0 < len(entities) <= MOST_SELECTORS:
        raise RequestInvalid(why=f"/entities is an array of 1 to {MOST_SELECTORS} objects")
    if not all(isinstance(one, dict) for one in entities):
        raise RequestInvalid(why="/entities is an array of objects")
    return entities


def _joined(name: str, given: Any) -> str:
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
        raise RequestInvalid(why=f"/{name} is an array of texts with at least one")
    if len(given) > MOST_NAMED:
        raise RequestInvalid(why=f"/{name} has more than {MOST_NAMED} elements")
    return ",".join(given)


def _text(name: str, given: Any) -> str:
    if not isinstance(given, str):
        raise RequestInvalid(why=f"/{name} is a text")
    return given


def _object(name: str, given: Any, known: frozenset[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise RequestInvalid(why=f"/{name} is an object")
    unknown = sorted(given.keys() - known)
    if unknown:
        raise RequestInvalid(why=f"/{name} has no member {unknown[0][:80]}")
    return given


def _geo(given: Any) -> dict[str, str]:
    return _place("geoQ", _object("geoQ", given, _GEO))


def _place(where: str, told: dict[str, Any]) -> dict[str, str]:
    from msgspec.json import encode

    words = {name: _text(f"{where}/{name}", value) for name, value in told.items() if name != "coordinates"}
    if "coordinates" in told:
        stated = told["coordinates"]
        words["coordinates"] = stated if isinstance(stated, str) else encode(stated).decode()
    return words


def _temporal(given: Any) -> dict[str, str]:
    told = _object("temporalQ", given, _TEMPORAL)
    words = {name: _text(f"temporalQ/{name}", value) for name, value in told.items() if name != "lastN"}
    return {**words, "lastN": str(told["lastN"])} if "lastN" in told else words


def _aggregation(given: Any) -> dict[str, str]:
    told = _object("aggrParams", given, _AGGREGATION)
    return {name: _joined(name, value) for name, value in told.items()}


def _ordering(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    told = _object("ordering", given, _ORDERING)
    words = {"orderBy": _joined("ordering/orderBy", told.get("orderBy"))}
    place = _place("ordering", {name: value for name, value in told.items() if name != "orderBy"})
    renamed = {"coordinates": "orderFrom", "geometry": "orderGeometry"}
    return {**words, **{renamed[name]: value for name, value in place.items()}}


def flag(words: Words, name: str) -> bool:
    """Return a parameter that is true or false, false where it is left out. Raises context.request-invalid."""
    stated = words.get(name, "false").lower()
    if stated not in {"true", "false"}:
        raise RequestInvalid(why=f"{name} is true or false")
    return stated == "true"


def number(words: Words, name: str, usual: int, *, least: int = 0, most: int = 1_000_000_000) -> int:
    """Return a parameter that is a whole number. Raises context.request-invalid."""
    text = words.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 12) or not least <= int(text) <= most:
        raise RequestInvalid(why=f"{name} is a whole number from {least} to {most}")
    return int(text)
