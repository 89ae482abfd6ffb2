"""Masks, steps of time, groups and aggregates: for any rows and any shape, a release is exactly what it says."""

import hashlib
import hmac
import math
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as node
from hypothesis import given, settings
from hypothesis import strategies as st

from renkei.lake import api as lake
from renkei.privacy import api as privacy
from renkei.privacy.errors import RowsStay
from tests.factories.lake import COLUMNS, MAY, rows_of, stored
from tests.factories.privacy import CLASSES, plan, rows_in

pytestmark = pytest.mark.django_db

OPEN = tuple(replace(each, category=privacy.Category.NONE) for each in CLASSES)
MASKS = [
    privacy.Mask.parse(text)
    for text in (
        "device=hash",
        "device=truncate:2",
        "device=redact",
        "reading=round:0.5",
        "reading=redact",
        "counter=round:10",
        "counter=hash",
        "gateway=truncate:1",
    )
]
AGREEMENT = "urn:uuid:agreement"
hours = st.one_of(st.none(), st.integers(0, 30))


@st.composite
def observed(draw: st.DrawFn) -> list[dict[str, Any]]:
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["D-1", "D-2", "E-3", "あ-4", None]),
                hours,
                st.sampled_from(["G-1", "H-2", None]),
                st.one_of(st.none(), st.integers(-40, 40).map(lambda n: n / 4)),
            ),
            max_size=25,
        )
    )
    return [
        {
            "device": device,
            "at": None if hour is None else MAY + timedelta(minutes=37 * hour),
            "latitude": 35.0 + number,
            "longitude": 139.0,
            "gateway": gateway,
            "reading": reading,
            "counter": number,
        }
        for number, (device, hour, gateway, reading) in enumerate(drawn)
    ]


@st.composite
def shapes(draw: st.DrawFn) -> privacy.Plan:
    chosen = {mask.column: mask for mask in draw(st.lists(st.sampled_from(MASKS), max_size=4))}
    masks = tuple(chosen.values())
    groupable = [
        name for name in ("device", "gateway", "counter", "at") if f"{name}=redact" not in map(str, masks)
    ]
    delivery = draw(st.sampled_from([privacy.Delivery.ROWS, privacy.Delivery.AGGREGATES]))
    by = draw(st.lists(st.sampled_from(groupable), unique=True, min_size=1, max_size=3))
    size = draw(st.one_of(st.none(), st.integers(2, 3)))
    grouped = delivery is privacy.Delivery.AGGREGATES or size is not None
    return privacy.Plan(
        table=plan().table,
        columns=OPEN,
        dropped=("latitude", "longitude"),
        minimum_group=privacy.MinimumGroup(size, "device") if size else None,
        masks=masks,
        time_step=draw(st.sampled_from([None, privacy.TimeStep.HOUR, privacy.TimeStep.DAY])),
        group_by=tuple(sorted(by)) if grouped else (),
        delivery=delivery,
        pseudonyms=AGREEMENT,
    )


def pseudonym(value: Any) -> str:
    """HMAC-SHA256 by the standard library."""
    key = hashlib.sha256(
        b"renkei: pseudonyms\0" + node.RENKEI.node_secret.encode() + b"\0" + AGREEMENT.encode()
    ).digest()
    return hmac.digest(key, str(value).encode(), "sha256").hex()[:32]


def rounded(value: float, step: float) -> float:
    """Away from zero in the middle, as SQL rounds."""
    return math.copysign(math.floor(abs(value) / step + 0.5) * step, value)


def shown(row: dict[str, Any], asked: privacy.Plan) -> dict[str, Any]:
    made = {name: value for name, value in row.items() if name not in asked.dropped}
    for mask in asked.masks:
        value = made[mask.column]
        if value is None or mask.kind is privacy.MaskKind.REDACT:
            made[mask.column] = None
        elif mask.kind is privacy.MaskKind.HASH:
            made[mask.column] = pseudonym(value)
        elif mask.kind is privacy.MaskKind.TRUNCATE:
            made[mask.column] = value[: int(mask.amount)]
        else:
            number = rounded(value, float(mask.amount))
            made[mask.column] = int(number) if isinstance(value, int) else number
    if asked.time_step is not None and made["at"] is not None:
        kept = {"minute": 0, "second": 0, "microsecond": 0}
        made["at"] = made["at"].replace(
            **kept | ({"hour": 0} if asked.time_step is privacy.TimeStep.DAY else {})
        )
    return made


