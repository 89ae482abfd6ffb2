"""The published schemas of the Dataspace Protocol: validators, and messages drawn from them."""

import json
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import strategies as st
from referencing import Registry, Resource

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("RENKEI_SHARED", ROOT.parent / "shared")) / "conformance" / "dsp"
PUBLISHED = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not SHARED.is_dir(),
        reason=f"THE PUBLISHED DSP SCHEMAS ARE NOT HERE ({SHARED}): conformance to them is NOT checked in this run; "
        "name the folder that holds `conformance/dsp` in RENKEI_SHARED",
    ),
]
DEEPEST = 3
"""How often a schema that contains itself is followed when messages are drawn."""

Schema = dict[str, Any]


def schema(path: Path) -> Schema:
    """Return a published schema."""
    # The published transfer schemas write "#definitions/…" where a JSON pointer begins with "#/".
    text = path.read_text().replace("#definitions/", "#/definitions/")
    return dict(json.loads(text))


@cache
def documents() -> dict[str, Schema]:
    """Return all published schemas by their address."""
    found = [schema(path) for path in SHARED.glob("*/*-schema.json")]
    return {entry["$id"]: entry for entry in found}


@cache
def validator(name: str) -> jsonschema.Draft201909Validator:
    """Return what holds a message to a schema, by the schema's path."""
    resources = ((address, Resource.from_contents(entry)) for address, entry in documents().items())
    return jsonschema.Draft201909Validator(
        schema(SHARED / name), registry=Registry().with_resources(resources)
    )


def drawn(name: str) -> st.SearchStrategy[Any]:
    """Draw what a schema allows, by the schema's path. hypothesis-jsonschema follows no schema that contains itself."""
    root = schema(SHARED / name)
    return _values([(root, root["$id"])], DEEPEST).filter(validator(name).is_valid)


@dataclass
class Flat:
    """A schema with its references and `allOf` taken in, and its alternatives chosen."""

    said: Schema = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    properties: dict[str, list["Located"]] = field(default_factory=dict)
    items: list["Located"] = field(default_factory=list)


Located = tuple[Schema, str]
"""A schema, and the address of the document in which it stands."""


@st.composite
def _values(draw: st.DrawFn, schemas: list[Located], depth: int) -> Any:  # noqa: PLR0911 - one per type
    """Draw what all of some schemas allow, as far as they can be told apart: the validator has the last word."""
    flat = Flat()
    for located in schemas:
        _take_in(flat, located, draw, simply=depth <= 0)
    said = flat.said
    if "const" in said or "enum" in said:
        return draw(st.sampled_from(said.get("enum", [said.get("const")])))
    if "pattern" in said:
        return draw(st.sampled_from(TIMES))
    match said.get("type", "object" if flat.properties else None):
        case "string":
            return draw(_TEXT)
        case "array":
            least = said.get("minItems", 0)
            entry = _values(flat.items, depth - 1) if flat.items else _JSON
            entries = draw(st.lists(entry, min_size=least, max_size=least if depth <= 0 else max(least, 2)))
            return [*entries, *([said["contains"]["const"]] if "contains" in said else [])]
        case "object" if flat.properties or flat.required:
            wanted = [name for name in flat.properties if name in flat.required or draw(st.booleans())]
            members = {name: draw(_values(flat.properties[name], depth)) for name in wanted}
            more = {"https://example.org/more": draw(_JSON)} if draw(st.booleans()) else {}
            return members | more
        case "object":
            return draw(st.dictionaries(_NAME, _JSON, max_size=2))
    return draw(_JSON)


def _take_in(flat: Flat, located: Located, draw: st.DrawFn, *, simply: bool) -> None:
    node, base = located
    inner = [(part, base) for part in node.get("allOf", ())]
    if "$ref" in node:
        inner.append(_followed(node["$ref"], base))
    choices = node.get("oneOf") or node.get("anyOf")
    if choices:
        finite = [each for each in choices if "Logical" not in each.get("$ref", "")]
        inner.append((draw(st.sampled_from(finite if simply and finite else choices)), base))
    for each in inner:
        _take_in(flat, each, draw, simply=simply)
    flat.said.update({key: node[key] for key in _SAID & node.keys()})
    flat.required.update(node.get("required", ()))
    for name, inside in node.get("properties", {}).items():
        flat.properties.setdefault(name, []).append((inside, base))
    if node.get("items"):
        flat.items.append((node["items"], base))


def _followed(reference: str, base: str) -> Located:
    address, _, pointer = reference.partition("#")
    found: Any = documents()[address or base]
    for step in pointer.split("/")[1:]:
        found = found[step]
    return found, address or base


TIMES = ("2026-05-01T09:00:00Z", "-0400-12-31T24:00:00.0+14:00", "12026-01-01T00:00:00.125")
_SAID = {"type", "const", "enum", "pattern", "minItems", "contains"}
_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_TEXT = st.sampled_from(["urn:x", "https://peer.example/dsp", "連携", "a/b?c=d#e"]) | st.text(
    _CHARACTERS, max_size=20
)
_NAME = st.text(_CHARACTERS, min_size=1, max_size=10).map(lambda name: "https://example.org/" + name)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAME, inner, max_size=2),
    max_leaves=4,
)
