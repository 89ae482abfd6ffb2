"""One form for terms that mean the same, however a peer spelled them, so that they can be compared and hashed."""

from typing import Any

from renkei.exchange.types import PROFILE, Policy
from renkei.kernel.canonical import canonical_json, digest

_PREFIXES = (
    ("odrl:", ""),
    ("http://www.w3.org/ns/odrl/2/", ""),
    (f"{PROFILE}#", "rk:"),
    (f"{PROFILE}/", "rk:"),
)
_RULES = ("permission", "prohibition", "obligation")
_WORDS = {"action", "operator", "leftOperand"}
_SORTED = {"and", "or", "xone", "isAnyOf"}


def short(word: str) -> str:
    """Return an ODRL word without the vocabulary's prefix, and one of this profile with `rk:`."""
    for prefix, kept in _PREFIXES:
        if word.startswith(prefix):
            return kept + word.removeprefix(prefix)
    return word


def normal(policy: Policy) -> Policy:
    """Return what a policy says, without who says it to whom about what.

    Vocabulary prefixes, the order of constraints, single values in place of lists and `@value` wrappers make no
    difference; `@id`, `@type`, `target`, `assigner`, `assignee`, `timestamp`, `profile` and empty lists are left out.
    """
    said: Policy = {}
    for member, value in policy.items():
        name = short(member)
        if name in _RULES and (rules := _list(value)):
            said[name] = _ordered([_rule(rule) for rule in rules])
    return said


def terms_digest(policy: Policy) -> str:
    """Return the SHA-256 of the terms' normal form, in lower-case hexadecimal: equal for terms that say the same."""
    return digest(normal(policy))


def plain(value: Any) -> Any:
    """Return a value without JSON-LD wrappers (`@value`, `@id`, `@list`, `@set`); floats become text."""
    if isinstance(value, dict):
        for wrapper in ("@value", "@id", "@list", "@set"):
            if wrapper in value:
                return plain(value[wrapper])
        return {short(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value if isinstance(value, str | bool) or value is None else str(value)


def _rule(rule: Any) -> Any:
    if not isinstance(rule, dict):
        return plain(rule)
    said: dict[str, Any] = {}
    for member, value in rule.items():
        name = short(member)
        if name in {"@type", "@id", "target", "assigner", "assignee"}:
            continue
        if name == "constraint":
            if constraints := _list(value):
                said[name] = _ordered([_constraint(each) for each in constraints])
        elif name == "action":
            said[name] = _word(value)
        elif _list(value):
            said[name] = plain(value)
    return said


def _constraint(constraint: Any) -> Any:
    if not isinstance(constraint, dict):
        return plain(constraint)
    said: dict[str, Any] = {}
    for member, value in constraint.items():
        name = short(member)
        if name in {"@type", "@id"}:
            continue
        if name in _WORDS:
            said[name] = _word(value)
        elif name in _SORTED or name == "andSequence":
            parts = [_constraint(each) for each in _list(value)]
            said[name] = parts if name == "andSequence" else _ordered(parts)
        else:
            said[name] = plain(value)
    if said.get("operator") in {"isAnyOf", "isAllOf", "isNoneOf"} and "rightOperand" in said:
        values = _ordered(_list(said["rightOperand"]))
        single = said["operator"] == "isAnyOf" and len(values) == 1
        said |= {"operator": "eq", "rightOperand": values[0]} if single else {"rightOperand": values}
    return said


def _word(value: Any) -> Any:
    bare = plain(value)
    return short(bare) if isinstance(bare, str) else bare


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _ordered(values: list[Any]) -> list[Any]:
    return sorted(values, key=canonical_json)
