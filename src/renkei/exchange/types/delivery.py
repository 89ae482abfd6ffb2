"""What leaves: messages and data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from renkei.exchange.types.datasets import Dataset
from renkei.exchange.types.processes import Agreement, Transfer
from renkei.exchange.types.receipts import IssuedReceipt
from renkei.exchange.types.words import MessageKind, Role
from renkei.kernel.ids import (
    AgreementId,
    OrgId,
    ParticipantId,
    TransferId,
)
from renkei.privacy.types import Answer, Plan, Release

KEPT_YEARS = 3


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
    repeated: bool = False
    """Whether the peer may have it already: it was tried, or a worker that held it never came back."""

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
class Figures:
    """How much goes on at a moment."""

    agreements: int
    """In force."""
    transfers: int
    """That run, or wait to run."""
    stuck: int = 0
    """Negotiations whose message fails, or whose peer is silent."""
    stuck_transfers: int = 0
    overdue: int = 0
    """Duties that were to be fulfilled by now."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known when somebody wants to use data under an agreement."""

    now: datetime
    participant: ParticipantId
    """The recipient."""
    purpose: str | None = None
    """What the reader says that it reads for; None when it does not say."""
    memberships: frozenset[str] = frozenset()
    """The bodies that the recipient is known to belong to."""
    places: frozenset[str] = frozenset()
    """Where the recipient is known to be (ISO 3166)."""
    in_force_at: datetime | None = None
    uses: int = 0
    """How often the data was used under the agreement before."""
    recent_uses: int = 0
    """The same within the present window of its rate."""
    open_duties: tuple[str, ...] = ()
    """What has to be done first and is not done."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the holder of a transfer's secret may read now."""

    transfer: Transfer
    agreement: Agreement
    dataset: Dataset
    plan: Plan
    purpose: str | None = None
    """What the reader said that it reads for."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A release that is handed over, and the receipt of it."""

    release: Release
    receipt: IssuedReceipt


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to a query, what it was computed from, and the receipt of it."""

    answer: Answer
    release: Release
    body: bytes
    """The answer as it goes out: the bytes whose hash stands in the receipt."""
    receipt: IssuedReceipt


@dataclass(frozen=True, slots=True)
class Provision:
    """The record that one side keeps of data handed over.

    The provider's is of one read: who got what (APPI Art. 29). The recipient's is of one transfer: from whom it has the
    data and how that came about (Art. 30); which rows the provider's node served, the recipient's node does not see.
    """

    id: int
    role: Role
    """Whose record it is."""
    org: OrgId
    provider: ParticipantId
    recipient: ParticipantId
    agreement: AgreementId
    transfer: TransferId
    """This side's own id of it."""
    dataset: str
    channel: str
    """The door that served it; on the recipient's side the format of the transfer."""
    release: str
    """Digest of the plan that was released; empty on the recipient's side, as are the next three."""
    version: int | None
    """The table's version."""
    rows: int | None
    columns: tuple[str, ...]
    at: datetime
    receipt_id: str = ""
    """Of the receipt that the provider signed; empty on the recipient's side, and before there were receipts."""
    receipt: str = field(default="", repr=False)
    """The receipt as it was signed."""

    @property
    def keep_until(self) -> datetime:
        """Three years on, before which the record may not be destroyed (APPI Enforcement Rules)."""
        try:
            return self.at.replace(year=self.at.year + KEPT_YEARS)
        except ValueError:  # made on 29 February
            return self.at.replace(year=self.at.year + KEPT_YEARS, month=3, day=1)

    @property
    def peer(self) -> ParticipantId:
        """The other side."""
        return self.recipient if self.role is Role.PROVIDER else self.provider
