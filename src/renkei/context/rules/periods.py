"""Periods of an aggregation: ISO 8601 durations, and where each period begins and ends (clause 4.5.19)."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta

from renkei.context.errors import RequestInvalid

MOST_PERIODS = 50_000
"""Periods of months or years that one answer may have; it is never reached by history of less than 4,000 years."""

_END = datetime.max.replace(tzinfo=UTC)
_DURATION = re.compile(
    r"P(?=.)(?:(?P<weeks>\d{1,6})W|(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,6})M)?(?:(?P<days>\d{1,7})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,10})M)?(?:(?P<seconds>\d{1,11})(?:[.,](?P<part>\d{1,6}))?S)?)?)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Period:
    """How long one period is: months of the calendar, then an exact time."""

    months: int
    micros: int

    @property
    def whole(self) -> bool:
        """Whether one period covers all there is."""
        return not self.months and not self.micros


def read_period(text: str) -> Period:
    """Read an ISO 8601 duration such as P1D, PT15M or P1Y6M. Raises context.request-invalid."""
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith("T"):
        raise RequestInvalid(
            why=f"aggrPeriodDuration is an ISO 8601 duration such as PT1H or P1D, not {text[:40]!r}"
        )
    parts = {name: int(value or 0) for name, value in found.groupdict().items() if name != "part"}
    seconds = (
        (parts["weeks"] * 7 + parts["days"]) * 86_400
        + parts["hours"] * 3600
        + parts["minutes"] * 60
        + parts["seconds"]
    )
    micros = int((found["part"] or "0").ljust(6, "0"))
    return Period(parts["years"] * 12 + parts["months"], seconds * 1_000_000 + micros)


def starts(period: Period, origin: datetime, last: datetime) -> list[datetime]:
    """Return where each period begins, from `origin` on until one holds `last`; then the end of that one.

    Raises context.request-invalid where there would be more than MOST_PERIODS.
    """
    made: list[datetime] = []
    for at in _boundaries(period, origin):
        made.append(at)
        if at > last or at == _END:
            return made
        if len(made) > MOST_PERIODS:
            raise RequestInvalid(
                why=f"aggrPeriodDuration makes more than {MOST_PERIODS} periods of this history"
            )
    return made


def _boundaries(period: Period, origin: datetime) -> Iterator[datetime]:
    """Count from the origin, not from the last boundary: a month after 31 January, then two, is the end of March."""
    number = 0
    while True:
        yield shifted(origin, period, number)
        number += 1


def shifted(origin: datetime, period: Period, number: int) -> datetime:
    """Return a time so many periods after another, or the end of the calendar."""
    month = origin.month - 1 + period.months * number
    year, month = origin.year + month // 12, month % 12 + 1
    if year > MAXYEAR:
        return _END
    day = min(origin.day, calendar.monthrange(year, month)[1])
    try:
        return origin.replace(year=year, month=month, day=day) + timedelta(
            microseconds=period.micros * number
        )
    except OverflowError:
        return _END
