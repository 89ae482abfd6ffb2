"""Terms that can be evaluated: ODRL in, `Terms` out, and a refusal by name for everything else."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from renkei.exchange.errors import (
    ActionUnknown,
    ConstraintUnknown,
    DutyUnknown,
    MinimumGroupWithoutCell,
    OperandRepeated,
    OperandUnknown,
    OperandValue,
    OperatorUnknown,
    PolicyMalformed,
    TermsAmbiguous,
)
from renkei.exchange.rules.normal import normal, plain
from renkei.exchange.types import Policy
from renkei.kernel.clock import parse_utc
from renkei.kernel.refusals import Refusal
from renkei.privacy.types import Cell, MinimumGroup

_PURPOSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,199}")
_LOGIC = ("and", "or", "xone", "andSequence")


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of the time in which use is allowed."""

    at: datetime
    included: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What an offer or agreement says, in a form that can be evaluated. None: the terms do not say."""

    purposes: frozenset[str] | None = None
    recipients: frozenset[str] | None = None
    starts: Bound | None = None
    ends: Bound | None = None
    cell: Cell | None = None
    minimum_group: MinimumGroup | None = None
    withheld: frozenset[str] = frozenset()
    observed_from: datetime | None = None
    observed_until: datetime | None = None
    no_distribution: bool = False


@dataclass(frozen=True, slots=True)
class Operand:
    """One left operand: which operators it takes, and how its value is read."""

    name: str
    operators: tuple[str, ...]
    take: Callable[[Terms, str, Any, dict[str, Any]], Terms]
    repeatable: bool = False


def parse(policy: Policy) -> Terms:
    """Read the terms of a policy.

    Raises exchange.policy-malformed, terms-ambiguous, duty-unknown, action-unknown, constraint-unknown,
    operand-unknown, operator-unknown, operand-value, operand-repeated, minimum-group-without-cell. Source: ODRL
    Information Model 2.2; the operands are in docs/reference/terms.md.
    """
    try:
        said = normal(policy)
    except (AttributeError, TypeError, RecursionError) as why:
        raise PolicyMalformed(place="policy", why=str(why)) from None
    if "obligation" in said:
        raise DutyUnknown
    permissions = said.get("permission", [])
    if len(permissions) != 1:
        raise TermsAmbiguous(count=len(permissions))
    terms = _permission(_shaped(permissions[0], "permission[0]"))
    for index, prohibition in enumerate(said.get("prohibition", [])):
        terms = _prohibition(terms, _shaped(prohibition, f"prohibition[{index}]"))
    if terms.minimum_group is not None and terms.cell is None:
        raise MinimumGroupWithoutCell
    return terms


def evaluable(policy: Policy) -> Terms:
    """Return terms as far as our node can evaluate them: a consumer may sign what only its provider can enforce."""
    try:
        return parse(policy)
    except Refusal:
        return Terms()


def _permission(rule: dict[str, Any]) -> Terms:
    if rule.get("action") != "use":
        raise ActionUnknown(rule="permission", action=rule.get("action"))
    _only(rule, {"action", "constraint"}, "permission[0]")
    terms, seen = Terms(), set[tuple[str, str]]()
    for constraint in _flat(rule.get("constraint", [])):
        operand, operator = _operand(constraint)
        key = (operand.name, operator[:2] if operand.name == "dateTime" else "")
        if key in seen and not operand.repeatable:
            raise OperandRepeated(operand=operand.name)
        seen.add(key)
        terms = operand.take(terms, operator, constraint.get("rightOperand"), constraint)
    return terms


def _prohibition(terms: Terms, rule: dict[str, Any]) -> Terms:
    if rule.get("action") != "distribute":
        raise ActionUnknown(rule="prohibition", action=rule.get("action"))
    _only(rule, {"action"}, "prohibition")
    return replace(terms, no_distribution=True)


def _flat(constraints: list[Any]) -> list[dict[str, Any]]:
    """Return the constraints side by side; `and` means the same as writing them so."""
    found: list[dict[str, Any]] = []
    for index, each in enumerate(constraints):
        constraint = _shaped(each, f"permission[0].constraint[{index}]")
        logic = next((word for word in _LOGIC if word in constraint), None)
        if logic == "and":
            _only(constraint, {"and"}, f"permission[0].constraint[{index}]")
            found.extend(_flat(constraint["and"]))
        elif logic is not None:
            raise ConstraintUnknown(logic=logic)
        else:
            found.append(constraint)
    return found


def _operand(constraint: dict[str, Any]) -> tuple[Operand, str]:
    name, operator = constraint.get("leftOperand"), constraint.get("operator")
    operand = OPERANDS.get(name) if isinstance(name, str) else None
    if operand is None:
        raise OperandUnknown(operand=name)
    if operator not in operand.operators:
        raise OperatorUnknown(operand=name, operator=operator, allowed=", ".join(operand.operators))
    extra = {"rk:entity"} if operand.name == "rk:minimumGroup" else set()
    _only(constraint, {"leftOperand", "operator", "rightOperand"} | extra, f"constraint {name}")
    return operand, str(operator)


def _shaped(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyMalformed(place=place, why="an object is needed here")
    return value


def _only(value: dict[str, Any], known: set[str], place: str) -> None:
    for member in value:
        if member in {"duty", "remedy", "consequence"}:
            raise DutyUnknown
        if member not in known:
            raise OperandUnknown(operand=f"{place}.{member}")


# ---- how each value is read


def _refused(operand: str, value: Any, ja: str, en: str) -> OperandValue:
    return OperandValue(operand=operand, value=value, ja=ja, en=en)


def _texts(operand: str, operator: str, value: Any) -> frozenset[str]:
    values = value if operator == "isAnyOf" and isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str) and each.strip() for each in values):
        raise _refused(operand, value, "空でない文字列が必要です。", "Text is needed, and not empty.")
    return frozenset(values)


def _purpose(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    words = _texts("purpose", operator, value)
    for word in sorted(words):
        if not _PURPOSE.fullmatch(word):
            raise _refused(
                "purpose",
                word,
                "英数字で始まる語または IRI を使ってください。",
                "Use a word of letters and digits, or an IRI.",
            )
    return replace(terms, purposes=words)


def _recipient(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    recipients = _texts("recipient", operator, value)
    for recipient in sorted(recipients):
        if not recipient.startswith("did:"):
            raise _refused(
                "recipient", recipient, "参加者の DID が必要です。", "The DID of a participant is needed."
            )
    return replace(terms, recipients=recipients)


def _instant(operand: str, value: Any) -> datetime:
    try:
        return parse_utc(value)
    except (TypeError, ValueError):
        raise _refused(
            operand,
            value,
            "UTC との差を付けた日時(例: 2027-03-31T23:59:59Z)が必要です。",
            "A time with its offset from UTC is needed, such as 2027-03-31T23:59:59Z.",
        ) from None


def _date_time(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    bound = Bound(_instant("dateTime", value), included=operator.endswith("eq"))
    return replace(terms, ends=bound) if operator.startswith("lt") else replace(terms, starts=bound)


def _cell(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    try:
        return replace(terms, cell=Cell.parse(value))
    except (AttributeError, ValueError):
        raise _refused(
            "rk:cell",
            value,
            "h3:0〜h3:15 または jis-mesh:1〜jis-mesh:3 が必要です。",
            "It is h3:0 to h3:15 or jis-mesh:1 to jis-mesh:3.",
        ) from None


def _minimum_group(terms: Terms, _operator: str, value: Any, constraint: dict[str, Any]) -> Terms:
    size, entity = plain(value), constraint.get("rk:entity")
    if not (isinstance(size, str) and size.isascii() and size.isdigit() and 2 <= int(size) <= 1_000_000):
        raise _refused(
            "rk:minimumGroup",
            value,
            "2 以上の整数を文字列で書いてください。",
            "A whole number from 2 up is needed, as text.",
        )
    if not isinstance(entity, str) or not entity:
        raise _refused(
            "rk:minimumGroup",
            value,
            "何を数えるかを rk:entity に列の名前で示してください。",
            "Say in rk:entity, by a column's name, what is counted.",
        )
    return replace(terms, minimum_group=MinimumGroup(int(size), entity))


def _withhold(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, withheld=terms.withheld | _texts("rk:withholdColumn", operator, value))


def _observed_from(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, observed_from=_instant("rk:observedFrom", value))


def _observed_until(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, observed_until=_instant("rk:observedUntil", value))


OPERANDS: dict[str, Operand] = {
    operand.name: operand
    for operand in (
        Operand("purpose", ("eq", "isAnyOf"), _purpose),
        Operand("recipient", ("eq", "isAnyOf"), _recipient),
        Operand("dateTime", ("lteq", "lt", "gteq", "gt"), _date_time),
        Operand("rk:cell", ("eq",), _cell),
        Operand("rk:minimumGroup", ("gteq",), _minimum_group),
        Operand("rk:withholdColumn", ("eq", "isAnyOf"), _withhold, repeatable=True),
        Operand("rk:observedFrom", ("gteq",), _observed_from),
        Operand("rk:observedUntil", ("lt",), _observed_until),
    )
}
"""Every left operand that this node can evaluate; docs/reference/terms.md says what enforces each."""
