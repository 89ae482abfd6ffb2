"""The privacy room's only door; `kernel.late` says why part of it opens late."""

from typing import TYPE_CHECKING

from renkei.kernel.late import late
from renkei.privacy.errors import (
    BudgetUsedUp,
    CellUnknown,
    NoLawfulRoute,
    PlanInconsistent,
    QueryDiffersTooLittle,
    QueryLedgerFull,
    QueryRefusalsUsed,
    RowsStay,
)
from renkei.privacy.rules import check_fits, check_lawful, leaving
from renkei.privacy.types import (
    Answer,
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
    Question,
    Release,
    ReleaseFile,
    Role,
    TimeStep,
    Withheld,
)

_ROOM = ("services", "live", "queries.differencing", "queries.noise", "queries.rewriting", "queries.running")

if TYPE_CHECKING:
    from renkei.privacy.live import LiveFilter
    from renkei.privacy.queries.differencing import Marked, pack_all, too_close, unpack, unpack_all
    from renkei.privacy.queries.noise import NoisyQuery, add_noise, whole_budget
    from renkei.privacy.queries.rewriting import Prepared
    from renkei.privacy.queries.running import Found
    from renkei.privacy.services import (
        drop_releases,
        live_filter,
        prepare_query,
        preview,
        release,
        released,
        run_query,
        total_query,
    )
else:
    __getattr__ = late(__name__, *(f"renkei.privacy.{module}" for module in _ROOM))

__all__ = [
    "Answer",
    "BudgetUsedUp",
    "Category",
    "Cell",
    "CellScheme",
    "CellUnknown",
    "ColumnClass",
    "Delivery",
    "Found",
    "LiveFilter",
    "Marked",
    "Mask",
    "MaskKind",
    "MinimumGroup",
    "NoLawfulRoute",
    "NoisyQuery",
    "Plan",
    "PlanInconsistent",
    "Prepared",
    "Preview",
    "QueryDiffersTooLittle",
    "QueryLedgerFull",
    "QueryRefusalsUsed",
    "Question",
    "Release",
    "ReleaseFile",
    "Role",
    "RowsStay",
    "TimeStep",
    "Withheld",
    "add_noise",
    "check_fits",
    "check_lawful",
    "drop_releases",
    "leaving",
    "live_filter",
    "pack_all",
    "prepare_query",
    "preview",
    "release",
    "released",
    "run_query",
    "too_close",
    "total_query",
    "unpack",
    "unpack_all",
    "whole_budget",
]
