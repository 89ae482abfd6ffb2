"""A plan applied to one row at a time, for what is read or told as it happens; the same plan as a release's, without SQL.

Groups are those of the table as it was when the filter was made: a row of a group that was too small then stays behind,
also when it would have made the group large enough.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from h3.api.basic_int import latlng_to_cell

from renkei.privacy.masks import PseudonymKey, hashed
from renkei.privacy.rules import column_with, leaving, masks
from renkei.privacy.types import CELL_COLUMN, Cell, CellScheme, Delivery, Mask, MaskKind, Plan, Role, TimeStep

_SPANS: dict[TimeStep, timedelta] = {
    TimeStep.MINUTE: timedelta(minutes=1),
    TimeStep.FIVE_MINUTES: timedelta(minutes=5),
    TimeStep.TEN_MINUTES: timedelta(minutes=10),
    TimeStep.QUARTER: timedelta(minutes=15),
    TimeStep.HALF_HOUR: timedelta(minutes=30),
    TimeStep.HOUR: timedelta(hours=1),
    TimeStep.DAY: timedelta(days=1),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """What a plan makes of single rows."""

    plan: Plan
    told: frozenset[tuple[Any, ...]] | None
    """What the groups that may be told show; None where the plan asks for no minimum group."""
    key: PseudonymKey | None

    def shown(self, row: Row) -> dict[str, Any] | None:
        """Return what may leave of a row of the plan's table, None where nothing may. A missing value stays missing."""
        if not _in_window(self.plan, row):
            return None
        made = self._made(row)
        if self.told is None:
            return made
        if not self.plan.group_by:
            cell = made.get(CELL_COLUMN)
            return made | {CELL_COLUMN: cell if (cell,) in self.told else None}
        return made if tuple(made[name] for name in self.plan.group_by) in self.told else None

    def pseudonym(self, value: Any) -> str:
        """Return what a keyed hash of the plan makes of a value."""
        return hashed(value, self.key)

    def _made(self, row: Row) -> dict[str, Any]:
        plan, by_column, time = self.plan, masks(self.plan), column_with(self.plan, Role.TIME)
        made: dict[str, Any] = {}
        for column in leaving(plan):
            value, mask = row.get(column.name), by_column.get(column.name)
            if mask is not None:
                value = None if value is None else _masked(mask, value, self.key)
            elif plan.time_step is not None and column.name == time and value is not None:
                value = _stepped(plan.time_step, value)
            made[column.name] = value
        if plan.cell is not None:
            position = (row.get(str(column_with(plan, role))) for role in (Role.LATITUDE, Role.LONGITUDE))
            made[CELL_COLUMN] = cell_text(plan.cell, *position)
        return made


def takes(plan: Plan) -> bool:
    """Tell whether a plan can be applied to single rows: only where rows leave at all."""
    return plan.delivery is Delivery.ROWS


def cell_text(cell: Cell, latitude: float | None, longitude: float | None) -> str | None:
    """Return the cell of a position as people write it, None for what is no position of the scheme."""
    if latitude is None or longitude is None:
        return None
    if cell.scheme is CellScheme.H3:
        on_earth = -90 <= latitude <= 90 and -180 <= longitude <= 180
        return f"{latlng_to_cell(latitude, longitude, cell.level):x}" if on_earth else None
    if not (20 <= latitude < 46 and 122 <= longitude < 154):
        return None
    south, west = math.floor(latitude * 120 + 1e-9), math.floor((longitude - 100) * 80 + 1e-9)
    code = south // 80 * 100 + west // 80
    if cell.level >= 2:
        code = code * 100 + south % 80 // 10 * 10 + west % 80 // 10
    if cell.level == 3:
        code = code * 100 + south % 10 * 10 + west % 10
    return str(code)


def _in_window(plan: Plan, row: Row) -> bool:
    if plan.since is None and plan.until is None:
        return True
    at = row.get(str(column_with(plan, Role.TIME)))
    if at is None:
        return False
    return (plan.since is None or at >= plan.since) and (plan.until is None or at < plan.until)


def _masked(mask: Mask, value: Any, key: PseudonymKey | None) -> Any:
    made: dict[MaskKind, Callable[[], Any]] = {
        MaskKind.REDACT: lambda: None,
        MaskKind.TRUNCATE: lambda: value[: int(mask.amount)],
        MaskKind.YEAR: lambda: value.astimezone(UTC).year,
        MaskKind.ROUND: lambda: _rounded(value, mask.amount),
        MaskKind.HASH: lambda: hashed(value, key),
    }
    return made[mask.kind]()


def _rounded(value: float, amount: str) -> float:
    """Round to the nearest multiple, the middle away from zero, as the release's SQL does."""
    step, decimals = float(amount), len(amount.partition(".")[2])
    times = math.copysign(math.floor(abs(value) / step + 0.5), value)
    return int(times * int(amount)) if isinstance(value, int) else round(times * step, decimals)


def _stepped(step: TimeStep, at: datetime) -> datetime:
    here = at.astimezone(UTC)
    if step in {TimeStep.MONTH, TimeStep.YEAR}:
        first = here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return first if step is TimeStep.MONTH else first.replace(month=1)
    return _EPOCH + (here - _EPOCH) // _SPANS[step] * _SPANS[step]
