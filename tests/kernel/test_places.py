"""Boxes on the earth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel.places import Box, around, read_box

longitude = st.floats(-180, 180, width=32)
latitude = st.floats(-90, 90, width=32)


def test_a_box_is_read_from_four_numbers_and_written_as_a_polygon() -> None:
    box = read_box("139.5, 35.5,139.9,35.8")

    assert box == Box(139.5, 35.5, 139.9, 35.8)
    assert box.as_wkt() == "POLYGON((139.5 35.5, 139.9 35.5, 139.9 35.8, 139.5 35.8, 139.5 35.5))"


def test_a_box_may_cross_the_date_line() -> None:
    box = read_box("170,-20,-170,-10")

    assert box.corners() == (170, -20, -170, -10)
    assert box.as_wkt() == "POLYGON((170 -20, 190 -20, 190 -10, 170 -10, 170 -20))"
    assert around([(170, -20), (190, -10)]) == box


@pytest.mark.parametrize(
    "text",
    ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "0,10,1,5", "-181,0,0,1", "0,0,0,91", "nan,0,0,0", "0,0,inf,1"],
)
def test_what_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_box(text)


@given(st.lists(st.tuples(longitude, latitude), min_size=1, max_size=5))
def test_the_box_around_points_holds_each_of_them(points: list[tuple[float, float]]) -> None:
    box = around(points)

    assert all(box.west <= x <= box.east and box.south <= y <= box.north for x, y in points)
    assert not any(math.isnan(each) for each in box.corners())


def test_there_is_no_box_around_nothing() -> None:
    with pytest.raises(ValueError):
        around([])
