"""Which plans are lawful and agree with themselves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.privacy import api as privacy
from renkei.privacy.types import Category, Cell, CellScheme, ColumnClass, Role
from tests.factories.lake import MAY
from tests.factories.privacy import CLASSES, NOWHERE, plan

GUARDED = [Category.PERSONAL, Category.SENSITIVE]


@pytest.mark.parametrize(
    ("text", "cell"),
    [(f"h3:{level}", Cell(CellScheme.H3, level)) for level in range(16)]
    + [(f"jis-mesh:{level}", Cell(CellScheme.JIS_MESH, level)) for level in (1, 2, 3)],
)
def test_a_cell_is_read_and_written_the_same(text: str, cell: Cell):
    assert Cell.parse(text) == cell
    assert str(cell) == text


@given(
    st.text()
    | st.sampled_from(["h3:16", "h3:-1", "h3:05", "h3", "h3:", "jis-mesh:0", "jis-mesh:4", "H3:5", "h3:٥"])
)
def test_anything_else_is_no_cell(text: str):
    known = {f"h3:{level}" for level in range(16)} | {f"jis-mesh:{level}" for level in (1, 2, 3)}
    if text in known:
        return
    with pytest.raises(ValueError, match=r"."):
        Cell.parse(text)


def test_positions_as_cells_with_a_group_of_subjects_are_lawful():
    privacy.check_lawful(plan(cell="h3:5", group=2, entity="device"))


@pytest.mark.parametrize("category", GUARDED)
@pytest.mark.parametrize(
    "terms",
    [
        {"cell": None, "group": None},
        {"cell": "h3:5", "group": None},
        {"cell": "h3:5", "group": 1},
        {"cell": "h3:5", "group": 50, "entity": "counter"},
        {"cell": None, "group": None, "dropped": ["latitude"]},
    ],
    ids=["raw", "no group", "group of one", "group of readings", "half a position"],
)
def test_positions_of_people_in_any_other_form_are_not(category: Category, terms: dict):
    columns = tuple(replace(c, category=category) if c.role is Role.LONGITUDE else c for c in CLASSES)

    with pytest.raises(privacy.NoLawfulRoute) as refused:
        privacy.check_lawful(plan(columns=columns, **terms))

    assert refused.value.facts["column"] in {"latitude", "longitude"}


@pytest.mark.parametrize("category", GUARDED)
@pytest.mark.parametrize("role", [Role.PLAIN, Role.SUBJECT, Role.TIME])
def test_what_is_about_people_and_no_position_leaves_only_by_not_leaving(category: Category, role: Role):
    columns = (ColumnClass("name", category, role), ColumnClass("count"))

    privacy.check_lawful(privacy.Plan(NOWHERE, columns, dropped=("name",)))
    with pytest.raises(privacy.NoLawfulRoute) as refused:
        privacy.check_lawful(privacy.Plan(NOWHERE, columns))

    assert refused.value.facts == {
        "column": "name",
        "category": category.value,
        "category_ja": {"personal": "個人情報", "sensitive": "要配慮個人情報"}[category.value],
    }


@pytest.mark.parametrize("category", [Category.NONE, Category.RELATED])
def test_positions_of_things_may_leave_as_they_are(category: Category):
    columns = tuple(replace(column, category=category) for column in CLASSES)

    privacy.check_lawful(plan(columns=columns, cell=None, group=None))


def test_positions_that_stay_behind_need_no_cell():
    privacy.check_lawful(plan(cell=None, group=None, dropped=["latitude", "longitude"]))


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (plan(columns=(*CLASSES, CLASSES[0])), "column-twice"),
        (plan(dropped=["nothing"]), "dropped-is-a-column"),
        (plan(columns=(*CLASSES, ColumnClass("lat2", role=Role.LATITUDE))), "one-latitude"),
        (plan(columns=(*CLASSES, ColumnClass("at2", role=Role.TIME))), "one-time"),
        (plan(dropped=["latitude"]), "cell-needs-latitude"),
        (plan(columns=CLASSES[:3]), "cell-needs-longitude"),
        (plan(columns=(*CLASSES, ColumnClass("cell"))), "cell-is-the-new-column"),
        (plan(cell=None, group=2), "group-guards-a-cell"),
        (plan(group=-1), "group-of-at-least-one"),
        (plan(columns=CLASSES[2:4], since=MAY), "window-needs-time"),
        (plan(since=MAY, until=MAY), "window-has-length"),
        (privacy.Plan(NOWHERE, (ColumnClass("a"),), dropped=("a",)), "something-leaves"),
        (privacy.Plan(NOWHERE, ()), "something-leaves"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused_by_rule(bad: privacy.Plan, rule: str):
    with pytest.raises(privacy.PlanInconsistent) as refused:
        privacy.check_lawful(bad)

    assert refused.value.facts["rule"] == rule


def test_a_cell_of_a_level_that_does_not_exist_is_refused():
    with pytest.raises(privacy.CellUnknown):
        privacy.check_lawful(replace(plan(), cell=Cell(CellScheme.JIS_MESH, 4)))


def test_plans_that_release_the_same_have_the_same_digest():
    tokyo = MAY.astimezone(timezone(timedelta(hours=9)))

    assert (
        plan(dropped=["reading", "counter"]).digest()
        == plan(dropped=["counter", "reading", "counter"]).digest()
    )
    assert plan(since=MAY).digest() == plan(since=tokyo).digest()


def test_plans_that_differ_anywhere_have_different_digests():
    plans = [
        plan(),
        plan(group=3),
        plan(cell="jis-mesh:1"),
        plan(cell="h3:2"),
        plan(entity="counter"),
        plan(group=None),
        plan(dropped=["reading"]),
        plan(since=MAY),
        plan(until=MAY),
        plan(since=datetime(2026, 5, 1, 9, 0, 0, 1, tzinfo=UTC)),
        plan(columns=CLASSES[:-1]),
        plan(columns=tuple(replace(c, category=Category.NONE) for c in CLASSES)),
    ]

    assert len({one.digest() for one in plans}) == len(plans)
