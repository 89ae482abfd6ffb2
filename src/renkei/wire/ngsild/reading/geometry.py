"""GeoJSON geometries by their structure (RFC 7946; clause 4.7); whether a ring crosses itself is the room's to say."""

from collections.abc import Callable
from typing import Any

from renkei.wire.ngsild.reading.broken import BrokenRuleError
from renkei.wire.ngsild.reading.values import brief


def looks_like_geometry(given: Any) -> bool:
    """Return whether an object says that it is a geometry."""
    return (
        type(given) is dict
        and type(given.get("type")) is str
        and given["type"] in _COORDINATES
        and ("coordinates" in given or "geometries" in given)
    )


def check_geometry(given: Any) -> dict[str, Any]:
    """Return a geometry, or break the rule: known type, positions on the earth, rings closed."""
    if type(given) is not dict:
        raise BrokenRuleError(f"must be a GeoJSON geometry, not {brief(given)}")
    kind = given.get("type")
    check = _COORDINATES.get(kind) if type(kind) is str else None
    if check is None:
        raise BrokenRuleError(f"must be a type of GeoJSON geometry, not {brief(kind)}", "type")
    if "coordinates" not in given:
        raise BrokenRuleError("must have coordinates")
    try:
        check(given["coordinates"])
    except BrokenRuleError as broken:
        raise broken.under("coordinates") from None
    return given


def _position(given: Any) -> None:
    if type(given) is not list or not 2 <= len(given) <= 3:
        raise BrokenRuleError(f"must be a position [longitude, latitude], not {brief(given)}")
    for number in given:
        if type(number) is not float and type(number) is not int:
            raise BrokenRuleError(f"must be numbers, not {brief(number)}")
    if not (-180 <= given[0] <= 180 and -90 <= given[1] <= 90):
        raise BrokenRuleError(f"must lie within ±180 and ±90 degrees, not at {given[0]}, {given[1]}")


def _array(of: Callable[[Any], None], least: int) -> Callable[[Any], None]:
    def check(given: Any) -> None:
        if type(given) is not list or len(given) < least:
            raise BrokenRuleError(f"must be an array of at least {least}, not {brief(given)}")
        for place, inner in enumerate(given):
            try:
                of(inner)
            except BrokenRuleError as broken:
                raise broken.under(str(place)) from None

    return check


def _ring(given: Any) -> None:
    _closed(given)
    if given[0] != given[-1]:
        raise BrokenRuleError("must be a closed ring: its last position is its first")


_closed = _array(_position, 4)
_line = _array(_position, 2)
_polygon = _array(_ring, 1)
_COORDINATES: dict[str, Callable[[Any], None]] = {
    "Point": _position,
    "MultiPoint": _array(_position, 1),
    "LineString": _line,
    "MultiLineString": _array(_line, 1),
    "Polygon": _polygon,
    "MultiPolygon": _array(_polygon, 1),
}
