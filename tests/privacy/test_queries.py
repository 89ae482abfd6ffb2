"""Queries in place: what they answer, and what they never tell."""

# ruff: noqa: S608 - the queries are what is tested

import pytest

from renkei.privacy.errors import QueryArgumentRefused, QueryColumnUnknown, QueryNotGrouped, QueryPartRefused
from tests.privacy.questions import ask, in_place, observed, told

pytestmark = pytest.mark.django_db

GATEWAYS = [
    *((f"D-{n}", "G-1", 20.0 + n, n) for n in range(4)),
    *((f"D-{n}", "G-2", 10.0, 1) for n in range(3)),
    ("D-9", "G-3", 99.0, 9),
]


def test_a_group_is_told_where_enough_entities_are_in_it():
    under = in_place(observed(GATEWAYS).id)

    found = ask(
        under, "SELECT gateway, count(*) AS n, avg(reading) FROM data GROUP BY gateway ORDER BY n DESC"
    )

    assert found.answer.columns == ("gateway", "n", 'AVG("reading")')
    assert found.answer.rows == (("G-1", 4, 21.5), ("G-2", 3, 10.0))
    assert found.answer.smallest_group == 3


def test_groups_are_counted_after_the_rows_are_chosen():
    under = in_place(observed(GATEWAYS).id)

    assert told(under, "SELECT count(*) FROM data WHERE reading > 22") == ()
    assert told(under, "SELECT count(*) FROM data WHERE reading > 20.5") == ((4,),)


def test_a_figure_needs_enough_entities_that_have_a_value():
    under = in_place(observed([("A", "G", 1.0, 1), ("B", "G", None, 1), ("C", "G", None, 1)]).id)

    assert told(under, "SELECT count(*), avg(reading), sum(counter), count(reading) FROM data") == (
        (3, None, 3.0, None),
    )


def test_what_a_plan_hides_has_no_name():
    under = in_place(observed(GATEWAYS).id, dropped=("reading",))

    for column in ("reading", '"entity key"', '"row key"'):
        with pytest.raises(QueryColumnUnknown):
            told(under, f"SELECT avg({column}) FROM data")


@pytest.mark.parametrize(
    "figure",
    [
        "sum(CASE WHEN device = 'D-1' THEN reading END)",
        "sum(reading * counter)",
        "sum(reading + 1e16)",
        "avg(reading * 1e300)",
        "count(nullif(device, 'D-1'))",
        "avg(coalesce(reading, 0))",
        "sum(CAST(gateway AS DOUBLE))",
    ],
)
def test_nothing_is_computed_inside_an_aggregate(figure: str):
    with pytest.raises(QueryArgumentRefused):
        told(in_place(observed(GATEWAYS).id), f"SELECT {figure} FROM data")


def test_a_figure_with_a_filter_of_its_own_is_refused():
    with pytest.raises(QueryPartRefused):
        told(in_place(observed(GATEWAYS).id), "SELECT sum(reading) FILTER (WHERE device = 'D-1') FROM data")


def test_rows_do_not_leave():
    under = in_place(observed(GATEWAYS).id)

    with pytest.raises(QueryNotGrouped):
        told(under, "SELECT device, reading FROM data")
    with pytest.raises(QueryPartRefused):
        told(under, "SELECT * FROM data")


def test_one_row_that_would_make_the_query_fail_does_not():
    under = in_place(
        observed([*GATEWAYS[:4], ("D-5", "G-1", float("inf"), 0), ("D-6", "x", float("nan"), 2**62)]).id
    )

    rows = told(
        under,
        "SELECT count(*) FROM data WHERE (1 / counter >= 0 OR counter = 0) AND CAST(gateway AS INTEGER) IS NULL "
        "AND counter * counter * counter >= 0 AND reading % 0 IS NULL AND -counter <= 0",
    )

    assert rows == ((6,),)


SPELT = [
    ("G-1", 1.0, 1),
    ("G-2", 2.5, 2),
    (None, None, None),
    ("H-1", -4.0, 0),
]


@pytest.mark.parametrize(
    ("condition", "places"),
    [
        ("gateway LIKE 'G%'", "01"),
        ("gateway NOT LIKE 'G%'", "3"),
        ("gateway ILIKE 'g_2'", "1"),
        ("gateway NOT IN ('G-1', 'H-1')", "1"),
        ("counter NOT BETWEEN 1 AND 5", "3"),
        ("counter IS NOT NULL AND NOT counter = 1", "13"),
        ("gateway IS NULL OR counter > 1", "12"),
        ("(counter > 1) = (gateway = 'G-2')", "013"),
        ("CASE counter > 1 OR counter = 0 WHEN true THEN false ELSE true END", "02"),
        ("CASE counter WHEN 1 THEN 'one' WHEN 0 THEN 'none' ELSE gateway END IN ('one', 'G-2')", "01"),
        ("-(counter - 1) * 2 + 1 > -1", "03"),
        ("counter - (1 - 1) - 1 = 0", "0"),
        ("counter / 2 = 0.5", "0"),
        ("reading % 2 = 0.5", "1"),
        ("1 / counter IS NULL", "23"),
        (
            "round(reading / 3, 1) = 0.8 AND abs(reading) < 3 AND floor(reading) = 2 AND ceil(reading) = 3",
            "1",
        ),
        ("coalesce(counter, 7) = 7", "2"),
        ("nullif(counter, 1) IS NULL", "02"),
        ("lower(left(gateway, 1)) = 'g' AND right(gateway, 1) = '1'", "0"),
        ("substring(gateway, 3, 1) = '1' AND length(gateway) = 3 AND upper(trim(gateway)) = gateway", "03"),
        ("if(counter > 1, gateway = 'G-2', counter = 1)", "01"),
        ("CAST(counter AS VARCHAR) = '2' OR CAST(gateway AS DOUBLE) > 0", "1"),
        ("CAST(counter AS BOOLEAN)", "01"),
        ("extract(hour FROM at) = 9 AND date_trunc('day', at) = '2026-05-01' AND counter = 1", "0"),
        ("CAST(at AS DATE) = CAST('2026-05-01' AS DATE) AND counter = 2", "1"),
        ("at BETWEEN '2026-05-01T18:00:00+09:00' AND '2026-05-02'", "0123"),
        ("true AND NOT false AND counter = 1", "0"),
    ],
)
def test_a_condition_means_what_it_means_in_sql(condition: str, places: str):
    rows = [(f"D-{n}", gateway, reading, counter) for n, (gateway, reading, counter) in enumerate(SPELT)]
    under = in_place(observed(rows).id, group=1, dropped=("latitude", "longitude"))
    sql = f"SELECT device FROM data WHERE {condition} GROUP BY device ORDER BY device"

    assert "".join(str(row[0]).removeprefix("D-") for row in told(under, sql)) == places
