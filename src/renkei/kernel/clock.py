"""Times are aware and UTC. Inside the house the time is passed in as `now`; only edges ask the clock."""

import re
from datetime import UTC, datetime, time, timedelta

_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_EXACT = re.compile(
    r"P(?=[\dT])(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,10})S)?)?",
    re.ASCII,
)


def utc_now() -> datetime:
    """Return the present time, aware, in UTC."""
    return datetime.now(UTC)


def parse_utc(text: str) -> datetime:
    """Read an RFC 3339 time and return it in UTC.

    Raises ValueError when the text is no such time or carries no offset.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the calendar") from None


def parse_moment(text: str, *, end: bool = False) -> datetime:
    """Read a time or a bare date as people and catalogues write them, and return it in UTC; without an offset it is UTC.

    A date is its first moment, or its last one where `end`. Raises ValueError when the text is neither.
    """
    at = datetime.fromisoformat(text.strip())
    if end and _DATE.fullmatch(text.strip()):
        at = datetime.combine(at, time.max)
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the calendar") from None


def format_utc(at: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC with `Z`, to the microsecond where it has one."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of exact length, such as P30D, P2W or PT12H, longer than nothing.

    Raises ValueError for any other text, months and years among them: they have no one length.
    """
    found = _EXACT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no duration of weeks, days, hours, minutes or seconds")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not length:
        raise ValueError(f"{text!r} lasts no time at all")
    return length
