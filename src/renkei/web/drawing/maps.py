"""A map of places: their outlines and points over Japan's prefectures, with lines of longitude and latitude and a scale.

Degrees are drawn on a plane, longitude shortened by the cosine of the middle latitude: right enough over a country.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

OUTLINES: Final = Path(__file__).parents[1] / "outlines" / "japan.json"
WIDTH: Final = 720
HEIGHTS: Final = (280, 520)
"""Least and greatest, in the units of the picture."""
NARROWEST: Final = 0.02
"""Degrees that a map shows at least from west to east."""
ALONE: Final = 2.0
"""Degrees that the map around a single point shows, so that one sees where in the country it lies."""
COARSE: Final = 0.15
"""Degrees from west to east below which the simplified outlines would mislead, so that none are drawn."""
MOST_PARTS: Final = 200
"""Points, lines or areas of one geometry that are drawn."""
MOST_POSITIONS: Final = 1000
"""About as many of one line that are drawn; of a longer one every second, third … is."""
DOT: Final = 6.0
"""An area that would be smaller than this is drawn as a point."""
EDGE: Final = 0.04
_STEPS: Final = tuple(lead * 10.0**power for power in range(-3, 2) for lead in (1, 2, 5))
_KM_OF_DEGREE: Final = 111.195
_AROUND: Final = 0.12
"""Share of the span that is left free on each side."""

Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something lies."""

    number: int
    """What stands beside it in the list."""
    name: str
    geometry: Mapping[str, Any]
    """GeoJSON."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One place on the picture: a point, or a path."""

    number: int
    name: str
    x: float
    """The point's, else the middle of the path's upper edge, as `y`."""
    y: float
    path: str
    """What SVG draws; empty for a point."""
    closed: bool
    """Whether the path encloses something."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of longitude or latitude, and its label."""

    at: float
    """Along the edge."""
    label: str


@dataclass(frozen=True, slots=True)
class Map:
    """What the page draws."""

    width: int
    height: int
    land: str
    """The outlines as one path; empty where none are drawn."""
    meridians: Sequence[Line]
    parallels: Sequence[Line]
    marks: Sequence[Mark]
    scale: float
    """Length of the scale's bar."""
    scale_label: str


@dataclass(frozen=True, slots=True)
class _View:
    """Which degrees are shown, and how large."""

    west: float
    north: float
    per_lon: float
    """Units of the picture for a degree."""
    per_lat: float
    height: int

    @property
    def east(self) -> float:
        return self.west + WIDTH / self.per_lon

    @property
    def south(self) -> float:
        return self.north - self.height / self.per_lat

    def place(self, position: Sequence[float]) -> Position:
        return (
            round((position[0] - self.west) * self.per_lon, 1),
            round((self.north - position[1]) * self.per_lat, 1),
        )


def draw_map(places: Iterable[Place]) -> Map | None:
    """Draw places on a map that is just large enough for them; None where there is none with a position."""
    shown = [(place, list(_parts(place.geometry))) for place in places]
    positions = [position for _, parts in shown for _, part in parts for position in part]
    if not positions:
        return None
    view = _view(positions)
    length, label = _scale(view)
    return Map(
        width=WIDTH,
        height=view.height,
        land=_land(view) if view.east - view.west >= COARSE else "",
        meridians=_lines(view.west, view.east, "E", "W", lambda lon: view.place((lon, view.north))[0]),
        parallels=_lines(view.south, view.north, "N", "S", lambda lat: view.place((view.west, lat))[1]),
        marks=sorted(
            (mark for place, parts in shown for mark in _marks(view, place, parts)),
            key=lambda mark: not mark.path,  # points last, so that no area hides them
        ),
        scale=length,
        scale_label=label,
    )


def _parts(geometry: Mapping[str, Any]) -> Iterator[tuple[str, list[Sequence[float]]]]:
    """Yield the points, lines and outer rings of a geometry, each with what it is."""
    kind, within = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection":
        for each in geometry.get("geometries", ()):
            yield from _parts(each)
    elif not within:
        return
    elif kind == "Point":
        yield "point", [within]
    elif kind == "MultiPoint":
        yield from (("point", [position]) for position in within)
    elif kind == "LineString":
        yield "line", list(within)
    elif kind == "MultiLineString":
        yield from (("line", list(line)) for line in within)
    elif kind == "Polygon":
        yield "area", list(within[0])
    elif kind == "MultiPolygon":
        yield from (("area", list(polygon[0])) for polygon in within)


