"""Decisions of the telemetry room: which times are believed, what an EUI is, how an uplink is told from another."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from renkei.telemetry.errors import ClockFarOff, DeviceUnknown, EuiMalformed, NameUnusable
from renkei.telemetry.types import Fate, Outcome, RefusedSample, Unreadable, Uplink

FIRST_BELIEVED = datetime(2015, 1, 1, tzinfo=UTC)
"""LoRaWAN 1.0 was published in January 2015."""
FURTHEST_AHEAD = timedelta(hours=1)
LONGEST_WHY = 300

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EUI = re.compile(r"[0-9A-F]{16}")


def microseconds(at: datetime) -> int:
    """Return the whole microseconds from 1970 to an aware time."""
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(since_1970: int) -> datetime:
    """Return the aware time that lies so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=since_1970)


def clean_eui(text: str) -> str:
    """Return an EUI as 16 upper-case digits; `-`, `:` and spaces between them are left out.

    Raises telemetry.eui-malformed.
    """
    eui = re.sub(r"[-: ]", "", text).upper()
    if not _EUI.fullmatch(eui):
        raise EuiMalformed(eui=text[:64])
    return eui


def clean_name(text: str) -> str:
    """Return a device's name without spaces around it. Raises telemetry.name-unusable."""
    name = text.strip()
    if not 1 <= len(name) <= 100 or "\x00" in name:
        raise NameUnusable
    return name


def clock_outcome(uplink: Uplink, *, now: datetime) -> Outcome | None:
    """Return the refusal of an uplink whose time of reception cannot be right, or None when it can."""
    if FIRST_BELIEVED <= uplink.sent_at <= now + FURTHEST_AHEAD:
        return None
    why = f"{uplink.sent_at.isoformat()} from device {uplink.device_eui}"
    return Outcome(Fate.REFUSED, ClockFarOff.code, why)


def stranger_outcome(uplink: Uplink) -> Outcome:
    """Return the refusal of an uplink whose device is not enrolled."""
    return Outcome(Fate.REFUSED, DeviceUnknown.code, f"{uplink.network.value} {uplink.device_eui}")


def unreadable_outcome(item: Unreadable) -> Outcome:
    """Return the refusal of a message that no parser could read."""
    return Outcome(Fate.REFUSED, item.code, item.why.replace("\x00", "")[:LONGEST_WHY])


def sample_of(item: Uplink | Unreadable, outcome: Outcome, *, now: datetime) -> RefusedSample:
    """Return what is kept of a refused message: enough to find its sender, nothing of its content."""
    if isinstance(item, Unreadable):
        return RefusedSample(now, outcome.code, outcome.why, item.size, item.sha256)
    digest = sha256(msgspec.msgpack.encode(item)).hexdigest()
    return RefusedSample(now, outcome.code, outcome.why[:LONGEST_WHY], item.payload_size, digest)
