"""One form for terms that mean the same, however a peer spelled them, so that they can be compared and hashed."""

from collections.abc import Iterator, Mapping
from typing import Any

from renkei.exchange.errors import PolicyMalformed, ReferenceUnresolved, TermsCyclic, TermsTooDeep
from renkei.exchange.types import PROFILE, Policy
from renkei.kernel.canonical import canonical_json, digest

_PREFIXES = (
    ("odrl:", ""),
    ("http://www.w3.org/ns/odrl/2/", ""),
    (f"{PROFILE}#", "rk:"),
    (f"{PROFILE}/", "rk:"),
)
RULES = ("permission", "prohibition", "obligation")
BESIDE = {"rk:entity": "rk:minimumGroup", "unit": "payAmount"}
"""Members of a constraint that may stand as a constraint beside it, each with the left operand that it belongs to."""
_WORDS = {"action", "operator", "leftOperand"}
_SIMPLE = {"leftOperand", "operator", "rightOperand"}
_SORTED = {"and", "or", "xone", "isAnyOf"}
_WRAPPERS = ("@value", "@id", "@list", "@set")
_MOST_FOLLOWED, _DEEPEST_NAMED = 64, 8
"""Named constraints that are put in their place, in all and inside each other: few names can stand for very many."""


def short(word: str) -> str:
    """Return an ODRL word without the vocabulary's prefix, and one of this profile with `rk:`."""
    for prefix, kept in _PREFIXES:
        if word.startswith(prefix):
            return kept + word.removeprefix(prefix)
    return word


