"""Positions, found and lifted out of what a network's decoder made of a payload.

A position may be personal data, and terms of exchange speak of columns: it must stand in the columns `latitude` and
`longitude` and nowhere else. A key is taken for a position by its words, so `gpsLat`, `last_position` and
`_geohash_precision` are all lifted; a reading that merely shares such a word is lost rather than a place given away.
"""

import re
from functools import lru_cache
from typing import Any

from renkei.wire.lorawan.reading import OutOfPlaceError

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TELLING = frozenset(
    [
        "latitude",
        "longitude",
        "lat",
        "lng",
        "altitude",
        "gps",
        "gnss",
        "geohash",
        "geo",
        "location",
        "position",
        "coordinates",
        "coordinate",
        "coords",
    ]
)
_TELLING_ALONE = frozenset(
    {"lon", "long", "alt", "elevation", "place", "olc", "pluscode", "mgrs", "geometry"}
)
_PLAIN = frozenset({str, float, bool, type(None)})
_LATITUDE = frozenset({"latitude", "lat"})
_LONGITUDE = frozenset({"longitude", "lon", "lng", "long"})


@lru_cache(maxsize=4096)
def tells_position(key: str) -> bool:
    """Tell whether a key names a position or a part of one."""
    words = [word.lower() for word in _WORDS.findall(key)]
    if not _TELLING.isdisjoint(words) or (len(words) == 1 and words[0] in _TELLING_ALONE):
        return True
    joined = "".join(words)
    return any(word in joined for word in ("latitude", "longitude", "geohash", "geolocation"))


def valid_pair(latitude: object, longitude: object) -> tuple[float, float] | None:
    """Return a position in degrees, or None unless both are numbers on the globe."""
    north, east = _number(latitude), _number(longitude)
    if north is None or east is None or not (-90 <= north <= 90 and -180 <= east <= 180):
        return None
    return north, east


def find_pair(decoded: dict[str, Any]) -> tuple[float, float] | None:
    """Return the first valid position found in a decoded payload, outermost first."""
    waiting: list[Any] = [decoded]
    for value in waiting:
        if isinstance(value, dict):
            pair = _pair_of(value)
            if pair is not None:
                return pair
            waiting.extend(inner for inner in value.values() if isinstance(inner, dict | list))
        elif isinstance(value, list):
            waiting.extend(inner for inner in value if isinstance(inner, dict | list))
    return None


def without_positions(decoded: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a decoded payload in which no key, at any depth, tells a position.

    Raises OutOfPlaceError for a whole number beyond 64 bits, which no table holds.
    """
    return {
        key: value if type(value) in _PLAIN else _stripped(value)
        for key, value in decoded.items()
        if not tells_position(key)
    }


def _stripped(value: Any) -> Any:
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise OutOfPlaceError("a whole number beyond 64 bits in the decoded payload")
        return value
    if isinstance(value, dict):
        return without_positions(value)
    return [_stripped(inner) for inner in value] if isinstance(value, list) else value


def _pair_of(value: dict[str, Any]) -> tuple[float, float] | None:
    north = next((inner for key, inner in value.items() if _part(key) in _LATITUDE), None)
    if north is None:
        return None
    east = next((inner for key, inner in value.items() if _part(key) in _LONGITUDE), None)
    return valid_pair(north, east)


@lru_cache(maxsize=4096)
def _part(key: str) -> str:
    words = [word.lower() for word in _WORDS.findall(key)]
    return words[-1] if words else ""


def _number(value: object) -> float | None:
    """Return a number as a float; a flag is none, and one beyond all bounds is none either."""
    if type(value) is float:
        return value
    if type(value) is int and -1000 < value < 1000:
        return float(value)
    return None
