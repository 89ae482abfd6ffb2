"""Dates and times within values, as numbers that can be compared and indexed."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MOMENT: Final = re.compile(
    r"(?P<date>(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))"
    r"(?:T(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)(?:[.,](?P<part>\d{1,9}))?"
    r"(?:Z|(?P<sign>[+-])(?P<east>[01]\d|2[0-3]):(?P<east_minute>[0-5]\d)))?",
    re.ASCII,
)
"""A date, or a time of a date with its offset (clause 4.6.3); a leap second is none."""


def microseconds(at: datetime) -> float:
    """Return an aware time as microseconds since 1970-01-01T00:00:00Z."""
    return float((at - _EPOCH) // _MICROSECOND)


def moment_of(text: str) -> float | None:
    """Return the moment that a text names, in microseconds since 1970-01-01T00:00:00Z; None where it names none.

    A date is its first moment in UTC. Digits past the microsecond are cut off.
    """
    if len(text) < 10 or text[4] != "-":
        return None
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    try:
        day = date.fromisoformat(found["date"])
    except ValueError:
        return None
    seconds = (day.toordinal() - _EPOCH.toordinal()) * 86_400
    if found["hour"] is None:
        return seconds * 1e6
    seconds += int(found["hour"]) * 3600 + int(found["minute"]) * 60 + int(found["second"])
    if found["sign"]:
        east = int(found["east"]) * 3600 + int(found["east_minute"]) * 60
        seconds += east if found["sign"] == "-" else -east
    return float(seconds * 1_000_000 + int((found["part"] or "0").ljust(6, "0")[:6]))
