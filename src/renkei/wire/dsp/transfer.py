"""Messages of the transfer process (Dataspace Protocol 2025-1, "Transfer Process Protocol")."""

from typing import Any, Literal

import msgspec

from renkei.wire.dsp.envelope import Address, Message, Pid
from renkei.wire.dsp.negotiation import check_reason

State = Literal["REQUESTED", "STARTED", "COMPLETED", "SUSPENDED", "TERMINATED"]


class EndpointProperty(msgspec.Struct, frozen=True, kw_only=True):
    """One property of an endpoint, such as the token to read with."""

    type: Literal["EndpointProperty"] = msgspec.field(name="@type")
    name: str
    value: str

    def __repr__(self) -> str:
        return f"EndpointProperty(name={self.name!r})"  # a value may be a secret


class DataAddress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the data is, and how to read it."""

    type: Literal["DataAddress"] = msgspec.field(name="@type")
    endpoint_type: str = msgspec.field(name="endpointType")
    endpoint: str | None = None
    properties: list[EndpointProperty] | None = msgspec.field(name="endpointProperties", default=None)

    def __post_init__(self) -> None:
        if self.properties is not None and not self.properties:
            raise ValueError("endpointProperties: empty")

    @property
    def where(self) -> str:
        """The endpoint, by itself or, as some peers have it, among the properties; empty where it is nowhere."""
        return self.endpoint or next(
            (each.value for each in self.properties or () if each.name == "endpoint"), ""
        )


class TransferRequestMessage(Message, frozen=True, kw_only=True):
    """The consumer asks for the data of an agreement."""

    consumer_pid: Pid = msgspec.field(name="consumerPid")
    agreement_id: Pid = msgspec.field(name="agreementId")
    format: Pid
    callback_address: Address = msgspec.field(name="callbackAddress")
    data_address: DataAddress | None = msgspec.field(name="dataAddress", default=None)


class TransferStartMessage(Message, frozen=True, kw_only=True):
    """The data can be read; the provider's first one carries the address."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    data_address: DataAddress | None = msgspec.field(name="dataAddress", default=None)


class TransferCompletionMessage(Message, frozen=True, kw_only=True):
    """Either side has what it wanted."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")


class TransferSuspensionMessage(Message, frozen=True, kw_only=True):
    """Either side pauses the transfer and says why."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    code: str | None = None
    reason: list[Any] | None = None

    def __post_init__(self) -> None:
        check_reason(self.reason)


class TransferTerminationMessage(Message, frozen=True, kw_only=True):
    """Either side ends the transfer and says why."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    code: str | None = None
    reason: list[Any] | None = None

    def __post_init__(self) -> None:
        check_reason(self.reason)


class TransferProcess(Message, frozen=True, kw_only=True):
    """The state of a transfer, as an answer."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    state: State


class TransferError(Message, frozen=True, kw_only=True):
    """Why a message of a transfer was refused."""

    provider_pid: Pid = msgspec.field(name="providerPid")
    consumer_pid: Pid = msgspec.field(name="consumerPid")
    code: str | None = None
    reason: list[Any] | None = None

    def __post_init__(self) -> None:
        check_reason(self.reason)
