"""A policy as rules that can be judged, read from its compact JSON.

Source: ODRL Information Model 2.2; what cannot be judged is refused by its name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from renkei.exchange.errors import OperandUnknown, PolicyMalformed, TermsTooDeep
from renkei.exchange.rules.normal import plain, short
from renkei.exchange.rules.odrl.expressions import DEEPEST, LOGIC, Expression, Logical, read_expression
from renkei.exchange.types import Policy

_RULE = {
    "uid", "@id", "@type", "action", "target", "assignee", "assigner", "constraint", "duty", "remedy", "consequence",
}  # fmt: skip
_ROLES = {
    "attributedParty", "attributingParty", "compensatedParty", "compensatingParty", "consentedParty",
    "consentingParty", "contractedParty", "contractingParty", "informedParty", "informingParty", "output",
    "trackedParty", "trackingParty",
}  # fmt: skip
"""Who else has a part in a rule: it is not judged by them."""
_VALUES = {"@value", "@id", "@list", "@set"}
_INSIDE = {"permission": "duty", "prohibition": "remedy", "duty": "consequence"}
_LAST = {"remedy", "consequence"}
"""A duty that stands there has no consequence of its own (Information Model 2.6.3, 2.6.7)."""


class Strategy(StrEnum):
    """What becomes of a policy that permits and prohibits the same."""

    PERM = "perm"
    PROHIBIT = "prohibit"
    INVALID = "invalid"


class RuleKind(StrEnum):
    """What a rule says of its action."""

    PERMISSION = "permission"
    PROHIBITION = "prohibition"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class Stated:
    """A constraint as its policy states it: with its id, and those of its parts."""

    uid: str | None
    expression: Expression
    parts: tuple["Stated", ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """An action, a party or an asset of a rule, by each of its names, and what refines it."""

    names: tuple[str, ...]
    refinements: tuple[Stated, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. An empty tuple of actions, assignees or targets: the rule does not say, so any will do."""

    uid: str
    kind: RuleKind
    actions: tuple[Member, ...] = ()
    assignees: tuple[Member, ...] = ()
    targets: tuple[Member, ...] = ()
    constraints: tuple[Stated, ...] = ()
    duties: tuple["Rule", ...] = ()
    """The duties of a permission, the remedies of a prohibition, the consequences of a duty."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a policy says."""

    uid: str
    rules: tuple[Rule, ...]
    strategy: Strategy


def read_policy(policy: Policy) -> Rules:
    """Read all rules of a policy; what it states for all of them (action, target, assignee) goes into each.

    Raises exchange.policy-malformed, and what `read_expression` raises. `inheritFrom` is refused: nobody fetches the
    parent here.
    """
    said = _shortened(policy, "policy")
    if "inheritFrom" in said:
        raise OperandUnknown(operand="policy.inheritFrom")
    shared: dict[str, Any] = {name: said[name] for name in ("action", "target", "assignee") if name in said}
    kinds = (
        ("permission", RuleKind.PERMISSION),
        ("prohibition", RuleKind.PROHIBITION),
        ("obligation", RuleKind.DUTY),
    )
    rules = [
        _read_rule(rule, kind, f"{name}[{index}]", shared)
        for name, kind in kinds
        for index, rule in enumerate(_list(said.get(name)))
    ]
    return Rules(_uid(said, "policy"), tuple(rules), _strategy(said))


def _strategy(said: dict[str, Any]) -> Strategy:
    """Return the conflict strategy; none, or several that differ, make a policy with a conflict invalid."""
    words = {_word(each, "policy.conflict") for each in _list(said.get("conflict"))}
    if len(words) != 1:
        return Strategy.INVALID
    word = words.pop()
    if word not in set(Strategy):
        raise PolicyMalformed(place="policy.conflict", why=f"one of {', '.join(Strategy)} is needed here")
    return Strategy(word)


