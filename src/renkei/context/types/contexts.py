"""JSON-LD contexts that a node keeps (ETSI GS CIM 009 v1.9.1, clause 5.13)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from renkei.kernel.ids import OrgId

EVERYBODY = OrgId("")
"""Stands for the tenant of what the operator laid in."""


class ContextKind(StrEnum):
    """Where a kept context comes from; the values are those of `kind` on the wire."""

    CACHED = "Cached"
    """Fetched from its address, or laid in by the operator in the address's place."""
    HOSTED = "Hosted"
    """Added by a member, served at an address of this node."""
    IMPLICIT = "ImplicitlyCreated"
    """Made because an answer or a notification has to name a context that has no address of its own."""


@dataclass(frozen=True, slots=True)
class StoredContext:
    """A context that is kept for a tenant."""

    local_id: str
    url: str
    kind: ContextKind
    body: str
    """The document, a JSON object with an `@context`, as it was received."""
    created_at: datetime
    used: int
    """How often it was used or served."""
    last_used_at: datetime | None
    expires_at: datetime | None
    """When what was fetched is fetched again."""
