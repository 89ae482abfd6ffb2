"""Facts of the telemetry room: devices, uplinks as every network's parser gives them, and what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from renkei.kernel.ids import DeviceId, OrgId


class Network(StrEnum):
    """The network server that a device's uplinks come through."""

    HELIUM = "helium"
    CHIRPSTACK = "chirpstack"
    THE_THINGS_STACK = "the-things-stack"


class Gateway(msgspec.Struct, frozen=True, omit_defaults=True):
    """One gateway's reception of an uplink."""

    id: str
    latitude: float | None = None
    """Degrees north, WGS 84."""
    longitude: float | None = None
    """Degrees east, WGS 84."""
    rssi: float | None = None
    """dBm."""
    snr: float | None = None
    """dB."""
    received_at: datetime | None = None


class Uplink(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One message of a device, whatever network it came through.

    Its identity is the device, the session, the counter and `sent_at`: the same message delivered again is the same
    uplink; the same frame sent again over the air was received at another time and is an uplink of its own.
    """

    network: Network
    device_eui: str
    """16 hexadecimal digits, upper case."""
    session: str = ""
    """The device's address in its session, hexadecimal, upper case; empty when the network does not tell."""
    counter: int = 0
    port: int | None = None
    sent_at: datetime
    """When the network first received it, UTC."""
    payload: bytes | None = None
    payload_size: int = 0
    """Bytes."""
    decoded: dict[str, Any] = msgspec.field(default_factory=dict)
    """What the network's decoder made of the payload, without anything that tells a position."""
    latitude: float | None = None
    """Of the device, degrees north, WGS 84; given together with `longitude` or not at all."""
    longitude: float | None = None
    gateways: tuple[Gateway, ...] = ()
    spreading_factor: int | None = None
    bandwidth: int | None = None
    """Hz."""
    frequency: int | None = None
    """Hz."""
    airtime: float | None = None
    """Seconds."""

    def best_gateway(self) -> Gateway | None:
        """Return the gateway that heard it loudest (RSSI, then SNR), or None when none is named."""
        return max(self.gateways, key=_loudness, default=None)


def _loudness(gateway: Gateway) -> tuple[float, float]:
    return (
        -1000.0 if gateway.rssi is None else gateway.rssi,
        -1000.0 if gateway.snr is None else gateway.snr,
    )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a parser refused; the message itself is not kept, since nobody knows what it holds."""

    code: str
    """The refusal's code: `telemetry.broken-json`, `telemetry.wrong-shape` or `telemetry.oversize`."""
    why: str
    size: int
    """Bytes."""
    sha256: str
    """Of the message, lower-case hexadecimal; empty when it was not read whole."""


class Fate(StrEnum):
    """What became of one message."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message and, when it was refused, under which code and why."""

    fate: Fate
    code: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a batch, in the order in which it was given."""

    outcomes: tuple[Outcome, ...]

    def count(self, fate: Fate) -> int:
        """Return how many messages met this fate."""
        return sum(outcome.fate is fate for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Device:
    """A device that its owner enrolled, and what was last heard of it."""

    id: DeviceId
    owner: OrgId
    network: Network
    eui: str
    name: str
    enrolled_at: datetime
    retired_at: datetime | None
    last_seen: datetime | None
    last_rssi: float | None
    """dBm, at the gateway that heard it loudest."""
    last_snr: float | None
    """dB."""
    uplinks: int
    """Stored so far."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How many messages came in and what became of them."""

    received: int
    stored: int
    duplicates: int
    refused: Mapping[str, int]
    """By refusal code."""
    staged: int
    """Stored, and not yet in the owner's table."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often devices' frames were sent again over the air."""

    uplinks: int
    frames: int
    """Distinct (device, session, counter)."""

    @property
    def repeated(self) -> int:
        """Return the uplinks beyond the first of their frame."""
        return self.uplinks - self.frames


@dataclass(frozen=True, slots=True)
class RefusedSample:
    """One of the last messages refused: enough to find the sender, nothing of the content."""

    at: datetime
    code: str
    why: str
    size: int
    sha256: str
