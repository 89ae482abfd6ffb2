"""The audit room's door; `kernel.late` says why part of it opens late."""

from typing import TYPE_CHECKING

from renkei.audit.ports import KeptUnder, PeerLogs
from renkei.audit.queries import (
    acts,
    consistency,
    entries,
    entries_at,
    entries_concerning,
    head,
    head_of_size,
    inclusion,
    inclusions,
    indexes_on,
    latest_checkpoint,
    latest_concerning,
    trail,
)
from renkei.audit.types import (
    Act,
    Contradiction,
    Entry,
    Evidence,
    Fact,
    KeptHead,
    LogCheck,
    Proven,
    Recording,
    Sighting,
    SignedHead,
    Visit,
    VisitOutcome,
    WitnessedHead,
)
from renkei.kernel.late import late

if TYPE_CHECKING:
    from renkei.audit.checking import check
    from renkei.audit.renewal import change_node_secret, renew_log_key
    from renkei.audit.services import evidence, record, record_many, seal, signed_head
    from renkei.audit.signing import cosigner_key, log_key
    from renkei.audit.vault import conceal, reveal
    from renkei.audit.witnessing import (
        contradictions,
        forget_log,
        plan_visit,
        visit_due,
        visit_now,
        visits,
        witnessed,
        witnessed_for,
    )
else:
    _ROOM = ("services", "vault", "signing", "checking", "renewal", "witnessing")
    __getattr__ = late(__name__, *(f"renkei.audit.{module}" for module in _ROOM))

__all__ = [
    "Act",
    "Contradiction",
    "Entry",
    "Evidence",
    "Fact",
    "KeptHead",
    "KeptUnder",
    "LogCheck",
    "PeerLogs",
    "Proven",
    "Recording",
    "Sighting",
    "SignedHead",
    "Visit",
    "VisitOutcome",
    "WitnessedHead",
    "acts",
    "change_node_secret",
    "check",
    "conceal",
    "consistency",
    "contradictions",
    "cosigner_key",
    "entries",
    "entries_at",
    "entries_concerning",
    "evidence",
    "forget_log",
    "head",
    "head_of_size",
    "inclusion",
    "inclusions",
    "indexes_on",
    "latest_checkpoint",
    "latest_concerning",
    "log_key",
    "plan_visit",
    "record",
    "record_many",
    "renew_log_key",
    "reveal",
    "seal",
    "signed_head",
    "trail",
    "visit_due",
    "visit_now",
    "visits",
    "witnessed",
    "witnessed_for",
]
