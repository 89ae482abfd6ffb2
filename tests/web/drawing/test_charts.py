"""Values over time as a line: neat axes, gaps where nothing was told, a band where values were summed up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.web.drawing.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Point, draw_chart

START = datetime(2026, 5, 1, tzinfo=UTC)
DAY = START + timedelta(days=1)


def hourly(*values: float, hours: tuple[int, ...] = ()) -> list[Point]:
    places = hours or tuple(range(len(values)))
    return [Point(START + timedelta(hours=at), value) for at, value in zip(places, values, strict=True)]


def drawn(points: list[Point]) -> Chart:
    found = draw_chart(points, since=START, until=DAY)
    assert found is not None
    return found


def test_axes_are_neat_and_hold_every_value() -> None:
    found = drawn(hourly(3, 47, 18))

    assert [tick.label for tick in found.across] == ["0", "20", "40", "60"]
    assert [tick.label for tick in found.along] == ["05-01", "06:00", "12:00", "18:00", "05-02"]


def test_times_run_to_the_right_and_values_upward() -> None:
    found = drawn(hourly(0, 10))

    first, second = found.dots
    assert (first.x, first.y) == (LEFT, HEIGHT - BOTTOM)
    assert (second.x > first.x, second.y) == (True, TOP)
    assert found.last == second


def test_a_line_is_broken_where_nothing_was_told_for_long() -> None:
    assert drawn(hourly(1, 2, 3, 4, hours=(0, 1, 2, 20))).line.count("M") == 2
    assert drawn(hourly(1, 2, 3, 4, hours=(0, 1, 2, 3))).line.count("M") == 1


def test_a_point_apart_is_seen_among_many() -> None:
    many = [Point(START + timedelta(minutes=at), at) for at in range(100)]

    assert drawn(many).dots == []
    assert [dot.point.value for dot in drawn([*many, Point(DAY, 7)]).dots] == [7]


def test_sums_have_a_band_from_least_to_greatest() -> None:
    summed = [Point(START + timedelta(hours=at), 5, 0, 20) for at in range(3)]

    found = drawn(summed)

    assert found.band.endswith("Z")
    assert [tick.label for tick in found.across] == ["0", "5", "10", "15", "20"]
    assert drawn(hourly(1, 2)).band == ""


@pytest.mark.parametrize("value", [0.0, 7.0, -3.5, 1e-9, 1e12])
def test_one_value_alone_has_an_axis_around_it(value: float) -> None:
    found = drawn(hourly(value))

    assert len(found.across) >= 2
    assert TOP <= found.dots[0].y <= HEIGHT - BOTTOM


def test_nothing_has_no_chart() -> None:
    assert draw_chart([], since=START, until=DAY) is None


@given(st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=30))
def test_every_value_lands_within_the_picture(values: list[float]) -> None:
    found = drawn([Point(START + timedelta(minutes=at), value) for at, value in enumerate(values)])

    assert all(LEFT <= dot.x <= WIDTH - RIGHT for dot in found.dots)
    assert all(TOP - 0.1 <= dot.y <= HEIGHT - BOTTOM + 0.1 for dot in found.dots)
    assert len(found.across) < 12


@pytest.mark.parametrize(
    "values",
    [
        *((1.7e308,), (1e308, -1e308), (10**400,)),
        *((5e-324,), (5e-324, 0.0), (2e-323, 0.0)),
        *((1.7e18, 1.7e18 + 256), (1e15, 1e15 + 0.125)),
    ],
)
def test_values_at_the_ends_of_what_numbers_reach_are_drawn(values: tuple[float, ...]) -> None:
    chart = drawn(hourly(*values))

    assert all(chart.top <= dot.y <= chart.bottom for dot in chart.dots)
    assert 2 <= len(chart.across) <= 8


def test_the_longest_span_there_is_has_an_axis() -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    chart = draw_chart(hourly(1.0), since=first, until=last)

    assert chart is not None
    assert 1 <= len(chart.along) <= 12
