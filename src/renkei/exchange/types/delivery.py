"""What leaves: messages and data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from renkei.exchange.types.datasets import Dataset
from renkei.exchange.types.processes import Agreement, Transfer
from renkei.exchange.types.words import MessageKind, Role
from renkei.kernel.ids import (
    AgreementId,
    OrgId,
    ParticipantId,
    TransferId,
)
from renkei.privacy.types import Plan


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message that waits to be sent."""

    id: int
    kind: MessageKind
    org: OrgId
    participant: ParticipantId
    """The sender."""
    peer: ParticipantId
    address: str
    """The peer's base address for this process."""
    own_pid: str
    peer_pid: str | None
    role: Role
    """The sender's role."""
    opening: bool
    """Whether this message starts the process: it carries our callback address and goes to the opening path."""
    payload: dict[str, Any] = field(repr=False)
    attempts: int
    """How often it was tried before."""

    @property
    def consumer_pid(self) -> str | None:
        """The consumer's pid, as messages name it."""
        return self.own_pid if self.role is Role.CONSUMER else self.peer_pid

    @property
    def provider_pid(self) -> str | None:
        """The provider's pid, as messages name it."""
        return self.own_pid if self.role is Role.PROVIDER else self.peer_pid


@dataclass(frozen=True, slots=True)
class Sent:
    """The peer took the message."""

    peer_pid: str | None = None
    """The peer's own pid, when the message opened the process."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that has not gone out yet, for people: no payload."""

    id: int
    kind: MessageKind
    org: OrgId
    peer: ParticipantId
    own_pid: str
    attempts: int
    queued_at: datetime
    next_at: datetime
    trouble: str
    """Why the last attempt failed."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the holder of a transfer's secret may read now."""

    transfer: Transfer
    agreement: Agreement
    dataset: Dataset
    plan: Plan


@dataclass(frozen=True, slots=True)
class Provision:
    """The record of one delivery, as a provider has to keep it (APPI, records of provision to third parties)."""

    id: int
    org: OrgId
    recipient: ParticipantId
    agreement: AgreementId
    transfer: TransferId
    dataset: str
    channel: str
    release: str
    """Digest of the plan that was released."""
    version: int
    """The table's version."""
    rows: int
    columns: tuple[str, ...]
    at: datetime
