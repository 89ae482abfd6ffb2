"""Rows of a feed: the history of a type of entity as a wide table, made of the lines of one batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from renkei.context.rules.indexing import as_double
from renkei.context.rules.moments import moment_of
from renkei.context.types import VALUE_MEMBER, FeedColumn, Instance, Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONG = 2**63
FIRST = ("entity", "observed_at")
PLACE = ("latitude", "longitude")


@dataclass(frozen=True, slots=True)
class Fed:
    """A line of history on its way into a feed."""

    entity: str
    told_at: datetime
    attribute: str
    instance: Instance


Place = tuple[float | None, float | None]
"""Latitude and longitude, in degrees."""
_NOWHERE: Place = (None, None)


def wide_rows(
    lines: Iterable[Fed], columns: Sequence[FeedColumn], position: str, places: Mapping[str, Place]
) -> list[tuple[Any, ...]]:
    """Return a row for each entity and moment that lines tell of: entity, time, a value for each column, place.

    An entity is where it was last said to be: in these lines, before them in `places`.
    """
    by_attribute: dict[str, list[tuple[int, str]]] = {}
    for number, column in enumerate(columns):
        by_attribute.setdefault(column.attribute, []).append((number, column.type))
    rows: dict[tuple[str, datetime], list[Any]] = {}
    where = dict(places)
    for line in sorted(lines, key=lambda line: (line.entity, line.told_at)):
        if line.attribute == position:
            where[line.entity] = place_of(line.instance)
        key = (line.entity, line.told_at)
        row = rows.get(key)
        if row is None:
            if line.attribute not in by_attribute:
                continue
            row = rows[key] = [*key, *[None] * len(columns), *_NOWHERE]
        for number, type_ in by_attribute.get(line.attribute, ()):
            row[2 + number] = fitting(line.instance, type_)
        row[-2:] = where.get(line.entity, _NOWHERE)
    return [tuple(row if position else row[:-2]) for row in rows.values()]


def place_of(instance: Instance | None) -> Place:
    """Return where an instance of a GeoProperty is, None where it is no point."""
    value = instance.get("value") if instance else None
    if not isinstance(value, dict) or value.get("type") != "Point":
        return _NOWHERE
    longitude, latitude = value["coordinates"][:2]
    return float(latitude), float(longitude)


def fitting(instance: Instance, type_: str) -> Any:
    """Return the value of an instance as a column of this type holds it; None where it does not fit."""
    value = instance.get(VALUE_MEMBER[instance["type"]])
    if isinstance(value, dict) and "@value" in value and instance["type"] == Kind.PROPERTY:
        value = value["@value"]
    if type_ == "text":
        return value if isinstance(value, str) or value is None else msgspec.json.encode(value).decode()
    if type_ == "flag":
        return value if isinstance(value, bool) else None
    if type_ == "instant":
        micros = moment_of(value) if isinstance(value, str) else None
        return None if micros is None else _EPOCH + timedelta(microseconds=micros)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if type_ == "real":
        return as_double(value)
    return int(value) if type_ == "integer" and value == int(value) and -_LONG <= value < _LONG else None