def _view(positions: Sequence[Sequence[float]]) -> _View:
    lons, lats = [each[0] for each in positions], [each[1] for each in positions]
    middle_lon, middle_lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    squeeze = max(math.cos(math.radians(middle_lat)), 0.05)
    around = 1 + 2 * _AROUND
    up = (max(lats) - min(lats)) * around
    across = (max(lons) - min(lons)) * around or (0 if up else ALONE)
    across = max(across, NARROWEST)
    least, most = HEIGHTS
    # as tall as the places need within the limits; a narrow, tall group of places widens the view instead
    height = min(max(round(up / (across * squeeze) * WIDTH), least), most)
    across = max(across, up * WIDTH / (height * squeeze))
    per_lon = WIDTH / across
    per_lat = per_lon / squeeze
    return _View(middle_lon - across / 2, middle_lat + height / per_lat / 2, per_lon, per_lat, height)


def _marks(view: _View, place: Place, parts: Sequence[tuple[str, list[Sequence[float]]]]) -> Iterator[Mark]:
    for kind, positions in islice(parts, MOST_PARTS):
        drawn = [view.place(position) for position in positions]
        xs, ys = [x for x, _ in drawn], [y for _, y in drawn]
        x, y = round((min(xs) + max(xs)) / 2, 1), round((min(ys) + max(ys)) / 2, 1)
        small = max(max(xs) - min(xs), max(ys) - min(ys)) < DOT
        if kind == "point" or small:
            yield Mark(place.number, place.name, x, y, "", kind == "area")
        else:
            yield Mark(
                place.number, place.name, x, min(ys), _path(drawn, closed=kind == "area"), kind == "area"
            )


def _path(drawn: Iterable[Position], *, closed: bool) -> str:
    """Return what SVG draws, without the positions that nobody could tell from the one before."""
    places = list(drawn)
    told = [places[0], *(here for last, here in pairwise(places) if here != last)]
    step = max(1, len(told) // MOST_POSITIONS)
    text = "L".join(f"{x:g} {y:g}" for x, y in [*told[::step], told[-1]])
    return f"M{text}{'Z' if closed else ''}"


def _lines(low: float, high: float, positive: str, negative: str, placed: Any) -> list[Line]:
    """Return the lines of a neat distance; about five of them."""
    step = next((each for each in _STEPS if (high - low) / each <= 6), 90.0)
    digits = max(0, -math.floor(math.log10(step)))
    found = []
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        degrees = number * step
        side = "" if not number else positive if degrees > 0 else negative
        if not EDGE <= (degrees - low) / (high - low) <= 1 - EDGE:
            continue  # its label would be cut
        found.append(Line(placed(degrees), f"{abs(degrees):.{digits}f}°{side}"))
    return found


def _scale(view: _View) -> tuple[float, str]:
    """Return how long a bar of a neat distance is, about a fifth of the map, and what it says."""
    per_km = view.per_lat / _KM_OF_DEGREE
    wanted = WIDTH / 5 / per_km
    power = 10.0 ** math.floor(math.log10(wanted))
    length = max(lead * power for lead in (1, 2, 5) if lead * power <= wanted)
    label = f"{length:g} km" if length >= 1 else f"{length * 1000:g} m"
    return round(length * per_km, 1), label


@cache
def _rings() -> list[list[Position]]:
    """Return the outlines in degrees."""
    found = []
    for flat in json.loads(OUTLINES.read_text())["rings"]:
        lon = lat = 0
        ring = []
        for east, north in zip(flat[::2], flat[1::2], strict=True):
            lon, lat = lon + east, lat + north
            ring.append((lon / 1000, lat / 1000))
        found.append(ring)
    return found


def _land(view: _View) -> str:
    return "".join(_land_of(view, ring) for ring in _rings() if _is_seen(view, ring))


def _is_seen(view: _View, ring: Sequence[Position]) -> bool:
    lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
    beside = max(lons) < view.west or min(lons) > view.east
    return not (beside or max(lats) < view.south or min(lats) > view.north)


def _land_of(view: _View, ring: Sequence[Position]) -> str:
    """Return a ring as a path of whole units, one after the other relative; what is smaller than a unit is left out."""
    last = (round((ring[0][0] - view.west) * view.per_lon), round((view.north - ring[0][1]) * view.per_lat))
    path = [f"M{last[0]} {last[1]}l"]
    for lon, lat in ring[1:]:
        here = (round((lon - view.west) * view.per_lon), round((view.north - lat) * view.per_lat))
        if here != last:
            path.append(f"{here[0] - last[0]} {here[1] - last[1]} ")
            last = here
    return "".join(path).rstrip() + "Z" if len(path) > 3 else ""
