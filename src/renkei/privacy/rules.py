"""Decisions about plans: no database, no files."""

from collections import Counter
from collections.abc import Iterable

from renkei.lake.types import Column, ColumnType
from renkei.privacy.errors import CellUnknown, NoLawfulRoute, PlanInconsistent
from renkei.privacy.types import (
    CELL_COLUMN,
    Category,
    Cell,
    ColumnClass,
    Delivery,
    Mask,
    MaskKind,
    Plan,
    Role,
)

LEAST_GROUP = 2
"""A group of one is one person."""
LEAST_STATISTIC = 3
"""In the mean of two people each reads the other."""
ROWS, ENTITIES, MEAN = "rows", "entities", "_mean"
"""What aggregates add to their groups: two columns, and the ending of the names of means."""

_MASKABLE: dict[MaskKind, set[ColumnType]] = {
    MaskKind.REDACT: set(ColumnType),
    MaskKind.HASH: set(ColumnType) - {ColumnType.REAL},
    MaskKind.TRUNCATE: {ColumnType.TEXT},
    MaskKind.ROUND: {ColumnType.INTEGER, ColumnType.REAL},
    MaskKind.YEAR: {ColumnType.INSTANT},
}
_PLACES = {Role.LATITUDE, Role.LONGITUDE, Role.PLACE}
_CATEGORY_JA = {Category.PERSONAL: "個人情報", Category.SENSITIVE: "要配慮個人情報"}


def column_with(plan: Plan, role: Role) -> str | None:
    """Return the name of the plan's column with a role, or None."""
    return next((column.name for column in plan.columns if column.role is role), None)


def replaced_by_cell(plan: Plan) -> tuple[str, ...]:
    """Return the columns that a plan's cell takes the place of: positions, and whatever else tells a place."""
    if plan.cell is None:
        return ()
    dropped = set(plan.dropped)
    return tuple(c.name for c in plan.columns if c.role in _PLACES and c.name not in dropped)


def leaving(plan: Plan) -> tuple[ColumnClass, ...]:
    """Return the columns that a plan releases under their names, masked or not, in the plan's order."""
    kept_back = {*plan.dropped, *replaced_by_cell(plan)}
    return tuple(column for column in plan.columns if column.name not in kept_back)


def masks(plan: Plan) -> dict[str, Mask]:
    """Return a plan's masks by column."""
    return {mask.column: mask for mask in plan.masks}


def check_lawful(plan: Plan) -> None:
    """Check that no personal or sensitive column leaves as something about a person (APPI Art. 27(1)).

    Positions may leave as cells with a minimum group of at least LEAST_GROUP, counted by a column that names the
    subject; any column may go into the figures of groups of at least LEAST_STATISTIC subjects. A mask is no route, since
    what it leaves is still about one person; only redacting is. Raises privacy.no-lawful-route naming the first column
    at fault, privacy.plan-inconsistent.
    """
    check_plan(plan)
    if plan.delivery is not Delivery.ROWS and _group_protects(plan, LEAST_STATISTIC):
        return
    told = [column for column in leaving(plan) if not _redacted(plan, column)]
    coarsened = set(replaced_by_cell(plan))
    if not _cell_protected(plan):
        told += [column for column in plan.columns if column.name in coarsened]
    for column in told:
        if column.category.is_personal:
            raise _no_route(column)


def check_plan(plan: Plan) -> None:
    """Check that a plan agrees with itself. Raises privacy.plan-inconsistent naming the column and the rule."""
    names = [column.name for column in plan.columns]
    _refuse_any((name for name, times in Counter(names).items() if times > 1), rule="column-twice")
    _refuse_any((name for name in plan.dropped if name not in names), rule="dropped-is-a-column")
    for role in (Role.LATITUDE, Role.LONGITUDE, Role.TIME):
        _refuse_any([c.name for c in plan.columns if c.role is role][1:], rule=f"one-{role.value}")
    if plan.cell is not None:
        _check_cell(plan, plan.cell)
    elif not leaving(plan):
        raise PlanInconsistent(column="", rule="something-leaves")
    _check_times(plan)
    _check_masks(plan)
    _check_groups(plan)


