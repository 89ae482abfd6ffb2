"""What the federated catalogue hands out: facts, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from renkei.kernel.ids import OrgId, ParticipantId
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text

NodeId = NewType("NodeId", str)
"""A participant whose catalogue is crawled; `node` is what people call it, though a node can host several."""
Policy = Mapping[str, Any]


class Standing(StrEnum):
    """How far an entry can be relied on."""

    CURRENT = "current"
    """It stood in its catalogue when that was crawled last."""
    STALE = "stale"
    """The catalogue could not be crawled whole for a while: whether it still stands is not known."""
    WITHDRAWN = "withdrawn"
    """It stands in its catalogue no more."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a crawl failed: a refusal in both languages."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class KnownNode:
    """A participant whose catalogue this node crawls, or an organisation of this node itself."""

    id: NodeId
    participant: ParticipantId
    name: Text
    """As its catalogue says."""
    org: OrgId
    """In whose name it is asked; of this node's own organisations, itself."""
    own: bool
    shared: bool
    """Whether every member of this node may find what it offers, or only the organisation that asks."""
    base: str
    """Where it speaks the protocol, as found when it was crawled last."""
    added_at: datetime
    next_at: datetime | None
    """When it is crawled next; None for this node's own organisations."""
    tried_at: datetime | None
    crawled_at: datetime | None
    """When its catalogue was last read to the end, or found unchanged."""
    failures: int
    """Crawls in a row that failed."""
    trouble: Trouble | None
    unreadable: int
    """Datasets of the last crawl that the peer describes in a way that cannot be read."""
    entries: int
    """Datasets that stand in its catalogue."""
    stale: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Terms under which a dataset can be had."""

    policy: Policy
    """As the provider wrote it."""
    recipients: frozenset[str] | None
    """The participants it is made to; None where it is made to everybody."""


@dataclass(frozen=True, slots=True)
class Described:
    """A dataset as its catalogue describes it."""

    dataset: str
    title: Text
    description: Text
    offers: tuple[Offer, ...]
    themes: tuple[str, ...] = ()
    licence: str = ""
    formats: tuple[str, ...] = ()
    place: Place | None = None
    first: datetime | None = None
    """Where the span of time that the data cover begins."""
    last: datetime | None = None
    issued: datetime | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A dataset in the federated catalogue, with the offers that are made to whoever asks."""

    id: int
    node: NodeId
    participant: ParticipantId
    provider: Text
    """The provider's name."""
    base: str
    """Where the provider speaks the protocol."""
    own: bool
    described: Described
    digest: str
    """Another one whenever what is kept of the description changes."""
    standing: Standing
    first_seen: datetime
    changed_at: datetime
    """When a crawl last found it otherwise than before."""
    last_seen: datetime | None
    """When a crawl last found it in its catalogue; None while its first crawl has not come to its end."""
    gone_at: datetime | None
    """When a crawl first found it no more."""
    trouble: Trouble | None
    """Of a stale entry, why its catalogue could not be crawled."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for; what is left out asks for nothing."""

    text: str = ""
    """Words, in any language, each of which has to occur."""
    theme: str = ""
    licence: str = ""
    format: str = ""
    provider: str = ""
    """A DID, or a part of the provider's name."""
    box: Box | None = None
    since: datetime | None = None
    until: datetime | None = None
    current_only: bool = False
    """Leave out what is stale or withdrawn."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who searches."""

    org: OrgId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class Found:
    """A participant whose identity has been proven, and where it speaks the protocol."""

    participant: ParticipantId
    base: str


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """One page of a peer's catalogue."""

    described: tuple[Described, ...]
    next: str | None
    """What to pass as `after` for the next page; None on the last."""
    name: Text | None
    etag: str
    """The page's entity tag; empty where the peer gives none."""
    whole: bool
    """Whether the same tag next time tells that the whole catalogue is as it was, not this page alone."""
    by_get: bool
    """Whether the peer answers questions by GET."""
    octets: int
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a catalogue is followed: beyond any of these the crawl stops and says so."""

    datasets: int
    pages: int = 5_000
    octets: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Crawled:
    """What one crawl came to."""

    node: NodeId
    participant: ParticipantId
    unchanged: bool = False
    """The peer said that nothing had changed, so that no page was read."""
    pages: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    withdrawn: int = 0
    unreadable: int = 0
    trouble: Trouble | None = None
