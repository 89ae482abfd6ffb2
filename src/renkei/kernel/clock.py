"""Times are aware and UTC. Inside the house the time is passed in as `now`; only edges ask the clock."""

from datetime import UTC, datetime


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
    return at.astimezone(UTC)


def format_utc(at: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC with `Z`, to the microsecond where it has one."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
