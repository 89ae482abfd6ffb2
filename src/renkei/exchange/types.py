"""The nouns of the exchange: facts that leave the room, and the words of both state machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from renkei.kernel.ids import AgreementId, DatasetId, NegotiationId, OfferId, OrgId, ParticipantId, TableId, TransferId
from renkei.kernel.texts import Text
from renkei.privacy.types import ColumnClass, Plan

PROFILE = "https://w3id.org/renkei/terms/v1"
"""The ODRL profile whose operands this node can evaluate (docs/reference/terms.md)."""

DELTA_SHARING = "DeltaSharing-PULL"
HTTP_DATA = "HttpData-PULL"
FORMATS: tuple[str, ...] = (DELTA_SHARING, HTTP_DATA)
"""The formats in which a dataset of this node can be delivered."""

Policy = dict[str, Any]
"""An ODRL policy in the compacted JSON of DSP 2025-1."""


class Role(StrEnum):
    """On which side of a contract a participant stands."""

    PROVIDER = "provider"
    CONSUMER = "consumer"

    @property
    def other(self) -> "Role":
        """The side across the table."""
        return Role.CONSUMER if self is Role.PROVIDER else Role.PROVIDER


class NegotiationState(StrEnum):
    """The states of a contract negotiation (DSP 2025-1, contract negotiation protocol)."""

    REQUESTED = "REQUESTED"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    AGREED = "AGREED"
    VERIFIED = "VERIFIED"
    FINALIZED = "FINALIZED"
    TERMINATED = "TERMINATED"


class NegotiationMessage(StrEnum):
    """What one side can say to the other in a negotiation."""

    REQUEST = "request"
    OFFER = "offer"
    ACCEPTED = "accepted"
    AGREEMENT = "agreement"
    VERIFICATION = "verification"
    FINALIZED = "finalized"
    TERMINATION = "termination"


class TransferState(StrEnum):
    """The states of a transfer process (DSP 2025-1, transfer process protocol)."""

    REQUESTED = "REQUESTED"
    STARTED = "STARTED"
    SUSPENDED = "SUSPENDED"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"


class TransferMessage(StrEnum):
    """What one side can say to the other about a transfer."""

    REQUEST = "request"
    START = "start"
    SUSPENSION = "suspension"
    COMPLETION = "completion"
    TERMINATION = "termination"


class MessageKind(StrEnum):
    """The messages that leave through the outbox; the comment says what `Outgoing.payload` holds."""

    CONTRACT_REQUEST = "contract-request"  # offer: policy with @id and target
    CONTRACT_OFFER = "contract-offer"  # offer: policy with @id and target
    CONTRACT_ACCEPTED = "contract-accepted"  # nothing
    CONTRACT_AGREEMENT = "contract-agreement"  # agreement: policy with @id, target, assigner, assignee, timestamp
    CONTRACT_VERIFICATION = "contract-verification"  # nothing
    CONTRACT_FINALIZED = "contract-finalized"  # nothing
    CONTRACT_TERMINATION = "contract-termination"  # code, reason: list of sentences
    TRANSFER_REQUEST = "transfer-request"  # agreement: id, format
    TRANSFER_START = "transfer-start"  # data_address: DataAddress.as_dict(), or None on resumption
    TRANSFER_SUSPENSION = "transfer-suspension"  # code, reason
    TRANSFER_COMPLETION = "transfer-completion"  # nothing
    TRANSFER_TERMINATION = "transfer-termination"  # code, reason


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


@dataclass(frozen=True, slots=True)
class Negotiation:
    """A contract negotiation as one side sees it."""

    id: NegotiationId
    """Our own pid."""
    role: Role
    """Our side."""
    org: OrgId
    participant: ParticipantId
    peer: ParticipantId
    peer_pid: str | None
    """None until the peer has answered the opening message."""
    peer_address: str
    """Base address that our messages go to: the provider's base, or the consumer's callback address."""
    state: NegotiationState
    offer: Policy
    """The offer on the table: with @id and target."""
    dataset: str
    waiting_for: Text | None
    """What the process waits for; None when it is over."""
    decision_due: bool
    """Whether it is our member who has to decide."""
    code: str | None
    """Why it was terminated, as a code."""
    reasons: tuple[str, ...]
    """Why it was terminated, in the words of whoever terminated it, unshortened."""
    agreement: AgreementId | None
    created_at: datetime
    updated_at: datetime

    @property
    def consumer_pid(self) -> str | None:
        """The consumer's pid, as messages name it."""
        return self.id if self.role is Role.CONSUMER else self.peer_pid

    @property
    def provider_pid(self) -> str | None:
        """The provider's pid, as messages name it."""
        return self.id if self.role is Role.PROVIDER else self.peer_pid


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both sides signed; each side keeps its own copy under the same id."""

    id: AgreementId
    role: Role
    org: OrgId
    assigner: ParticipantId
    assignee: ParticipantId
    dataset: str
    negotiation: NegotiationId
    terms: Policy
    """profile, permission, prohibition; without the members that name the parties."""
    terms_digest: str
    """SHA-256 of the terms' normal form: equal on both sides."""
    signed_at: datetime
    in_force_at: datetime | None
    """When the negotiation was finalized; None before."""
    ends_at: datetime | None
    ended_at: datetime | None
    end_reason: str

    @property
    def peer(self) -> ParticipantId:
        """The participant on the other side."""
        return self.assignee if self.role is Role.PROVIDER else self.assigner

    def in_force(self, now: datetime) -> bool:
        """Tell whether it is finalized, not ended and not past its end date."""
        return self.in_force_at is not None and self.ended_at is None and (self.ends_at is None or now <= self.ends_at)


@dataclass(frozen=True, slots=True)
class DataAddress:
    """Where the consumer fetches the data, with the secret that opens it."""

    endpoint_type: str
    endpoint: str
    properties: tuple[tuple[str, str], ...] = ()
    """Name and value, in the order given; `authorization` and `authType` for a bearer secret."""

    @property
    def secret(self) -> str | None:
        """The bearer secret, when there is one."""
        return dict(self.properties).get("authorization")

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "endpoint_type": self.endpoint_type,
            "endpoint": self.endpoint,
            "properties": [[name, value] for name, value in self.properties],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "DataAddress":
        """Read what `as_dict` wrote."""
        return cls(
            endpoint_type=value["endpoint_type"],
            endpoint=value["endpoint"],
            properties=tuple((name, text) for name, text in value["properties"]),
        )


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer process as one side sees it."""

    id: TransferId
    """Our own pid."""
    role: Role
    org: OrgId
    participant: ParticipantId
    peer: ParticipantId
    peer_pid: str | None
    peer_address: str
    agreement: AgreementId
    dataset: str
    format: str
    state: TransferState
    data_address: DataAddress | None = field(repr=False)
    """Only on the consumer's side, and only when one transfer is asked for, not in lists."""
    waiting_for: Text | None
    code: str | None
    reasons: tuple[str, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def consumer_pid(self) -> str | None:
        """The consumer's pid, as messages name it."""
        return self.id if self.role is Role.CONSUMER else self.peer_pid

    @property
    def provider_pid(self) -> str | None:
        """The provider's pid, as messages name it."""
        return self.id if self.role is Role.PROVIDER else self.peer_pid


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
