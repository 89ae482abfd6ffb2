"""Messages of the catalogue (Dataspace Protocol 2025-1, "Catalog Protocol"), with this node's descriptive members.

The protocol says nothing about titles and the like. They travel as JSON-LD that expands under the protocol's own
context: `dct:` and `dcat:` are prefixes of that context, texts are value objects with a language, and the members of
the renkei profile begin with `rk:`, an absolute IRI by itself.
"""

from typing import Any, Literal

import msgspec

from renkei.kernel.texts import Text
from renkei.wire.dsp.envelope import Message, Pid, read
from renkei.wire.dsp.policy import Policy


class CatalogRequestMessage(Message, frozen=True, kw_only=True):
    """Ask for a catalogue."""

    filter: list[Any] | None = None


class DatasetRequestMessage(Message, frozen=True, kw_only=True):
    """Ask for one dataset."""

    dataset: Pid


class CatalogError(Message, frozen=True, kw_only=True):
    """Why a request for a catalogue or a dataset was refused."""

    code: str | None = None
    reason: list[Any] | None = None


class LanguageValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text in one language (JSON-LD 1.1, 4.2.4)."""

    value: str = msgspec.field(name="@value")
    language: str | None = msgspec.field(name="@language", default=None)


class Reference(msgspec.Struct, frozen=True):
    """A thing that is named by its IRI (JSON-LD 1.1, 3.2)."""

    id: str = msgspec.field(name="@id")


Labels = str | LanguageValue | list[str | LanguageValue]
"""A text in one or more languages, as peers write it."""


class TypedValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value and the IRI of its data type (JSON-LD 1.1, 4.2.1)."""

    value: Any = msgspec.field(name="@value")
    type: str | None = msgspec.field(name="@type", default=None)


Names = str | Reference | list[str | Reference]
"""One thing or several, by name or by IRI, as peers write them."""
Instant = str | TypedValue
"""A time, as peers write it."""


class DataService(msgspec.Struct, frozen=True, kw_only=True):
    """Where the provider is spoken to."""

    id: Pid = msgspec.field(name="@id")
    type: Literal["DataService"] = msgspec.field(name="@type")
    endpoint_url: str = msgspec.field(name="endpointURL")


class Distribution(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="@type", tag=True
):
    """One form in which a dataset can be had."""

    format: str
    access_service: str | DataService = msgspec.field(name="accessService")
    has_policy: list[Policy] | None = msgspec.field(name="hasPolicy", default=None)


class ColumnDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One column of a dataset: what it holds and which category of data that is."""

    name: str = msgspec.field(name="rk:name")
    type: str | None = msgspec.field(name="rk:type", default=None)
    unit: str | None = msgspec.field(name="rk:unit", default=None)
    category: str | None = msgspec.field(name="rk:category", default=None)
    role: str | None = msgspec.field(name="rk:role", default=None)
    description: Labels | None = msgspec.field(name="dct:description", default=None)


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """How many of 1000 rows have a value in a column."""

    name: str = msgspec.field(name="rk:name")
    per_mille: int = msgspec.field(name="rk:perMille")


class QualityDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Figures computed from the data: rows, first and last time (RFC 3339), completeness per column, table version."""

    rows: int = msgspec.field(name="rk:rows")
    version: int | None = msgspec.field(name="rk:tableVersion", default=None)
    first: str | None = msgspec.field(name="rk:firstObserved", default=None)
    last: str | None = msgspec.field(name="rk:lastObserved", default=None)
    completeness: list[Completeness] | None = msgspec.field(name="rk:completeness", default=None)


