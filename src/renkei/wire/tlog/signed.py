"""Signed heads of a log: who signed them, and whether one continues another."""

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from renkei.kernel.merkle import verify_consistency
from renkei.kernel.notes import Checkpoint, Verifier, parse_checkpoint, parse_note, parse_verifier
from renkei.wire.tlog.errors import (
    CheckpointUnreadable,
    LogRewritten,
    LogShrunk,
    SignatureWrong,
    VerifierMalformed,
)


def read_verifier(vkey: str) -> Verifier:
    """Read a log's verifier key (C2SP signed-note, "vkey"). Raises tlog.key-malformed."""
    try:
        return parse_verifier(vkey)
    except ValueError as why:
        raise VerifierMalformed(why=why) from None


def open_checkpoint(note: str, *, vkey: str) -> Checkpoint:
    """Read a checkpoint and verify its signature; signatures by other keys are passed over, as C2SP signed-note asks.

    Raises tlog.key-malformed, tlog.checkpoint-malformed and tlog.signature-wrong.
    """
    verifier = read_verifier(vkey)
    try:
        signed = parse_note(note)
        said = parse_checkpoint(signed.text)
    except ValueError as why:
        raise CheckpointUnreadable(why=why) from None
    own = [
        line.signature
        for line in signed.signatures
        if (line.name, line.key_id) == (verifier.name, verifier.key_id())
    ]
    if not own or not all(_is_signed(verifier, signed.text, signature) for signature in own):
        raise SignatureWrong(name=verifier.name)
    if said.origin != verifier.name:
        raise SignatureWrong(name=verifier.name)
    return said


def check_growth(*, kept: Checkpoint, shown: Checkpoint, path: Sequence[bytes]) -> None:
    """Check that the head shown now only adds to the one kept (RFC 9162, 2.1.4.2).

    Raises tlog.log-shrunk and tlog.log-rewritten.
    """
    if shown.size < kept.size:
        raise LogShrunk(kept=kept.size, shown=shown.size)
    if kept.origin != shown.origin or not verify_consistency(
        first_size=kept.size,
        first_root=kept.root,
        second_size=shown.size,
        second_root=shown.root,
        path=path,
    ):
        raise LogRewritten(kept=kept.size, shown=shown.size)


def _is_signed(verifier: Verifier, text: str, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public_key).verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True
