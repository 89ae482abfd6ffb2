"""What goes to where a consumer wants it, and what came to one of our members."""

from dataclasses import dataclass, field
from datetime import datetime

from renkei.exchange.types.delivery import Access
from renkei.exchange.types.processes import DataAddress
from renkei.kernel.ids import DeliveryId, TransferId
from renkei.privacy.types import Release


@dataclass(frozen=True, slots=True)
class Push:
    """A release on its way to the consumer's own address."""

    access: Access
    release: Release
    destination: DataAddress = field(repr=False)
    """As the consumer wrote it: its secret opens the consumer's door."""
    receipt: str = field(repr=False)
    """The signed receipt that goes with it; it counts from the moment when the first byte leaves."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What the consumer's address has taken."""

    size: int
    """In bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One part of what a provider pushed to a member; its bytes lie below the node's home."""

    id: DeliveryId
    transfer: TransferId
    size: int
    """In bytes."""
    sha256: str
    media_type: str
    """As the provider stated it; empty where it stated none."""
    received_at: datetime
    receipt: str = field(default="", repr=False)
    """What came with it as the provider's receipt, not yet verified; empty where nothing did."""