def members(value: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return an object's members by their short names.

    Raises exchange.policy-malformed where two are the same one, spelled in two ways: which of them holds would depend on
    the order in which somebody reads them.
    """
    found: dict[str, Any] = {}
    for member, inner in value.items():
        name = short(member)
        if name in found:
            raise PolicyMalformed(place=place, why=f"it has “{name}” twice, in two spellings")
        found[name] = inner
    return found


def normal(policy: Policy) -> Policy:
    """Return what a policy says, without who says it to whom about what.

    Vocabulary prefixes, the order of constraints, single values in place of lists and `@value` wrappers make no
    difference, nor does an `or` of single values in place of a list of them; `@id`, `@type`, `target`, `assigner`,
    `assignee`, `timestamp`, `profile` and empty lists are left out. A refinement of an action says what a constraint of
    its rule says, and an `and` of a rule what its parts say side by side. A constraint that is only named
    (`{"@id": …}`) stands for the one that bears the name. Raises exchange.policy-malformed, reference-unresolved,
    terms-cyclic, terms-too-deep.
    """
    try:
        return _normal(policy)
    except (AttributeError, TypeError, RecursionError) as why:
        raise PolicyMalformed(place="policy", why=str(why)) from None


def _normal(policy: Policy) -> Policy:
    if any(_references(policy)):
        policy = _Resolving(policy).resolved(policy)
    rules = {name: _list(value) for name, value in members(policy, "policy").items() if name in RULES}
    return {name: _ordered([_rule(rule, name) for rule in said]) for name, said in rules.items() if said}


def terms_digest(policy: Policy) -> str:
    """Return the SHA-256 of the terms' normal form, in lower-case hexadecimal: equal for terms that say the same."""
    return digest(normal(policy))


def plain(value: Any) -> Any:
    """Return a value without JSON-LD wrappers (`@value`, `@id`, `@list`, `@set`); floats become text.

    Raises exchange.policy-malformed for a wrapper beside which something else is said.
    """
    if isinstance(value, dict):
        wrapper = next((each for each in _WRAPPERS if each in value), None)
        if wrapper is None:
            return {name: plain(inner) for name, inner in members(value, "a value").items()}
        if set(value) - {wrapper, "@type", "@language"}:
            raise PolicyMalformed(place=f"a value with {wrapper}", why="something else stands beside it")
        return plain(value[wrapper])
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value if isinstance(value, str | bool) or value is None else str(value)


def _rule(rule: Any, place: str) -> Any:
    if not isinstance(rule, dict):
        return plain(rule)
    said: dict[str, Any] = {}
    constraints: list[Any] = []
    for name, value in members(rule, place).items():
        if name in {"@type", "@id", "target", "assigner", "assignee"}:
            continue
        if name == "constraint":
            constraints += _list(value)
        elif name == "action":
            said[name], refined = _action(value)
            constraints += refined
        elif name == "duty":
            if duties := _list(value):
                said[name] = _ordered([_rule(each, "duty") for each in duties])
        elif _list(value):
            said[name] = plain(value)
    if constraints:
        alone = [part for each in constraints for part in _side_by_side(_constraint(each))]
        said["constraint"] = _ordered(_joined(alone))
    return said


def _side_by_side(constraint: Any) -> Iterator[Any]:
    """Yield the parts of an `and`, which mean the same beside each other; anything else as it is."""
    if isinstance(constraint, dict) and set(constraint) == {"and"}:
        for part in constraint["and"]:
            yield from _side_by_side(part)
    else:
        yield constraint


def _action(value: Any) -> tuple[Any, list[Any]]:
    """Return an action's word, and the constraints that refine it (ODRL Information Model 2.2, 2.5.3)."""
    alone = value
    while isinstance(alone, list) and len(alone) == 1:
        alone = alone[0]
    if not isinstance(alone, dict):
        return _word(alone), []
    said = members(alone, "action")
    word = next((said.pop(name) for name in ("rdf:value", "value", "@id", "@value") if name in said), None)
    refined = _list(said.pop("refinement", None))
    said.pop("@type", None)
    if said:  # not understood: it stays as it is, so that whoever reads the terms refuses it
        return {name: plain(inner) for name, inner in members(alone, "action").items()}, []
    return _word(word), refined


def _constraint(constraint: Any) -> Any:
    if not isinstance(constraint, dict):
        return plain(constraint)
    said: dict[str, Any] = {}
    for name, value in members(constraint, "a constraint").items():
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
    return _any_of(said)


def _any_of(constraint: dict[str, Any]) -> dict[str, Any]:
    """Return an `or` of single values of one operand as the list that it means; anything else as it is."""
    alternatives = constraint.get("or")
    if set(constraint) != {"or"} or not alternatives:
        return constraint
    simple = all(isinstance(each, dict) and set(each) == _SIMPLE for each in alternatives)
    if not simple or any(each["operator"] != "eq" for each in alternatives):
        return constraint
    operands = _ordered([each["leftOperand"] for each in alternatives])
    values = _ordered([each["rightOperand"] for each in alternatives])
    if operands[0] != operands[-1]:
        return constraint
    if len(values) == 1:
        return dict(alternatives[0])
    return {"leftOperand": operands[0], "operator": "isAnyOf", "rightOperand": values}


def _joined(constraints: list[Any]) -> list[Any]:
    """Return constraints with those that only say more of another one put into it, where it is clear into which."""
    for member, operand in BESIDE.items():
        beside = [each for each in constraints if _says(each, member) and set(each) == _SIMPLE]
        owners = [each for each in constraints if _says(each, operand) and member not in each]
        if len(beside) == len(owners) == 1 and beside[0]["operator"] == "eq":
            whole = owners[0] | {member: beside[0]["rightOperand"]}
            constraints = [each for each in constraints if each not in (beside[0], owners[0])]
            constraints.append(whole)
    return constraints


def _says(constraint: Any, operand: str) -> bool:
    return isinstance(constraint, dict) and constraint.get("leftOperand") == operand


def _word(value: Any) -> Any:
    bare = plain(value)
    return short(bare) if isinstance(bare, str) else bare


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _ordered(values: list[Any]) -> list[Any]:
    return values if len(values) < 2 else sorted(values, key=canonical_json)


_REFERRING = {"constraint", "refinement", "and", "or", "xone", "andSequence", "duty"}


def _references(value: Any) -> Iterator[str]:
    """Yield the names of constraints and duties that are only named."""
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, dict):
        for member, inner in value.items():
            if short(member) in _REFERRING:
                yield from (each["@id"] for each in _list(inner) if _is_reference(each))
            yield from _references(inner)


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"@id"}


class _Resolving:
    """Puts what is named where it is only named."""

    def __init__(self, policy: Policy) -> None:
        self._named: dict[str, Any] = {}
        self._within: list[str] = []
        self._followed_so_far = 0
        self._name(policy)

    def resolved(self, value: Any, *, referring: bool = False) -> Any:
        if isinstance(value, list):
            return [self.resolved(each, referring=referring) for each in value]
        if not isinstance(value, dict):
            return value
        if referring and _is_reference(value):
            return self._followed(str(value["@id"]))
        return {
            name: self.resolved(inner, referring=short(name) in _REFERRING) for name, inner in value.items()
        }

    def _followed(self, name: str) -> Any:
        if name in self._within:
            raise TermsCyclic(name=name, way=" → ".join([*self._within[self._within.index(name) :], name]))
        if name not in self._named:
            raise ReferenceUnresolved(name=name)
        self._followed_so_far += 1
        if self._followed_so_far > _MOST_FOLLOWED or len(self._within) >= _DEEPEST_NAMED:
            raise TermsTooDeep(deepest=_DEEPEST_NAMED)
        self._within.append(name)
        try:
            return self.resolved(self._named[name])
        finally:
            self._within.pop()

    def _name(self, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                self._name(each)
        elif isinstance(value, dict):
            name = value.get("@id")
            if len(value) > 1 and isinstance(name, str) and self._named.setdefault(name, value) != value:
                raise PolicyMalformed(place=name, why="two different things bear this name")
            for inner in value.values():
                self._name(inner)