class Dataset(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="@type", tag=True):
    """A dataset, the offers under which it can be had, and in which forms."""

    context: tuple[str, ...] | None = msgspec.field(name="@context", default=None)
    id: Pid = msgspec.field(name="@id")
    has_policy: list[Policy] = msgspec.field(name="hasPolicy")
    distribution: list[Distribution]
    title: Labels | None = msgspec.field(name="dct:title", default=None)
    description: Labels | None = msgspec.field(name="dct:description", default=None)
    licence: Names | None = msgspec.field(name="dct:license", default=None)
    issued: Instant | None = msgspec.field(name="dct:issued", default=None)
    modified: Instant | None = msgspec.field(name="dct:modified", default=None)
    themes: Names | None = msgspec.field(name="dcat:theme", default=None)
    temporal: Any = msgspec.field(name="dct:temporal", default=None)
    """The span of time that the data cover; `wire.dsp.coverage` reads and writes it."""
    spatial: Any = msgspec.field(name="dct:spatial", default=None)
    """Where the data come from; as above."""
    columns: list[ColumnDescription] | None = msgspec.field(name="rk:columns", default=None)
    quality: QualityDescription | None = msgspec.field(name="rk:quality", default=None)


class Catalog(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="@type", tag=True):
    """What a participant offers. Lists are left out when empty, as the schema wants at least one entry in each."""

    context: tuple[str, ...] | None = msgspec.field(name="@context", default=None)
    id: Pid = msgspec.field(name="@id")
    participant: str | None = msgspec.field(name="participantId", default=None)
    title: Labels | None = msgspec.field(name="dct:title", default=None)
    revision: str | None = msgspec.field(name="rk:revision", default=None)
    """Another one whenever anything in the catalogue changed, on whichever page: where it is as before, so is the whole."""
    service: list[DataService] | None = None
    dataset: list[Dataset] | None = None
    catalog: list["Catalog"] | None = None
    distribution: list[Distribution] | None = None


class _LooseCatalog(Catalog, frozen=True, kw_only=True, tag="Catalog"):
    """A catalogue whose datasets are not looked at yet."""

    dataset: list[msgspec.Raw] | None = None  # type: ignore[assignment]  # read one by one afterwards


def read_catalog(body: bytes) -> tuple[Catalog, tuple[str, ...]]:
    """Decode a peer's catalogue, and tell of each dataset in it that cannot be read why not.

    One odd dataset does not hide the others. Raises what `envelope.read` raises when the catalogue itself is odd.
    """
    loose = read(body, _LooseCatalog)
    readable: list[Dataset] = []
    unreadable: list[str] = []
    for index, raw in enumerate(loose.dataset or ()):
        try:
            readable.append(msgspec.json.decode(raw, type=Dataset))
        except (msgspec.DecodeError, RecursionError) as why:
            unreadable.append(f"dataset[{index}]: {why}")
    members = {name: getattr(loose, name) for name in Catalog.__struct_fields__}
    return Catalog(**{**members, "dataset": readable or None}), tuple(unreadable)


def labels(text: Text) -> Labels:
    """Return a text in both languages, as it travels."""
    return [LanguageValue(text.ja, "ja"), LanguageValue(text.en, "en")]


def text_of(given: Labels | None) -> Text:
    """Return a peer's text in both languages; a language that the peer does not give takes another one's text."""
    entries = given if isinstance(given, list) else [given] if given is not None else []
    by_language: dict[str, str] = {}
    for entry in entries:
        value, language = (entry, "") if isinstance(entry, str) else (entry.value, entry.language or "")
        by_language.setdefault(language.lower().split("-")[0], value)
    first = next(iter(by_language.values()), "")
    plain = by_language.get("", first)
    return Text(ja=by_language.get("ja", plain), en=by_language.get("en", plain))


def names_of(given: Names | None) -> tuple[str, ...]:
    """Return the names or IRIs of the things that a peer names."""
    entries = given if isinstance(given, list) else [given] if given is not None else []
    return tuple(entry if isinstance(entry, str) else entry.id for entry in entries)


def time_of(given: Instant | None) -> str | None:
    """Return a peer's time as it is written."""
    value = given.value if isinstance(given, TypedValue) else given
    return value if isinstance(value, str) else None