def by_the_book(rows: list[dict[str, Any]], asked: privacy.Plan) -> list[dict[str, Any]]:
    """What a plan of this shape should release, in plain Python."""
    pairs = [(shown(row, asked), row["device"]) for row in rows]
    if not asked.group_by:
        return [made for made, _ in pairs]
    groups: dict[Any, list[Any]] = defaultdict(list)
    for made, device in pairs:
        groups[tuple(made[name] for name in asked.group_by)].append((made, device))
    least = asked.minimum_group.size if asked.minimum_group else 0
    told = [group for group in groups.values() if len({device for _, device in group} - {None}) >= least]
    if asked.delivery is privacy.Delivery.ROWS:
        return [made for group in told for made, _ in group]
    return [aggregate(group, asked) for group in told]


def aggregate(group: list[Any], asked: privacy.Plan) -> dict[str, Any]:
    made = {name: group[0][0][name] for name in asked.group_by} | {"rows": len(group)}
    if asked.minimum_group:
        made["entities"] = len({device for _, device in group} - {None})
    texts = {
        mask.column for mask in asked.masks if mask.kind in {privacy.MaskKind.HASH, privacy.MaskKind.REDACT}
    }
    for name in {"reading", "counter"} - set(asked.group_by) - texts:
        values = [row[name] for row, _ in group if row[name] is not None]
        having = {device for row, device in group if row[name] is not None} - {None}
        enough = len(having) >= (asked.minimum_group.size if asked.minimum_group else 0)
        made[f"{name}_mean"] = sum(values) / len(values) if values and enough else None
    return made


def comparable(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(sorted((name, spelled(value)) for name, value in row.items())) for row in rows)


def spelled(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 9) + 0.0  # no negative zero
    return value.isoformat() if isinstance(value, datetime) else value


@settings(max_examples=60)
@given(observed(), shapes())
def test_a_release_has_exactly_the_shape_that_its_terms_say(rows: list[dict[str, Any]], asked: privacy.Plan):
    made = stored(rows_of(rows, COLUMNS))
    asked = replace(asked, table=made.id)

    release = privacy.release(asked, now=MAY)
    found = rows_in(release)

    assert comparable(found) == comparable(by_the_book(rows, asked))
    assert all(set(row) == {column.name for column in release.columns} for row in found)
    looked = privacy.preview(asked, rows=5)
    assert (looked.rows, looked.withheld, looked.loss) == (release.rows, release.withheld, release.loss)
    assert (looked.smallest_group, len(looked.sample)) == (release.smallest_group, min(5, release.rows))


CHANGED = {
    "device": "Z-9",
    "gateway": "X-9",
    "reading": 99.25,
    "latitude": 1.0,
    "longitude": 2.0,
    "counter": 77,
}


@settings(max_examples=40)
@given(observed(), shapes(), st.data())
def test_what_stays_behind_makes_no_difference_to_what_leaves(rows, asked, data):
    """Withheld and redacted columns, and the rows outside the window, may hold anything: the release is the same."""
    until = MAY + timedelta(hours=5)
    asked = replace(asked, until=until)
    hidden = {*asked.dropped, *(mask.column for mask in asked.masks if mask.kind is privacy.MaskKind.REDACT)}
    hidden -= {"device"} if asked.minimum_group else set()
    other = []
    for row in rows:
        outside = row["at"] is None or row["at"] >= until
        names = [name for name in CHANGED if outside or name in hidden]
        other.append(row | {name: CHANGED[name] for name in names if data.draw(st.booleans())})
    one, two = stored(rows_of(rows, COLUMNS)), stored(rows_of(other, COLUMNS))

    first = privacy.release(replace(asked, table=one.id), now=MAY)
    second = privacy.release(replace(asked, table=two.id), now=MAY)

    assert comparable(rows_in(first)) == comparable(rows_in(second))
    assert first.withheld == second.withheld


def tells_no_more(row: dict[str, Any], other: dict[str, Any], *, delivery: privacy.Delivery) -> bool:
    """A mean may be told of fewer groups; everything else is the same."""
    hideable = (
        {name for name in row if name.endswith("_mean")} if delivery is privacy.Delivery.AGGREGATES else set()
    )
    return all(
        spelled(value) == spelled(other[name]) or (value is None and name in hideable)
        for name, value in row.items()
    )


