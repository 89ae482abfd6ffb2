"""The form of an owner's wishes and the ODRL that says the same, in both directions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from renkei.exchange.errors import DutyUnknown
from renkei.exchange.rules.normal import normal
from renkei.exchange.rules.sentences import points
from renkei.exchange.rules.terms import DutyAction, parse
from renkei.exchange.types import PROFILE, Policy, ReadBack, Wishes
from renkei.kernel.clock import format_utc, parse_utc

_ANY = frozenset({"eq", "isAnyOf"})
_FIRST = "first "
_DUTIES = {action.value.removeprefix("rk:"): action.value for action in DutyAction}
"""Duties as the form names them."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of the form, and the constraint that says the same."""

    name: str
    operand: str
    writes: str
    """The operator that is written; `many` and `each` fields hold several values, in one constraint or one in each."""
    reads: frozenset[str] = frozenset()
    """The operators besides that say the same."""
    each: bool = False
    time: bool = False

    @property
    def many(self) -> bool:
        return self.each or self.writes == "isAnyOf"


_FIELDS = (
    _Field("purpose", "purpose", "isAnyOf", _ANY),
    _Field("recipient", "recipient", "isAnyOf", _ANY),
    _Field("membership", "rk:membership", "isAnyOf", _ANY),
    _Field("place", "spatial", "isAnyOf", _ANY | {"isPartOf"}),
    _Field("starts", "dateTime", "gteq", time=True),
    _Field("until", "dateTime", "lteq", time=True),
    _Field("lasting", "elapsedTime", "lteq"),
    _Field("count", "count", "lteq"),
    _Field("rate", "rk:rate", "lteq"),
    _Field("cell", "rk:cell", "eq"),
    _Field("time_resolution", "rk:timeResolution", "eq"),
    _Field("minimum_group", "rk:minimumGroup", "gteq"),
    _Field("group_by", "rk:groupBy", "isAnyOf", _ANY),
    _Field("withhold", "rk:withholdColumn", "isAnyOf", _ANY),
    _Field("mask", "rk:mask", "eq", each=True),
    _Field("observed_from", "rk:observedFrom", "gteq", time=True),
    _Field("observed_until", "rk:observedUntil", "lt", time=True),
    _Field("delivery", "rk:delivery", "eq"),
    _Field("privacy_budget", "rk:privacyBudget", "lteq"),
)
_BY_OPERAND = {
    (field.operand, operator): field for field in _FIELDS for operator in {field.writes, *field.reads}
}


def write_terms(wishes: Wishes) -> Policy:
    """Write an owner's wishes as ODRL of this profile; passing the data on is forbidden unless it is allowed.

    Values stand as they were written, times in UTC, so that `parse` refuses by name what cannot be evaluated. Raises
    exchange.duty-unknown for a duty that is not written as the form writes it.
    """
    permission: dict[str, Any] = {"action": "use"}
    if constraints := [each for field in _FIELDS for each in _written(field, wishes)]:
        permission["constraint"] = constraints
    firsts = [_rule(each.removeprefix(_FIRST)) for each in wishes.duty if each.startswith(_FIRST)]
    others = [_rule(each) for each in wishes.duty if not each.startswith(_FIRST)]
    forbidden = [*([] if wishes.onward_allowed else ["distribute"]), *wishes.forbid]
    policy: Policy = {"profile": PROFILE, "permission": [permission | ({"duty": firsts} if firsts else {})]}
    if forbidden:
        policy["prohibition"] = [{"action": action} for action in forbidden]
    return policy | ({"obligation": others} if others else {})


