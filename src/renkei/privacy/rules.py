"""Decisions about plans: no database, no files."""

from collections import Counter
from collections.abc import Iterable

from renkei.lake.types import Column, ColumnType
from renkei.privacy.errors import CellUnknown, NoLawfulRoute, PlanInconsistent
from renkei.privacy.types import Category, Cell, ColumnClass, Plan, Role

CELL_COLUMN = "cell"
"""The column that takes the place of latitude and longitude."""
LEAST_GROUP = 2
"""A group of one is one person."""

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


def leaving_as_they_are(plan: Plan) -> tuple[ColumnClass, ...]:
    """Return the columns whose values a plan releases unchanged, in the plan's order."""
    kept_back = {*plan.dropped, *replaced_by_cell(plan)}
    return tuple(column for column in plan.columns if column.name not in kept_back)


def check_lawful(plan: Plan) -> None:
    """Check that no personal or sensitive column leaves as it is (APPI Art. 27(1)).

    Positions may leave as cells with a minimum group of at least LEAST_GROUP, counted by a column that names the
    subject. Raises privacy.no-lawful-route naming the first column at fault, privacy.plan-inconsistent.
    """
    check_plan(plan)
    for column in leaving_as_they_are(plan):
        if column.category.is_personal:
            raise _no_route(column)
    coarsened = set(replaced_by_cell(plan))
    for column in plan.columns:
        if column.name in coarsened and column.category.is_personal and not _group_protects(plan):
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
    elif not leaving_as_they_are(plan):
        raise PlanInconsistent(column="", rule="something-leaves")
    if plan.minimum_group is not None:
        if plan.cell is None:
            raise PlanInconsistent(column="", rule="group-guards-a-cell")
        if plan.minimum_group.size < 1:
            raise PlanInconsistent(column=plan.minimum_group.entity, rule="group-of-at-least-one")
    if (plan.since or plan.until) and column_with(plan, Role.TIME) is None:
        raise PlanInconsistent(column="", rule="window-needs-time")
    if plan.since and plan.until and plan.since >= plan.until:
        raise PlanInconsistent(column="", rule="window-has-length")


def check_fits(plan: Plan, columns: tuple[Column, ...]) -> None:
    """Check that a plan speaks of columns that its table has. Raises privacy.plan-inconsistent."""
    types = {column.name: column.type for column in columns}
    _refuse_any(
        (column.name for column in plan.columns if column.name not in types), rule="column-of-the-table"
    )
    if plan.minimum_group is not None and plan.minimum_group.entity not in types:
        raise PlanInconsistent(column=plan.minimum_group.entity, rule="entity-is-a-column")
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
    if any(column.name == CELL_COLUMN for column in leaving_as_they_are(plan)):
        raise PlanInconsistent(column=CELL_COLUMN, rule="cell-is-the-new-column")


def _group_protects(plan: Plan) -> bool:
    group = plan.minimum_group
    subjects = {column.name for column in plan.columns if column.role is Role.SUBJECT}
    return group is not None and group.size >= LEAST_GROUP and group.entity in subjects


def _no_route(column: ColumnClass) -> NoLawfulRoute:
    return NoLawfulRoute(
        column=column.name, category=column.category.value, category_ja=_CATEGORY_JA[column.category]
    )


def _refuse_any(names: Iterable[str], *, rule: str) -> None:
    for name in names:
        raise PlanInconsistent(column=name, rule=rule)
