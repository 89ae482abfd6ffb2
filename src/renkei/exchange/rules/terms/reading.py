"""From a policy in ODRL to `Terms`."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import msgspec

from renkei.exchange.errors import (
    ActionUnknown,
    ConstraintUnknown,
    OperandRepeated,
    OperandUnknown,
    OperatorUnknown,
    PolicyMalformed,
    TermsAmbiguous,
)
from renkei.exchange.rules.normal import normal, short
from renkei.exchange.rules.odrl.expressions import Constraint, Expression, Logical
from renkei.exchange.rules.terms.duties import read_duty
from renkei.exchange.rules.terms.operands import OPERANDS, Operand, texts
from renkei.exchange.rules.terms.said import Ban, Terms
from renkei.exchange.rules.terms.soundness import check_sound
from renkei.exchange.types import Policy
from renkei.kernel.canonical import canonical_json
from renkei.kernel.refusals import Refusal

PROMISED = frozenset({"distribute", "sell", "commercialize", "derive", "reproduce"})
"""Actions that can be forbidden although nothing technical prevents them (ODRL Vocabulary 2.2, section 4)."""
_LOGIC = ("and", "or", "xone", "andSequence")
_DEEPEST = 8
_MOST = 64
"""Constraints of a rule, those in alternatives among them."""
_UNHEARD = ("inheritFrom", "conflict")


def parse(policy: Policy) -> Terms:
    """Read the terms of a policy.

    Raises exchange.policy-malformed, terms-ambiguous, duty-unknown, action-unknown, constraint-unknown,
    operand-unknown, operator-unknown, operand-value, operand-repeated, terms-cyclic, and what `check_sound` raises for
    terms that contradict themselves. Source: ODRL Information Model 2.2; the operands are in docs/reference/terms.md.
    """
    try:
        said = normal(policy)
    except (AttributeError, TypeError, RecursionError) as why:
        raise PolicyMalformed(place="policy", why=str(why)) from None
    _check_heard(policy)
    permissions = said.get("permission", [])
    if len(permissions) != 1:
        raise TermsAmbiguous(count=len(permissions))
    terms = _permission(_shaped(permissions[0], "permission[0]"))
    bans = [
        _ban(_shaped(each, f"prohibition[{i}]"), f"prohibition[{i}]")
        for i, each in enumerate(said.get("prohibition", []))
    ]
    duties = tuple(read_duty(each, first=False) for each in said.get("obligation", []))
    terms = replace(terms, banned=frozenset(bans), duties=terms.duties + duties)
    check_sound(terms)
    return terms


def parsed(policy: Policy) -> Terms:
    """Return `parse` of a policy that is read again and again, such as an agreement's."""
    return _parsed(canonical_json(policy))


def evaluable(policy: Policy) -> Terms:
    """Return terms as far as our node can evaluate them: a consumer may sign what only its provider can enforce."""
    try:
        return parse(policy)
    except Refusal:
        return Terms()


@lru_cache(maxsize=4096)
def _parsed(policy: bytes) -> Terms:
    return parse(msgspec.json.decode(policy))


def _check_heard(policy: Policy) -> None:
    """Members that would change what the rules mean, and that are not followed here."""
    for member, value in policy.items():
        name = short(member)
        if name in _UNHEARD and not (name == "conflict" and short(str(value)) == "prohibit"):
            raise OperandUnknown(operand=f"policy.{name}")


def _permission(rule: dict[str, Any]) -> Terms:
    if rule.get("action") != "use":
        raise ActionUnknown(rule="permission", action=rule.get("action"))
    _only(rule, {"action", "constraint", "duty"}, "permission[0]")
    terms, seen = Terms(), set[tuple[str, str]]()
    alternatives: list[Expression] = []
    for constraint in _flat(rule.get("constraint", []), "permission[0].constraint"):
        if "leftOperand" not in constraint and (kind := _logic(constraint)) is not None:
            alternatives.append(_expression(constraint, f"permission[0].{kind}", 0))
            continue
        operand, operator = _operand(constraint)
        key = (operand.name, operator[:2] if operand.name == "dateTime" else "")
        if key in seen and not operand.repeatable:
            raise OperandRepeated(operand=operand.name)
        seen.add(key)
        terms = operand.take(terms, operator, constraint.get("rightOperand"), constraint)
    duties = rule.get("duty", [])
    firsts = tuple(read_duty(each, first=True) for each in (duties if isinstance(duties, list) else [duties]))
    return replace(terms, when=tuple(alternatives), duties=firsts)


