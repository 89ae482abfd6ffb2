"""Our messages satisfy the published schemas of the Dataspace Protocol, and its examples are read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from renkei.kernel.refusals import Refusal
from renkei.wire.dsp import envelope, version
from tests.conformance.schemas import PUBLISHED, SHARED, validator
from tests.wire.dsp.messages import MESSAGES, SHAPES

pytestmark = PUBLISHED
# The example breaks the pattern of the published schema for its own address, and is not a message.
DID_EXAMPLES = {"catalogservice-did-service.json", "dataservice-did-service.json"}
# Answers of a peer's catalogue: one odd offer in it must not hide all the others.
READ_TOLERANTLY = {"catalog.json", "dataset.json", "nested-catalog.json", "protocol-version.json"}
EXAMPLES = sorted(path for path in SHARED.glob("*/example/*.json") if path.name not in DID_EXAMPLES)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_message_that_we_write_satisfies_its_schema(name: str) -> None:
    drawn, schema_name = MESSAGES[name]
    checks = validator(schema_name)

    @given(drawn)
    @settings(max_examples=40, deadline=None, database=None)
    def satisfies(message: msgspec.Struct) -> None:
        checks.validate(json.loads(envelope.write(message)))

    satisfies()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_published_example_is_read_and_written_back_whole(path: Path) -> None:
    body = path.read_bytes()
    if path.name == "protocol-version.json":
        message: msgspec.Struct = envelope.read_plain(body, version.VersionResponse)
    else:
        message = envelope.read(body, SHAPES[json.loads(body)["@type"]])

    assert json.loads(envelope.write(message)) == json.loads(body)


@pytest.mark.parametrize(
    "path", [path for path in EXAMPLES if path.name not in READ_TOLERANTLY], ids=lambda path: path.name
)
def test_what_the_schema_refuses_after_any_one_change_we_refuse(path: Path) -> None:
    example = json.loads(path.read_text())
    name = example["@type"]
    checks = validator(MESSAGES[name][1])

    let_through = [
        broken for broken in changed(example) if is_read(broken, name) and not checks.is_valid(broken)
    ]

    assert let_through == []


def is_read(message: Any, name: str) -> bool:
    """Tell whether we take it; anything but a refusal fails the test."""
    try:
        envelope.read(json.dumps(message).encode(), SHAPES[name])
    except Refusal:
        return False
    return True


def changed(value: Any) -> Iterator[Any]:
    """Return each copy in which one member, somewhere, is taken out or has a value of another type."""
    if not isinstance(value, dict | list):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        rest = {**value} if isinstance(value, dict) else [*value]
        del rest[key]
        yield rest
        for other in (5, True, "", "x", [], {}, [5], ["x"], *changed(value[key])):
            copy = {**value} if isinstance(value, dict) else [*value]
            copy[key] = other
            yield copy


def test_the_version_document_satisfies_its_schema() -> None:
    document = version.VersionResponse(
        versions=[
            version.Version(version="2025-1", path="/dsp/2025-1", binding="HTTPS", identifier_type="did:web")
        ]
    )

    validator("common/protocol-version-schema.json").validate(json.loads(envelope.write(document)))
