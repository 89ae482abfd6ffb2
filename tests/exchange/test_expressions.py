"""Constraints of ODRL: read by name or refused by name, and decided the same way every time."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange import errors
from renkei.exchange.rules.normal import normal
from renkei.exchange.rules.odrl.expressions import (
    DEEPEST,
    Constraint,
    Expression,
    Logical,
    compile_expression,
    holds,
    read_expression,
    truth,
)
from renkei.kernel.refusals import Refusal

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
WORLD: dict[str, Any] = {
    "dateTime": NOON,
    "purpose": "research",
    "count": 3,
    "elapsedTime": timedelta(days=30),
    "spatial": "JP-13",
    "rk:membership": frozenset({"iot-club", "lpwa-group"}),
    "event": "http://www.w3.org/ns/odrl/2/policyUsage",
    "fileFormat": "text/csv",
    "rk:level": Decimal("2.50"),
    "recipient": "did:web:tokyo.example",
    "industry": (),
    "parts": {"did:web:tokyo.example": ["urn:kanto"], "urn:kanto": ["urn:japan"], "urn:japan": ["urn:kanto"]},
    "kinds": {"text/csv": "urn:table"},
}


def read(operand: str, operator: str, value: Any) -> Expression:
    constraint = {"leftOperand": operand, "operator": operator, "rightOperand": value}
    return read_expression(constraint, place="permission[0].constraint[0]")


@pytest.mark.parametrize(
    ("operand", "operator", "value", "expected"),
    [
        ("dateTime", "lt", "2026-05-01T21:00:00+09:00", False),
        ("dateTime", "lteq", "2026-05-01T21:00:00+09:00", True),
        ("dateTime", "eq", "2026-05-01T12:00:00.000Z", True),
        ("dateTime", "lteq", "2026-05-01", True),
        ("dateTime", "lt", "2026-05-01", False),
        ("dateTime", "gteq", "2026-05-01", True),
        ("dateTime", "gt", "2026-05-01", False),
        ("dateTime", "eq", "2026-05-01", True),
        ("dateTime", "gt", "2026-04-30T24:00:00Z", True),
        ("dateTime", "eq", "2026-05-02", False),
        ("dateTime", "eq", "2026-05-02+14:00", True),
        ("purpose", "eq", "research", True),
        ("purpose", "neq", "advertising", True),
        ("purpose", "isAnyOf", ["education", "research"], True),
        ("purpose", "isNoneOf", ["education", "research"], False),
        ("count", "lt", "3", False),
        ("count", "lteq", "3.0", True),
        ("count", "isAnyOf", ["3.00", "4"], True),
        ("elapsedTime", "lteq", "P30D", True),
        ("elapsedTime", "lt", "PT720H0.001S", True),
        ("elapsedTime", "lt", "P1M", False),
        ("elapsedTime", "lt", "P2M", True),
        ("elapsedTime", "eq", "P1M", False),
        ("elapsedTime", "neq", "P1M", False),
        ("spatial", "isPartOf", "JP", True),
        ("spatial", "isPartOf", "US", False),
        ("spatial", "eq", "JP", False),
        ("recipient", "isPartOf", "urn:japan", True),
        ("recipient", "isPartOf", "urn:kansai", False),
        ("rk:membership", "hasPart", ["iot-club", "lpwa-group"], True),
        ("rk:membership", "isAllOf", ["iot-club", "lpwa-group"], True),
        ("rk:membership", "isAllOf", ["iot-club", "other"], False),
        ("rk:membership", "eq", "iot-club", True),
        ("rk:membership", "neq", "iot-club", False),
        ("fileFormat", "isA", "urn:table", True),
        ("fileFormat", "isA", "urn:picture", False),
        ("event", "eq", "odrl:policyUsage", True),
        ("rk:level", "eq", "2.5", True),
        ("rk:level", "gt", "10", False),
        ("industry", "isNoneOf", ["mining"], True),
        ("industry", "eq", "mining", False),
    ],
)
def test_a_constraint_compares_values_as_what_they_are(operand, operator, value, expected):
    expression = read(operand, operator, value)

    assert (holds(expression, WORLD), compile_expression(expression)(WORLD)) == (expected, expected)


OPERATORS = ("eq", "neq", "lt", "lteq", "gt", "gteq", "isA", "hasPart", "isPartOf", "isAllOf", "isAnyOf")


@pytest.mark.parametrize("operator", [*OPERATORS, "isNoneOf"])
def test_an_operand_that_is_not_known_satisfies_no_operator(operator):
    assert not holds(read("rk:level", operator, "5"), {"purpose": "research"})


def test_what_is_not_known_does_not_make_the_other_part_the_only_one():
    known, unknown = read("purpose", "eq", "research"), read("version", "eq", "1")

    assert holds(Logical("or", (known, unknown)), WORLD)
    assert truth(Logical("and", (known, unknown)), WORLD) is None
    assert truth(Logical("xone", (known, unknown)), WORLD) is None


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ("purpose", errors.PolicyMalformed),
        ({"and": {}}, errors.PolicyMalformed),
        ({"or": []}, errors.PolicyMalformed),
        ({"leftOperand": "purpose", "operator": "eq"}, errors.PolicyMalformed),
        ({"leftOperand": "purpose", "operator": "eq", "rightOperand": {"a": "b"}}, errors.PolicyMalformed),
        ({"leftOperand": "purpose", "operator": "eq", "rightOperand": [["a"]]}, errors.PolicyMalformed),
        ({"operator": "eq", "rightOperand": "a"}, errors.OperandUnknown),
        ({"leftOperand": "parts", "operator": "eq", "rightOperand": "a"}, errors.OperandUnknown),
        ({"leftOperand": "count", "operator": "lt", "rightOperand": "5", "unit": "u"}, errors.OperandUnknown),
        ({"and": [], "or": []}, errors.OperandUnknown),
        ({"leftOperand": "count", "operator": "less", "rightOperand": "5"}, errors.OperatorUnknown),
        ({"leftOperand": "count", "operator": None, "rightOperand": "5"}, errors.OperatorUnknown),
        ({"leftOperand": "count", "operator": "lt", "rightOperand": "many"}, errors.OperandValue),
        ({"leftOperand": "count", "operator": "lt", "rightOperand": ["5", "6"]}, errors.OperandValue),
        ({"leftOperand": "count", "operator": "isAnyOf", "rightOperand": ["5", "NaN"]}, errors.OperandValue),
        ({"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2026-13-01"}, errors.OperandValue),
        ({"leftOperand": "dateTime", "operator": "lt", "rightOperand": "20260501"}, errors.OperandValue),
        (
            {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2026-05-01T00:00:00+14:30"},
            errors.OperandValue,
        ),
        ({"leftOperand": "elapsedTime", "operator": "lt", "rightOperand": "P"}, errors.OperandValue),
        ({"leftOperand": "elapsedTime", "operator": "lt", "rightOperand": "P1DT"}, errors.OperandValue),
        ({"leftOperand": "version", "operator": "lt", "rightOperand": "b-3"}, errors.OperandValue),
    ],
)
def test_what_cannot_be_evaluated_is_refused(said, refusal):
    with pytest.raises(refusal):
        read_expression(said, place="constraint")


def test_a_constraint_that_contains_itself_is_refused_by_name():
    circle: dict[str, Any] = {}
    circle["and"] = [circle, circle]
    deep: dict[str, Any] = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"}
    for _ in range(DEEPEST):
        deep = {"and": [deep]}

    assert holds(read_expression(deep, place="constraint"), WORLD)
    for said in (circle, {"or": [deep]}):
        with pytest.raises(errors.TermsTooDeep):
            read_expression(said, place="constraint")


def test_constraints_side_by_side_hold_together_and_none_at_all_hold():
    said = normal(
        {
            "odrl:permission": {
                "odrl:action": "odrl:use",
                "odrl:constraint": [
                    {
                        "odrl:leftOperand": "odrl:purpose",
                        "odrl:operator": "odrl:eq",
                        "rightOperand": "research",
                    },
                    {"leftOperand": "count", "operator": "lt", "rightOperand": {"@value": 3}},
                ],
            }
        }
    )

    assert not holds(read_expression(said["permission"][0]["constraint"], place="constraint"), WORLD)
    assert holds(read_expression([], place="constraint"), {})


# ---- properties

_TEXTS = st.sampled_from(["research", "education", "JP-13", "JP", "did:web:a.example"])
_TIMES = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - the zone is given below
    max_value=datetime(2050, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@st.composite
def _atoms(draw: st.DrawFn) -> Constraint:
    operand = draw(st.sampled_from(["dateTime", "purpose", "count", "elapsedTime", "spatial", "rk:other"]))
    comparing = ["eq", "neq"] + (
        [] if operand in {"purpose", "spatial", "rk:other"} else ["lt", "lteq", "gt", "gteq"]
    )
    values = {
        "dateTime": _TIMES.map(datetime.isoformat) | _TIMES.map(lambda at: at.date().isoformat()),
        "count": st.integers(0, 5).map(str),
        "elapsedTime": st.sampled_from(["P1M", "P30D", "PT1H", "P2M", "-P1D", "PT0S"]),
    }.get(operand, _TEXTS)
    if draw(st.booleans()):
        several = st.lists(values, min_size=1, max_size=3).map(tuple)
        return Constraint(operand, draw(st.sampled_from(["isAnyOf", "isAllOf", "isNoneOf"])), draw(several))
    return Constraint(operand, draw(st.sampled_from(comparing)), draw(values))


_EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    _atoms(),
    lambda inner: st.builds(
        Logical,
        st.sampled_from(["and", "or", "xone", "andSequence"]),
        st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=8,
)
_WORLDS = st.fixed_dictionaries(
    {},
    optional={
        "dateTime": _TIMES,
        "purpose": _TEXTS | st.frozensets(_TEXTS),
        "count": st.integers(0, 5),
        "elapsedTime": st.timedeltas(timedelta(0), timedelta(days=90)),
        "spatial": _TEXTS,
        "rk:other": _TEXTS | st.lists(_TEXTS, max_size=2),
    },
)


@given(_EXPRESSIONS, _WORLDS)
def test_compiled_decisions_are_the_same(expression, world):
    assert compile_expression(expression)(world) is holds(expression, world)


@given(_EXPRESSIONS, _WORLDS, st.sampled_from(["dateTime", "purpose", "count", "elapsedTime", "spatial"]))
def test_knowing_less_never_opens_anything(expression, world, forgotten):
    less = {name: value for name, value in world.items() if name != forgotten}

    assert holds(expression, world) or not holds(expression, less)


@given(st.lists(_EXPRESSIONS, min_size=1, max_size=4).map(tuple), _WORLDS)
def test_xone_is_or_without_any_two_together(parts, world):
    pairs = [Logical("and", (a, b)) for i, a in enumerate(parts) for b in parts[i + 1 :]]
    one, some = truth(Logical("xone", parts), world), truth(Logical("or", parts), world)
    two = truth(Logical("or", tuple(pairs)), world) if pairs else False

    if one is True:
        assert some is True
        assert two is False
    if one is False:
        assert some is False or two is True


@given(_TIMES, _TIMES, _TIMES, _OFFSETS)
def test_a_later_end_allows_no_less_and_the_offset_makes_no_difference(now, one, other, offset):
    sooner, later = sorted((one, other))
    world = {"dateTime": now}

    def until(end: datetime) -> bool:
        return holds(read("dateTime", "lteq", end.isoformat()), world)

    assert until(later) or not until(sooner)
    assert until(later.astimezone(offset)) == until(later) == (now <= later)


@given(_TIMES, _TIMES)
def test_bounds_of_one_time_or_day_divide_all_time_among_them(now, bound):
    for value in (bound.isoformat(), bound.date().isoformat()):
        before, on, after = (
            holds(read("dateTime", op, value), {"dateTime": now}) for op in ("lt", "eq", "gt")
        )
        not_after, not_before, off = (
            holds(read("dateTime", op, value), {"dateTime": now}) for op in ("lteq", "gteq", "neq")
        )

        assert [before, on, after].count(True) == 1
        assert (not_after, not_before, off) == (before or on, on or after, not on)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["leftOperand", "operator", "rightOperand", "and", "xone", "uid", "more"]), inner
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_whatever_is_read_can_be_decided_and_everything_else_is_refused(said):
    try:
        expression = read_expression(said, place="constraint")
    except Refusal:
        return
    assert compile_expression(expression)(WORLD) is holds(expression, WORLD)
