"""For any rows and any terms: a release is exactly what the terms say, and stricter terms never tell more."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import h3
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from renkei.audit import api as audit
from renkei.lake import api as lake
from renkei.privacy import api as privacy
from tests.factories.lake import COLUMNS, MAY, readings, rows_of, stored
from tests.factories.privacy import plan, rows_in
from tests.privacy.test_cells import mesh_by_the_book

pytestmark = pytest.mark.django_db

PLACES = [
    (35.681236, 139.767125),
    (35.69, 139.70),
    (35.0, 139.75),
    (34.985849, 135.758767),
    (51.5, -0.12),
    None,
]
hours = st.one_of(st.none(), st.integers(0, 6))


@st.composite
def observed(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of few devices at few places, each with a number of its own."""
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from(["D-1", "D-2", "D-3", None]), st.sampled_from(PLACES), hours),
            max_size=25,
        )
    )
    return [
        {
            "device": device,
            "at": None if hour is None else MAY + timedelta(hours=hour),
            "latitude": place[0] if place else None,
            "longitude": place[1] if place else None,
            "gateway": "G-1",
            "reading": float(number),
            "counter": number,
        }
        for number, (device, place, hour) in enumerate(drawn)
    ]


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    since, until = (
        draw(st.one_of(st.none(), st.integers(0, 3))),
        draw(st.one_of(st.none(), st.integers(4, 7))),
    )
    return {
        "cell": draw(st.sampled_from(["jis-mesh:1", "jis-mesh:2", "jis-mesh:3", "h3:3", "h3:7"])),
        "group": draw(st.integers(2, 3)),
        "dropped": draw(st.lists(st.sampled_from(["device", "reading", "gateway"]), unique=True)),
        "since": None if since is None else MAY + timedelta(hours=since),
        "until": None if until is None else MAY + timedelta(hours=until),
    }


def cell_of(row: dict[str, Any], cell: privacy.Cell) -> str | None:
    latitude, longitude = row["latitude"], row["longitude"]
    if latitude is None:
        return None
    if cell.scheme is privacy.CellScheme.H3:
        return h3.latlng_to_cell(latitude, longitude, cell.level)
    if not (20 <= latitude < 46 and 122 <= longitude < 154):
        return None
    return mesh_by_the_book(Decimal(str(latitude)), Decimal(str(longitude)), cell.level)


def in_window(at: datetime | None, asked: privacy.Plan) -> bool:
    if asked.since and (at is None or at < asked.since):
        return False
    return not (asked.until and (at is None or at >= asked.until))


def released_by_the_book(rows: list[dict[str, Any]], asked: privacy.Plan) -> list[dict[str, Any]]:
    """What a plan should release, in plain Python."""
    kept = [row for row in rows if in_window(row["at"], asked)]
    entities = defaultdict(set)
    for row in kept:
        entities[cell_of(row, asked.cell)] |= {row["device"]} - {None}
    gone = {"latitude", "longitude", "gateway", *asked.dropped}
    made = []
    for row in kept:
        cell = cell_of(row, asked.cell)
        told = cell if len(entities[cell]) >= asked.minimum_group.size else None
        made.append({**{name: value for name, value in row.items() if name not in gone}, "cell": told})
    return made


def by_number(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {row["counter"]: row for row in rows}


@settings(max_examples=30)
@given(observed(), terms())
def test_a_release_is_exactly_what_its_terms_say(rows: list[dict[str, Any]], asked: dict[str, Any]):
    made = stored(rows_of(rows, COLUMNS))
    wanted = plan(made.id, **asked)

    release = privacy.release(wanted, now=MAY)

    assert by_number(rows_in(release)) == by_number(released_by_the_book(rows, wanted))
    assert release.rows == sum(file.rows for file in release.files)
    whole_rows = sum(term.rows for term in release.withheld if term.columns == ())
    assert release.rows + whole_rows == len(rows)


@settings(max_examples=20)
@given(observed(), terms(), st.data())
def test_stricter_terms_tell_nothing_that_looser_ones_do_not(rows, loose, data):
    strict = {
        **loose,
        "group": loose["group"] + data.draw(st.integers(0, 1)),
        "dropped": sorted({*loose["dropped"], *data.draw(st.lists(st.sampled_from(["device", "reading"])))}),
        "since": MAY + timedelta(hours=3),
        "until": MAY + timedelta(hours=data.draw(st.integers(4, 5)))
        if loose["until"] is None
        else loose["until"],
    }
    made = stored(rows_of(rows, COLUMNS))

    more = by_number(rows_in(privacy.release(plan(made.id, **loose), now=MAY)))
    less = by_number(rows_in(privacy.release(plan(made.id, **strict), now=MAY)))

    for number, row in less.items():
        told = {name: value for name, value in row.items() if value is not None}
        assert told.items() <= more[number].items()


@settings(max_examples=20)
@given(observed(), terms())
def test_no_cell_is_told_of_fewer_devices_than_the_minimum(rows: list[dict[str, Any]], asked: dict[str, Any]):
    made = stored(rows_of(rows, COLUMNS))
    devices, told = {row["counter"]: row["device"] for row in rows}, defaultdict(set)

    for row in rows_in(privacy.release(plan(made.id, **asked), now=MAY)):
        told[row["cell"]] |= {devices[row["counter"]]} - {None}

    told.pop(None, None)
    assert [cell for cell, group in told.items() if len(group) < asked["group"]] == []


@pytest.mark.django_db(transaction=True)
def test_callers_who_meet_get_one_release():
    made = stored(readings(["D-1", "D-2"], each=500))

    def ask(_number: int) -> privacy.Release:
        try:
            return privacy.release(plan(made.id), now=MAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        releases = set(pool.map(ask, range(8)))

    assert len(releases) == 1
    assert audit.trail(made.id).count("privacy.released") == 1
    assert lake.snapshot(made.id).rows == releases.pop().rows
