"""We read what the published schemas allow and nothing else, but for the places that are written down here.

They stand in docs/reference/dataspace-protocol.md too ("What is read, and what is not").
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renkei.kernel.refusals import Refusal
from renkei.wire.dsp import envelope
from renkei.wire.dsp.catalog import read_catalog
from tests.conformance.schemas import PUBLISHED, SHARED, drawn, validator
from tests.wire.dsp.messages import MESSAGES, SHAPES

pytestmark = PUBLISHED
ANSWERS = {"Catalog", "Dataset"}
"""Read loosely: one odd offer in a peer's catalogue must not hide all the others."""
POLICY_TEXTS = {"@id", "target", "assigner", "assignee", "action", "leftOperand"}
IDS = {"consumerPid", "providerPid", "agreementId", "dataset", "format"}
DATE_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def everything(value: Any, member: str = "", depth: int = 0) -> Iterator[tuple[str, Any, int]]:
    """Return every value in a message, with the member in which it stands and how deep."""
    yield member, value, depth
    if isinstance(value, dict):
        for name, inner in value.items():
            yield "", name, depth
            yield from everything(inner, name, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from everything(inner, member, depth + 1)


def policy(message: dict[str, Any]) -> Any:
    return message.get("offer") or message.get("agreement")


def is_texts(*members: str, of: Callable[[str], bool]) -> Callable[[dict[str, Any]], bool]:
    return lambda message: any(isinstance(message.get(name), str) and of(message[name]) for name in members)


def of_odd_length(text: str) -> bool:
    return not 0 < len(text) <= 255


def both_kinds(constraint: Any) -> bool:
    logical = (
        {"and", "andSequence", "or", "xone"} & constraint.keys() if isinstance(constraint, dict) else set()
    )
    atomic = {"leftOperand", "operator", "rightOperand"}
    return bool(logical) and (len(logical) > 1 or atomic <= constraint.keys())


# Where the schemas allow more than we take, and why.
STRICTER: dict[str, Callable[[dict[str, Any]], bool]] = {
    "a text that no database stores: U+0000": lambda m: any("\0" in str(v) for _, v, _ in everything(m)),
    "a text that is no Unicode: half a surrogate pair": lambda m: any(
        isinstance(v, str) and re.search("[\ud800-\udfff]", v) for _, v, _ in everything(m)
    ),
    "a number that is none: NaN, Infinity, 1e999": lambda m: any(
        isinstance(v, float) and not math.isfinite(v) for _, v, _ in everything(m)
    ),
    "an id or a format that is empty or longer than 255": is_texts(*IDS, of=of_odd_length),
    "a callback address that is no http(s) URL of up to 2000 characters": is_texts(
        "callbackAddress", of=lambda url: not re.fullmatch(r"https?://\S{1,1992}", url) or len(url) > 2000
    ),
    "a message's own @id that is no text": lambda m: (
        m.get("@type") in {"ContractRequestMessage", "ContractOfferMessage"}
        and not isinstance(m.get("@id"), str | None)
    ),
    "a policy's text that is empty or longer than 255": lambda m: any(
        name in POLICY_TEXTS and isinstance(v, str) and of_odd_length(v)
        for name, v, _ in everything(policy(m))
    ),
    "a policy with a number with a fraction or beyond 2^53 - 1": lambda m: any(
        isinstance(v, float) or (isinstance(v, int) and abs(v) > 2**53 - 1)
        for _, v, _ in everything(policy(m))
    ),
    "a policy or reasons nested more than 32 deep": lambda m: any(
        depth >= 32 for part in (policy(m), m.get("reason")) for _, _, depth in everything(part)
    ),
    "an agreement's time with something before or after it": lambda m: (
        isinstance(policy(m), dict)
        and isinstance(policy(m).get("timestamp"), str)
        and DATE_TIME.fullmatch(policy(m)["timestamp"]) is None
    ),
    "a constraint of two kinds at once": lambda m: any(both_kinds(v) for _, v, _ in everything(policy(m))),
}
# Where we take more than the schemas allow: as in JSON-LD, a member that is null is not there.
NULLABLE = {
    "callbackAddress",
    "providerPid",
    "consumerPid",
    "code",
    "reason",
    "filter",
    "@id",
    "dataAddress",
    "endpoint",
    "endpointProperties",
}


def is_read(body: bytes, name: str) -> bool:
    """Tell whether we take it; anything but a refusal fails the test."""
    try:
        if name == "Catalog":
            return not read_catalog(body)[1]
        envelope.read(body, SHAPES[name])
    except Refusal:
        return False
    return True


def without_nulls(message: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in message.items() if value is not None or name not in NULLABLE}
    if isinstance(kept.get("dataAddress"), dict):
        kept["dataAddress"] = without_nulls(kept["dataAddress"])
    return kept


def disagreement(message: Any, name: str) -> str | None:
    """Return how our verdict differs from the schema's without a stated cause; None when it does not."""
    taken = is_read(json.dumps(message).encode(), name)
    allowed = validator(MESSAGES[name][1]).is_valid(message)
    if taken == allowed:
        return None
    if allowed:
        causes = [cause for cause, applies in STRICTER.items() if applies(message)]
        return None if causes else f"refused although the schema allows it: {json.dumps(message)}"
    excused = isinstance(message, dict) and validator(MESSAGES[name][1]).is_valid(without_nulls(message))
    return None if excused else f"taken although the schema refuses it: {json.dumps(message)}"


HOSTILE: tuple[Any, ...] = (
    None, 5, 1.5, True, 10**30, "", "x", "> 2026-05-01T09:00:00Z", "x" * 255, "x" * 256, "https://" + "x" * 2000, "a\0b", "\ud800",
    float("nan"), [], {}, [5], ["x"], {"@id": "x"},
)  # fmt: skip


def mutated(value: Any) -> Iterator[Any]:
    """Return each copy in which one member, somewhere, is taken out, or has another value, or stands one level deeper."""
    if not isinstance(value, dict | list):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        rest = {**value} if isinstance(value, dict) else [*value]
        del rest[key]
        yield rest
        for other in (*HOSTILE, [value[key]], nested(value[key], 40), *mutated(value[key])):
            copy = {**value} if isinstance(value, dict) else [*value]
            copy[key] = other
            yield copy
    if isinstance(value, dict):
        for name, more in ADDED.items():
            yield value | {name: more}


ADDED: dict[str, Any] = {
    "callbackAddress": "https://peer.example/dsp", "providerPid": "urn:p", "consumerPid": "urn:c", "target": "urn:t",
    "@id": 5, "weight": 0.5, "reason": [], "code": 7, "and": [], "or": [{}], "leftOperand": "x", "https://example.org/new": {"a": [1]},
}  # fmt: skip


def nested(value: Any, deep: int) -> Any:
    for _ in range(deep):
        value = [value]
    return value


EXAMPLES = [
    (path.name, example)
    for path in sorted(SHARED.glob("*/example/*.json"))
    if (example := json.loads(path.read_text())).get("@type") in set(MESSAGES) - ANSWERS
]


@cache
def judged(name: str) -> list[tuple[Any, bool, bool]]:
    """Return an example's changed copies, at most 1000 evenly chosen ones, with our verdict and the schema's."""
    example = dict(EXAMPLES)[name]
    changed = list(mutated(example))
    kind = example["@type"]
    return [
        (each, is_read(json.dumps(each).encode(), kind), validator(MESSAGES[kind][1]).is_valid(each))
        for each in changed[:: len(changed) // 1000 + 1]
    ]


@pytest.mark.parametrize("name", dict(EXAMPLES))
def test_every_published_example_with_any_one_change_is_judged_as_its_schema_does(name: str) -> None:
    kind = dict(EXAMPLES)[name]["@type"]

    told = [disagreement(each, kind) for each, taken, allowed in judged(name) if taken is not allowed]

    assert len(judged(name)) > 50
    assert [each for each in told if each] == []


@pytest.mark.parametrize("name", sorted(set(MESSAGES) - ANSWERS))
def test_what_a_schema_allows_is_judged_as_the_schema_does_as_it_is_and_with_one_change(name: str) -> None:
    @given(drawn(MESSAGES[name][1]), st.randoms(use_true_random=False))
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    def agrees(message: Any, chance: Any) -> None:
        changed = list(mutated(message))
        for broken in (message, *chance.sample(changed, min(20, len(changed)))):
            assert disagreement(broken, name) is None

    agrees()


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_what_the_schema_allows_of_a_peers_catalogue_is_read(name: str) -> None:
    @given(drawn(MESSAGES[name][1]))
    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    def is_taken(answer: Any) -> None:
        typed = answer | {"@type": name}
        assert is_read(json.dumps(typed).encode(), name) or any(cause(typed) for cause in NOT_READ.values())

    is_taken()


NOT_READ: dict[str, Callable[[Any], bool]] = {
    "an @id that is empty or longer than 255": lambda m: any(
        name == "@id" and isinstance(v, str) and of_odd_length(v) for name, v, _ in everything(m)
    ),
}


@pytest.mark.parametrize("cause", STRICTER)
def test_each_stated_cause_is_one(cause: str) -> None:
    """A cause that never told our verdict from the schema's would hide a fault."""
    alone = [
        message
        for name, _ in EXAMPLES
        for message, taken, allowed in judged(name)
        if allowed
        and not taken
        and [each for each, applies in STRICTER.items() if applies(message)] == [cause]
    ]

    assert alone
