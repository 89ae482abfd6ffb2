"""An auditor's export: everything that a log says about one thing, checked offline by whoever receives the file.

One JSON document, described in docs/how-to/check-the-log.md. It holds what evidence holds (signed head, entries, proofs),
and besides: heads of other logs that this node has seen, heads of this log that other nodes have seen, and the hashes of
the records of provision.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import msgspec

from renkei.kernel.notes import Checkpoint, parse_checkpoint, parse_cosigner, parse_note
from renkei.wire.tlog.errors import ExportContradictory, ExportMalformed, ExportTooLarge
from renkei.wire.tlog.evidence import Bundle, BundleEntry, ProvenEntry, hashes_in, verify_bundle
from renkei.wire.tlog.signed import check_growth, open_checkpoint, read_verifier
from renkei.wire.tlog.witnessing import WitnessedNote, check_other, open_cosigned

FORMAT: Final = "renkei-audit-export"
VERSION: Final = 1
LARGEST: Final = 256 * 1024 * 1024
"""Bytes of an export that is read: it is held in memory as a whole."""
WITNESSED_ACTION: Final = "audit.head-witnessed"


class CosignedHead(msgspec.Struct, frozen=True):
    """A head of the exported log that another node has seen, and the proof that the export's head continues it."""

    address: str
    """Of the other node."""
    witness: str
    """The key of its cosignature."""
    checkpoint: str
    path: tuple[str, ...]


class ProvisionMark(msgspec.Struct, frozen=True):
    """The hash of a record of provision, by which the record is known when it is shown later. Stated, not proven."""

    transfer: str
    role: str
    at: str
    sha256: str


class Export(msgspec.Struct, frozen=True, rename="camel"):
    """The document as it travels."""

    format: str
    version: int
    subject: str
    org: str | None
    """The participant whose entries were asked for; null for all."""
    exported_at: str
    vkey: str
    cosigner: str
    """The key of this node's own cosignatures."""
    checkpoint: str
    entries: tuple[BundleEntry, ...]
    following: int | None = None
    """The index from which to ask for more; null when this is all."""
    witnessed: tuple[WitnessedNote, ...] = ()
    cosigned: tuple[CosignedHead, ...] = ()
    provisions: tuple[ProvisionMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Another node's word for the exported log."""

    address: str
    witness: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CheckedExport:
    """What an export has shown to be true."""

    head: Checkpoint
    vkey: str
    entries: tuple[ProvenEntry, ...]
    confirmed: tuple[Confirmed, ...]
    """By whom else the log was seen."""
    witnessed: tuple[str, ...]
    """The names of other logs whose heads stand in this one."""
    provisions: int
    following: int | None


def read_export(body: bytes) -> Export:
    """Read an export from JSON. Raises tlog.export-malformed, tlog.export-too-large."""
    if len(body) > LARGEST:
        raise ExportTooLarge(size=len(body), limit=LARGEST)
    try:
        export = msgspec.json.decode(body, type=Export)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise ExportMalformed(why=why) from None
    if (export.format, export.version) != (FORMAT, VERSION):
        raise ExportMalformed(why=f"it is no {FORMAT} of version {VERSION}")
    return export


def write_export(export: Export, entries: Iterator[BundleEntry]) -> Iterator[bytes]:
    """Write an export in parts, so that its entries never stand in memory together; `export` has none of its own."""
    fields = msgspec.to_builtins(export)
    del fields["entries"]
    whole = msgspec.json.encode(fields)
    yield whole[:-1] + b',"entries":['
    between = b"\n"
    for entry in entries:
        yield between + msgspec.json.encode(entry)
        between = b",\n"
    yield b"\n]}\n"


def verify_export(export: Export, *, vkey: str | None) -> CheckedExport:
    """Verify everything that an export states about its log: heads, entries, and what other nodes have seen.

    `vkey` is the log's key as the auditor knows it; where it is None the one that came along is taken, which proves no
    more than that the file agrees with itself. Raises tlog.signature-wrong, tlog.entry-not-in-log,
    tlog.witness-unusable, tlog.log-rewritten, tlog.log-shrunk, tlog.export-contradictory and tlog.*-malformed.
    """
    trusted = (export.vkey if vkey is None else vkey).strip()
    head = open_checkpoint(export.checkpoint, vkey=trusted)
    bundle = Bundle(checkpoint=export.checkpoint, vkey=trusted, entries=export.entries)
    entries = verify_bundle(bundle, vkey=trusted)
    _check_order(entries)
    return CheckedExport(
        head=head,
        vkey=trusted,
        entries=entries,
        confirmed=tuple(_confirmed(each, head, vkey=trusted) for each in export.cosigned),
        witnessed=_seen_here(export, entries, vkey=trusted),
        provisions=len(export.provisions),
        following=export.following,
    )


def _check_order(entries: Sequence[ProvenEntry]) -> None:
    for before, after in pairwise(entries):
        if after.index <= before.index:
            raise ExportContradictory(why=f"entry {after.index} comes after entry {before.index}")


def _confirmed(told: CosignedHead, head: Checkpoint, *, vkey: str) -> Confirmed:
    check_other(told.witness, vkey=vkey)
    said, at = open_cosigned(told.checkpoint, vkey=vkey, witness=told.witness)
    check_growth(kept=said, shown=head, path=hashes_in(told.path))
    return Confirmed(address=told.address, witness=told.witness, size=said.size, at=at)


def _seen_here(export: Export, entries: Sequence[ProvenEntry], *, vkey: str) -> tuple[str, ...]:
    """The names of the other logs whose heads are given: each signed by its log, cosigned here, and among the entries."""
    if not export.witnessed:
        return ()
    _check_cosigner(export.cosigner, vkey=vkey)
    stand = {
        (entry.subject, entry.facts.get("size"), entry.facts.get("root"))
        for entry in entries
        if entry.action == WITNESSED_ACTION
    }
    for told in export.witnessed:
        said, _ = open_cosigned(told.checkpoint, vkey=told.vkey, witness=export.cosigner)
        if (said.origin, said.size, said.root.hex()) not in stand:
            raise ExportContradictory(why=f"the head of {said.origin} stands in no entry")
    return tuple(dict.fromkeys(_origin(told.checkpoint) for told in export.witnessed))


def _check_cosigner(cosigner: str, *, vkey: str) -> None:
    try:
        stated = parse_cosigner(cosigner)
    except ValueError as why:
        raise ExportMalformed(why=why) from None
    log = read_verifier(vkey)
    if (stated.name, stated.public_key) != (log.name, log.public_key):
        raise ExportContradictory(why="the cosigner's key is not the log's")


def _origin(note: str) -> str:
    return parse_checkpoint(parse_note(note).text).origin
