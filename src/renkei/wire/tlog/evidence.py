"""Evidence: a signed head and entries with their proofs, as one JSON document that can be checked without the node."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from renkei.audit.types import Fact
from renkei.kernel.clock import parse_utc
from renkei.kernel.merkle import leaf_hash, verify_inclusion
from renkei.kernel.notes import from_base64
from renkei.wire.tlog.errors import BundleMalformed, EntryNotInLog
from renkei.wire.tlog.signed import open_checkpoint


class BundleEntry(msgspec.Struct, frozen=True):
    """One entry: its index, its body as it was hashed, its path in base 64 from the leaf upwards."""

    index: int
    body: str
    path: tuple[str, ...]


class Bundle(msgspec.Struct, frozen=True):
    """The evidence as it travels."""

    checkpoint: str
    vkey: str
    entries: tuple[BundleEntry, ...]
    following: int | None = None
    """The index from which to ask for more; null when this is all."""


class Growth(msgspec.Struct, frozen=True):
    """A consistency proof as it travels; the path is base 64."""

    first: int
    second: int
    path: tuple[str, ...]

    def hashes(self) -> tuple[bytes, ...]:
        """Return the path's hashes. Raises tlog.evidence-malformed."""
        return hashes_in(self.path)


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry that was found to stand in the log."""

    index: int
    body: str
    at: datetime
    action: str
    actor: str
    subject: str
    concerns: tuple[str, ...]
    facts: Mapping[str, Fact]


class _Body(msgspec.Struct, frozen=True):
    v: int
    at: str
    action: str
    actor: str
    subject: str
    concerns: tuple[str, ...]
    facts: dict[str, Fact]


def read_bundle(body: bytes) -> Bundle:
    """Read evidence from JSON; members that are not known are passed over. Raises tlog.evidence-malformed."""
    try:
        return msgspec.json.decode(body, type=Bundle)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise BundleMalformed(why=why) from None


def read_growth(body: bytes) -> Growth:
    """Read a consistency proof from JSON. Raises tlog.evidence-malformed."""
    try:
        return msgspec.json.decode(body, type=Growth)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise BundleMalformed(why=why) from None


def verify_bundle(bundle: Bundle, *, vkey: str) -> tuple[ProvenEntry, ...]:
    """Verify each entry against the signed head, with a key that the verifier trusts, not the one that came along.

    Raises tlog.signature-wrong, tlog.entry-not-in-log for the first entry that fails, and tlog.*-malformed.
    """
    head = open_checkpoint(bundle.checkpoint, vkey=vkey)
    for entry in bundle.entries:
        leaf = leaf_hash(entry.body.encode())
        path = hashes_in(entry.path)
        if not verify_inclusion(leaf=leaf, index=entry.index, size=head.size, path=path, root=head.root):
            raise EntryNotInLog(index=entry.index, size=head.size)
    return tuple(_proven(entry) for entry in bundle.entries)


def _proven(entry: BundleEntry) -> ProvenEntry:
    try:
        said = msgspec.json.decode(entry.body, type=_Body)
        at = parse_utc(said.at)
    except (ValueError, RecursionError) as why:  # msgspec's errors are ValueErrors
        raise BundleMalformed(why=why) from None
    return ProvenEntry(
        index=entry.index,
        body=entry.body,
        at=at,
        action=said.action,
        actor=said.actor,
        subject=said.subject,
        concerns=said.concerns,
        facts=said.facts,
    )


def hashes_in(path: tuple[str, ...]) -> tuple[bytes, ...]:
    """Return a path's hashes. Raises tlog.evidence-malformed."""
    try:
        return tuple(from_base64(each) for each in path)
    except ValueError as why:
        raise BundleMalformed(why=why) from None
