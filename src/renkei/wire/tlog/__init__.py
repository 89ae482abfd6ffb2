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
    NothingProven,
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
from renkei.wire.tlog.visiting import OPEN_PROOFS, Fetch, peer_proofs, prove, visit

__all__ = [
    "OPEN_PROOFS",
    "Bundle",
    "BundleEntry",
    "BundleMalformed",
    "Checkpoint",
    "CheckpointUnreadable",
    "EntryNotInLog",
    "Fetch",
    "Growth",
    "Kept",
    "LogRewritten",
    "LogShrunk",
    "NothingProven",
    "ProvenEntry",
    "SignatureWrong",
    "Verifier",
    "VerifierChanged",
    "VerifierMalformed",
    "check_growth",
    "keep",
    "open_checkpoint",
    "peer_proofs",
    "prove",
    "read_bundle",
    "read_growth",
    "read_kept",
    "read_verifier",
    "verify_bundle",
    "visit",
    "write_kept",
]
