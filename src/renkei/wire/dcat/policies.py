"""Terms as ODRL, however a peer wrote them (ODRL Information Model 2.2)."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from renkei.wire.dcat.graph import NAMESPACES, Sheet, is_iri

if TYPE_CHECKING:
    from rdflib.term import Identifier, Node

_LOGICAL: Final = ("and", "andSequence", "or", "xone")
_MEMBER: Final = re.compile(r"rk:[A-Za-z]+")
"""A member of a constraint that the renkei profile adds."""
_DEEPEST: Final = 32
"""Constraints within each other, as deep as a policy in a message may be."""


def write_policy(sheet: Sheet, policy: Mapping[str, Any]) -> "Node":
    """Put a policy on the sheet and return its node. What makes no sense as ODRL is passed over."""
    name = policy.get("@id")
    usable = isinstance(name, str) and is_iri(name)
    node = sheet.typed(str(name), "odrl:Offer") if usable else sheet.blank("odrl:Offer")
    for profile in _each(policy.get("profile")):
        if isinstance(profile, str) and is_iri(profile):
            sheet.add(node, "odrl:profile", sheet.iri(profile))
    for kind in ("permission", "prohibition", "obligation"):
        for rule in _each(policy.get(kind)):
            if isinstance(rule, Mapping):
                sheet.add(node, f"odrl:{kind}", _rule(sheet, rule))
    return node


def _rule(sheet: Sheet, rule: Mapping[str, Any]) -> "Node":
    node = sheet.blank()
    for action in _each(rule.get("action")):
        sheet.add(node, "odrl:action", _word(sheet, action))
    for constraint in _each(rule.get("constraint")):
        _constrain(sheet, node, "odrl:constraint", constraint, _DEEPEST)
    return node


def _constrain(sheet: Sheet, node: "Node", name: str, constraint: Any, deepest: int) -> None:
    if not isinstance(constraint, Mapping) or deepest == 0:
        return
    inner = sheet.blank()
    for logical in _LOGICAL:
        for part in _each(constraint.get(logical)):
            _constrain(sheet, inner, f"odrl:{logical}", part, deepest - 1)
    for key in ("leftOperand", "operator"):
        if key in constraint:
            sheet.add(inner, f"odrl:{key}", _word(sheet, constraint[key]))
    for value in _each(constraint.get("rightOperand")):
        sheet.add(inner, "odrl:rightOperand", _operand(sheet, value))
    for key, value in constraint.items():
        if _MEMBER.fullmatch(key) and isinstance(value, str):
            sheet.add(inner, key, sheet.text(value))
    sheet.add(node, name, inner)


def _word(sheet: Sheet, word: Any) -> "Identifier":
    """Return a word of ODRL as its IRI; one of a profile is an IRI already."""
    plain = word.get("@id", "") if isinstance(word, Mapping) else str(word)
    expanded = plain if ":" in plain else NAMESPACES["odrl"] + plain
    return sheet.iri(expanded) if is_iri(expanded) else sheet.text(plain)


def _operand(sheet: Sheet, value: Any) -> "Identifier":
    if isinstance(value, Mapping):
        return sheet.named(str(value["@id"])) if "@id" in value else sheet.text(str(value.get("@value", "")))
    return sheet.text(str(value))


def _each(given: Any) -> Iterator[Any]:
    yield from given if isinstance(given, list) else [] if given is None else [given]