def _ban(rule: dict[str, Any], place: str) -> Ban:
    action = rule.get("action")
    if action == "use":
        _only(rule, {"action", "constraint"}, place)
        flat = _flat(rule.get("constraint", []), f"{place}.constraint")
        return Ban("use", tuple(_expression(each, place, 0) for each in flat))
    if action not in PROMISED:
        raise ActionUnknown(rule="prohibition", action=action)
    _only(rule, {"action"}, "prohibition")
    return Ban(str(action))


def _flat(constraints: list[Any], place: str, depth: int = 0) -> list[dict[str, Any]]:
    """Return the constraints side by side; `and` means the same as writing them so."""
    if depth > _DEEPEST:
        raise PolicyMalformed(place=place, why=f"nested deeper than {_DEEPEST}")
    found: list[dict[str, Any]] = []
    for index, each in enumerate(constraints):
        constraint = _shaped(each, f"{place}[{index}]")
        if "leftOperand" not in constraint and _logic(constraint) == "and":
            _only(constraint, {"and"}, f"{place}[{index}]")
            found.extend(_flat(constraint["and"], f"{place}[{index}].and", depth + 1))
        else:
            found.append(constraint)
    if len(found) > _MOST:
        raise PolicyMalformed(place=place, why=f"more than {_MOST} constraints")
    return found


def _logic(constraint: dict[str, Any]) -> str | None:
    kind = next((word for word in _LOGIC if word in constraint), None)
    if kind == "andSequence":
        raise ConstraintUnknown(logic=kind)
    return kind


def _expression(constraint: dict[str, Any], place: str, depth: int) -> Expression:
    """Read a constraint that only decides, alone or in alternatives."""
    if depth > _DEEPEST:
        raise PolicyMalformed(place=place, why=f"nested deeper than {_DEEPEST}")
    kind = None if "leftOperand" in constraint else _logic(constraint)
    if kind is not None:
        _only(constraint, {kind}, place)
        inner = f"{place}.{kind}"
        parts = [_expression(_shaped(each, inner), inner, depth + 1) for each in constraint[kind]]
        if not parts:
            raise PolicyMalformed(place=inner, why="it has no constraints")
        return Logical(kind, tuple(parts))
    operand, operator = _operand(constraint)
    if not operand.decides:
        raise ConstraintUnknown(logic=f"{place} ({operand.name})")
    value = constraint.get("rightOperand")
    operand.take(Terms(), operator, value, constraint)
    if operand.name == "spatial":  # a place within the one that is named is there, too
        within = tuple(
            Constraint("spatial", "isPartOf", each) for each in sorted(texts("spatial", operator, value))
        )
        return within[0] if len(within) == 1 else Logical("or", within)
    return Constraint(operand.name, operator, tuple(value) if isinstance(value, list) else str(value))


def _operand(constraint: dict[str, Any]) -> tuple[Operand, str]:
    name, operator = constraint.get("leftOperand"), constraint.get("operator")
    operand = OPERANDS.get(name) if isinstance(name, str) else None
    if operand is None:
        raise OperandUnknown(operand=name)
    if operator not in operand.operators:
        raise OperatorUnknown(operand=name, operator=operator, allowed=", ".join(operand.operators))
    _only(
        constraint, {"leftOperand", "operator", "rightOperand", *operand.beside}, f"constraint {operand.name}"
    )
    return operand, str(operator)


def _shaped(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyMalformed(place=place, why="an object is needed here")
    return value


def _only(value: dict[str, Any], known: set[str], place: str) -> None:
    for member in value:
        if member not in known:
            raise OperandUnknown(operand=f"{place}.{member}")
