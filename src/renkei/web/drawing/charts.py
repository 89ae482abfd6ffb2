"""Values over time as a line, with the range that they lie in where they were summed up by periods."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 280
LEFT: Final = 64
RIGHT: Final = 12
TOP: Final = 12
BOTTOM: Final = 34
GAP: Final = 8
"""A line is broken where a step is so many times the usual one."""
FEW: Final = 60
"""Points that are drawn as such, too."""
_STEPS: Final = (
    *(timedelta(seconds=each) for each in (1, 5, 15, 30)),
    *(timedelta(minutes=each) for each in (1, 5, 15, 30)),
    *(timedelta(hours=each) for each in (1, 3, 6, 12)),
    *(timedelta(days=each) for each in (1, 2, 7, 14, 30, 91, 182, 365, 730, 3650, 36_500, 365_000)),
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FURTHEST: Final = 1e300
"""Values beyond are drawn as this: the scale around them would be past what a double holds."""
_LEAST: Final = 1e-300
"""Step below which a double runs out of digits."""
_FINEST: Final = 1e-12
"""Share of the greatest value below which steps would be lost in its rounding."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a time; of several, their mean, the least and the greatest."""

    at: datetime
    value: float
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the picture, and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A value on the picture."""

    x: float
    y: float
    point: Point


@dataclass(frozen=True, slots=True)
class Chart:
    """What the page draws."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    line: str
    """A path."""
    band: str
    """The path around least and greatest; empty where there are none."""
    dots: Sequence[Dot]
    """Only where they are few."""
    across: Sequence[Tick]
    along: Sequence[Tick]
    last: Dot


def draw_chart(points: Sequence[Point], *, since: datetime, until: datetime) -> Chart | None:
    """Draw points, in the order of their times, over a span; None where there are none."""
    if not points:
        return None
    scale = _Scale(points, since, until)
    dots = [Dot(scale.x(point.at), scale.y(point.value), point) for point in points]
    runs = list(_runs(dots))
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        line="".join(_path([(dot.x, dot.y) for dot in run]) for run in runs),
        band="".join(_band(scale, run) for run in runs),
        dots=dots if len(dots) <= FEW else [run[0] for run in runs if len(run) == 1],
        across=scale.ticks_of_values(),
        along=scale.ticks_of_time(),
        last=dots[-1],
    )


class _Scale:
    """From times and values to places on the picture."""

    def __init__(self, points: Iterable[Point], since: datetime, until: datetime) -> None:
        values = [
            _bounded(each)
            for point in points
            for each in (point.value, point.least, point.most)
            if each is not None
        ]
        spread, size = max(values) - min(values), max(map(abs, values))
        wanted = max(spread / 4, size * _FINEST) if spread else size / 4
        self.step = _neat(max(wanted, _LEAST)) if size else 1.0
        self.low = math.floor(min(values) / self.step) * self.step
        self.high = math.ceil(max(values) / self.step) * self.step
        if self.low == self.high:
            self.low, self.high = self.low - self.step, self.high + self.step
        self.since = since
        self.length = max((until - since).total_seconds(), 1.0)

    def x(self, at: datetime) -> float:
        share = (at - self.since).total_seconds() / self.length
        return round(LEFT + share * (WIDTH - RIGHT - LEFT), 1)

    def y(self, value: float) -> float:
        share = (_bounded(value) - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)

    def ticks_of_values(self) -> list[Tick]:
        count = round((self.high - self.low) / self.step)
        digits = max(0, -math.floor(math.log10(self.step)))
        values = [self.low + number * self.step for number in range(count + 1)]
        return [Tick(self.y(value), _number(value, digits)) for value in values]

    def ticks_of_time(self) -> list[Tick]:
        step = next((each for each in _STEPS if self.length / each.total_seconds() <= 7), _STEPS[-1])
        since, until = self.since - _EPOCH, self.since + timedelta(seconds=self.length) - _EPOCH
        times = [
            _EPOCH + number * step for number in range(math.ceil(since / step), math.floor(until / step) + 1)
        ]
        return [Tick(self.x(at), _time(at, step)) for at in times]


def _bounded(value: float) -> float:
    return max(-_FURTHEST, min(_FURTHEST, value))


def _neat(size: float) -> float:
    """Return the next of 1, 2, 5, 10 … that is no less."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(lead * power for lead in (1, 2, 5, 10) if lead * power >= size * 0.999999)


def _number(value: float, digits: int) -> str:
    if abs(value) >= 1e7:
        return f"{value:.3g}"
    text = f"{value:,.{min(digits, 9)}f}"
    return text.replace("-0", "0") if float(text.replace(",", "")) == 0 else text


def _time(at: datetime, step: timedelta) -> str:
    if step >= timedelta(days=1):
        return at.strftime("%Y-%m-%d" if step >= timedelta(days=91) else "%m-%d")
    if at.hour == at.minute == at.second == 0:
        return at.strftime("%m-%d")
    return at.strftime("%H:%M:%S" if step < timedelta(minutes=1) else "%H:%M")


def _runs(dots: Sequence[Dot]) -> Iterable[list[Dot]]:
    """Part the points where nothing was told for much longer than usual, so that no line pretends otherwise."""
    steps = sorted(after.point.at - before.point.at for before, after in pairwise(dots))
    usual = steps[len(steps) // 2] if steps else timedelta(0)
    run = [dots[0]]
    for before, dot in pairwise(dots):
        if dot.point.at - before.point.at > usual * GAP > timedelta(0):
            yield run
            run = []
        run.append(dot)
    yield run


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in places)


def _band(scale: _Scale, run: Sequence[Dot]) -> str:
    told = [
        (dot.x, scale.y(dot.point.least), scale.y(dot.point.most))
        for dot in run
        if dot.point.least is not None and dot.point.most is not None
    ]
    if len(told) < 2:
        return ""
    upper, lower = [(x, most) for x, _, most in told], [(x, least) for x, least, _ in reversed(told)]
    return _path([*upper, *lower]) + "Z"
