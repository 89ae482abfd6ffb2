"""What two sides do with each other: negotiate, agree, transfer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from renkei.exchange.types.waiting import SILENCE, Proposal, Turn, Waiting
from renkei.exchange.types.words import (
    NegotiationMessage,
    NegotiationState,
    Policy,
    Role,
    TransferMessage,
    TransferState,
)
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import (
    AgreementId,
    NegotiationId,
    OrgId,
    ParticipantId,
    TransferId,
)
from renkei.kernel.texts import Text
from renkei.privacy.types import ColumnClass


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
    by_hand: bool
    """Whether our member takes every step, also those that need no decision."""
    code: str | None
    """Why it was terminated, as a code."""
    reasons: tuple[str, ...]
    """Why it was terminated, in the words of whoever terminated it, unshortened."""
    agreement: AgreementId | None
    created_at: datetime
    updated_at: datetime
    turn: Turn | None = None
    """Who has to act; None when it is over."""
    waiting_since: datetime | None = None
    unsent: Waiting | None = None
    """Our oldest message that the peer has not taken yet."""
    may: tuple[NegotiationMessage, ...] = ()
    """What our side may say now."""
    proposed_by: Role = Role.CONSUMER
    """Who put the offer on the table."""
    earlier: tuple[Proposal, ...] = ()
    """What was on the table before, oldest first."""
    published: Policy | None = None
    """Consumer: the provider's offer as it stood when we asked for less than it."""

    @property
    def consumer_pid(self) -> str | None:
        """The consumer's pid, as messages name it."""
        return self.id if self.role is Role.CONSUMER else self.peer_pid

    @property
    def provider_pid(self) -> str | None:
        """The provider's pid, as messages name it."""
        return self.id if self.role is Role.PROVIDER else self.peer_pid

    def silent(self, now: datetime) -> bool:
        """Tell whether the peer has let it lie for a week."""
        return _silent(self.turn, self.waiting_since, now)


@dataclass(frozen=True, slots=True)
class AgreementThings:
    """The ids of everything that an agreement led to on this node, under which the log speaks of it."""

    agreement: AgreementId
    negotiations: tuple[NegotiationId, ...]
    transfers: tuple[TransferId, ...]
    tables: tuple[str, ...]
    """Where this node is the provider: the tables that were read."""
    releases: frozenset[str]
    """Digests of what was read of them."""


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
    classes: tuple[ColumnClass, ...] = ()
    """Provider: the classes of the dataset's columns when it was signed, below which no read goes."""
    expired_at: datetime | None = None
    """When this node first saw that its time was over, after which no clock that is set back revives it."""

    @property
    def peer(self) -> ParticipantId:
        """The participant on the other side."""
        return self.assignee if self.role is Role.PROVIDER else self.assigner

    def policy(self) -> Policy:
        """Return the agreement as a DSP policy, as it stands in a message."""
        return {
            "@id": self.id,
            "@type": "Agreement",
            "target": self.dataset,
            "assigner": self.assigner,
            "assignee": self.assignee,
            "timestamp": format_utc(self.signed_at),
        } | self.terms

    def in_force(self, now: datetime) -> bool:
        """Tell whether it is finalized, not ended and not past its end date."""
        return (
            self.in_force_at is not None
            and self.ended_at is None
            and self.expired_at is None
            and (self.ends_at is None or now <= self.ends_at)
        )


@dataclass(frozen=True, slots=True)
class DataAddress:
    """Where the consumer fetches the data, with the secret that opens it."""

    endpoint_type: str
    endpoint: str
    properties: tuple[tuple[str, str], ...] = field(default=(), repr=False)
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
    decision_due: bool
    """Whether it is our member who has to start it."""
    code: str | None
    reasons: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    by_hand: bool = False
    """Whether our member starts it; else it starts by itself."""
    failing: bool = False
    """Whether our last message, or what we push, was not taken."""
    turn: Turn | None = None
    """Who has to act; None when it is over."""
    waiting_since: datetime | None = None
    unsent: Waiting | None = None
    """Our oldest message that the peer has not taken yet."""
    may: tuple[TransferMessage, ...] = ()
    """What our side may say now."""

    @property
    def consumer_pid(self) -> str | None:
        """The consumer's pid, as messages name it."""
        return self.id if self.role is Role.CONSUMER else self.peer_pid

    @property
    def provider_pid(self) -> str | None:
        """The provider's pid, as messages name it."""
        return self.id if self.role is Role.PROVIDER else self.peer_pid

    def silent(self, now: datetime) -> bool:
        """Tell whether the peer has let it lie for a week; one that runs is read in its own time."""
        return self.state is not TransferState.STARTED and _silent(self.turn, self.waiting_since, now)


def _silent(turn: Turn | None, since: datetime | None, now: datetime) -> bool:
    return turn is Turn.PEER and since is not None and now - since >= SILENCE
