"""The privacy room's only door."""

from renkei.privacy.errors import CellUnknown, NoLawfulRoute, PlanInconsistent
from renkei.privacy.rules import CELL_COLUMN, LEAST_GROUP, check_fits, check_lawful
from renkei.privacy.services import drop_releases, release
from renkei.privacy.types import (
    Category,
    Cell,
    CellScheme,
    ColumnClass,
    MinimumGroup,
    Plan,
    Release,
    ReleaseFile,
    Role,
    Withheld,
)

__all__ = [
    "CELL_COLUMN",
    "LEAST_GROUP",
    "Category",
    "Cell",
    "CellScheme",
    "CellUnknown",
    "ColumnClass",
    "MinimumGroup",
    "NoLawfulRoute",
    "Plan",
    "PlanInconsistent",
    "Release",
    "ReleaseFile",
    "Role",
    "Withheld",
    "check_fits",
    "check_lawful",
    "drop_releases",
    "release",
]
