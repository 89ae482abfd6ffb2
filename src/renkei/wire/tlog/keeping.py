"""What an outsider keeps of a log between two visits: the key it trusts and the last head it saw."""

from collections.abc import Sequence

import msgspec

from renkei.kernel.notes import Checkpoint
from renkei.wire.tlog.errors import CheckpointUnreadable, VerifierChanged
from renkei.wire.tlog.signed import check_growth, open_checkpoint


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A log's verifier key and its last signed head, as kept in a file."""

    vkey: str
    checkpoint: str
    witnesses: dict[str, str] = {}
    """The keys of the witnesses that were asked, by their address."""

    def head(self) -> Checkpoint:
        """Return the kept head, its signature verified. Raises tlog.checkpoint-malformed and tlog.signature-wrong."""
        return open_checkpoint(self.checkpoint, vkey=self.vkey)


def read_kept(body: bytes) -> Kept:
    """Read a kept file. Raises tlog.checkpoint-malformed."""
    try:
        return msgspec.json.decode(body, type=Kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise CheckpointUnreadable(why=why) from None


def write_kept(kept: Kept) -> bytes:
    """Write a kept file: JSON, for people to read and to hand on."""
    return msgspec.json.format(msgspec.json.encode(kept)) + b"\n"


def keep(*, kept: Kept | None, vkey: str, checkpoint: str, path: Sequence[bytes]) -> Kept:
    """Return what to keep after a visit, once the head shown was verified against what was kept before.

    On the first visit (`kept` is None) the key is trusted as shown: compare it with the operator by another channel.
    `path` is the consistency proof from the kept size to the shown one; empty on the first visit. Raises
    tlog.key-changed, tlog.signature-wrong, tlog.log-shrunk, tlog.log-rewritten and tlog.*-malformed.
    """
    vkey = vkey.strip()
    if kept is not None and kept.vkey != vkey:
        raise VerifierChanged(kept=kept.vkey, shown=vkey)
    shown = open_checkpoint(checkpoint, vkey=vkey)
    if kept is not None:
        check_growth(kept=kept.head(), shown=shown, path=path)
    return Kept(vkey=vkey, checkpoint=checkpoint, witnesses={} if kept is None else kept.witnesses)
