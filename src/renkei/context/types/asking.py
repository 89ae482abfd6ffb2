"""Questions about entities: what is asked, whatever it was written in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from renkei.context.types.entities import Document, EntityId


class Direction(StrEnum):
    """Which way an ordering goes (clause 4.23)."""

    ASC = "asc"
    DESC = "desc"
    NEAREST = "dist-asc"
    FARTHEST = "dist-desc"


class Comparison(StrEnum):
    """Operators of the query language (clause 4.9)."""

    EQUAL = "=="
    UNEQUAL = "!="
    GREATER = ">"
    LESS = "<"
    GREATER_EQUAL = ">="
    LESS_EQUAL = "<="
    MATCH = "~="
    NO_MATCH = "!~="


@dataclass(frozen=True, slots=True)
class Path:
    """What a term of a query looks at (clause 4.9, AttributePath)."""

    attribute: str
    """IRI of the attribute, or a member such as `createdAt`, `modifiedAt`, `scope`, `id`, `type`, `observedAt`."""
    subs: tuple[str, ...] = ()
    """Attributes of the attribute, `a.b`: IRIs, or the members `observedAt`, `unitCode`, `datasetId`, `createdAt`, …"""
    members: tuple[str, ...] = ()
    """Members within the value, `a[b.c]`; for a LanguageProperty the language, `*` for any."""


Scalar = str | float | int | bool | datetime
"""A literal of the query language; a date or time is `datetime` only where it was written without quotes."""


@dataclass(frozen=True, slots=True)
class Literal:
    """One value that is compared with."""

    value: Scalar
    is_uri: bool = False
    term: str | None = None
    """The IRI that a text stands for where it is compared with a value of a vocabulary."""


@dataclass(frozen=True, slots=True)
class Range:
    """A closed range, `min..max`."""

    low: Scalar
    high: Scalar


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison with any of several values; holds where it holds for any value at the path."""

    path: Path
    operator: Comparison
    values: tuple[Literal | Range, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """There is something at the path."""

    path: Path


@dataclass(frozen=True, slots=True)
class All:
    """Every term holds, `;`."""

    terms: tuple["Term", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some term holds, `|`."""

    terms: tuple["Term", ...]


Term = Compare | Exists | All | AnyOf


@dataclass(frozen=True, slots=True)
class TypeSelection:
    """Types of which an entity must have all of one group: `A|(B;C)` is `((A,), (B, C))` (clause 4.17). IRIs."""

    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ScopeQuery:
    """Scopes of which an entity must have all of one group (clause 4.19); each as written: `/a/b`, `/a/+/c`, `/a/#`."""

    groups: tuple[tuple[str, ...], ...]


class GeoRelation(StrEnum):
    """How the place of an entity lies to the one asked about (clause 4.10)."""

    NEAR = "near"
    WITHIN = "within"
    CONTAINS = "contains"
    INTERSECTS = "intersects"
    EQUALS = "equals"
    DISJOINT = "disjoint"
    OVERLAPS = "overlaps"


@dataclass(frozen=True, slots=True)
class GeoQuery:
    """A question about a place (clause 4.10)."""

    relation: GeoRelation
    geometry: Mapping[str, Any]
    """GeoJSON geometry (RFC 7946), checked: closed rings, on the earth, not crossing itself."""
    property: str
    """IRI of the GeoProperty."""
    least: float | None = None
    """Metres, `near;minDistance`."""
    most: float | None = None
    """Metres, `near;maxDistance`."""


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an ordering (clause 4.23)."""

    path: Path
    direction: Direction = Direction.ASC
    origin: Mapping[str, Any] | None = None
    """GeoJSON geometry that distances are measured from."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Which entities, by who they are; each part narrows (clause 5.2.8 EntitySelector)."""

    ids: tuple[EntityId, ...] = ()
    pattern: str | None = None
    """A regular expression (RE2), matched anywhere in the id."""
    types: TypeSelection | None = None


@dataclass(frozen=True, slots=True)
class EntityQuery:
    """Which entities, by everything that can be asked (clause 5.7.2); parts left out ask for nothing."""

    selectors: tuple[Selector, ...] = ()
    """An entity must fit one of them; none asks for nothing."""
    attributes: tuple[str, ...] = ()
    """IRIs of which an entity must have at least one."""
    datasets: tuple[str, ...] = ()
    """Dataset ids of which some instance must have one; `DEFAULT` stands for the default instance."""
    q: Term | None = None
    geo: GeoQuery | None = None
    scopes: ScopeQuery | None = None
    order: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of what was found."""

    limit: int
    offset: int = 0
    counted: bool = False
    """Whether to count all that fit."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, in order."""

    entities: Sequence[Document]
    more: bool
    """Whether there are more after these."""
    total: int | None = None
    """How many fit in all, where it was asked for."""


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """A type that entities have (clauses 5.2.24 to 5.2.26)."""

    iri: str
    entities: int
    attributes: tuple["AttributeInfo", ...] = ()


@dataclass(frozen=True, slots=True)
class AttributeInfo:
    """An attribute that entities have (clauses 5.2.27, 5.2.28)."""

    iri: str
    count: int = 0
    """How many entities have it."""
    kinds: tuple[str, ...] = ()
    types: tuple[str, ...] = field(default=())
    """Types of the entities that have it."""
