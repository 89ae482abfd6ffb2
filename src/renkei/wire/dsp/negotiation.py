"""Messages of contract negotiation (Dataspace Protocol 2025-1, "Contract Negotiation Protocol")."""

from typing import Any, Literal

import msgspec

from renkei.wire.dsp.envelope import Address, Message, Pid
from renkei.wire.dsp.policy import Policy, check_agreement, check_message_offer, check_requested_offer, levels

State = Literal["REQUESTED", "OFFERED", "ACCEPTED", "AGREED", "VERIFIED", "FINALIZED", "TERMINATED"]
EventType = Literal["ACCEPTED", "FINALIZED"]


class ContractRequestMessage(Message, frozen=True, kw_only=True):
    """The consumer asks for a contract: first with its callback address, later, as a counter-offer, with the provider's id."""

    consumer_pid: Pid = msgspec.field(name="consumerPid")
    offer: Policy
    id: str | None = msgspec.field(name="@id", default=None)
    """Its own id, where its sender gives it one (JSON-LD 1.1, 3.3): two proposals with two ids are two."""
    provider_pid: Pid | None = msgspec.field(name="providerPid", default=None)
    callback_address: Address | None = msgspec.field(name="callbackAddress", default=None)

    def __post_init__(self) -> None:
        if (self.provider_pid is None) == (self.callback_address is None):
            raise ValueError("needs exactly one of callbackAddress and providerPid")
        check_requested_offer(self.offer)


class ContractOfferMessage(Message, frozen=True, kw_only=True):
    """The provider offers a contract, unasked with its callback address or as its answer with the consumer's id."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    offer: Policy
    id: str | None = msgspec.field(name="@id", default=None)
    """Its own id, where its sender gives it one (JSON-LD 1.1, 3.3): two proposals with two ids are two."""
    consumer_pid: Pid | None = msgspec.field(name="consumerPid", default=None)
    callback_address: Address | None = msgspec.field(name="callbackAddress", default=None)

    def __post_init__(self) -> None:
        if (self.consumer_pid is None) == (self.callback_address is None):
            raise ValueError("needs exactly one of callbackAddress and consumerPid")
        check_message_offer(self.offer)


class ContractAgreementMessage(Message, frozen=True, kw_only=True):
    """The provider sends the agreement."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    agreement: Policy

    def __post_init__(self) -> None:
        check_agreement(self.agreement)


class ContractAgreementVerificationMessage(Message, frozen=True, kw_only=True):
    """The consumer confirms that it holds the same agreement."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")


class ContractNegotiationEventMessage(Message, frozen=True, kw_only=True):
    """The consumer accepts an offer, or the provider finalizes."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    event_type: EventType = msgspec.field(name="eventType")


class ContractNegotiationTerminationMessage(Message, frozen=True, kw_only=True):
    """Either side ends the negotiation and says why."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    code: str | None = None
    reason: list[Any] | None = None

    def __post_init__(self) -> None:
        check_reason(self.reason)


class ContractNegotiation(Message, frozen=True, kw_only=True):
    """The state of a negotiation, as an answer."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    state: State


class ContractNegotiationError(Message, frozen=True, kw_only=True):
    """Why a message of a negotiation was refused."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    code: str | None = None
    reason: list[Any] | None = None

    def __post_init__(self) -> None:
        check_reason(self.reason)


def check_reason(reason: list[Any] | None) -> None:
    """Check that reasons, where given, are not an empty list, and can be shown. Raises ValueError."""
    if reason is None:
        return
    if not reason:
        raise ValueError("reason: empty")
    for _ in levels(reason, "reason"):
        pass
