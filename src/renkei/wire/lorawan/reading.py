"""What the parsers of all networks share: identity fields, moments, and a refusal in place of an exception."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

from msgspec import DecodeError, Meta, ValidationError

from renkei.telemetry.types import Unreadable, Uplink

BROKEN_JSON = "telemetry.broken-json"
WRONG_SHAPE = "telemetry.wrong-shape"
OVERSIZE = "telemetry.oversize"

Counter = Annotated[int, Meta(ge=0, le=2**32 - 1)]
"""A 32-bit frame counter (LoRaWAN 1.0.4, 4.3.1.5)."""
Port = Annotated[int, Meta(ge=0, le=255)]
Size = Annotated[int, Meta(ge=0, le=65_535)]
Id = Annotated[str, Meta(max_length=255)]
Eui = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{2}([-:]?[0-9A-Fa-f]{2}){7}$")]
Session = Annotated[str, Meta(pattern=r"^([0-9A-Fa-f]{8})?$")]
Moment = Annotated[datetime, Meta(tz=True)]
Milliseconds = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
"""Since 1970, up to the end of the year 9999."""
_SEPARATORS = re.compile("[-:]")


class OutOfPlaceError(ValueError):
    """A message has the right types and still cannot be read; the text names the place."""


def read(body: bytes, convert: Callable[[bytes], Uplink]) -> Uplink | Unreadable:
    """Run a network's conversion and answer with a refusal, never an exception, where the message does not fit it."""
    try:
        return convert(body)
    except (ValidationError, OutOfPlaceError) as why:
        return unreadable(body, WRONG_SHAPE, str(why))
    except (DecodeError, UnicodeDecodeError) as why:
        return unreadable(body, BROKEN_JSON, str(why))
    except RecursionError:
        return unreadable(body, WRONG_SHAPE, "nested too deeply")


def unreadable(body: bytes, code: str, why: str) -> Unreadable:
    """Describe a refused message by its size and digest."""
    return Unreadable(code=code, why=why, size=len(body), sha256=sha256(body).hexdigest())


def eui(text: str) -> str:
    """Return a device's EUI as 16 upper-case digits without separators."""
    return (text if len(text) == 16 else _SEPARATORS.sub("", text)).upper()


def utc(at: datetime) -> datetime:
    """Return an aware time in UTC. Raises OutOfPlaceError at the ends of the calendar."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise OutOfPlaceError("a time outside the calendar") from None


def from_milliseconds(since_1970: int) -> datetime:
    """Return the time of a count of milliseconds since 1970, exact before the year 2242."""
    return datetime.fromtimestamp(since_1970 / 1000, UTC)
