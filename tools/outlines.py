"""Makes `src/renkei/web/outlines/japan.json` from a GeoJSON file of Japan's prefectures: `python -m tools.outlines FILE`.

Borders are simplified together, so that neighbours keep one line between them. A ring is a flat list of thousandths of a
degree: the first position, longitude first, then the way to each next one.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

TOLERANCE = 0.01
"""Degrees; about a kilometre."""
SMALLEST = 0.0008
"""Square degrees; islands below about 8 km² are left out."""
OUT = Path(__file__).parents[1] / "src" / "renkei" / "web" / "outlines" / "japan.json"


def main(source: Path) -> None:
    """Write the outlines."""
    features = json.loads(source.read_text())["features"]
    rings = list(_rings(shape(feature["geometry"]) for feature in features))
    OUT.write_text(json.dumps({"rings": rings}, separators=(",", ":")) + "\n")
    print(f"{len(rings)} rings, {OUT.stat().st_size:,} bytes")


def _rings(areas: Iterable[Any]) -> Iterator[list[int]]:
    for area in shapely.coverage_simplify(list(areas), TOLERANCE):
        for polygon in shapely.get_parts(area):
            if polygon.area >= SMALLEST:
                yield _flat(polygon.exterior.coords)


def _flat(positions: Iterable[tuple[float, float]]) -> list[int]:
    flat: list[int] = []
    last = (0, 0)
    for position in positions:
        here = (round(position[0] * 1000), round(position[1] * 1000))
        if here != last or not flat:
            flat += [here[0] - last[0], here[1] - last[1]]
            last = here
    return flat


if __name__ == "__main__":
    main(Path(sys.argv[1]))
