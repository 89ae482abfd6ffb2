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
    TermsTooDeep,
)
from renkei.exchange.rules.normal import RULES, members, normal, plain, short
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
"""Constraints that stand beside each other; how many alternatives there may be in all is a matter of soundness."""
_HEARD = {*RULES, "profile", "uid", "target", "assigner", "assignee", "timestamp"}
_MOST_RULES = 16
"""Prohibitions, and duties, of a policy."""


def parse(policy: Policy) -> Terms:
    """Read the terms of a policy.

    Raises exchange.policy-malformed, terms-ambiguous, duty-unknown, action-unknown, constraint-unknown,
    operand-unknown, operator-unknown, operand-value, operand-repeated, terms-cyclic, terms-too-deep, and what `check_sound` raises for
    terms that contradict themselves. Source: ODRL Information Model 2.2; the operands are in docs/reference/terms.md.
    """
    said = normal(policy)
    _check_heard(policy)
    permissions = said.get("permission", [])
    if len(permissions) != 1:
        raise TermsAmbiguous(count=len(permissions))
    terms = _permission(_shaped(permissions[0], "permission[0]"))
    for kind in ("prohibition", "obligation"):
        if len(said.get(kind, [])) > _MOST_RULES:
            raise PolicyMalformed(place=kind, why=f"there are more than {_MOST_RULES}")
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
        return parsed(policy)
    except (TypeError, ValueError, RecursionError):  # it has no one spelling to be remembered by
        return _lenient(policy)
    except Refusal:
        return Terms()


def _lenient(policy: Policy) -> Terms:
    try:
        return parse(policy)
    except Refusal:
        return Terms()


@lru_cache(maxsize=4096)
def _parsed(policy: bytes) -> Terms:
    return parse(msgspec.json.decode(policy))


def _check_heard(policy: Policy) -> None:
    """Refuse members that would change what the rules mean, or to whom they are made, and that are not followed here."""
    for name, value in members(policy, "policy").items():
        foreign = name.startswith("@") or (":" in name and not name.startswith("rk:"))
        agreed = name == "conflict" and value is not None and short(str(plain(value))) == "prohibit"
        if not (foreign or agreed or name in _HEARD):
            raise OperandUnknown(operand=f"policy.{name}")
        if name not in RULES:
            continue
        for index, rule in enumerate(value if isinstance(value, list) else [value]):
            said = members(rule, name) if isinstance(rule, dict) else {}
            if "assignee" in said or isinstance(said.get("target"), dict):
                member = "assignee" if "assignee" in said else "target"
                raise OperandUnknown(operand=f"{name}[{index}].{member}")


def _permission(rule: dict[str, Any]) -> Terms:
    if rule.get("action") != "use":
        raise ActionUnknown(rule="permission", action=rule.get("action"))
    _only(rule, {"action", "constraint", "duty"}, "permission[0]")
    terms, seen = Terms(), set[tuple[str, str]]()
    alternatives: list[Expression] = []
    for constraint in _several(rule.get("constraint", []), "permission[0].constraint"):
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
    if len(duties) > _MOST_RULES:
        raise PolicyMalformed(place="permission[0].duty", why=f"there are more than {_MOST_RULES}")
    firsts = tuple(read_duty(each, first=True) for each in duties)
    return replace(terms, when=tuple(alternatives), duties=firsts)


def _ban(rule: dict[str, Any], place: str) -> Ban:
    action = rule.get("action")
    if action == "use":
        _only(rule, {"action", "constraint"}, place)
        flat = _several(rule.get("constraint", []), f"{place}.constraint")
        return Ban("use", tuple(_expression(each, place, 0) for each in flat))
    if not isinstance(action, str) or action not in PROMISED:
        raise ActionUnknown(rule="prohibition", action=action)
    _only(rule, {"action"}, "prohibition")
    return Ban(action)


def _several(constraints: list[Any], place: str) -> list[dict[str, Any]]:
    if len(constraints) > _MOST:
        raise PolicyMalformed(place=place, why=f"there are more than {_MOST} constraints")
    return [_shaped(each, f"{place}[{index}]") for index, each in enumerate(constraints)]


def _logic(constraint: dict[str, Any]) -> str | None:
    kind = next((word for word in _LOGIC if word in constraint), None)
    if kind == "andSequence":
        raise ConstraintUnknown(logic=kind)
    return kind


def _expression(constraint: dict[str, Any], place: str, depth: int) -> Expression:
    """Read a constraint that only decides, alone or in alternatives."""
    if depth > _DEEPEST:
        raise TermsTooDeep(deepest=_DEEPEST)
    kind = None if "leftOperand" in constraint else _logic(constraint)
    if kind is not None:
        _only(constraint, {kind}, place)
        inner = f"{place}.{kind}"
        parts = [_expression(each, inner, depth + 1) for each in _several(constraint[kind], inner)]
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
