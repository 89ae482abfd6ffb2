"""The privacy room's only door; `kernel.late` says why part of it opens late."""

from typing import TYPE_CHECKING

from renkei.kernel.late import late
from renkei.privacy.errors import CellUnknown, NoLawfulRoute, PlanInconsistent, RowsStay
from renkei.privacy.rules import check_fits, check_lawful
from renkei.privacy.types import (
    Category,
    Cell,
    CellScheme,
    ColumnClass,
    Delivery,
    Mask,
    MaskKind,
    MinimumGroup,
    Plan,
    Preview,
    Release,
    ReleaseFile,
    Role,
    TimeStep,
    Withheld,
)

if TYPE_CHECKING:
    from renkei.privacy.services import drop_releases, live_filter, preview, release
else:
    __getattr__ = late(__name__, "renkei.privacy.services")

__all__ = [
    "Category",
    "Cell",
    "CellScheme",
    "CellUnknown",
    "ColumnClass",
    "Delivery",
    "Mask",
    "MaskKind",
    "MinimumGroup",
    "NoLawfulRoute",
    "Plan",
    "PlanInconsistent",
    "Preview",
    "Release",
    "ReleaseFile",
    "Role",
    "RowsStay",
    "TimeStep",
    "Withheld",
    "check_fits",
    "check_lawful",
    "drop_releases",
    "live_filter",
    "preview",
    "release",
]
