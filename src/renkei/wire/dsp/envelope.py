"""What all messages of the protocol share: `@context`, `@type`, process ids, and how they are read and written."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec

from renkei.wire.dsp.errors import ContextMissing, MessageMalformed, TypeUnexpected

CONTEXT = "https://w3id.org/dspace/2025/1/context.jsonld"
VERSION = "2025-1"
NIL_PID = "urn:uuid:00000000-0000-0000-0000-000000000000"
"""Stands in an error for a process id that nobody knows (RFC 9562, 5.9): the schema wants both ids."""

Pid = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""The id of a process, dataset or agreement, whoever gave it."""
Address = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s]+$", max_length=2000)]

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

S = TypeVar("S", bound=msgspec.Struct)


def dspace_context() -> tuple[str, ...]:
    """Return the `@context` of every message that this node sends."""
    return (CONTEXT,)


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="@type", tag=True):
    """A message on its own: `@type` is the class's name."""

    context: tuple[str, ...] = msgspec.field(name="@context", default_factory=dspace_context)


class _Header(msgspec.Struct):
    context: Any = msgspec.field(name="@context", default=None)
    type: Any = msgspec.field(name="@type", default=None)


def read(body: bytes, shape: type[S]) -> S:
    """Decode a message of one expected type.

    Raises wire.dsp-malformed with the place and the reason, wire.dsp-context-missing, wire.dsp-type-unexpected.
    Source: Dataspace Protocol 2025-1, "Message types" and the JSON schemas. A member whose value is null counts as
    absent, as in JSON-LD 1.1.
    """
    name = str(shape.__struct_config__.tag)
    header = _decode(body, _Header, name)
    if not _names_context(header.context):
        raise ContextMissing(context=CONTEXT)
    if header.type != name:
        raise TypeUnexpected(expected=name, got=_type_told(header.type, name))
    return _decode(body, shape, name)


def read_plain(body: bytes, shape: type[S]) -> S:
    """Decode a document of the protocol that has neither `@context` nor `@type`. Raises wire.dsp-malformed."""
    return _decode(body, shape, shape.__name__)


def write(message: msgspec.Struct) -> bytes:
    """Encode a message as JSON."""
    return msgspec.json.encode(message)


def reason_texts(reason: Sequence[Any] | None) -> tuple[str, ...]:
    """Return a peer's reasons as texts, whole: the protocol lets an entry be any JSON value."""
    return tuple(_reason(entry) for entry in reason or ())


def _reason(entry: Any) -> str:
    if isinstance(entry, dict) and isinstance(entry.get("@value"), str):
        return str(entry["@value"])
    return entry if isinstance(entry, str) else msgspec.json.encode(entry).decode()


def _type_told(given: Any, name: str) -> str:
    try:
        told = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    except RecursionError:
        raise MessageMalformed(message=name, why="nested too deeply") from None
    return told[:200]


def _decode(body: bytes, shape: type[S], name: str) -> S:
    if _NUL.search(body):
        raise MessageMalformed(message=name, why="a text contains the character U+0000")
    try:
        return msgspec.json.decode(body, type=shape)
    except RecursionError:
        raise MessageMalformed(message=name, why="nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise MessageMalformed(message=name, why=str(why)) from None


def _names_context(context: Any) -> bool:
    return (
        isinstance(context, list) and CONTEXT in context and all(isinstance(entry, str) for entry in context)
    )
