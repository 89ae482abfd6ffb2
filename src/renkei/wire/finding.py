"""The member API's part about the federated catalogue: what is found, and which nodes are known. JSON, camel case."""

from datetime import datetime

import msgspec

from renkei.kernel.texts import Text
from renkei.wire.member import Listing, Offer

Corners = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""


class Place(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Where a dataset comes from: a name, a box, or both."""

    name: Text | None = None
    box: Corners | None = None


class Entry(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A dataset in the federated catalogue."""

    id: int
    provider: str
    """The provider's DID."""
    provider_name: Text
    dataset: str
    title: Text
    description: Text
    offers: tuple[Offer, ...]
    """Those that are made to whoever asks."""
    themes: tuple[str, ...] = ()
    licence: str = ""
    formats: tuple[str, ...] = ()
    place: Place | None = None
    first: datetime | None = None
    last: datetime | None = None
    issued: datetime | None = None
    modified: datetime | None = None
    standing: str
    """`current`, `stale` or `withdrawn`."""
    first_seen: datetime
    last_seen: datetime | None = None
    gone_at: datetime | None = None
    why_stale: Text | None = None

    def listing(self) -> Listing:
        """Return the entry as a dataset in its provider's catalogue; columns and figures are told by the provider alone."""
        return Listing(
            id=self.dataset,
            title=self.title,
            description=self.description,
            offers=self.offers,
            formats=self.formats,
            licence=self.licence or None,
            themes=self.themes,
        )


class Entries(msgspec.Struct, frozen=True):
    """A part of what was found, the best first."""

    items: tuple[Entry, ...]
    next: str | None = None
    """What to ask with as `after` for the part that follows; None on the last."""


class KnownNode(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A participant whose catalogue the node crawls."""

    id: str
    participant: str
    name: Text
    shared: bool
    """Whether every member of the node may find what it offers."""
    entries: int
    stale: bool
    added_at: datetime
    crawled_at: datetime | None = None
    """When its catalogue was last read to the end, or found unchanged."""
    next_at: datetime | None = None
    failures: int = 0
    trouble: Text | None = None
    """Why the last crawl failed."""
    unreadable: int = 0


class KnownNodes(msgspec.Struct, frozen=True):
    """The nodes that the member may search, newest first."""

    items: tuple[KnownNode, ...]
