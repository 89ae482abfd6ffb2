"""Places on a map: where they land, what is drawn around them, and nothing that cannot be drawn."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.web.drawing.maps import HEIGHTS, WIDTH, Map, Place, draw_map

TOKYO, SAPPORO, NAHA = (139.77, 35.68), (141.35, 43.06), (127.68, 26.21)


def place(kind: str, coordinates: Any, number: int = 1) -> Place:
    return Place(number, f"place {number}", {"type": kind, "coordinates": coordinates})


def drawn(*places: Place) -> Map:
    found = draw_map(places)
    assert found is not None
    return found


def test_places_lie_as_on_earth_north_above_and_east_to_the_right() -> None:
    found = drawn(*(place("Point", each, at) for at, each in enumerate((TOKYO, SAPPORO, NAHA))))

    tokyo, sapporo, naha = found.marks
    assert naha.x < tokyo.x < sapporo.x
    assert sapporo.y < tokyo.y < naha.y
    assert found.land.startswith("M")
    assert [line.label for line in found.parallels] == ["30°N", "35°N", "40°N"]


def test_a_degree_of_latitude_is_as_long_as_the_scale_says() -> None:
    found = drawn(place("Point", (140.0, 35.0)), place("Point", (140.0, 36.0)))

    units_of_a_degree = abs(found.marks[0].y - found.marks[1].y)
    assert found.scale_label == "20 km"
    assert found.scale == pytest.approx(units_of_a_degree * 20 / 111.195, abs=0.2)


def test_a_single_point_is_shown_in_the_country_around_it() -> None:
    found = drawn(place("Point", TOKYO))

    assert (found.marks[0].x, found.marks[0].path) == (WIDTH / 2, "")
    assert found.land


def test_places_close_together_are_shown_without_the_coarse_outlines() -> None:
    assert drawn(place("Point", TOKYO), place("Point", (139.78, 35.69))).land == ""


def test_lines_and_areas_are_drawn_as_such_and_as_points_where_too_small() -> None:
    far = place("Point", SAPPORO, 9)
    line = place("LineString", [TOKYO, NAHA], 1)
    area = place("Polygon", [[(139, 35), (141, 35), (141, 37), (139, 35)]], 2)
    tiny = place("Polygon", [[(139, 35), (139.001, 35), (139, 35.001), (139, 35)]], 3)

    found = {mark.number: mark for mark in drawn(far, line, area, tiny).marks}

    assert [(bool(found[at].path), found[at].closed) for at in (1, 2, 3)] == [
        (True, False),
        (True, True),
        (False, True),
    ]


def test_each_part_of_a_geometry_of_several_has_its_mark() -> None:
    several = Place(
        1,
        "several",
        {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "MultiPoint", "coordinates": [TOKYO, NAHA]},
                {"type": "MultiLineString", "coordinates": [[TOKYO, NAHA]]},
                {"type": "MultiPolygon", "coordinates": [[[(130, 30), (135, 30), (135, 35), (130, 30)]]]},
            ],
        },
    )

    assert len(drawn(several).marks) == 4


@pytest.mark.parametrize("geometry", [{}, {"type": "Point"}, {"type": "Nothing", "coordinates": [1, 2]}])
def test_what_is_nowhere_has_no_map(geometry: dict[str, Any]) -> None:
    assert draw_map([Place(1, "nowhere", geometry)]) is None
    assert draw_map([]) is None


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=8))
def test_every_place_on_earth_lands_within_the_picture(positions: list[tuple[float, float]]) -> None:
    found = drawn(*(place("Point", each, at) for at, each in enumerate(positions)))

    assert HEIGHTS[0] <= found.height <= HEIGHTS[1]
    assert all(-1 <= mark.x <= WIDTH + 1 and -1 <= mark.y <= found.height + 1 for mark in found.marks)
    assert found.scale <= WIDTH / 4
