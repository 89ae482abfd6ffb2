"""What the room hands out: facts, never rows."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from renkei.kernel.ids import NODE, Actor, OrgId, ParticipantId
from renkei.kernel.texts import Text

TokenId = NewType("TokenId", str)
"""A token's public half: it stands in the secret, in lists and in the audit log."""


KeyName = NewType("KeyName", str)
"""A signing key's thumbprint (RFC 7638), which is also the fragment of its id in the DID document."""


class Scope(StrEnum):
    """What a token lets its bearer do for the organisation."""

    INGEST = "ingest"
    """Send uplinks."""
    EXCHANGE = "exchange"
    """Read catalogues, negotiate, transfer and read data."""
    PUBLISH = "publish"
    """Enrol devices, publish datasets, make offers, decide on negotiations."""
    AUDIT = "audit"
    """Fetch proofs of the log entries that concern the organisation."""
    CONTEXT_READ = "context-read"
    """Read the organisation's entities, their history, and its subscriptions (NGSI-LD)."""
    CONTEXT_WRITE = "context-write"
    """Write the organisation's entities and their history, and subscribe to their changes (NGSI-LD)."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A member organisation hosted on this node."""

    id: OrgId
    slug: str
    name: Text
    participant: ParticipantId
    """Its `did:web`, by which peers know it."""
    created_at: datetime

    @property
    def actor(self) -> Actor:
        """The organisation as the one who acts, for the audit log."""
        return Actor(self.participant)


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key of an organisation, without either half of it."""

    name: KeyName
    created_at: datetime
    """From when on it stands in the DID document."""
    signs_from: datetime
    signs_until: datetime | None
    """Exclusive; None while no other key is to follow."""
    leaves_at: datetime | None
    """When it leaves the DID document; None while no other key is to follow."""
    wiped_at: datetime | None
    """When its private half was wiped from the vault."""


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without its secret."""

    id: TokenId
    org: OrgId | None
    """None for an operator's token."""
    label: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret, which is shown this once."""

    secret: str = field(repr=False)
    token: Token


@dataclass(frozen=True, slots=True)
class PeerToken:
    """A peer's self-issued ID token that was verified."""

    participant: ParticipantId
    digest: str
    """What stands for it among those that were used."""
    forget_at: datetime
    """From when on it would be refused by its age alone."""
    access_token: str | None = field(default=None, repr=False)
    """The claim `token`: what opens the issuer's credential service, where it sent one (DCP 1.0.1, section 4.3)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands behind a token: a member organisation, or the node's operator where `org` is None."""

    org: Organisation | None
    token_id: TokenId
    scopes: frozenset[Scope]

    @property
    def actor(self) -> Actor:
        """Who acts, for the audit log."""
        return NODE if self.org is None else self.org.actor


@dataclass(frozen=True, slots=True)
class Member(Caller):
    """A caller who speaks for one organisation."""

    org: Organisation


VouchId = NewType("VouchId", str)


class VouchKind(StrEnum):
    """What a vouch says of a participant."""

    MEMBERSHIP = "membership"
    """It belongs to a body."""
    PLACE = "place"
    """It is in a place (ISO 3166)."""


@dataclass(frozen=True, slots=True)
class Vouch:
    """One thing that is known of a participant, and on what evidence somebody entered it."""

    id: VouchId
    participant: ParticipantId
    kind: VouchKind
    value: str
    evidence: str
    """What shows it, in words; no personal data."""
    document: str
    """SHA-256 of a document that shows it; empty where there is none."""
    since: datetime
    until: datetime | None
    """Exclusive; None: until it is revoked."""
    entered_by: Actor
    entered_at: datetime
    revoked_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Tell whether it may be relied on at this time."""
        return self.revoked_at is None and self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the node knows of a participant at a moment."""

    memberships: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
