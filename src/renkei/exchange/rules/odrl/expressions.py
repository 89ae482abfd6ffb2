"""Constraints of ODRL 2.2, single and joined: read once, then decided as often as needed. No clock, no database.

Three answers are told apart inside: it holds, it does not, it is not known. Only the first one satisfies, so that what
is not known never opens anything; inside `xone` it also keeps a single other part from counting as the only one.

Source: ODRL Information Model 2.2, 2.5 (constraints) and 2.5.2 (logical constraints). docs/reference/odrl.md says how
the standard is read where it leaves the answer open.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from renkei.exchange.errors import (
    OperandUnknown,
    OperandValue,
    OperatorUnknown,
    PolicyMalformed,
    TermsTooDeep,
)
from renkei.exchange.rules.normal import short
from renkei.exchange.rules.odrl.atoms import KINDS_OF, OPERATORS, PARTS_OF, judge, wanted_value
from renkei.exchange.rules.odrl.values import Truth, Value

LOGIC = ("and", "or", "xone", "andSequence")
DEEPEST = 16
"""How many logical constraints may stand inside each other."""
_ATOMIC = {"leftOperand", "operator", "rightOperand", "uid", "dataType"}

World = Mapping[str, "Value | Collection[Value]"]
"""What is known of each left operand; one that is absent is not known.

Two names are no operands: `parts` tells of each thing what it is part of, `kinds` of what kind it is.
"""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One atomic constraint; names in their short form, such as `purpose`, `dateTime`, `rk:membership`."""

    operand: str
    operator: str
    value: str | tuple[str, ...]

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise OperatorUnknown(operand=self.operand, operator=self.operator, allowed=", ".join(OPERATORS))


@dataclass(frozen=True, slots=True)
class Logical:
    """Constraints joined: `and`, `or`, `xone` (exactly one) or `andSequence` (all, in this order)."""

    kind: str
    parts: tuple["Expression", ...]

    def __post_init__(self) -> None:
        if self.kind not in LOGIC:
            raise PolicyMalformed(place=self.kind, why=f"constraints are joined by {', '.join(LOGIC)}")


Expression = Constraint | Logical
_Judge = Callable[[World], Truth]


# ---- reading


def read_expression(said: Any, *, place: str) -> Expression:
    """Read a constraint in its normal form, single or logical; a list of constraints holds when all of them hold.

    Raises exchange.policy-malformed, terms-too-deep, operand-unknown (also for a member that is not understood, such as
    `unit` or `rightOperandReference`), operator-unknown, operand-value.
    """
    if isinstance(said, list):
        return Logical("and", tuple(_read(each, f"{place}[{index}]", 1) for index, each in enumerate(said)))
    return _read(said, place, 0)


def _read(said: Any, place: str, depth: int) -> Expression:
    if depth > DEEPEST:
        raise TermsTooDeep(deepest=DEEPEST)
    if not isinstance(said, dict):
        raise PolicyMalformed(place=place, why="an object is needed here")
    kinds = [kind for kind in LOGIC if kind in said]
    if not kinds:
        return _read_atomic(said, place)
    _only(said, {kinds[0], "uid"}, place)
    parts = said[kinds[0]]
    if not isinstance(parts, list) or not parts:
        raise PolicyMalformed(place=f"{place}.{kinds[0]}", why="a list with constraints is needed here")
    inside = f"{place}.{kinds[0]}"
    return Logical(
        kinds[0], tuple(_read(each, f"{inside}[{index}]", depth + 1) for index, each in enumerate(parts))
    )


def _read_atomic(said: dict[str, Any], place: str) -> Constraint:
    operand, operator = said.get("leftOperand"), said.get("operator")
    if not isinstance(operand, str) or operand in {"", PARTS_OF, KINDS_OF}:
        raise OperandUnknown(operand=operand)
    _only(said, _ATOMIC, place)
    constraint = Constraint(
        short(operand),
        short(operator) if isinstance(operator, str) else str(operator),
        _read_value(said, place, operand),
    )
    if wanted := wanted_value(constraint.operand, constraint.operator, constraint.value):
        raise OperandValue(operand=operand, value=constraint.value, ja=wanted.ja, en=wanted.en)
    return constraint


def _read_value(said: dict[str, Any], place: str, operand: str) -> str | tuple[str, ...]:
    if "rightOperand" not in said:
        raise PolicyMalformed(place=place, why=f"the constraint on {operand} has no rightOperand")
    value = said["rightOperand"]
    if isinstance(value, list) and value:
        return tuple(_read_single(each, place) for each in value)
    return _read_single(value, place)


def _read_single(value: Any, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise PolicyMalformed(place=f"{place}.rightOperand", why="text, or a list of texts, is needed here")


def _only(said: dict[str, Any], known: set[str], place: str) -> None:
    for member in said:
        if member not in known:
            raise OperandUnknown(operand=f"{place}.{member}")


def atoms(*expressions: Expression) -> Iterator[Constraint]:
    """Yield the atomic constraints in some expressions, however they are joined."""
    for each in expressions:
        if isinstance(each, Logical):
            yield from atoms(*each.parts)
        else:
            yield each


# ---- deciding


def holds(expression: Expression, world: World) -> bool:
    """Tell whether a constraint holds in the world, as far as it is known; an unknown operand satisfies nothing."""
    return truth(expression, world) is True


def truth(expression: Expression, world: World) -> Truth:
    """Tell whether a constraint holds, does not hold, or (None) cannot be decided from what is known."""
    if isinstance(expression, Constraint):
        return judge(expression.operand, expression.operator, expression.value)(world)
    answers = [truth(part, world) for part in expression.parts]
    held, unknown = answers.count(True), answers.count(None)
    if expression.kind == "or":
        return True if held else (None if unknown else False)
    if expression.kind == "xone":
        return False if held > 1 else (None if unknown else held == 1)
    return False if False in answers else (None if unknown else True)


def compile_expression(expression: Expression) -> Callable[[World], bool]:
    """Return `holds` for one expression, with its right operands read once: for decisions that come often."""
    decide = _compiled(expression)
    return lambda world: decide(world) is True


def _compiled(expression: Expression) -> _Judge:
    if isinstance(expression, Constraint):
        return judge(expression.operand, expression.operator, expression.value)
    parts = [_compiled(part) for part in expression.parts]
    if expression.kind == "or":
        return _any(parts)
    return _exactly_one(parts) if expression.kind == "xone" else _all(parts)


def _all(parts: list[_Judge]) -> _Judge:
    def decide(world: World) -> Truth:
        answer: Truth = True
        for part in parts:
            found = part(world)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    return decide


def _any(parts: list[_Judge]) -> _Judge:
    def decide(world: World) -> Truth:
        answer: Truth = False
        for part in parts:
            found = part(world)
            if found is True:
                return True
            if found is None:
                answer = None
        return answer

    return decide


def _exactly_one(parts: list[_Judge]) -> _Judge:
    def decide(world: World) -> Truth:
        held, unknown = 0, False
        for part in parts:
            found = part(world)
            held += found is True
            unknown = unknown or found is None
            if held > 1:
                return False
        return None if unknown else held == 1

    return decide
