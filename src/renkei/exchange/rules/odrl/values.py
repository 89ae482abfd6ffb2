"""The values on both sides of a constraint: how they are read, and how two of them compare.

Source: XML Schema Datatypes 1.1 (dateTime, date, duration and their order), ODRL Vocabulary 2.2 (left operands).
"""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

from renkei.exchange.rules.normal import short

Value = str | int | float | Decimal | datetime | timedelta
Truth = bool | None
"""None: it is not known, or the two values cannot be compared."""
Span = tuple[datetime, datetime]
"""The first and the last moment; the same one twice for a point in time, a whole day for a date."""
Duration = tuple[int, ...]
"""Microseconds from each of four reference dates: how XML Schema orders durations of months beside those of days."""
Relation = Callable[[Any, Any], Truth]


class Kind(StrEnum):
    """As what a value is compared."""

    INSTANT = "instant"
    NUMBER = "number"
    DURATION = "duration"
    TEXT = "text"


KINDS = {
    "dateTime": Kind.INSTANT,
    "delayPeriod": Kind.DURATION,
    "elapsedTime": Kind.DURATION,
    "meteredTime": Kind.DURATION,
    "timeInterval": Kind.DURATION,
    "absoluteSize": Kind.NUMBER,
    "count": Kind.NUMBER,
    "payAmount": Kind.NUMBER,
    "percentage": Kind.NUMBER,
    "relativeSize": Kind.NUMBER,
    "resolution": Kind.NUMBER,
}
"""The left operands of the ODRL vocabulary that are no text."""

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?", re.ASCII
)
_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DURATION = re.compile(
    r"(-)?P(?=[\dT])(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,9})D)?"
    r"(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d+))?S)?)?",
    re.ASCII,
)
_REFERENCES = ((1696, 9), (1697, 2), (1903, 3), (1903, 7))
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_DAY_MICROSECONDS = 86_400_000_000


def instant(value: Any) -> Span | None:
    """Read an aware datetime, an xsd:dateTime or an xsd:date; without an offset it is UTC. None: it is none of these.

    Digits below the microsecond are left out.
    """
    if isinstance(value, datetime):
        return (value, value) if value.tzinfo is not None else None
    found = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        midnight = datetime(int(year), int(month), int(day), tzinfo=_zone(offset)).astimezone(UTC)
        if hour is None:
            return midnight, midnight + _DAY - _TICK
        at = midnight + _since_midnight(int(hour), int(minute), int(second), fraction or "")
    except (ValueError, OverflowError):
        return None
    return at, at


def _zone(offset: str | None) -> timezone:
    if offset is None or offset == "Z":
        return UTC
    away = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    if away > timedelta(hours=14):
        raise ValueError(offset)
    return timezone(-away if offset[0] == "-" else away)


def _since_midnight(hour: int, minute: int, second: int, fraction: str) -> timedelta:
    """Return the time of a day; 24:00:00 is the beginning of the next one. Raises ValueError for no such time."""
    part = int(fraction[:6].ljust(6, "0"))
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second or part)):
        raise ValueError(hour)
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=part)


def number(value: Any) -> Decimal | None:
    """Read a number, or text that spells one. None: it is none, or none that can be compared (NaN, infinity)."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return number(Decimal(repr(value)))
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def duration(value: Any) -> Duration | None:
    """Read a timedelta or an xsd:duration such as P30D, PT1H, P1Y2M. None: it is none."""
    if isinstance(value, timedelta):
        return (value // _TICK,) * len(_REFERENCES)
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    years, months, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:7])
    sign, fraction = -1 if found.group(1) else 1, (found.group(8) or "")[:6].ljust(6, "0")
    fixed = days * _DAY_MICROSECONDS + (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + int(fraction)
    count = sign * (years * 12 + months)
    return tuple(_months(at, count) * _DAY_MICROSECONDS + sign * fixed for at in _REFERENCES)


def _months(since: tuple[int, int], count: int) -> int:
    """Return how many days so many months are, from the first of a month."""
    year, month = since
    years, index = divmod(month - 1 + count, 12)
    return _days(year + years, index + 1) - _days(year, month)


def _days(year: int, month: int) -> int:
    """Return the days up to the first of a month, in the Gregorian calendar without an end."""
    # Counted in years that begin in March, so that the leap day comes last.
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    return year * 365 + year // 4 - year // 100 + year // 400 + (month * 153 + 2) // 5


def text(value: Any) -> str | None:
    """Read text; an IRI of the ODRL vocabulary or of our profile in its short form."""
    return short(value) if isinstance(value, str) else None


def shape(value: str) -> Kind | None:
    """Return as what a value can be put in order when its operand does not tell; None: it cannot."""
    for kind in (Kind.NUMBER, Kind.INSTANT, Kind.DURATION):
        if READERS[kind](value) is not None:
            return kind
    return None


READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.INSTANT: instant,
    Kind.NUMBER: number,
    Kind.DURATION: duration,
    Kind.TEXT: text,
}


def _same_time(left: Span, right: Span) -> Truth:
    if right[0] <= left[0] and left[1] <= right[1]:
        return True
    return False if left[1] < right[0] or left[0] > right[1] else None


def _other_time(left: Span, right: Span) -> Truth:
    same = _same_time(left, right)
    return None if same is None else not same


def _before(left: Span, right: Span) -> Truth:
    return _surely(left[1] < right[0], left[0] < right[0])


def _not_after(left: Span, right: Span) -> Truth:
    return _surely(left[1] <= right[1], left[0] <= right[1])


def _after(left: Span, right: Span) -> Truth:
    return _surely(left[0] > right[1], left[1] > right[1])


def _not_before(left: Span, right: Span) -> Truth:
    return _surely(left[0] >= right[0], left[1] >= right[0])


def _surely(all_of_it: bool, some_of_it: bool) -> Truth:  # noqa: FBT001 - the two ends of a span
    return True if all_of_it else (None if some_of_it else False)


def _in_order(relation: Relation) -> Relation:
    """Return a relation of durations that says nothing where one is longer from one reference date, not from another."""

    def related(left: Duration, right: Duration) -> Truth:
        signs = {(a > b) - (a < b) for a, b in zip(left, right, strict=True)}
        return relation(left, right) if len(signs) == 1 else None

    return related


RELATIONS: dict[Kind, dict[str, Relation]] = {
    Kind.INSTANT: {
        "eq": _same_time,
        "neq": _other_time,
        "lt": _before,
        "lteq": _not_after,
        "gt": _after,
        "gteq": _not_before,
    },
    Kind.DURATION: {
        "eq": _in_order(operator.eq),
        "neq": _in_order(operator.ne),
        "lt": _in_order(operator.lt),
        "lteq": _in_order(operator.le),
        "gt": _in_order(operator.gt),
        "gteq": _in_order(operator.ge),
    },
    Kind.NUMBER: {
        "eq": Decimal.__eq__,
        "neq": Decimal.__ne__,
        "lt": Decimal.__lt__,
        "lteq": Decimal.__le__,
        "gt": Decimal.__gt__,
        "gteq": Decimal.__ge__,
    },
    Kind.TEXT: {"eq": str.__eq__, "neq": str.__ne__},
}
"""What each comparing operator says of two values of one kind."""
