"""Witnesses: how a node looks at another's log, and how an outsider holds a log to what others have seen of it.

What a node has seen travels as `{"origin", "witness", "heads": [{"address", "vkey", "checkpoint", "seenAt"}]}`; each
checkpoint carries the log's signature and the witness's cosignature (C2SP tlog-cosignature, Ed25519).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from renkei.audit.types import KeptHead, Sighting
from renkei.kernel.notes import (
    Checkpoint,
    Cosigner,
    cosigned_text,
    format_note,
    parse_cosigner,
    parse_note,
)
from renkei.kernel.refusals import Kind, Refusal
from renkei.wire.tlog.errors import (
    CheckpointUnreadable,
    LogRewritten,
    LogShrunk,
    ProofRefused,
    SplitView,
    VerifierChanged,
    VerifierMalformed,
    WitnessKeyDiffers,
    WitnessUnusable,
)
from renkei.wire.tlog.evidence import read_growth
from renkei.wire.tlog.keeping import Kept
from renkei.wire.tlog.signed import check_growth, open_checkpoint, read_verifier
from renkei.wire.tlog.visiting import Fetch, as_text, growth_path

LARGEST_HEAD = 1000
"""Bytes of a head that is kept and handed on: a checkpoint has some 200."""
LARGEST_LOG = 1 << 53
"""Entries of a log: whole numbers below this mean the same to every reader of JSON (RFC 8259, section 6)."""
LONGEST_KEY = 309
"""Characters of a key with its name: the log's name then has at most 255."""
MOST_HEADS = 100
_TIMED = 72


class WitnessedNote(msgspec.Struct, frozen=True, rename="camel"):
    """A head of a log, cosigned by who saw it."""

    address: str
    vkey: str
    checkpoint: str
    seen_at: str


