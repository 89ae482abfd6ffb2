"""One atomic constraint as a question to the world, its right operand read beforehand."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from renkei.exchange.rules.odrl.hierarchy import Parts, wholes
from renkei.exchange.rules.odrl.values import KINDS, READERS, RELATIONS, Kind, Relation, Truth, shape
from renkei.kernel.texts import Text

PARTS_OF, KINDS_OF = "parts", "kinds"
"""Names in the world that are no operands: what each thing is part of, and of what kind it is."""
COMPARING = ("eq", "neq", "lt", "lteq", "gt", "gteq")
BY_SET = ("isA", "hasPart", "isPartOf", "isAllOf", "isAnyOf", "isNoneOf")
OPERATORS = (*COMPARING, *BY_SET)
_ORDERING = ("lt", "lteq", "gt", "gteq")
_MEMBERS = {"isAllOf": "eq", "isAnyOf": "eq", "isNoneOf": "neq"}
_World = Mapping[str, Any]
_Judge = Callable[[_World], Truth]

_WANTED = {
    Kind.INSTANT: Text(
        ja="日時(例: 2027-03-31T23:59:59Z)か日付が必要です。",
        en="A time such as 2027-03-31T23:59:59Z, or a date, is needed.",
    ),
    Kind.NUMBER: Text(ja="数が必要です。", en="A number is needed."),
    Kind.DURATION: Text(
        ja="期間(例: P30D、PT1H)が必要です。", en="A duration such as P30D or PT1H is needed."
    ),
    Kind.TEXT: Text(
        ja="大小を比べられるのは、数、日時、期間だけです。",
        en="Only numbers, times and durations can be put in order.",
    ),
}
_ONE_VALUE = Text(
    ja="この演算子がとる値は 1 つだけです。複数あるときは isAnyOf などを使ってください。",
    en="This operator takes one value; with several, use isAnyOf or another set operator.",
)


def wanted_value(operand: str, operator: str, value: str | tuple[str, ...]) -> Text | None:
    """Return what the right operand would have to be; None: it can be compared as it is."""
    values = (value,) if isinstance(value, str) else value
    if operator in COMPARING and len(values) != 1:
        return _ONE_VALUE
    if operator in {"isA", "hasPart", "isPartOf"}:
        return None
    for each in values:
        kind = _kind(operand, operator, each)
        if READERS[kind](each) is None or (operator in _ORDERING and kind is Kind.TEXT):
            return _WANTED[kind]
    return None


def judge(operand: str, operator: str, value: str | tuple[str, ...]) -> _Judge:
    """Return what tells of a world whether the constraint holds in it; None where that cannot be told."""
    values = (value,) if isinstance(value, str) else value
    if operator in COMPARING:
        return _asked(operand, _compared(operand, operator, values[0]))
    if operator in _MEMBERS:
        each = [_compared(operand, _MEMBERS[operator], one) for one in values]
        return _asked(operand, _one_of(each) if operator == "isAnyOf" else _every(each))
    return _by_hierarchy(operand, operator, values)


def _asked(operand: str, test: Callable[[Any], Truth]) -> _Judge:
    def answer(world: _World) -> Truth:
        found = world.get(operand)
        return None if found is None else test(found)

    return answer


def _kind(operand: str, operator: str, value: str) -> Kind:
    known = KINDS.get(operand)
    if known is None and operator in _ORDERING:
        known = shape(value)
    return known or Kind.TEXT


# ---- comparing with one value


def _compared(operand: str, operator: str, value: str) -> Callable[[Any], Truth]:
    """Return the test of what is known, single or a collection, against one right operand."""
    kind = _kind(operand, operator, value)
    single = _compared_as_known(operator, value) if kind is Kind.TEXT else _compared_as(kind, operator, value)
    # `eq` asks for one of the known values; `neq` and the order have to be true of every one.
    joined = (
        _one_of_known(single) if operator == "eq" else _every_known(single, ordering=operator in _ORDERING)
    )

    def test(found: Any) -> Truth:
        return joined(found) if _is_collection(found) else single(found)

    return test


def _compared_as(kind: Kind, operator: str, value: str) -> Callable[[Any], Truth]:
    read, right = READERS[kind], READERS[kind](value)
    relation: Relation | None = RELATIONS[kind].get(operator)

    def test(found: Any) -> Truth:
        left = read(found)
        return None if left is None or right is None or relation is None else relation(left, right)

    return test


def _compared_as_known(operator: str, value: str) -> Callable[[Any], Truth]:
    """Return the test for an operand without a kind of its own: as what the world's value is."""
    tests = {kind: _compared_as(kind, operator, value) for kind in Kind}
    as_text = tests[Kind.TEXT]

    def test(found: Any) -> Truth:
        return as_text(found) if isinstance(found, str) else tests[_kind_of(found)](found)

    return test


def _kind_of(found: Any) -> Kind:
    if isinstance(found, datetime):
        return Kind.INSTANT
    if isinstance(found, timedelta):
        return Kind.DURATION
    return Kind.NUMBER if isinstance(found, int | float | Decimal) else Kind.TEXT


def _is_collection(found: Any) -> bool:
    return isinstance(found, Collection) and not isinstance(found, str | Mapping)


def _one_of_known(single: Callable[[Any], Truth]) -> Callable[[Any], Truth]:
    return lambda found: either([single(each) for each in found])


def _every_known(single: Callable[[Any], Truth], *, ordering: bool) -> Callable[[Any], Truth]:
    def test(found: Any) -> Truth:
        # Nothing is before or after a bound when nothing is there.
        return None if ordering and not found else both([single(each) for each in found])

    return test


def _one_of(tests: list[Callable[[Any], Truth]]) -> Callable[[Any], Truth]:
    return lambda found: either([test(found) for test in tests])


def _every(tests: list[Callable[[Any], Truth]]) -> Callable[[Any], Truth]:
    return lambda found: both([test(found) for test in tests])


def either(answers: list[Truth]) -> Truth:
    """Return whether one of some answers is true; None when that hangs on what is not known."""
    return True if True in answers else (None if None in answers else False)


def both(answers: list[Truth]) -> Truth:
    """Return whether all of some answers are true; None when that hangs on what is not known."""
    return False if False in answers else (None if None in answers else True)


# ---- wholes, parts and kinds


def _by_hierarchy(operand: str, operator: str, values: tuple[str, ...]) -> _Judge:
    right = frozenset(READERS[Kind.TEXT](each) for each in values)

    def answer(world: _World) -> Truth:
        found = world.get(operand)
        if found is None:
            return None
        known = [READERS[Kind.TEXT](each) for each in (found if _is_collection(found) else (found,))]
        if None in known:
            return None
        told: Parts = world.get(KINDS_OF if operator == "isA" else PARTS_OF) or {}
        if operator == "hasPart":
            return all(not wholes(each, told).isdisjoint(known) for each in right)
        return bool(known) and all(not wholes(each, told).isdisjoint(right) for each in known)

    return answer
