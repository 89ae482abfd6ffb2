"""The audit room's door; `kernel.late` says why part of it opens late."""

from typing import TYPE_CHECKING

from renkei.audit.queries import (
    acts,
    consistency,
    entries,
    entries_concerning,
    head,
    head_of_size,
    inclusion,
    inclusions,
    latest_checkpoint,
    latest_concerning,
    trail,
)
from renkei.audit.types import (
    Act,
    Entry,
    Evidence,
    Fact,
    LogCheck,
    Proven,
    SignedHead,
)
from renkei.kernel.late import late

if TYPE_CHECKING:
    from renkei.audit.checking import check
    from renkei.audit.renewal import change_node_secret, renew_log_key
    from renkei.audit.services import evidence, record, seal, signed_head
    from renkei.audit.signing import log_key
    from renkei.audit.vault import conceal, reveal
else:
    _ROOM = ("services", "vault", "signing", "checking", "renewal")
    __getattr__ = late(__name__, *(f"renkei.audit.{module}" for module in _ROOM))

__all__ = [
    "Act",
    "Entry",
    "Evidence",
    "Fact",
    "LogCheck",
    "Proven",
    "SignedHead",
    "acts",
    "change_node_secret",
    "check",
    "conceal",
    "consistency",
    "entries",
    "entries_concerning",
    "evidence",
    "head",
    "head_of_size",
    "inclusion",
    "inclusions",
    "latest_checkpoint",
    "latest_concerning",
    "log_key",
    "record",
    "renew_log_key",
    "reveal",
    "seal",
    "signed_head",
    "trail",
]
