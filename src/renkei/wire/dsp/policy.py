"""The structure of ODRL policies in messages, as the protocol's `contract-schema.json` has it.

A policy travels as a plain mapping, so that both sides keep exactly what was agreed. Here only its structure is
checked; what its terms mean, and whether they can be evaluated, is judged by the exchange.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Policy = dict[str, Any]

MAX_DEPTH: Final = 32
MOST: Final = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 7493, 2.2)."""
OPERATORS: Final = frozenset(
    [
        "eq",
        "gt",
        "gteq",
        "lteq",
        "hasPart",
        "isA",
        "isAllOf",
        "isAnyOf",
        "isNoneOf",
        "isPartOf",
        "lt",
        "term-lteq",
        "neq",
    ]
)
_LOGICAL: Final = ("and", "andSequence", "or", "xone")
_ATOMIC: Final = ("leftOperand", "operator", "rightOperand")
_TIMESTAMP: Final = re.compile(
    r"-?\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"T(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?|24:00:00(\.0+)?)"
    r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))?"
)


class PolicyMalformed(ValueError):
    """The policy is not built as the schema has it; the message names the place."""


def check_requested_offer(offer: Policy) -> None:
    """Check an offer in a consumer's message: it has an id, a type, and a permission or a prohibition.

    It need not name its target, which its id does. Raises PolicyMalformed with the place and the reason
    (contract-schema.json, `MessageOffer`).
    """
    _check_policy(offer, "offer", "Offer")
    if "target" in offer:
        _text(offer, "target", "offer")


def check_message_offer(offer: Policy) -> None:
    """Check an offer in a provider's message, which names its target besides.

    Raises PolicyMalformed with the place and the reason (contract-offer-message-schema.json).
    """
    check_requested_offer(offer)
    _text(offer, "target", "offer")


def check_agreement(agreement: Policy) -> None:
    """Check an agreement: both parties and the target are named. Raises PolicyMalformed (`Agreement`)."""
    _check_policy(agreement, "agreement", "Agreement")
    for member in ("target", "assigner", "assignee"):
        _text(agreement, member, "agreement")
    if "timestamp" in agreement and not _is_timestamp(agreement["timestamp"]):
        raise PolicyMalformed("agreement.timestamp: not an xsd:dateTime")


def _check_policy(policy: Policy, place: str, kind: str) -> None:
    _check_values(policy, place)
    _text(policy, "@id", place)
    if policy.get("@type") != kind:
        raise PolicyMalformed(f"{place}.@type: has to be {kind}")
    _check_profile(policy.get("profile", []), place)
    if "permission" not in policy and "prohibition" not in policy:
        raise PolicyMalformed(f"{place}: neither permission nor prohibition")
    for member in ("permission", "prohibition", "obligation"):
        if member in policy:
            rules = _array(policy[member], f"{place}.{member}")
            if not rules:
                raise PolicyMalformed(f"{place}.{member}: empty")
            for index, rule in enumerate(rules):
                _check_rule(rule, f"{place}.{member}[{index}]")


def _is_timestamp(value: Any) -> bool:
    return isinstance(value, str) and _TIMESTAMP.fullmatch(value) is not None


def _check_profile(profile: Any, place: str) -> None:
    names = profile if isinstance(profile, list) else [profile]
    if not all(isinstance(name, str) for name in names):
        raise PolicyMalformed(f"{place}.profile: neither a text nor an array of texts")


def _check_rule(rule: Any, place: str) -> None:
    mapping = _mapping(rule, place)
    _text(mapping, "action", place)
    for index, constraint in enumerate(_array(mapping.get("constraint", []), f"{place}.constraint")):
        _check_constraint(constraint, f"{place}.constraint[{index}]")


def _check_constraint(constraint: Any, place: str) -> None:
    mapping = _mapping(constraint, place)
    logical = [member for member in _LOGICAL if member in mapping]
    atomic = all(member in mapping for member in _ATOMIC)
    if len(logical) + atomic != 1:
        raise PolicyMalformed(
            f"{place}: needs either leftOperand, operator and rightOperand, or one of and, andSequence, or, xone"
        )
    for member in logical:
        for index, inner in enumerate(_array(mapping[member], f"{place}.{member}")):
            _check_constraint(inner, f"{place}.{member}[{index}]")
    if atomic:
        _check_atomic(mapping, place)


def _check_atomic(constraint: Mapping[str, Any], place: str) -> None:
    _text(constraint, "leftOperand", place)
    operator = constraint["operator"]
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise PolicyMalformed(f"{place}.operator: not an operator of the protocol")
    if not isinstance(constraint["rightOperand"], str | dict | list):
        raise PolicyMalformed(f"{place}.rightOperand: has to be a text, an object or an array")


def _check_values(policy: Policy, place: str) -> None:
    """Refuse what has no canonical spelling, since both sides have to compute the same digest of the terms."""
    for level in levels(policy, place):
        if any(isinstance(value, float) for value in level):
            raise PolicyMalformed(f"{place}: a number with a fraction; write it as a text")
        if any(isinstance(value, int) and abs(value) > MOST for value in level):
            raise PolicyMalformed(f"{place}: a number beyond 2^53 - 1; write it as a text")


def levels(value: Any, place: str) -> Iterator[list[Any]]:
    """Return what stands in a JSON value, level by level. Raises PolicyMalformed when it is nested too deeply."""
    level = [value]
    for _ in range(MAX_DEPTH):
        yield level
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise PolicyMalformed(f"{place}: nested more than {MAX_DEPTH} deep")


def _text(mapping: Mapping[str, Any], member: str, place: str) -> None:
    value = mapping.get(member)
    if not isinstance(value, str) or not value or len(value) > 255:
        raise PolicyMalformed(f"{place}.{member}: has to be a text of 1 to 255 characters")


def _array(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise PolicyMalformed(f"{place}: has to be an array")
    return value


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyMalformed(f"{place}: has to be an object")
    return value