class Witnessed(msgspec.Struct, frozen=True):
    """What one node has seen of a log, newest first."""

    origin: str
    witness: str
    """The key of the cosignatures (C2SP signed-note, "vkey", type 0x04)."""
    heads: tuple[WitnessedNote, ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a witness has seen and the log at hand continues."""

    witness: str
    """The witness's key."""
    sizes: tuple[int, ...]
    """Of the heads that it saw, newest first; empty when it knows nothing of this log."""
    seen_at: datetime | None
    """When it saw the newest, as it signed."""


def witnessed_path(origin: str, *, key: str, address: str) -> str:
    """Return the path where a node says what it has seen of a log: under this key, and under another at this address."""
    return f"/audit/witnessed?{urlencode({'origin': origin, 'key': key, 'address': address})}"


def sight(fetch: Fetch, *, kept: Callable[[str], Sequence[KeptHead]]) -> Sighting:
    """Look at a log: fetch key and head, verify the signature, and hold them against the heads that were kept.

    `kept` tells those once the key is known. A log that contradicts one is returned as such, with both heads; one that
    withholds the proof as `unproven`. Raises tlog.signature-wrong and tlog.*-malformed when it shows nothing that it signed.
    """
    vkey = as_text(fetch("/audit/key"), VerifierMalformed).strip()
    note = as_text(fetch("/audit/head"), CheckpointUnreadable)
    if len(note.encode()) > LARGEST_HEAD:
        raise CheckpointUnreadable(why=f"it is longer than {LARGEST_HEAD} bytes")
    if len(vkey) > LONGEST_KEY:
        raise VerifierMalformed(why=f"it is longer than {LONGEST_KEY} characters")
    shown = open_checkpoint(note, vkey=vkey)
    if not shown.origin.isascii():  # it is written into our own log, which forgets nothing
        raise CheckpointUnreadable(why="the log's name is not plain ASCII")
    if shown.size >= LARGEST_LOG:
        raise CheckpointUnreadable(why="it is of more entries than can be counted")
    vkey = read_verifier(vkey).text()  # of all ways to write one key, the one that keys are compared by
    seen = Sighting(
        vkey=vkey, origin=shown.origin, size=shown.size, root=shown.root, checkpoint=_bare(note, vkey)
    )
    for head in kept(vkey):
        try:
            _check_continues(fetch, head, shown, vkey=vkey)
        except (VerifierChanged, LogShrunk, LogRewritten) as refusal:
            return replace(seen, contradicted=head, code=refusal.code)
        except ProofRefused as refusal:
            return replace(seen, contradicted=head, code=refusal.code, unproven=True)
    return seen


def read_witnessed(body: bytes, *, address: str) -> Witnessed:
    """Read what a node says it has seen; `address` is the node's. Raises tlog.witness-unusable."""
    try:
        stated = msgspec.json.decode(body, type=Witnessed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise WitnessUnusable(witness=address, why=why) from None
    if len(stated.heads) > MOST_HEADS:
        raise WitnessUnusable(witness=address, why=f"it states more than {MOST_HEADS} heads")
    return stated


def check_witness(
    fetch: Fetch, *, stated: Witnessed, kept: Kept, address: str, trusted: str | None = None
) -> Agreed:
    """Check that the log at hand continues, or is continued by, each head that a witness has seen of it.

    `fetch` and `address` are the log's; `kept` is what it has just shown; `trusted` is the witness's key where it is
    known. Raises tlog.witness-unusable for a statement that its own signatures do not bear out, tlog.witness-key-differs
    where the witness saw another key at this address, and tlog.split-view where the log signed heads that do not go together.
    """
    if trusted is not None and stated.witness.strip() != trusted.strip():
        raise WitnessUnusable(witness=address, why="its key is not the one that was kept")
    check_other(stated.witness, vkey=kept.vkey)
    shown = kept.head()
    seen: list[tuple[int, datetime]] = []
    for head in stated.heads:
        if head.vkey.strip() != kept.vkey:
            if head.address.rstrip("/") == address.rstrip("/"):
                raise WitnessKeyDiffers(witness=stated.witness, seen=head.vkey[:200], shown=kept.vkey)
            continue  # another log that bears the same name
        said, at = open_cosigned(head.checkpoint, vkey=kept.vkey, witness=stated.witness)
        _check_one_log(fetch, said, shown, notes=(head.checkpoint, kept.checkpoint), witness=stated.witness)
        seen.append((said.size, at))
    return Agreed(
        witness=stated.witness, sizes=tuple(size for size, _ in seen), seen_at=seen[0][1] if seen else None
    )


def check_other(witness: str, *, vkey: str) -> None:
    """Check that a witness is not the log itself under another name. Raises tlog.witness-unusable."""
    try:
        own = parse_cosigner(witness).public_key == read_verifier(vkey).public_key
    except ValueError as why:
        raise WitnessUnusable(witness=witness[:200], why=str(why)) from None
    if own:
        raise WitnessUnusable(witness=witness[:200], why="its key is the log's own")


def open_cosigned(note: str, *, vkey: str, witness: str) -> tuple[Checkpoint, datetime]:
    """Read a cosigned checkpoint: verify the log's signature and the witness's, and return when the witness signed.

    Raises tlog.witness-unusable: whoever hands on a head that its log did not sign, or that it did not sign itself, is
    no witness.
    """
    try:
        said = open_checkpoint(note, vkey=vkey)
        cosigner, signed = parse_cosigner(witness), parse_note(note)
        times = [
            _cosigned_at(cosigner, signed.text, line.signature)
            for line in signed.signatures
            if (line.name, line.key_id) == (cosigner.name, cosigner.key_id())
        ]
        return said, _latest(times)
    except Refusal as refusal:
        raise WitnessUnusable(witness=witness[:200], why=refusal.said("en")) from refusal
    except ValueError as why:
        raise WitnessUnusable(witness=witness[:200], why=str(why)) from None


def _latest(times: list[datetime]) -> datetime:
    if not times:
        raise ValueError("a head bears no cosignature of the witness")
    return max(times)


def _cosigned_at(cosigner: Cosigner, text: str, line: bytes) -> datetime:
    if len(line) != _TIMED:
        raise ValueError("a cosignature has not 8 bytes of time and 64 of signature")
    at = int.from_bytes(line[:8])
    try:
        key = Ed25519PublicKey.from_public_bytes(cosigner.public_key)
        key.verify(line[8:], cosigned_text(text, at=at))
        return datetime.fromtimestamp(at, UTC)
    except InvalidSignature:
        raise ValueError("a cosignature is not by the witness's key") from None
    except (OverflowError, OSError):
        raise ValueError("a cosignature bears a time that is none") from None


def _check_continues(fetch: Fetch, head: KeptHead, shown: Checkpoint, *, vkey: str) -> None:
    if head.vkey != vkey:
        raise VerifierChanged(kept=head.vkey, shown=vkey)
    before = open_checkpoint(head.checkpoint, vkey=vkey)
    if shown.size < before.size:
        raise LogShrunk(kept=before.size, shown=shown.size)
    check_growth(kept=before, shown=shown, path=_path(fetch, before, shown))


def _check_one_log(
    fetch: Fetch, said: Checkpoint, shown: Checkpoint, *, notes: tuple[str, str], witness: str
) -> None:
    earlier, later = sorted((said, shown), key=lambda head: head.size)
    try:
        check_growth(kept=earlier, shown=later, path=_path(fetch, earlier, later))
    except (LogRewritten, ProofRefused) as refusal:
        if isinstance(refusal, ProofRefused) and not _knows_no_such_size(refusal):
            raise
        raise SplitView(
            witness=witness, seen=said.size, shown=shown.size, seen_note=notes[0], shown_note=notes[1]
        ) from None


def _knows_no_such_size(refusal: ProofRefused) -> bool:
    """Whether the log itself said that it never had as many entries as a head that it signed."""
    return getattr(refusal.__cause__, "peer_code", "") == "audit.size-unknown"


def _path(fetch: Fetch, earlier: Checkpoint, later: Checkpoint) -> tuple[bytes, ...]:
    """The log's own proof between two of its heads. Raises tlog.proof-refused for an answer that is none."""
    if earlier.size == later.size:
        return ()
    try:
        return read_growth(fetch(growth_path(earlier.size, later.size))).hashes()
    except Refusal as refusal:
        if refusal.kind is Kind.UNAVAILABLE:
            raise
        raise ProofRefused(kept=earlier.size, shown=later.size) from refusal


def _bare(note: str, vkey: str) -> str:
    """The note with the log's own signature alone: what others have appended is not handed on."""
    verifier, signed = read_verifier(vkey), parse_note(note)
    own = next(
        line for line in signed.signatures if (line.name, line.key_id) == (verifier.name, verifier.key_id())
    )
    return format_note(text=signed.text, signer=verifier, signature=own.signature)