@settings(max_examples=40)
@given(observed(), shapes())
def test_a_larger_minimum_group_releases_a_part_of_what_a_smaller_one_does(rows, asked):
    made = stored(rows_of(rows, COLUMNS))
    loose = replace(
        asked,
        table=made.id,
        group_by=asked.group_by or ("counter",),
        minimum_group=privacy.MinimumGroup(asked.minimum_group.size if asked.minimum_group else 1, "device"),
    )
    strict = replace(loose, minimum_group=privacy.MinimumGroup(loose.minimum_group.size + 1, "device"))

    more = rows_in(privacy.release(loose, now=MAY))
    less = rows_in(privacy.release(strict, now=MAY))

    for row in less:
        more.remove(next(other for other in more if tells_no_more(row, other, delivery=asked.delivery)))


def test_pseudonyms_of_two_agreements_do_not_match():
    made = stored(rows_of([{"device": "D-1", "at": MAY, "latitude": None, "longitude": None, "gateway": None,
                            "reading": 1.0, "counter": 1}], COLUMNS))  # fmt: skip
    asked = privacy.Plan(
        table=made.id, columns=OPEN, masks=(privacy.Mask.parse("device=hash"),), pseudonyms="urn:a"
    )

    (one,) = rows_in(privacy.release(asked, now=MAY))
    (two,) = rows_in(privacy.release(replace(asked, pseudonyms="urn:b"), now=MAY))

    assert one["device"] != two["device"]
    assert asked.digest() != replace(asked, pseudonyms="urn:b").digest()


def test_nothing_is_released_of_what_stays_in_place():
    made = stored(rows_of([], COLUMNS))
    asked = privacy.Plan(
        table=made.id,
        columns=OPEN,
        minimum_group=privacy.MinimumGroup(3, "device"),
        delivery=privacy.Delivery.IN_PLACE,
    )

    with pytest.raises(RowsStay):
        privacy.release(asked, now=MAY)
    assert lake.snapshot(made.id).rows == 0


@settings(max_examples=40)
@given(observed(), shapes(), st.booleans())
def test_row_by_row_the_same_leaves_as_in_a_release(rows, asked, windowed):
    made = stored(rows_of(rows, COLUMNS))
    asked = replace(asked, table=made.id, until=MAY + timedelta(hours=9) if windowed else None)
    if asked.delivery is not privacy.Delivery.ROWS:
        with pytest.raises(RowsStay):
            privacy.live_filter(asked)
        return

    live = privacy.live_filter(asked)
    shown_live = [made for row in rows if (made := live.shown(row)) is not None]

    assert comparable(shown_live) == comparable(rows_in(privacy.release(asked, now=MAY)))


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(["D-1", "D-2", "D-3"]), st.floats(18, 48), st.floats(120, 156)), max_size=12
    ),
    st.sampled_from(["h3:3", "h3:9", "jis-mesh:1", "jis-mesh:2", "jis-mesh:3"]),
    st.one_of(st.none(), st.just(2)),
)
def test_row_by_row_positions_become_the_same_cells(places, cell, group):
    rows = [
        {"device": device, "at": MAY, "latitude": latitude, "longitude": longitude, "gateway": "G", "reading": 1.0,
         "counter": number}
        for number, (device, latitude, longitude) in enumerate(places)
    ]  # fmt: skip
    asked = plan(stored(rows_of(rows, COLUMNS)).id, columns=OPEN, cell=cell, group=group)

    live = privacy.live_filter(asked)

    shown_live = [made for row in rows if (made := live.shown(row)) is not None]
    assert comparable(shown_live) == comparable(rows_in(privacy.release(asked, now=MAY)))


def test_a_mean_is_not_told_where_only_one_of_a_large_group_has_a_value():
    rows = [
        {"device": f"D-{n}", "at": MAY, "latitude": None, "longitude": None, "gateway": "G", "counter": n,
         "reading": 21.5 if n == 1 else None}
        for n in range(5)
    ]  # fmt: skip
    asked = privacy.Plan(
        table=stored(rows_of(rows, COLUMNS)).id,
        columns=OPEN,
        dropped=("latitude", "longitude"),
        minimum_group=privacy.MinimumGroup(3, "device"),
        group_by=("gateway",),
        delivery=privacy.Delivery.AGGREGATES,
    )

    (told,) = rows_in(privacy.release(asked, now=MAY))

    assert told == {"gateway": "G", "rows": 5, "entities": 5, "reading_mean": None, "counter_mean": 2.0}
