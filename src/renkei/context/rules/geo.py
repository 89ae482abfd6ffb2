"""Places (clauses 4.7 and 4.10): GeoJSON geometries checked, and how one lies to another.

Everything but distance is judged on the plane of longitude and latitude, as GeoJSON's straight lines are (RFC 7946,
3.1.1). Distances are metres along the great circle of a sphere (haversine, R = 6,371,008.8 m, the mean radius of the
earth), between the points that lie next to one another where the plane is scaled by the cosine of the latitude: exact
between two points, and within about 0.5 % of the ellipsoid.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from renkei.context.errors import QueryMalformed, RequestInvalid
from renkei.context.types import GeoQuery, GeoRelation

EARTH: Final = 6_371_008.8
"""Metres."""
MOST_POSITIONS: Final = 20_000
_SMALL: Final = 4096
"""Bytes of a geometry of which many are remembered; larger ones come to a megabyte each."""
_DEPTH: Final = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_PREDICATES: Final = {
    GeoRelation.WITHIN: "within",
    GeoRelation.CONTAINS: "contains",
    GeoRelation.INTERSECTS: "intersects",
    GeoRelation.EQUALS: "equals",
    GeoRelation.DISJOINT: "disjoint",
    GeoRelation.OVERLAPS: "overlaps",
}


def parse_geo(*, georel: str, geometry: str, coordinates: Any, attribute: str) -> GeoQuery:
    """Read a geo-query; `coordinates` as a list, or as the JSON text of one; `attribute` is an IRI. Raises context.query-malformed."""
    relation, *modifiers = georel.split(";")
    if relation not in set(GeoRelation):
        raise _unread("georel", f"{relation[:60]!r} is no relation")
    least, most = _distances(modifiers, is_near=relation == GeoRelation.NEAR)
    if geometry not in _DEPTH:
        raise _unread("geometry", f"{geometry[:60]!r} is no geometry of GeoJSON")
    if isinstance(coordinates, str):
        try:
            coordinates = msgspec.json.decode(coordinates)
        except (msgspec.DecodeError, RecursionError):
            raise _unread("coordinates", "they are no JSON array") from None
    shape = {"type": geometry, "coordinates": coordinates}
    why = wrong_with(shape)
    if why is not None:
        raise _unread("coordinates", why)
    return GeoQuery(GeoRelation(relation), shape, attribute, least, most)


def _distances(modifiers: list[str], *, is_near: bool) -> tuple[float | None, float | None]:
    if not is_near:
        if modifiers:
            raise _unread("georel", "only near has a distance")
        return None, None
    found: dict[str, float] = {}
    for modifier in modifiers:
        name, _, text = modifier.partition("==")
        try:
            metres = float(text)
        except ValueError:
            metres = math.nan
        if name not in {"minDistance", "maxDistance"} or name in found or not (0 < metres < math.inf):
            raise _unread("georel", "near takes maxDistance==metres or minDistance==metres")
        found[name] = metres
    if not found:
        raise _unread("georel", "near takes maxDistance==metres or minDistance==metres")
    return found.get("minDistance"), found.get("maxDistance")


def _unread(parameter: str, why: str) -> QueryMalformed:
    return QueryMalformed(parameter=parameter, place=1, why=why)


def check_geometry(geometry: Any, *, where: str) -> None:
    """Refuse what is no sound GeoJSON geometry. Raises context.request-invalid."""
    why = wrong_with(geometry)
    if why is not None:
        raise RequestInvalid(why=f"{where}: {why}")


def wrong_with(geometry: Any) -> str | None:
    """Say why something is no GeoJSON geometry on the earth: open or crossed rings among it; None where it is one.

    A GeometryCollection is none of those that NGSI-LD knows (clause 4.7).
    """
    if not isinstance(geometry, Mapping) or not isinstance(geometry.get("type"), str):
        return "a geometry is an object with type and coordinates"
    kind = geometry["type"]
    if kind not in _DEPTH:
        return f"{kind[:60]!r} is no geometry of GeoJSON"
    left = [MOST_POSITIONS]
    coordinates = geometry.get("coordinates")
    return (
        _wrong_positions(coordinates, _DEPTH[kind], left)
        or _wrong_lines(kind, coordinates)
        or _unsound(geometry)
    )


def _wrong_positions(part: Any, depth: int, left: list[int]) -> str | None:
    if not isinstance(part, list) or not part:
        return "coordinates are a list that is not empty"
    if depth:
        return next((why for one in part if (why := _wrong_positions(one, depth - 1, left))), None)
    left[0] -= 1
    if left[0] < 0:
        return f"there are more than {MOST_POSITIONS} positions"
    if not 2 <= len(part) <= 3 or not all(_is_number(number) for number in part):
        return "a position is two or three numbers, longitude first"
    if not (-180 <= part[0] <= 180 and -90 <= part[1] <= 90):
        return f"the position {part[0]}, {part[1]} is not on the earth"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _wrong_lines(kind: str, coordinates: Any) -> str | None:
    lines: list[Any] = {"LineString": [coordinates], "MultiLineString": coordinates}.get(kind, [])
    if any(len(line) < 2 for line in lines):
        return "a line has two positions or more"
    polygons: list[Any] = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind, [])
    for ring in (ring for polygon in polygons for ring in polygon):
        if len(ring) < 4:
            return "a ring of a polygon has four positions or more"
        if ring[0] != ring[-1]:
            return "a ring of a polygon ends where it began"
    return None


def _unsound(geometry: Mapping[str, Any]) -> str | None:
    if geometry["type"] not in {"Polygon", "MultiPolygon"}:
        return None
    import shapely

    shape = shapely.from_geojson(msgspec.json.encode(geometry))
    return None if shape.is_valid else f"the polygon is not sound: {shapely.is_valid_reason(shape)}"


def lies_so(query: GeoQuery, geometry: Any) -> bool:
    """Say whether a GeoJSON geometry lies to the one asked about as the query says."""
    shape = shape_of(msgspec.json.encode(geometry))
    if shape is None:
        return False
    reference = shape_of(msgspec.json.encode(query.geometry))
    if query.relation is not GeoRelation.NEAR:
        return bool(getattr(shape, _PREDICATES[query.relation])(reference))
    metres = distance(reference, shape)
    return (query.most is None or metres <= query.most) and (query.least is None or metres > query.least)


def shape_of(geometry: bytes) -> Any:
    """Return the shape of a GeoJSON text, None where it is no geometry."""
    return _small_shape(geometry) if len(geometry) <= _SMALL else _large_shape(geometry)


@lru_cache(maxsize=1024)
def _small_shape(geometry: bytes) -> Any:
    return _shape(geometry)


@lru_cache(maxsize=16)
def _large_shape(geometry: bytes) -> Any:
    return _shape(geometry)


def _shape(geometry: bytes) -> Any:
    import shapely

    return shapely.from_geojson(geometry, on_invalid="ignore")


def distance(one: Any, other: Any) -> float:
    """Return the metres between two shapes."""
    if one.geom_type == "Point" == other.geom_type:
        return haversine(one.x, one.y, other.x, other.y)
    import shapely
    from shapely import affinity

    middle = (one.centroid.y + other.centroid.y) / 2
    squeeze = max(math.cos(math.radians(middle)), 0.01)
    best = math.inf
    for turn in (0.0, -360.0, 360.0):
        pair = (
            affinity.scale(one, squeeze, 1.0, origin=(0, 0)),
            affinity.scale(affinity.translate(other, turn), squeeze, 1.0, origin=(0, 0)),
        )
        ends = shapely.get_coordinates(shapely.shortest_line(*pair))
        if len(ends) == 2:
            (x, y), (u, v) = ends.tolist()
            best = min(best, haversine(x / squeeze, y, u / squeeze, v))
    return best


def haversine(lon: float, lat: float, lon2: float, lat2: float) -> float:
    """Return the metres between two points along the great circle."""
    up, across = math.radians(lat2 - lat), math.radians(lon2 - lon)
    inside = (
        math.sin(up / 2) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(lat2)) * math.sin(across / 2) ** 2
    )
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(inside)))
