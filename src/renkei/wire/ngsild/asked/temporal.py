"""Which part of a history is asked for (clauses 4.11, 5.7.3, 5.7.4)."""

from datetime import datetime

from renkei.context.types import Aggregate, Aggregation, RequestInvalid, TemporalQuery, TimeRelation
from renkei.kernel.clock import parse_utc
from renkei.wire.ngsild.asked.words import Words, number

_TIMES = ("observedAt", "createdAt", "modifiedAt", "deletedAt")
_MOST_LAST = 100_000


def read_temporal(words: Words) -> TemporalQuery:
    """Return the times asked about. Raises context.request-invalid."""
    relation = _relation(words)
    at, until = _time(words, "timeAt"), _time(words, "endTimeAt")
    if relation is not None and at is None:
        raise RequestInvalid(why="timerel comes with timeAt")
    if relation is None and (at or until):
        raise RequestInvalid(why="timeAt comes with timerel")
    if (relation is TimeRelation.BETWEEN) != (until is not None):
        raise RequestInvalid(why="endTimeAt comes with timerel=between, and that with endTimeAt")
    member = words.get("timeproperty", "observedAt")
    if member not in _TIMES:
        raise RequestInvalid(why=f"timeproperty is one of {', '.join(_TIMES)}")
    last = number(words, "lastN", 0, least=1, most=_MOST_LAST) if "lastN" in words else None
    return TemporalQuery(relation, at, until, member, last)


def read_aggregation(words: Words) -> Aggregation:
    """Return how values are to be summed up. Raises context.request-invalid."""
    methods = [word for word in words.get("aggrMethods", "").split(",") if word]
    if not methods:
        raise RequestInvalid(why="aggregatedValues comes with aggrMethods")
    unknown = [word for word in methods if word not in set(Aggregate)]
    if unknown:
        raise RequestInvalid(why=f"aggrMethods are {', '.join(Aggregate)}, not {unknown[0][:40]}")
    return Aggregation(
        tuple(Aggregate(word) for word in dict.fromkeys(methods)), words.get("aggrPeriodDuration", "PT0S")
    )


def _relation(words: Words) -> TimeRelation | None:
    stated = words.get("timerel")
    if stated is None:
        return None
    if stated not in set(TimeRelation):
        raise RequestInvalid(why="timerel is before, after or between")
    return TimeRelation(stated)


def _time(words: Words, name: str) -> datetime | None:
    text = words.get(name)
    if text is None:
        return None
    try:
        return parse_utc(text)
    except ValueError:
        raise RequestInvalid(why=f"{name} is a date and time in UTC, such as 2026-05-01T09:00:00Z") from None
