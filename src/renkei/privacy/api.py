"""The privacy room's only door; `kernel.late` says why part of it opens late."""

from typing import TYPE_CHECKING

from renkei.kernel.late import late
from renkei.privacy.errors import CellUnknown, NoLawfulRoute, PlanInconsistent
from renkei.privacy.rules import check_fits, check_lawful
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

if TYPE_CHECKING:
    from renkei.privacy.services import drop_releases, release
else:
    __getattr__ = late(__name__, "renkei.privacy.services")

__all__ = [
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
