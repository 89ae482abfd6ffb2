"""Cells computed in SQL are the cells of their standards."""

import math
from decimal import Decimal

import duckdb
import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.privacy import cells

AREA = (st.integers(20_0000000, 45_9999999), st.integers(122_0000000, 153_9999999))
"""Positions of the area of JIS X 0410, in units of 1e-7 degree."""


def mesh_by_the_book(latitude: Decimal, longitude: Decimal, level: int) -> str:
    """JIS X 0410 as its text defines it: minutes and seconds, divided step by step, in exact decimals."""
    p, a = divmod(latitude * 60, 40)
    q, b = divmod(a, 5)
    r = b * 60 // 30
    u, f = int(longitude) - 100, longitude - int(longitude)
    v, g = divmod(f * 60, Decimal("7.5"))
    w = g * 60 // 45
    parts = [f"{int(p)}{u}", f"{int(q)}{int(v)}", f"{int(r)}{int(w)}"]
    return "".join(parts[:level])


def mesh_by_sql(latitude: float, longitude: float, level: int) -> str | None:
    sql = f"SELECT ({cells.mesh_key('lat', 'lon', level)})::VARCHAR FROM (SELECT ?::DOUBLE AS lat, ?::DOUBLE AS lon)"  # noqa: S608
    return duckdb.execute(sql, [latitude, longitude]).fetchone()[0]


@given(*AREA, st.sampled_from([1, 2, 3]))
def test_a_mesh_code_is_that_of_the_standard(north: int, east: int, level: int):
    latitude, longitude = Decimal(north).scaleb(-7), Decimal(east).scaleb(-7)

    assert mesh_by_sql(float(latitude), float(longitude), level) == mesh_by_the_book(
        latitude, longitude, level
    )


@given(st.integers(20 * 120, 46 * 120 - 1), st.integers(22 * 80, 54 * 80 - 1), st.sampled_from([1, 2, 3]))
def test_a_position_on_a_meshs_south_west_corner_belongs_to_it(south: int, west: int, level: int):
    latitude, longitude = Decimal(south) / 120, 100 + Decimal(west) / 80
    rounded = (latitude.quantize(Decimal("1e-12")), longitude.quantize(Decimal("1e-12")))
    inside = tuple(part + Decimal("1e-9") for part in rounded)

    assert mesh_by_sql(float(rounded[0]), float(rounded[1]), level) == mesh_by_the_book(*inside, level)


@given(*AREA)
def test_a_mesh_lies_in_the_mesh_above_it(north: int, east: int):
    codes = [mesh_by_sql(north / 1e7, east / 1e7, level) for level in (1, 2, 3)]

    assert [len(code) for code in codes] == [4, 6, 8]
    assert codes[2].startswith(codes[1])
    assert codes[1].startswith(codes[0])


@pytest.mark.parametrize(
    ("place", "code"),
    [((35.681236, 139.767125), "53394611"), ((43.062083, 141.354389), "64414278")],
    ids=["Tokyo station", "Sapporo city hall"],
)
def test_well_known_places_have_their_known_codes(place: tuple[float, float], code: str):
    assert [mesh_by_sql(*place, level) for level in (1, 2, 3)] == [code[:4], code[:6], code]


@pytest.mark.parametrize(
    "place",
    [
        (19.99, 139.0),
        (46.0, 139.0),
        (35.0, 121.99),
        (35.0, 154.0),
        (math.nan, 139.0),
        (35.0, math.inf),
        (-35.0, 139.0),
    ],
)
def test_where_the_codes_do_not_reach_there_is_none(place: tuple[float, float]):
    assert [mesh_by_sql(*place, level) for level in (1, 2, 3)] == [None] * 3


@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=20, unique=True),
    st.integers(0, 15),
)
def test_an_h3_cell_is_that_of_the_library(places: list[tuple[float, float]], level: int):
    with duckdb.connect() as db:
        cells.offer_h3(db, level)
        key = cells.key_text(cells.Cell(cells.CellScheme.H3, level), "h3_key(lat, lon)")
        given_places = [{"n": n, "lat": lat, "lon": lon} for n, (lat, lon) in enumerate(places)]
        rows = db.execute(
            f"SELECT {key} FROM (SELECT unnest($1, recursive := true)) WHERE {cells.on_earth('lat', 'lon')} ORDER BY n",  # noqa: S608
            [given_places],
        ).fetchall()

    assert [row[0] for row in rows] == [h3.latlng_to_cell(lat, lon, level) for lat, lon in places]