def _read_rule(
    said: Any, kind: RuleKind, place: str, shared: dict[str, Any], *, inside: str | None = None
) -> Rule:
    """Read a rule; `inside` is the member of another rule in which it stands."""
    rule = _shortened(said, place)
    leads_to = _INSIDE[kind]
    for member in rule:
        # Members of other vocabularies describe a rule; those of ODRL and of our profile would change what it says.
        known = member in _RULE | _ROLES or (":" in member and not member.startswith("rk:"))
        if not known or (member in _INSIDE.values() and member != leads_to):
            raise OperandUnknown(operand=f"{place}.{member}")
    if inside in _LAST and leads_to in rule:
        raise PolicyMalformed(place=f"{place}.{leads_to}", why=f"a {inside} has no {leads_to} of its own")
    return Rule(
        _uid(rule, place),
        kind,
        actions=tuple(_members(rule, shared, "action", place)),
        assignees=tuple(_members(rule, shared, "assignee", place)),
        targets=tuple(_members(rule, shared, "target", place)),
        constraints=tuple(_stated(rule.get("constraint"), f"{place}.constraint")),
        duties=tuple(
            _read_rule(each, RuleKind.DUTY, f"{place}.{leads_to}[{index}]", {}, inside=leads_to)
            for index, each in enumerate(_list(rule.get(leads_to)))
        ),
    )


def _members(rule: dict[str, Any], shared: dict[str, Any], name: str, place: str) -> Iterator[Member]:
    for index, value in enumerate([*_list(rule.get(name)), *_list(shared.get(name))]):
        where = f"{place}.{name}[{index}]"
        if not isinstance(value, dict) or set(value) <= _VALUES:
            yield Member((_word(value, where),))
            continue
        said = _shortened(value, where)
        known = (
            "uid",
            "@id",
            "source",
            "rdf:value",
            "value",
            "http://www.w3.org/1999/02/22-rdf-syntax-ns#value",
        )
        names = tuple(_word(said[each], where) for each in known if each in said)
        if not names:
            raise PolicyMalformed(place=where, why="a name is needed here")
        yield Member(names, tuple(_stated(said.get("refinement"), f"{where}.refinement")))


def _stated(value: Any, place: str) -> Iterator[Stated]:
    for index, each in enumerate(_list(value)):
        where = f"{place}[{index}]"
        said = _constraint(each, where, 0)
        yield _with_ids(said, read_expression(said, place=where))


def _constraint(value: Any, place: str, depth: int) -> dict[str, Any]:
    """Return a constraint with its names in short form, its id as `uid` and its parts as a list."""
    if depth > DEEPEST + 1:
        raise TermsTooDeep(deepest=DEEPEST)
    said: dict[str, Any] = {}
    for name, inner in _shortened(value, place).items():
        if name in LOGIC:
            said[name] = [_constraint(each, f"{place}.{name}", depth + 1) for each in _list(inner)]
        elif name in {"leftOperand", "operator"}:
            said[name] = _word(inner, f"{place}.{name}")
        elif name in {"@id", "uid"}:
            said["uid"] = _word(inner, place)
        elif name != "@type":
            said[name] = plain(inner)
    return said


def _with_ids(said: dict[str, Any], expression: Expression) -> Stated:
    if not isinstance(expression, Logical):
        return Stated(said.get("uid"), expression)
    parts = zip(said[expression.kind], expression.parts, strict=True)
    return Stated(said.get("uid"), expression, tuple(_with_ids(each, part) for each, part in parts))


def _uid(said: dict[str, Any], place: str) -> str:
    value = said.get("uid", said.get("@id", place))
    return _word(value, f"{place}.uid")


def _shortened(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyMalformed(place=place, why="an object is needed here")
    return {short(str(name)): inner for name, inner in value.items()}


def _word(value: Any, place: str) -> str:
    bare = plain(value)
    if not isinstance(bare, str) or not bare:
        raise PolicyMalformed(place=place, why="a name is needed here")
    return short(bare)


def _list(value: Any) -> list[Any]:
    if isinstance(value, dict) and set(value) in ({"@list"}, {"@set"}):
        return _list(*value.values())
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
