"""Questions about places: boxes first, by the index; then the very shapes, in batches."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from renkei.context.queries import ordering
from renkei.context.queries.conditions import Asked
from renkei.context.queries.limits import Limited
from renkei.context.queries.parts import ALWAYS, Part, both, either, joined, marks, put
from renkei.context.rules.geo import EARTH, distance, lies_so, shape_of
from renkei.context.rules.indexing import SMALL, STRIPS, WIDE
from renkei.context.types import EntityQuery, GeoQuery, GeoRelation, Page

FEW: Final = 2000
"""Places in the strips of a box up to which all of them are looked at."""
_STRIPS: Final = 200
_FIRST, _MORE, _BATCH = 64, 8, 20_000
_MARGIN = 1e-7
"""Degrees that boxes are wider than they need be, for what arithmetic rounds off."""
_TURNED: Final = {GeoRelation.WITHIN: "contains", GeoRelation.CONTAINS: "within"}
"""Relations seen from the shape asked about, which has been prepared for many others."""
Box = tuple[float, float, float, float]
"""West, south, east, north."""
_POINT: Final = "p.entity_id, p.west, p.south, NULL"
_PLACE: Final = "p.entity_id, p.west, p.south, CASE WHEN p.west = p.east AND p.south = p.north THEN NULL ELSE p.geometry END"


def find(
    cursor: Limited, query: EntityQuery, page: Page, where: Part, asked: Asked
) -> tuple[list[str], int | None]:
    """Return the documents of a page, one more where there is one, and how many there are where that was asked."""
    geo = query.geo
    if geo is None or (number := asked.number(geo.property)) is None:
        return [], 0 if page.counted else None
    everything = page.counted or bool(query.order)
    wanted = page.offset + page.limit + 1
    near = _near(cursor, geo, number)
    batches = _walked(cursor, geo, number, where) if near is None else _met(cursor, near, where, asked)
    ids: list[int] = []
    for batch in batches:
        ids += batch
        if not everything and len(ids) >= wanted:
            break
    total = len(ids) if page.counted else None
    if query.order:
        among = Part(asked.words.listed("e.id"), (asked.words.numbers(ids),))
        return ordering.page_of(cursor, query.order, page, among, asked), total
    return ordering.documents(cursor, ids[page.offset : wanted], asked), total


def _near(cursor: Limited, geo: GeoQuery, number: int) -> list[int] | None:
    """Return the rows of entities that lie as asked, in their order, where the boxes leave few; else None."""
    box = _box(geo)
    each = None if box is None else _in_strips(box, number)
    if each is None:
        return None
    whole = joined(each, " UNION ALL ")
    cursor.execute(f"{whole.sql} LIMIT {FEW + 1}", whole.parameters)
    rows = cursor.fetchall()
    return None if len(rows) > FEW else sorted(set(_lying(cursor, geo, rows)))


def _met(cursor: Limited, ids: Sequence[int], where: Part, asked: Asked) -> Iterator[list[int]]:
    """Yield those of some rows that meet a condition, in their order, batch by batch."""
    for start in range(0, len(ids), _FIRST):
        listed = asked.words.numbers(list(ids[start : start + _FIRST]))
        cursor.execute(
            f"SELECT e.id FROM context_entity e WHERE {asked.words.listed('e.id')} AND {where.sql} ORDER BY e.id",  # noqa: S608
            [listed, *where.parameters],
        )
        yield [row[0] for row in cursor.fetchall()]


def _walked(cursor: Limited, geo: GeoQuery, number: int, where: Part) -> Iterator[list[int]]:
    """Yield the rows of entities that lie as asked, in their order and each once, batch by batch."""
    box = _box(geo)
    inner = both([ALWAYS if box is None else _overlaps(box), where])
    entity, place, size, told = 0, 0, _FIRST, 0
    while True:
        cursor.execute(
            f"SELECT {_PLACE}, p.id FROM context_place p CROSS JOIN context_entity e "  # noqa: S608
            "WHERE p.name_id = %s AND p.entity_id >= %s AND (p.entity_id > %s OR p.id > %s) AND e.id = p.entity_id "
            f"AND {inner.sql} ORDER BY p.entity_id, p.id LIMIT %s",
            [number, entity, entity, place, *inner.parameters, size],
        )
        rows = cursor.fetchall()
        found = [row for row in dict.fromkeys(_lying(cursor, geo, rows)) if row != told]
        if found:
            told = found[-1]
            yield found
        if len(rows) < size:
            return
        entity, place, size = rows[-1][0], rows[-1][4], min(size * _MORE, _BATCH)


def _lying(cursor: Limited, geo: GeoQuery, rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """Return the rows of entities whose place lies as asked: points all at once, other shapes one by one."""
    lies = [False] * len(rows)
    points = [place for place, row in enumerate(rows) if row[3] is None]
    for place, does in zip(
        points, _points_lie(cursor, geo, [rows[place][1:3] for place in points]), strict=True
    ):
        lies[place] = does
    shapes = [(place, row[3]) for place, row in enumerate(rows) if row[3] is not None]
    for place, geometry in cursor.each(shapes):
        lies[place] = lies_so(geo, msgspec.json.decode(geometry))
    return [row[0] for row, does in zip(rows, lies, strict=True) if does]


def _points_lie(cursor: Limited, geo: GeoQuery, points: Sequence[tuple[float, float]]) -> list[bool]:
    if not points:
        return []
    import numpy
    import shapely

    reference = shape_of(msgspec.json.encode(geo.geometry))
    lons, lats = numpy.array(points, dtype=float).T
    if geo.relation is GeoRelation.NEAR:
        if reference.geom_type == "Point":
            metres = _haversine(reference.x, reference.y, lons, lats)
        else:
            metres = numpy.array(
                [distance(reference, shapely.Point(*point)) for point in cursor.each(points)]
            )
        most, least = geo.most, geo.least
        near = numpy.ones(len(points), dtype=bool) if most is None else metres <= most
        return [bool(does) for does in (near if least is None else near & (metres > least))]
    shapes = shapely.points(lons, lats)
    shapely.prepare(reference)
    predicate = getattr(shapely, _TURNED.get(geo.relation, str(geo.relation)))
    return [bool(does) for does in predicate(reference, shapes)]


def _haversine(lon: float, lat: float, lons: Any, lats: Any) -> Any:
    """Return metres as `rules.geo.haversine` does, for many points at once."""
    import numpy

    up, across = numpy.radians(lats - lat), numpy.radians(lons - lon)
    scale = math.cos(math.radians(lat)) * numpy.cos(numpy.radians(lats))
    inside = numpy.sin(up / 2) ** 2 + scale * numpy.sin(across / 2) ** 2
    return 2 * EARTH * numpy.arcsin(numpy.minimum(1.0, numpy.sqrt(inside)))


def _box(geo: GeoQuery) -> Box | None:
    """Return a box that every shape lies across that lies as asked; None where there is none."""
    if geo.relation is GeoRelation.DISJOINT or (geo.relation is GeoRelation.NEAR and geo.most is None):
        return None
    west, south, east, north = shape_of(msgspec.json.encode(geo.geometry)).bounds
    up = across = _MARGIN
    if geo.most is not None:
        angle = geo.most / EARTH
        up += math.degrees(angle)
        nearest_pole = math.radians(min(90.0, max(abs(south), abs(north))))
        if angle >= math.pi / 2 - nearest_pole:
            across = 360.0
        else:
            across += math.degrees(math.asin(math.sin(angle) / math.cos(nearest_pole)))
    return west - across, south - up, east + across, north + up


def _overlaps(box: Box) -> Part:
    """Return whether a place lies across a box, which may go on beyond 180 degrees."""
    _, south, _, north = box
    lies = Part("p.south <= %s AND p.north >= %s", (north, south))
    across = either(Part("(p.west <= %s AND p.east >= %s)", (right, left)) for left, right in _turns(box))
    return both([lies, across])


def _turns(box: Box) -> list[tuple[float, float]]:
    """Return the western and eastern edges of a box as they are between -180 and 180 degrees."""
    west, _, east, _ = box
    turned = [(west + turn, east + turn) for turn in (0.0, 360.0, -360.0)]
    return [(left, right) for left, right in turned if left <= 180 and right >= -180]


def _in_strips(box: Box, number: int) -> list[Part] | None:
    """Return queries by which the index finds what lies across a box, strip by strip; None where these are too many.

    Of points the index holds everything. Small shapes may begin a strip further west, and further south, than the box;
    two allow for what is rounded off.
    """
    strips: set[int] = set()
    for left, right in _turns(box):
        first, last = math.floor(max(left, -180.0) * STRIPS), math.floor(min(right, 180.0) * STRIPS)
        if last - first > _STRIPS:
            return None
        strips |= set(range(first, last + 1))
    small = {strip + SMALL - west for strip in strips for west in range(3)}
    _, south, _, north = box
    inside = either(Part("p.west BETWEEN %s AND %s", turn) for turn in _turns(box))
    wide = put("p.strip = %s AND §", _overlaps(box))
    return [
        _places(_POINT, number, both([_stripwise(strips, south, north), inside])),
        _places(_PLACE, number, both([_stripwise(small, south - 2 / STRIPS, north), _overlaps(box)])),
        _places(_PLACE, number, Part(wide.sql, (WIDE, *wide.parameters))),
    ]


def _places(columns: str, number: int, condition: Part) -> Part:
    sql = f"SELECT {columns} FROM context_place p WHERE p.name_id = %s AND {condition.sql}"  # noqa: S608 - our own names
    return Part(sql, (number, *condition.parameters))


def _stripwise(strips: set[int], south: float, north: float) -> Part:
    listed = put("p.strip IN (§)", marks(sorted(strips)))
    return both([listed, Part("p.south BETWEEN %s AND %s", (south, north))])
