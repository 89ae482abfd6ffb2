"""Answers with noise: what they ask for, how much it costs, and that one entity hardly moves them."""

import statistics
import sys
from dataclasses import replace
from typing import Any

import pytest

from renkei.kernel.refusals import Refusal
from renkei.privacy import api as privacy
from renkei.privacy.errors import NoiseMissing, NoiseRequestMalformed
from tests.factories.lake import MAY
from tests.privacy.questions import KEY, in_place, observed

pytestmark = pytest.mark.django_db
HELD = [*((f"D-{n}", "G-1", 20.0, n) for n in range(60)), *((f"D-{n}", "G-2", 30.0, n) for n in range(40))]
SURE = "2000"
"""So large an ε that hardly any noise is left."""


def noisy(under: privacy.Plan, sql: str, **asked: Any) -> privacy.Answer:
    prepared = privacy.prepare_query(under, privacy.Question(sql, **asked))
    assert isinstance(prepared, privacy.NoisyQuery)
    totals = privacy.total_query(under, prepared, privacy.released(under, now=MAY), key=KEY)
    return privacy.add_noise(prepared, totals)


def held(rows: Any = HELD, *, budget: str = "9000", group: int = 3) -> privacy.Plan:
    return replace(in_place(observed(rows).id, group=group), budget=budget)


def test_with_hardly_any_noise_the_answer_is_the_bounded_one():
    answer = noisy(
        held(),
        "SELECT gateway, count(*), count(DISTINCT device), avg(reading), sum(reading) FROM data GROUP BY gateway",
        epsilon="9000",
        bounds=(("reading", 0.0, 25.0),),
        groups=(("G-1",), ("G-2",), ("G-3",)),
        groups_each=2,
    )

    assert [row[:3] for row in answer.rows] == [("G-1", 60, 60), ("G-2", 40, 40)]
    assert [row[3] for row in answer.rows] == [pytest.approx(20, abs=0.1), pytest.approx(25, abs=0.1)]
    assert [row[4] for row in answer.rows] == [pytest.approx(1200, abs=2), pytest.approx(1000, abs=2)]
    assert answer.epsilon == "9000"


def test_an_entity_counts_in_so_many_groups_only_and_with_so_many_rows():
    rows = [(f"D-{n}", f"G-{g}", 1.0, 1) for n in range(50) for g in range(4) for _ in range(3)]
    asked = {"epsilon": SURE, "groups": tuple((f"G-{g}",) for g in range(4))}
    sql = "SELECT gateway, count(*) FROM data GROUP BY gateway"

    once = noisy(held(rows), sql, **asked)
    thrice = noisy(held(rows), sql, bounds=(("*", 0.0, 3.0),), groups_each=4, **asked)

    assert sum(int(str(row[1])) for row in once.rows) == pytest.approx(50, abs=2)
    assert [row[1] for row in thrice.rows] == [pytest.approx(150, abs=2)] * 4


def test_noise_is_as_wide_as_epsilon_says():
    under = held(HELD[:60])
    prepared = privacy.prepare_query(under, privacy.Question("SELECT count(*) FROM data", epsilon="1"))
    assert isinstance(prepared, privacy.NoisyQuery)
    totals = privacy.total_query(under, prepared, privacy.released(under, now=MAY), key=KEY)

    drawn = [float(str(privacy.add_noise(prepared, totals).rows[0][0])) for _ in range(2000)]

    # two sums share ε = 1: a scale of 2, whose variance is 2 · 2² and a little less for whole numbers
    assert statistics.mean(drawn) == pytest.approx(60, abs=0.35)
    assert statistics.pvariance(drawn) == pytest.approx(7.83, rel=0.25)


def test_a_group_that_is_too_small_is_hardly_ever_told():
    under = held([("D-1", "G-1", 1.0, 1)], group=30)

    assert noisy(under, "SELECT count(*) FROM data", epsilon=SURE).rows == ()


@pytest.mark.parametrize(
    ("sql", "asked"),
    [
        ("SELECT gateway, count(*) FROM data GROUP BY gateway", {}),
        ("SELECT gateway, count(*) FROM data GROUP BY gateway", {"groups": (("a",), ("a",))}),
        ("SELECT gateway, count(*) FROM data GROUP BY gateway", {"groups": (("a", "b"),)}),
        ("SELECT avg(reading) FROM data", {}),
        ("SELECT avg(reading) FROM data", {"bounds": (("reading", 5.0, 5.0),)}),
        ("SELECT sum(reading) FROM data", {"bounds": (("reading", float("nan"), 5.0),)}),
        ("SELECT sum(reading) FROM data", {"bounds": (("reading", 0.0, 1e300),)}),
        ("SELECT sum(reading) FROM data", {"bounds": (("reading", 0.0, 5e-324),)}),
        ("SELECT avg(reading) FROM data", {"bounds": (("reading", -9e-13, 9e-13),)}),
        ("SELECT count(*) FROM data", {"bounds": (("*", 0.0, 1.5),)}),
        ("SELECT count(*) FROM data", {"bounds": (("*", -1.0, 1.0),)}),
        ("SELECT stddev(reading) FROM data", {}),
        ("SELECT count(reading) FROM data", {}),
        ("SELECT count(DISTINCT gateway) FROM data", {}),
        ("SELECT count(*) + 1 FROM data", {}),
        ("SELECT count(*) FROM data HAVING count(*) > 1", {}),
        ("SELECT count(*) FROM data LIMIT 1", {}),
        ("SELECT count(*) FROM data", {"epsilon": "0"}),
        ("SELECT count(*) FROM data", {"epsilon": "-1"}),
        ("SELECT count(*) FROM data", {"epsilon": "1e5"}),
        ("SELECT count(*) FROM data", {"epsilon": "0.0000001"}),
        ("SELECT count(*) FROM data", {"groups_each": 0}),
    ],
)
def test_what_cannot_be_bounded_is_refused(sql: str, asked: dict[str, Any]):
    with pytest.raises(NoiseRequestMalformed):
        privacy.prepare_query(held(HELD[:2]), privacy.Question(sql, **asked))


def test_bounds_may_be_close_to_zero():
    answer = noisy(held(), "SELECT sum(reading) FROM data", epsilon=SURE, bounds=(("reading", 0.0, 1e-12),))

    assert answer.rows[0][0] == pytest.approx(60e-12, rel=0.05)


def test_a_column_that_only_a_text_names_is_not_read():
    prepared = privacy.prepare_query(
        held(HELD[:2]), privacy.Question("SELECT count(*) FROM data WHERE device <> '\"reading\"'")
    )

    assert prepared.reads == ("device",)


def test_without_opendp_nothing_is_answered(monkeypatch: Any):
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)

    with pytest.raises(NoiseMissing):
        privacy.prepare_query(held(HELD[:2]), privacy.Question("SELECT count(*) FROM data"))


def test_noise_is_not_asked_for_where_none_was_agreed():
    with pytest.raises(Refusal) as refused:
        privacy.prepare_query(
            in_place(observed(HELD[:2]).id), privacy.Question("SELECT count(*) FROM data", epsilon="1")
        )
    assert refused.value.code == "privacy.budget-not-agreed"
