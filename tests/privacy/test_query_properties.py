"""For any rows and any questions: an answer is the one over the told groups, and nothing that is withheld changes it."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renkei.privacy import api as privacy
from renkei.privacy.queries.running import Found
from tests.factories.lake import COLUMNS, MAY, rows_of, stored
from tests.privacy.questions import ask, in_place

pytestmark = pytest.mark.django_db
LEAST = 2
Row = dict[str, Any]

DEVICES, GATEWAYS = ["D-1", "D-2", "D-3", "D-4", None], ["G-1", "G-2", "G-3", None]
READINGS = st.one_of(st.none(), st.sampled_from([-2.5, 0.0, 1.0, 7.25, 1e300, math.inf]))
COUNTERS = st.one_of(st.none(), st.sampled_from([-3, 0, 1, 2, 2**62]))


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(DEVICES), st.sampled_from(GATEWAYS), READINGS, COUNTERS, st.integers(0, 3)
            ),
            max_size=20,
        )
    )
    return [
        {
            "device": device,
            "at": MAY.replace(hour=9 + hour),
            "latitude": None,
            "longitude": None,
            "gateway": gateway,
            "reading": reading,
            "counter": counter,
        }
        for device, gateway, reading, counter, hour in drawn
    ]


# ---- a grammar of questions, each part with what it means in Python

Meaning = Callable[[Row], Any]
GROUPS: dict[str, Meaning] = {
    "gateway": lambda row: row["gateway"],
    "extract(hour FROM at)": lambda row: row["at"].hour,
    "CASE WHEN gateway = 'G-1' THEN 'one' ELSE 'other' END": lambda row: (
        "one" if row["gateway"] == "G-1" else "other"
    ),
    "coalesce(lower(gateway), '-')": lambda row: (row["gateway"] or "-").lower(),
}
CONDITIONS: dict[str, Meaning] = {
    "true": lambda _: True,
    "counter >= 0": lambda row: row["counter"] is not None and row["counter"] >= 0,
    "counter / 0 > 1 OR gateway LIKE 'G%'": lambda row: row["gateway"] is not None,
    "counter % counter = 0": lambda row: row["counter"] not in {None, 0},
    "NOT (gateway IN ('G-2', 'G-3'))": lambda row: row["gateway"] == "G-1",
    "at < '2026-05-01T11:00:00Z'": lambda row: row["at"].hour < 11,
}


def numbers(rows: list[Row], name: str) -> list[float]:
    return [float(row[name]) for row in rows if row[name] is not None]


FIGURES: dict[str, tuple[str | None, Callable[[list[Row]], Any]]] = {
    "count(*)": (None, len),
    "count(DISTINCT device)": ("device", lambda rows: len({row["device"] for row in rows} - {None})),
    "sum(counter)": ("counter", lambda rows: math.fsum(numbers(rows, "counter"))),
    "avg(counter)": (
        "counter",
        lambda rows: math.fsum(numbers(rows, "counter")) / len(numbers(rows, "counter")),
    ),
    "count(counter)": ("counter", lambda rows: len(numbers(rows, "counter"))),
}


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[str], str, list[str]]:
    groups = draw(st.lists(st.sampled_from(sorted(GROUPS)), unique=True, max_size=2))
    figures = draw(st.lists(st.sampled_from(sorted(FIGURES)), unique=True, min_size=1, max_size=3))
    return groups, draw(st.sampled_from(sorted(CONDITIONS))), figures


def sql_of(question: tuple[list[str], str, list[str]]) -> str:
    groups, condition, figures = question
    by = f" GROUP BY {', '.join(groups)}" if groups else ""
    return f"SELECT {', '.join([*groups, *figures])} FROM data WHERE {condition}{by}"  # noqa: S608


def entities(rows: list[Row], column: str | None) -> int:
    return len({row["device"] for row in rows if column is None or row[column] is not None} - {None})


def by_hand(rows: list[Row], question: tuple[list[str], str, list[str]]) -> list[tuple[Any, ...]]:
    groups, condition, figures = question
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if CONDITIONS[condition](row):
            found[tuple(GROUPS[name](row) for name in groups)].append(row)
    told = []
    for key, of in found.items():
        if entities(of, None) >= LEAST:
            cells = [
                compute(of) if entities(of, column) >= LEAST else None
                for column, compute in (FIGURES[name] for name in figures)
            ]
            told.append((*key, *cells))
    return told


def rounded(rows: Any) -> list[tuple[Any, ...]]:
    return sorted(
        (tuple(float(f"{c:.9g}") if isinstance(c, int | float) else c for c in row) for row in rows), key=repr
    )


def under(
    rows: list[Row], *, dropped: tuple[str, ...] = (), group: int = LEAST, **terms: Any
) -> privacy.Plan:
    table = stored(rows_of(rows, COLUMNS))
    return in_place(table.id, group=group, dropped=("latitude", "longitude", *dropped), **terms)


def refusals(plan: privacy.Plan, first: str, second: str) -> list[bool]:
    """Whether the ledger would refuse the first question, and the second after it."""
    one, two = ask(plan, first), ask(plan, second)

    def close(found: Found, others: Sequence[privacy.Marked]) -> bool:
        return any(
            privacy.too_close(mine, other, least=LEAST)
            for mine in found.marks
            for other in others
            if mine.made_of == other.made_of
        )

    return [close(one, one.everything), close(two, [*two.everything, *one.marks])]


def outcome(plan: privacy.Plan, sql: str) -> str:
    """What a consumer can see of an answer. No question of this grammar is refused, whatever the rows are."""
    return repr(ask(plan, sql).answer)


@settings(max_examples=40, deadline=None)
@given(rows=tables(), question=questions())
def test_an_answer_is_the_aggregate_over_groups_that_are_large_enough(rows: list[Row], question: Any):
    assert rounded(ask(under(rows), sql_of(question)).answer.rows) == rounded(by_hand(rows, question))


@settings(max_examples=40, deadline=None)
@given(rows=tables(), question=questions(), drawn=st.data())
def test_withheld_cells_and_rows_change_nothing(rows: list[Row], question: Any, drawn: st.DataObject):
    """Columns that are withheld, rows outside the window, and figures of groups that are too small."""
    until = MAY.replace(hour=12)
    sizes: dict[str | None, set[str | None]] = defaultdict(set)
    for row in rows:
        if row["at"] < until:
            sizes[row["gateway"]].add(row["device"])
    other = [
        replaced_cells(
            row, drawn, outside=row["at"] >= until, small=len(sizes[row["gateway"]] - {None}) < LEAST
        )
        for row in rows
    ]
    groups, condition, figures = question
    by_gateway = (["gateway", *(name for name in groups if name != "gateway")], condition, figures)

    plans = [under(each, dropped=("reading",), until=until) for each in (rows, other)]

    assert outcome(plans[0], sql_of(by_gateway)) == outcome(plans[1], sql_of(by_gateway))
    second = sql_of((["gateway"], drawn.draw(st.sampled_from(sorted(CONDITIONS))), figures))
    assert refusals(plans[0], sql_of(by_gateway), second) == refusals(plans[1], sql_of(by_gateway), second)


def replaced_cells(row: Row, drawn: st.DataObject, *, outside: bool, small: bool) -> Row:
    changed = row | {"reading": drawn.draw(READINGS)}
    if outside or small:
        changed["counter"] = drawn.draw(COUNTERS)
    if outside:
        changed["device"], changed["gateway"] = (
            drawn.draw(st.sampled_from(DEVICES)),
            drawn.draw(st.sampled_from(GATEWAYS)),
        )
    return changed


@settings(max_examples=25, deadline=None)
@given(rows=tables(), drawn=st.data())
def test_a_masked_column_is_asked_through_its_mask_alone(rows: list[Row], drawn: st.DataObject):
    masks = (privacy.Mask.parse("gateway=truncate:1"), privacy.Mask.parse("counter=redact"))
    other = [
        row
        | {"counter": drawn.draw(COUNTERS)}
        | ({"gateway": drawn.draw(st.sampled_from(GATEWAYS[:3]))} if row["gateway"] else {})
        for row in rows
    ]
    plans = [replace(under(each), masks=masks) for each in (rows, other)]

    for sql in (
        "SELECT gateway, count(*), sum(counter) FROM data GROUP BY gateway",
        "SELECT count(*) FROM data WHERE gateway = 'G-1' OR counter = 1",
    ):
        assert outcome(plans[0], sql) == outcome(plans[1], sql)


def test_what_queries_read_holds_no_withheld_column():
    plan = under([], dropped=("reading",))

    assert "reading" not in {column.name for column in privacy.released(plan, now=MAY).columns}
    assert ask(plan, "SELECT count(*) FROM data").answer.rows == ()


def test_one_row_that_breaks_arithmetic_is_answered():
    row = {"device": "D-1", "at": MAY, "gateway": "x", "counter": -(2**63), "reading": math.nan}
    plan = under([row], group=1)

    found = ask(
        plan, "SELECT count(*) FROM data WHERE abs(-counter * counter) > 0 AND floor(reading / 0) IS NULL"
    )
    assert found.answer.rows == ((1,),)
