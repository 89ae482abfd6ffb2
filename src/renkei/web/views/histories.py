"""The history of a number over a span of time, as points for a chart and for the table beside it."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from renkei.context import api as context
from renkei.kernel.clock import parse_utc
from renkei.kernel.ids import OrgId
from renkei.web.drawing.charts import Chart, Point, draw_chart
from renkei.web.request import PortalRequest

if TYPE_CHECKING:
    from renkei.web.views.entity import AttributeLine

SPANS: Final[Mapping[str, timedelta]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
USUAL: Final = "week"
MOST: Final = 400
"""Values that are drawn one by one; more are summed up by periods."""
PERIODS: Final = 200
"""About as many as the chart has room for."""
_NEAT: Final = (
    *((timedelta(minutes=each), f"PT{each}M") for each in (1, 2, 5, 10, 15, 30)),
    *((timedelta(hours=each), f"PT{each}H") for each in (1, 2, 3, 6, 12)),
    *((timedelta(days=each), f"P{each}D") for each in (1, 2, 7, 14, 30, 90, 365)),
)


@dataclass(frozen=True, slots=True)
class History:
    """What the page shows of the history of one attribute."""

    attribute: str
    """IRI."""
    name: str
    dataset: str
    unit: str
    span: str
    since: datetime
    until: datetime
    points: Sequence[Point]
    """In the order of their times."""
    period: str
    """ISO 8601, where values were summed up; else empty."""
    chart: Chart | None
    unreadable: bool
    """Whether the times asked for could not be read."""

    @property
    def least(self) -> float:
        """Return the least value."""
        return min(point.value if point.least is None else point.least for point in self.points)

    @property
    def most(self) -> float:
        """Return the greatest value."""
        return max(point.value if point.most is None else point.most for point in self.points)


def read(
    request: PortalRequest,
    owner: OrgId,
    entity: context.Document,
    numeric: Sequence["AttributeLine"],
    *,
    now: datetime,
) -> History:
    """Return the history that the page's form asks for: of the first number and the last week unless told otherwise."""
    line = next((each for each in numeric if each.iri == request.GET.get("attribute")), numeric[0])
    instance = next(
        (each for each in line.instances if each.dataset == request.GET.get("dataset")),
        next(each for each in line.instances if each.numeric),
    )
    span, since, until, unreadable = _span(request, now)
    temporal = context.TemporalQuery(
        context.TimeRelation.BETWEEN, since, until, "observedAt" if instance.observed else "modifiedAt"
    )
    points, period = _points(owner, context.EntityId(entity["id"]), line.iri, instance.dataset, temporal)
    return History(
        attribute=line.iri,
        name=line.name,
        dataset=instance.dataset,
        unit=instance.unit,
        span=span,
        since=since,
        until=until,
        points=points,
        period=period,
        chart=draw_chart(points, since=since, until=until),
        unreadable=unreadable,
    )


def _span(request: PortalRequest, now: datetime) -> tuple[str, datetime, datetime, bool]:
    """Return which span is asked for, its ends, and whether what was written as its ends cannot be read."""
    span = request.GET.get("span", USUAL)
    if span == "own":
        since, until = _time(request.GET.get("since", "")), _time(request.GET.get("until", "")) or now
        if since is not None and since < until:
            return span, since, until, False
        return USUAL, now - SPANS[USUAL], now, True
    span = span if span in SPANS else USUAL
    return span, now - SPANS[span], now, False


def _time(text: str) -> datetime | None:
    """Read a time; without an offset it is UTC, as all times on the pages."""
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _points(
    owner: OrgId, entity: context.EntityId, attribute: str, dataset: str, temporal: context.TemporalQuery
) -> tuple[list[Point], str]:
    """Return the values one by one, or where they are many their mean, least and greatest by periods, and how long these are."""
    chosen = context.Chosen(only=frozenset([attribute]), datasets=frozenset([dataset]))
    told = context.retrieve_history(owner, entity, temporal, shown=chosen, limit=MOST)
    if told.told is None:
        instances = told.entities[0]["attrs"].get(attribute, ())
        return _single(instances, temporal.member), ""
    period = _period(temporal)
    methods = (context.Aggregate.AVG, context.Aggregate.MIN, context.Aggregate.MAX)
    summed = context.retrieve_history(
        owner, entity, temporal, shown=chosen, aggregation=context.Aggregation(methods, period), limit=MOST
    )
    return _summed(summed.entities[0]["attrs"].get(attribute, ())), period


def _period(temporal: context.TemporalQuery) -> str:
    assert temporal.at is not None and temporal.until is not None  # noqa: S101, PT018 - `read` asks for a span
    wanted = (temporal.until - temporal.at) / PERIODS
    return next((text for length, text in _NEAT if length >= wanted), _NEAT[-1][1])


def _single(instances: Sequence[context.Instance], member: str) -> list[Point]:
    points = [
        Point(parse_utc(instance[member]), float(instance["value"]))
        for instance in instances
        if member in instance and is_number(instance.get("value"))
    ]
    return sorted(points, key=lambda point: point.at)


def _summed(instances: Sequence[context.Instance]) -> list[Point]:
    """Return a point in the middle of each period; values are lists of value, start and end."""
    points = []
    for instance in instances:
        told = zip(instance.get("avg", ()), instance.get("min", ()), instance.get("max", ()), strict=True)
        for (mean, start, end), (least, *_), (most, *_) in told:
            if all(is_number(each) for each in (mean, least, most)):
                first = parse_utc(start)
                points.append(Point(first + (parse_utc(end) - first) / 2, mean, least, most))
    return sorted(points, key=lambda point: point.at)


def is_number(value: Any) -> bool:
    """Tell whether a value can be drawn: a whole number beyond what a double reaches cannot."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