def read_back(policy: Policy) -> ReadBack:
    """Fill the form in from terms, and say in sentences what of them the form cannot say.

    Raises what `parse` raises.
    """
    whole, said = parse(policy), normal(policy)
    permission = said["permission"][0]
    found: dict[str, Any] = {}
    for constraint in _flat(permission.get("constraint", [])):
        _read(constraint, found)
    duties = [
        *(_duty(rule, first=True) for rule in permission.get("duty", [])),
        *(_duty(rule, first=False) for rule in said.get("obligation", [])),
    ]
    actions = {rule["action"] for rule in said.get("prohibition", [])}
    lists = {name: tuple(sorted(set(value))) for name, value in found.items() if isinstance(value, list)}
    wishes = Wishes(
        **(found | lists),
        duty=tuple(sorted({each for each in duties if each})),
        forbid=tuple(sorted(actions - {"use", "distribute"})),
        onward_allowed="distribute" not in actions,
    )
    told = set(points(parse(write_terms(wishes))).values())
    return ReadBack(wishes, tuple(text for text in points(whole).values() if text and text not in told))


def _written(field: _Field, wishes: Wishes) -> Iterator[dict[str, Any]]:
    value = getattr(wishes, field.name)
    if not value:
        return
    if field.time:
        value = _utc(value)
    for each in value if field.each else [list(value) if field.many else value]:
        said = {"leftOperand": field.operand, "operator": field.writes, "rightOperand": each}
        yield said | ({"rk:entity": wishes.entity} if field.name == "minimum_group" and wishes.entity else {})


def _utc(text: str) -> str:
    try:
        return format_utc(parse_utc(text))
    except ValueError:
        return text  # which `parse` refuses by name


def _flat(constraints: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for constraint in constraints:
        if "leftOperand" not in constraint and "and" in constraint:
            yield from _flat(constraint["and"])
        else:
            yield constraint


def _read(constraint: dict[str, Any], found: dict[str, Any]) -> None:
    field = _BY_OPERAND.get((constraint.get("leftOperand", ""), constraint.get("operator", "")))
    if field is None:
        return
    value = constraint["rightOperand"]
    if field.many:
        found.setdefault(field.name, []).extend(value if isinstance(value, list) else [value])
        return
    found[field.name] = format_utc(parse_utc(value)) if field.time else value
    if field.name == "minimum_group":
        found["entity"] = constraint["rk:entity"]


# ---- duties, each in one line


def _rule(written: str) -> dict[str, Any]:
    name, _, rest = written.partition(":")
    if name not in _DUTIES:
        raise DutyUnknown(
            duty=written,
            ja=f"{', '.join(_DUTIES)} のいずれかで始めてください。",
            en=f"Begin with one of {', '.join(_DUTIES)}.",
        )
    action = DutyAction(_DUTIES[name])
    constraints: list[dict[str, Any]] = []
    if action is DutyAction.ATTRIBUTE:
        constraints, rest = [_constraint("rk:credit", "eq", rest)], ""
    elif action is DutyAction.COMPENSATE:
        amount, _, rest = rest.partition(":")
        unit, _, rest = rest.partition(":")
        constraints = [_constraint("payAmount", "eq", amount) | ({"unit": unit} if unit else {})]
    if rest:
        operand = "elapsedTime" if rest.startswith("P") else "dateTime"
        constraints.append(_constraint(operand, "lteq", rest if operand == "elapsedTime" else _utc(rest)))
    return {"action": action.value} | ({"constraint": constraints} if constraints else {})


def _duty(rule: dict[str, Any], *, first: bool) -> str:
    """Return a duty's line; empty for one that no line can say."""
    name = next(name for name, action in _DUTIES.items() if action == rule["action"])
    said = {each["leftOperand"]: each for each in rule.get("constraint", [])}
    parts = [name]
    if credit := said.pop("rk:credit", None):
        parts.append(credit["rightOperand"])
    if pay := said.pop("payAmount", None):
        parts += [pay["rightOperand"], pay.get("unit", "")]
    if len(said) > 1 or (said and name == "attribute"):
        return ""
    for operand, each in said.items():
        value = each["rightOperand"]
        parts.append(value if operand == "elapsedTime" else format_utc(parse_utc(value)))
    return f"{_FIRST if first else ''}{':'.join(parts).rstrip(':')}"


def _constraint(operand: str, operator: str, value: str) -> dict[str, Any]:
    return {"leftOperand": operand, "operator": operator, "rightOperand": value}
