"""Where something is: a box of longitudes and latitudes (WGS 84), in degrees."""

from collections.abc import Iterable
from dataclasses import dataclass

from renkei.kernel.texts import Text


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of the earth between two meridians and two parallels; where `west` > `east` it crosses 180° (RFC 7946, 5.2)."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        """Raise ValueError unless the numbers are longitudes and latitudes, south not above north."""
        longitudes = all(-180 <= each <= 180 for each in (self.west, self.east))
        if not (longitudes and -90 <= self.south <= self.north <= 90):
            raise ValueError(f"{self.west},{self.south},{self.east},{self.north} is no box on the earth")

    def corners(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north."""
        return self.west, self.south, self.east, self.north

    def as_wkt(self) -> str:
        """Return the box as a WKT polygon, longitude first, counter-clockwise (OGC 06-103r4).

        A box across 180° goes on beyond it, so that the polygon is not taken for the rest of the world.
        """
        beyond = self.east + 360 if self.west > self.east else self.east
        west, south, east, north = (f"{each:.10g}" for each in (self.west, self.south, beyond, self.north))
        ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
        return f"POLYGON(({', '.join(f'{x} {y}' for x, y in ring)}))"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dataset's readings come from: a name, a box, or both."""

    name: Text | None = None
    box: Box | None = None


def read_box(text: str) -> Box:
    """Read `west,south,east,north`. Raises ValueError."""
    numbers = [float(part) for part in text.split(",")]
    if len(numbers) != 4:
        raise ValueError(f"{text!r} has {len(numbers)} numbers, not 4")
    return Box(*numbers)


def around(points: Iterable[tuple[float, float]]) -> Box:
    """Return the smallest box around points, each longitude and latitude; longitudes may go on beyond 180°.

    Raises ValueError where there are none, or one is not on the earth.
    """
    found = list(points)
    if not found:
        raise ValueError("there are no points")
    longitudes, latitudes = [x for x, _ in found], [y for _, y in found]
    west, east = (each - 360 if each > 180 else each for each in (min(longitudes), max(longitudes)))
    return Box(west, min(latitudes), east, max(latitudes))
