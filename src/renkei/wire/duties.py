"""What nodes tell each other of duties: that one is fulfilled, in a statement that its author signed. JSON, camel case."""

from typing import Annotated, Final

import msgspec

PATH: Final = "/duties"
"""From an organisation's root."""
LONGEST: Final = 12_000
"""Characters of a signed statement."""

Identifier = Annotated[
    str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*\Z")
]
"""Without control characters, which no database and no log has to take."""


class Fulfilment(msgspec.Struct, frozen=True, rename="camel"):
    """A duty of an agreement between the two is fulfilled."""

    statement: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
    """Compact JWS of the type `renkei-duty+jwt` over a `Stated`, signed by the sender."""


class Stated(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What is signed."""

    agreement: Identifier
    duty: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    """Its place among the duties of the terms, from 1."""
    statement: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    at: str
    """When (RFC 3339), by the sender's clock; the receiver keeps its own, and only refuses what is from before a delivery."""
    evidence: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    """SHA-256 of a document that shows it."""


class Taken(msgspec.Struct, frozen=True, rename="camel"):
    """How the duty stands now at the node that answers."""

    agreement: str
    duty: int
    state: str
