"""From terms to the plan of what may leave."""

from collections.abc import Sequence
from datetime import datetime

from renkei.exchange.errors import ColumnRepeated, ColumnUnclassed, ColumnUnknown, EndDatePast, RoleMissing
from renkei.exchange.rules.terms import Terms
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import TableId
from renkei.privacy.types import CELL_COLUMN, ColumnClass, MaskKind, Plan, Role

UNSIGNED = "no agreement"
"""Under which name the hashes of an offer's preview are made: no agreement ever bears it."""


def complete(classes: Sequence[ColumnClass], *, columns: Sequence[str]) -> tuple[ColumnClass, ...]:
    """Return one class for each column of the table, in the table's order.

    Where no column is personal, columns without a class are non-personal and plain. Raises exchange.column-unknown,
    column-repeated, column-unclassed.
    """
    given: dict[str, ColumnClass] = {}
    for each in classes:
        if each.name not in columns:
            raise ColumnUnknown(column=each.name, columns=", ".join(columns))
        if each.name in given:
            raise ColumnRepeated(column=each.name)
        given[each.name] = each
    missing = [name for name in columns if name not in given]
    if missing and any(each.category.is_personal for each in classes):
        raise ColumnUnclassed(columns=", ".join(missing))
    return tuple(given.get(name, ColumnClass(name)) for name in columns)


def check_fits(terms: Terms, *, classes: Sequence[ColumnClass]) -> None:
    """Check that a dataset has what its terms speak of. Raises exchange.column-unknown, role-missing."""
    names = [each.name for each in classes]
    group = terms.minimum_group
    grouped = terms.group_by - ({CELL_COLUMN} if terms.cell else set())
    spoken = {
        *terms.withheld,
        *grouped,
        *(mask.column for mask in terms.masks),
        *([group.entity] if group else []),
    }
    for column in sorted(spoken):
        if column not in names:
            raise ColumnUnknown(column=column, columns=", ".join(names))
    roles = {each.role for each in classes}
    if terms.cell is not None and not {Role.LATITUDE, Role.LONGITUDE} <= roles:
        raise RoleMissing(operand="rk:cell", roles="latitude, longitude")
    if (terms.observed_from or terms.observed_until) and Role.TIME not in roles:
        raise RoleMissing(operand="rk:observedFrom, rk:observedUntil", roles="time")
    if terms.time_step is not None and Role.TIME not in roles:
        raise RoleMissing(operand="rk:timeResolution", roles="time")


def check_end(terms: Terms, *, now: datetime) -> None:
    """Check that use is still possible. Raises exchange.end-date-past."""
    if terms.ends is not None and terms.ends.at <= now:
        raise EndDatePast(ends_at=format_utc(terms.ends.at))


def compile_terms(
    terms: Terms, *, table: TableId, classes: Sequence[ColumnClass], agreement: str = ""
) -> Plan:
    """Return the plan that the terms lay down.

    Keyed hashes are made under the agreement's name, so that what two recipients got cannot be matched by them. Raises
    what `check_fits` raises.
    """
    check_fits(terms, classes=classes)
    hashed = any(mask.kind is MaskKind.HASH for mask in terms.masks)
    return Plan(
        table=table,
        columns=tuple(classes),
        dropped=tuple(sorted(terms.withheld)),
        cell=terms.cell,
        minimum_group=terms.minimum_group,
        since=terms.observed_from,
        until=terms.observed_until,
        masks=tuple(sorted(terms.masks, key=str)),
        time_step=terms.time_step,
        group_by=tuple(sorted(terms.group_by)),
        delivery=terms.delivery,
        pseudonyms=(agreement or UNSIGNED) if hashed else "",
        budget=str(terms.budget) if terms.budget is not None else "",
    )