def check_fits(plan: Plan, columns: tuple[Column, ...]) -> None:
    """Check that a plan speaks of columns that its table has. Raises privacy.plan-inconsistent."""
    types = {column.name: column.type for column in columns}
    _refuse_any(
        (column.name for column in plan.columns if column.name not in types), rule="column-of-the-table"
    )
    if plan.minimum_group is not None and plan.minimum_group.entity not in types:
        raise PlanInconsistent(column=plan.minimum_group.entity, rule="entity-is-a-column")
    for mask in plan.masks:
        if types[mask.column] not in _MASKABLE[mask.kind]:
            raise PlanInconsistent(column=mask.column, rule=f"{mask.kind.value}-fits-its-type")
        if types[mask.column] is ColumnType.INTEGER and "." in mask.amount:
            raise PlanInconsistent(column=mask.column, rule="round-to-whole-numbers")
    expected = {
        Role.LATITUDE: ColumnType.REAL,
        Role.LONGITUDE: ColumnType.REAL,
        Role.TIME: ColumnType.INSTANT,
    }
    for column in plan.columns:
        if column.role in expected and types[column.name] is not expected[column.role]:
            raise PlanInconsistent(
                column=column.name, rule=f"{column.role.value}-is-{expected[column.role].value}"
            )


def _check_cell(plan: Plan, cell: Cell) -> None:
    if cell.level not in cell.scheme.levels:
        raise CellUnknown(cell=str(cell))
    replaced = set(replaced_by_cell(plan))
    for role in (Role.LATITUDE, Role.LONGITUDE):
        if column_with(plan, role) not in replaced:
            raise PlanInconsistent(column=column_with(plan, role) or "", rule=f"cell-needs-{role.value}")
    if any(column.name == CELL_COLUMN for column in leaving(plan)):
        raise PlanInconsistent(column=CELL_COLUMN, rule="cell-is-the-new-column")


def _check_times(plan: Plan) -> None:
    time = column_with(plan, Role.TIME)
    if (plan.since or plan.until) and time is None:
        raise PlanInconsistent(column="", rule="window-needs-time")
    if plan.since and plan.until and plan.since >= plan.until:
        raise PlanInconsistent(column="", rule="window-has-length")
    if plan.time_step is not None and time not in {column.name for column in leaving(plan)}:
        raise PlanInconsistent(column=time or "", rule="time-step-needs-time")


def _check_masks(plan: Plan) -> None:
    times = Counter(mask.column for mask in plan.masks)
    _refuse_any((name for name, count in times.items() if count > 1), rule="one-mask")
    leave = {column.name for column in leaving(plan)}
    _refuse_any((mask.column for mask in plan.masks if mask.column not in leave), rule="masked-column-leaves")
    if plan.time_step is not None:
        time = str(column_with(plan, Role.TIME))
        _refuse_any([time] if time in times else [], rule="time-step-or-mask")
    if any(mask.kind is MaskKind.HASH for mask in plan.masks) and not plan.pseudonyms:
        raise PlanInconsistent(column="", rule="hash-needs-a-name")


def _check_groups(plan: Plan) -> None:
    group = plan.minimum_group
    shown = {column.name for column in leaving(plan) if not _redacted(plan, column)}
    shown |= {CELL_COLUMN} if plan.cell else set()
    _refuse_any((name for name in plan.group_by if name not in shown), rule="group-by-what-leaves")
    if group is not None and group.size < 1:
        raise PlanInconsistent(column=group.entity, rule="group-of-at-least-one")
    if plan.delivery is Delivery.IN_PLACE:
        if group is None:
            raise PlanInconsistent(column="", rule="in-place-needs-a-group")
        return
    if plan.budget:
        raise PlanInconsistent(column="", rule="budget-is-for-in-place")
    if plan.delivery is Delivery.AGGREGATES:
        _check_aggregates(plan)
    elif group is not None and plan.cell is None and not plan.group_by:
        raise PlanInconsistent(column="", rule="group-guards-a-cell")


def _check_aggregates(plan: Plan) -> None:
    if not plan.group_by:
        raise PlanInconsistent(column="", rule="aggregates-need-groups")
    added = {ROWS, ENTITIES, *(f"{column.name}{MEAN}" for column in leaving(plan))}
    _refuse_any((name for name in plan.group_by if name in added), rule="aggregate-is-a-new-column")


def _cell_protected(plan: Plan) -> bool:
    grouped = not plan.group_by or CELL_COLUMN in plan.group_by
    return plan.delivery is Delivery.ROWS and grouped and _group_protects(plan, LEAST_GROUP)


def _redacted(plan: Plan, column: ColumnClass) -> bool:
    mask = masks(plan).get(column.name)
    return mask is not None and mask.kind is MaskKind.REDACT


def _group_protects(plan: Plan, least: int) -> bool:
    group = plan.minimum_group
    subjects = {column.name for column in plan.columns if column.role is Role.SUBJECT}
    return group is not None and group.size >= least and group.entity in subjects


def _no_route(column: ColumnClass) -> NoLawfulRoute:
    return NoLawfulRoute(
        column=column.name, category=column.category.value, category_ja=_CATEGORY_JA[column.category]
    )


def _refuse_any(names: Iterable[str], *, rule: str) -> None:
    for name in names:
        raise PlanInconsistent(column=name, rule=rule)
