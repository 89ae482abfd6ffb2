"""Transparency log: checkpoints, proofs and evidence, verified offline by whoever received them.

Formats: C2SP signed-note and tlog-checkpoint; proofs of RFC 9162. The evidence is this project's own JSON:
`{"checkpoint", "vkey", "entries": [{"index", "body", "path": [base64, ...]}], "following"}`.
"""

from renkei.kernel.notes import Checkpoint, Verifier
from renkei.wire.tlog.errors import (
    BundleMalformed,
    CheckpointUnreadable,
    EntryNotInLog,
    LogRewritten,
    LogShrunk,
    SignatureWrong,
    VerifierChanged,
    VerifierMalformed,
)
from renkei.wire.tlog.evidence import (
    Bundle,
    BundleEntry,
    Growth,
    ProvenEntry,
    read_bundle,
    read_growth,
    verify_bundle,
)
from renkei.wire.tlog.keeping import Kept, keep, read_kept, write_kept
from renkei.wire.tlog.signed import check_growth, open_checkpoint, read_verifier

__all__ = [
    "Bundle",
    "BundleEntry",
    "BundleMalformed",
    "Checkpoint",
    "CheckpointUnreadable",
    "EntryNotInLog",
    "Growth",
    "Kept",
    "LogRewritten",
    "LogShrunk",
    "ProvenEntry",
    "SignatureWrong",
    "Verifier",
    "VerifierChanged",
    "VerifierMalformed",
    "check_growth",
    "keep",
    "open_checkpoint",
    "read_bundle",
    "read_growth",
    "read_kept",
    "read_verifier",
    "verify_bundle",
    "write_kept",
]
