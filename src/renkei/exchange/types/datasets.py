"""What is offered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from renkei.exchange.types.entities import EntitySource
from renkei.exchange.types.words import Policy
from renkei.kernel.ids import (
    AgreementId,
    DatasetId,
    OfferId,
    OrgId,
    TableId,
)
from renkei.kernel.places import Place
from renkei.kernel.texts import Text
from renkei.privacy.types import ColumnClass


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures computed from the dataset's table at one version."""

    version: int
    rows: int
    first: datetime | None
    """Earliest value of the column that tells the time."""
    last: datetime | None
    completeness: Mapping[str, int]
    """Rows with a value, per column, in ‰ rounded down; 0 for an empty table."""
    subjects: int | None
    """Distinct values of the column that names the subject; None when no column does."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table that its owner has described for others."""

    id: DatasetId
    owner: OrgId
    table: TableId
    title: Text
    description: Text
    licence: str
    """SPDX identifier or URL."""
    themes: tuple[str, ...]
    classes: tuple[ColumnClass, ...]
    quality: Quality
    published_at: datetime
    revised_at: datetime | None = None
    """When its description or its figures changed last; None while it is as it was published."""
    place: Place | None = None
    """Where its readings come from, as its owner says; never computed, since positions can tell of people."""
    entities: EntitySource | None = None
    """The type of entity that its table is the history of; None for any other table."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A dataset as it was described anew."""

    dataset: Dataset
    overtaken: tuple[AgreementId, ...]
    """Agreements in force that can no longer be kept; their transfers were suspended."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Terms under which a dataset can be had."""

    id: OfferId
    dataset: DatasetId
    terms: Policy
    """profile, permission, prohibition; without @id, @type and target."""
    automatic: bool
    """Whether a request that fits is agreed without anyone's decision."""
    created_at: datetime
    withdrawn_at: datetime | None
    by_hand: bool = False
    """Whether the owner takes every step of a negotiation and starts each transfer; never together with `automatic`."""

    def policy(self, *, target: bool = False) -> Policy:
        """Return the offer as a DSP policy; with `target` as it stands in a message, without as in a catalogue."""
        head: Policy = {"@id": self.id, "@type": "Offer"}
        return head | ({"target": self.dataset} if target else {}) | self.terms


@dataclass(frozen=True, slots=True)
class Listing:
    """A dataset in a catalogue, with the offers that stand."""

    dataset: Dataset
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a catalogue."""

    listings: tuple[Listing, ...]
    next: str | None
    """What to pass as `after` for the next page; None on the last."""
