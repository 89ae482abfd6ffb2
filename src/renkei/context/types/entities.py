"""What the other rooms see of the context: entities, what changed in them, and what can be asked.

An entity travels as a `Document`, a JSON object in **expanded form**: every type, attribute name and vocabulary value
is an IRI, never a short name, so that no room needs a JSON-LD context. `README.md` shows one in full.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NewType

from renkei.kernel.refusals import Refusal

EntityId = NewType("EntityId", str)
"""The URI of an entity; unique within its tenant."""
Document = dict[str, Any]
"""An entity, or part of one, in expanded form."""
Instance = dict[str, Any]
"""One instance of an attribute, in expanded form."""

NULL = "urn:ngsi-ld:null"
"""The value by which a patch takes something away (ETSI GS CIM 009 v1.9.1, clause 4.5.0)."""
DEFAULT = ""
"""The dataset id of the default instance."""


class Kind(StrEnum):
    """The kinds of attribute (clause 4.5); the values are those of `type` on the wire."""

    PROPERTY = "Property"
    RELATIONSHIP = "Relationship"
    GEO = "GeoProperty"
    LANGUAGE = "LanguageProperty"
    VOCAB = "VocabProperty"
    JSON = "JsonProperty"
    LIST = "ListProperty"
    LIST_RELATIONSHIP = "ListRelationship"


VALUE_MEMBER: Mapping[str, str] = {
    Kind.PROPERTY: "value",
    Kind.RELATIONSHIP: "object",
    Kind.GEO: "value",
    Kind.LANGUAGE: "languageMap",
    Kind.VOCAB: "vocab",
    Kind.JSON: "json",
    Kind.LIST: "valueList",
    Kind.LIST_RELATIONSHIP: "objectList",
}
"""The member of an instance that holds what it says."""


class Happened(StrEnum):
    """What happened to one instance of an attribute."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class InstanceChange:
    """One instance of an attribute before and after a write."""

    attribute: str
    """IRI of the attribute."""
    dataset: str
    """Dataset id, `DEFAULT` for the default instance."""
    happened: Happened
    before: Instance | None
    after: Instance | None


@dataclass(frozen=True, slots=True)
class EntityChange:
    """What one write did to one entity."""

    entity: EntityId
    before: Document | None
    """None where the entity was created."""
    after: Document | None
    """None where it was deleted."""
    instances: tuple[InstanceChange, ...]


@dataclass(frozen=True, slots=True)
class NotUpdated:
    """An attribute that a write left as it was, and why."""

    attribute: str
    reason: str


@dataclass(frozen=True, slots=True)
class Updated:
    """What a write to the attributes of one entity did (clause 5.2.18, UpdateResult); names are IRIs."""

    updated: tuple[str, ...] = ()
    not_updated: tuple[NotUpdated, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityError:
    """Why one entity of a batch was refused (clause 5.2.17, BatchEntityError)."""

    entity: EntityId
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of each entity of a batch (clause 5.2.16, BatchOperationResult)."""

    created: tuple[EntityId, ...] = ()
    updated: tuple[EntityId, ...] = ()
    """Those that were changed, merged or deleted."""
    errors: tuple[EntityError, ...] = ()
