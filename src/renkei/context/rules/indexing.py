"""What of an instance is laid into the indexes beside an entity: comparable values, places, the number of its history."""

import math
from collections.abc import Iterator
from typing import Any

from renkei.context.rules.moments import moment_of
from renkei.context.types import VALUE_MEMBER, Document, Instance, Kind

LONGEST_TEXT = 255
"""Characters of a text that its index holds; the query language looks at the document for what is longer."""
STRIPS = 10
"""Strips of a degree of longitude."""
SMALL, WIDE = 10_000, 20_000
"""What is added to the strip of a shape no wider or higher than a strip; the one strip of all that are."""
Comparable = tuple[str, float | None, str | None]
"""Sort, number, text; see `models.ValueRow`."""

_NAMING = frozenset({Kind.RELATIONSHIP, Kind.LIST_RELATIONSHIP, Kind.VOCAB})
_OTHER: Comparable = ("o", None, None)


def comparables(instance: Instance) -> list[Comparable]:
    """Return what can be compared of an instance: a row for each value, or one of the sort `o` where there is none.

    Texts are cut to what the index holds. The query language (`rules.fitting`, `queries.find`) relies on it that every
    value is there, that the text of a date or time has its moment as number (microseconds since 1970), and that
    relationships and vocabularies are of the sort `u`, all other texts `s`.
    """
    return [(sort, number, text and text[:LONGEST_TEXT]) for sort, number, text in values_of(instance)] or [
        _OTHER
    ]


def values_of(instance: Instance) -> Iterator[Comparable]:
    """Yield what can be compared of an instance, texts in full."""
    kind, value = instance["type"], instance.get(VALUE_MEMBER[instance["type"]])
    if kind in _NAMING:
        for one in value if isinstance(value, list) else (value,):
            name = one.get("object") if isinstance(one, dict) else one
            if isinstance(name, str):
                yield "u", None, name
    elif kind == Kind.LANGUAGE:
        for text in value.values() if isinstance(value, dict) else ():
            yield from scalars(text)
    elif kind != Kind.GEO:
        yield from scalars(value)


def scalars(value: Any) -> Iterator[Comparable]:
    """Yield the numbers, truths and texts of a value, or of the elements of a list; of `{"@value": x}` its x."""
    for one in value if isinstance(value, list) else (value,):
        said = one["@value"] if isinstance(one, dict) and "@value" in one else one
        if isinstance(said, bool):
            yield "b", float(said), None
        elif isinstance(said, int | float):
            number = as_double(said)
            if number is not None:
                yield "n", number, None
        elif isinstance(said, str):
            yield "s", moment_of(said), said


def number_of(instance: Instance) -> float | None:
    """Return the number that an instance is in sums over its history; a truth counts 1 or 0."""
    if instance["type"] != Kind.PROPERTY:
        return None
    value = instance.get("value")
    if isinstance(value, dict):
        value = value.get("@value")
    return as_double(value) if isinstance(value, int | float) else None


def as_double(value: float) -> float | None:
    """Return a number as databases hold it; None for a whole number beyond what a double reaches."""
    try:
        # One nothing, whatever its sign: databases do not agree on whether there are two.
        return float(value) + 0.0
    except OverflowError:
        return None


def box(geometry: Any) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north of a GeoJSON geometry, None where it has no positions."""
    lons: list[float] = []
    lats: list[float] = []
    waiting = [geometry]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += part.get("geometries") or [part.get("coordinates")]
        elif isinstance(part, list) and part and isinstance(part[0], int | float):
            lons.append(float(part[0]))
            lats.append(float(part[1]))
        elif isinstance(part, list):
            waiting += part
    return (min(lons), min(lats), max(lons), max(lats)) if lons else None


def strip(around: tuple[float, float, float, float]) -> int:
    """Return the strip that the index looks for a box in: that of its western edge, points and small boxes apart."""
    west, south, east, north = around
    if not -180 <= west <= 180 or max(east - west, north - south) > 1 / STRIPS:
        return WIDE
    return math.floor(west * STRIPS) + (0 if (west, south) == (east, north) else SMALL)


def scopes_of(entity: Document) -> list[str]:
    """Return the scopes of an entity."""
    scopes: list[str] = entity.get("scope", [])
    return scopes
