"""When and where the data of a dataset come from: `dct:temporal` and `dct:spatial` (DCAT 3, 6.6.13 and 6.6.12).

The protocol leaves both open, and connectors write them in many ways. Ours are written as DCAT has them, with prefixes
that the protocol's context knows and absolute IRIs for the rest. What a peer writes is read as far as it makes sense; a
time or a place that makes none is as good as none, since it must not hide the dataset.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec

from renkei.kernel.clock import format_utc, parse_moment
from renkei.kernel.places import Box, Place, around
from renkei.kernel.texts import Text
from renkei.wire.dsp.catalog import Labels, labels, text_of

PREF_LABEL: Final = "http://www.w3.org/2004/02/skos/core#prefLabel"
WKT: Final = "http://www.opengis.net/ont/geosparql#wktLiteral"

_START: Final = ("startDate", "start", "hasBeginning")
_END: Final = ("endDate", "end", "hasEnd")
_INSTANT: Final = ("inXSDDateTimeStamp", "inXSDDateTime", "inXSDDate")
_SHAPE: Final = ("bbox", "geometry", "centroid")
_LABEL: Final = ("prefLabel", "label", "geographicName", "title", "name")
_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?"
_WKT_POINT: Final = re.compile(rf"({_NUMBER})\s+({_NUMBER})(?:\s+{_NUMBER})?\s*(?=[,)])")
_ENVELOPE: Final = re.compile(
    rf"\s*ENVELOPE\s*\(\s*({_NUMBER})\s*,\s*({_NUMBER})\s*,\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\)\s*",
    re.IGNORECASE,
)
_LONGEST: Final = 100_000
"""Characters of a shape that are looked at."""
_DEEPEST: Final = 8


def write_period(first: datetime | None, last: datetime | None) -> dict[str, Any] | None:
    """Return a span of time as `dct:PeriodOfTime`; None where neither end is known."""
    ends = {"dcat:startDate": first, "dcat:endDate": last}
    told = {
        name: {"@value": format_utc(at), "@type": "xsd:dateTime"}
        for name, at in ends.items()
        if at is not None
    }
    return {"@type": "dct:PeriodOfTime", **told} if told else None


def write_place(place: Place | None) -> dict[str, Any] | None:
    """Return a place as `dct:Location`; None where nothing is known of it."""
    if place is None or (place.box is None and place.name is None):
        return None
    told: dict[str, Any] = {"@type": "dct:Location"}
    if place.name is not None:
        told[PREF_LABEL] = msgspec.to_builtins(labels(place.name))
    if place.box is not None:
        told["dcat:bbox"] = {"@value": place.box.as_wkt(), "@type": WKT}
    return told


def read_period(given: Any) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last moment of a peer's span of time, each None where it is open or makes no sense."""
    for period in _each(given):
        if isinstance(period, dict):
            first, last = _moment(_member(period, _START)), _moment(_member(period, _END), end=True)
            if first is not None or last is not None:
                return first, last
    return None, None


def read_place(given: Any) -> Place | None:
    """Return a peer's place: the box around its shapes, and its name; None where it tells neither.

    Shapes are WKT or GeoJSON, as text or as JSON; a text without a shape, or an IRI, is taken for the name.
    """
    boxes: list[Box] = []
    name: Text | None = None
    for place in _each(given):
        box = next((found for shape in _shapes(place) if (found := _box(shape)) is not None), None)
        boxes += [] if box is None else [box]
        name = name or _name(place, shaped=box is not None)
    if not boxes and name is None:
        return None
    return Place(name=name, box=boxes[0] if boxes else None)


def _each(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [] if given is None else [given]


def _member(node: dict[str, Any], names: tuple[str, ...]) -> Any:
    """Return the first member with one of these names, whichever prefix or IRI stands before it."""
    bare = {re.split(r"[:/#]", key)[-1]: value for key, value in reversed(node.items())}
    return next((bare[name] for name in names if name in bare), None)


def _plain(given: Any) -> Any:
    first = given[0] if isinstance(given, list) and given else given
    return first.get("@value", first) if isinstance(first, dict) else first


def _moment(given: Any, *, end: bool = False) -> datetime | None:
    value = _plain(given)
    if isinstance(value, dict):
        value = _plain(_member(value, _INSTANT))
    with suppress(ValueError):
        return parse_moment(value, end=end) if isinstance(value, str) else None
    return None


def _shapes(place: Any) -> Iterator[Any]:
    if not isinstance(place, dict) or "coordinates" in place or "@value" in place:
        yield _plain(place)
        return
    for name in _SHAPE:
        for shape in _each(_member(place, (name,))):
            yield _plain(shape)


def _box(shape: Any) -> Box | None:
    with suppress(ValueError, OverflowError, msgspec.DecodeError, RecursionError):
        if isinstance(shape, str) and len(shape) <= _LONGEST:
            envelope = _ENVELOPE.fullmatch(shape)
            if envelope is not None:  # west, east, north, south
                west, east, north, south = map(float, envelope.groups())
                return Box(west, south, east, north)
            if shape.lstrip().startswith("{"):
                return _box(msgspec.json.decode(shape))
            return around((float(x), float(y)) for x, y in _WKT_POINT.findall(shape))
        if isinstance(shape, dict):
            return around(_points(shape.get("coordinates"), _DEEPEST))
    return None


def _points(coordinates: Any, deepest: int) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list) or deepest == 0:
        return
    if len(coordinates) >= 2 and all(type(each) in {int, float} for each in coordinates[:2]):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for inner in coordinates:
        yield from _points(inner, deepest - 1)


def _name(place: Any, *, shaped: bool) -> Text | None:
    if isinstance(place, dict) and "coordinates" not in place:
        said = _member(place, _LABEL)
        given = said if said is not None else place.get("@id") if "@value" not in place else place
    else:
        given = place
    if shaped and given is place:
        return None
    with suppress(msgspec.ValidationError):
        text = text_of(msgspec.convert(given, Labels | None))
        return text if text.en else None
    return None
