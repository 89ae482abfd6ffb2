"""The full check: recompute the log from its entries, in constant memory, and name the first place that was altered."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from renkei.audit import queries, tree
from renkei.audit.errors import (
    CheckpointForeign,
    CheckpointMalformed,
    EntryAltered,
    EntryForged,
    EntryMissing,
    HeadAltered,
    LogAltered,
    LogShortened,
    LookupAltered,
    TreeAltered,
    TrustedHeadBroken,
)
from renkei.audit.models import Body, ConcernRow, EntryRow, HeadRow
from renkei.audit.signing import Signer, log_key
from renkei.audit.types import LogCheck
from renkei.kernel.merkle import leaf_hash
from renkei.kernel.notes import Checkpoint, parse_checkpoint, parse_note

_PAGE = 4_000


def check(*, trusted: str | None = None) -> LogCheck:
    """Recompute the whole log and compare it with the stored tree, each signed head and an outsider's checkpoint.

    `trusted` is a checkpoint (signed note) that somebody outside has kept. Raises audit.log-altered naming the first
    bad index, audit.checkpoint-malformed, and audit.checkpoint-foreign when `trusted` was not signed by this log.
    """
    kept = None if trusted is None else _read_trusted(trusted)
    highest = queries.highest_index()
    log = queries.head()  # read after the highest index: sealing goes on while this runs
    if highest >= log.size:
        raise EntryForged(index=log.size, size=log.size)
    walk = _Walk(kept, Signer.load())
    walk.meet_heads()
    for row, concerns in _entries(log.size):
        walk.take(row, concerns)
    if walk.frontier.size < log.size:
        raise EntryMissing(index=walk.frontier.size)
    walk.check_end(log.root)
    return LogCheck(
        size=log.size, root=log.root, heads=walk.heads, trusted=None if kept is None else kept.size
    )


class _Stored(NamedTuple):
    id: int
    place: int
    action: str
    subject: str
    body: str


class _Walk:
    """Goes through the entries once, holding one page of each kind of row."""

    def __init__(self, trusted: Checkpoint | None, signer: Signer) -> None:
        self.frontier = tree.Frontier()
        self.heads = 0
        self._sure = 0
        self._trusted = trusted
        self._signer = signer
        self._stored: dict[int, tuple[tree.Tile, bytes]] = {}
        self._signed = _heads()
        self._next = next(self._signed, None)

    def take(self, row: _Stored, concerns: set[str]) -> None:
        """Take the next entry, with the participants whom the side table names for it."""
        if row.place != self.frontier.size:
            raise EntryMissing(index=self.frontier.size)
        for tile, place, value in self.frontier.add(leaf_hash(row.body.encode())):
            self._compare(tile, place, value)
        _check_lookup(row, concerns)
        self.meet_heads()

    def meet_heads(self) -> None:
        """Compare the heads of the size that has been reached."""
        size = self.frontier.size
        if self._next is not None and self._next.size == size:
            self._check_signed(self._next)
            self.heads += 1
            self._next = next(self._signed, None)
        if (
            self._trusted is not None
            and self._trusted.size == size
            and self._trusted.root != self.frontier.root()
        ):
            raise TrustedHeadBroken(index=self._sure, last=max(size - 1, 0), size=size)

    def check_end(self, root: bytes) -> None:
        """Compare what only the end can show: the log's own root, and heads beyond it."""
        size = self.frontier.size
        if root != self.frontier.root():
            raise TreeAltered(index=self._sure, last=max(size - 1, 0))
        if self._trusted is not None and self._trusted.size > size:
            raise LogShortened(index=size, size=self._trusted.size)
        # A head may have been signed since this check began; the log then reaches it by now.
        if self._next is not None and self._next.size > queries.head().size:
            raise LogShortened(index=size, size=self._next.size)

    def _check_signed(self, head: HeadRow) -> None:
        size = self.frontier.size
        altered = HeadAltered(index=self._sure, last=max(size - 1, 0), size=size)
        try:
            said = parse_checkpoint(parse_note(head.checkpoint).text)
        except ValueError:
            raise altered from None
        if (
            said.root != self.frontier.root()
            or head.checkpoint != self._signer.sign(said)
            or said.size != size
        ):
            raise altered
        self._sure = size

    def _compare(self, tile: tree.Tile, place: int, value: bytes) -> None:
        at = self._stored.get(tile.level)
        if at is None or at[0] != tile:
            at = self._stored[tile.level] = (tile, queries.tiles({tile}).get(tile, b""))
        if at[1][place * tree.HASH : (place + 1) * tree.HASH] != value:
            raise self._mismatch(tile, place)

    def _mismatch(self, tile: tree.Tile, place: int) -> LogAltered:
        if tile.level == 0:
            return EntryAltered(index=self.frontier.size - 1)
        width = tree.WIDTH**tile.level
        first = (tile.number * tree.WIDTH + place) * width
        return TreeAltered(index=max(first, self._sure), last=first + width - 1)


def _entries(size: int) -> Iterator[tuple[_Stored, set[str]]]:
    """Each sealed entry in order, with the participants whom the side table names for it."""
    reached = -1
    while reached + 1 < size:
        sealed = EntryRow.objects.filter(index__gt=reached, index__lt=size).order_by("index")
        found = sealed.values_list("id", "index", "action", "subject", "body")[:_PAGE]
        rows = [_Stored(key, -1 if index is None else index, *rest) for key, index, *rest in found]
        if not rows:
            return
        concerns = _concerns([row.id for row in rows])
        for row in rows:
            yield row, concerns.get(row.id, set())
        reached = rows[-1].place


def _check_lookup(row: _Stored, concerns: set[str]) -> None:
    try:
        said = msgspec.json.decode(row.body, type=Body)
    except msgspec.DecodeError:
        raise EntryAltered(index=row.place) from None
    if (said.action, said.subject, set(said.concerns)) != (row.action, row.subject, concerns):
        raise LookupAltered(index=row.place)


def _concerns(entries: list[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    rows = ConcernRow.objects.filter(entry__gte=min(entries), entry__lte=max(entries))
    for entry, participant in rows.values_list("entry", "participant"):
        found.setdefault(entry, set()).add(participant)
    return found


def _heads() -> Iterator[HeadRow]:
    last = -1
    while True:
        rows = list(HeadRow.objects.filter(size__gt=last).order_by("size")[:_PAGE])
        if not rows:
            return
        yield from rows
        last = rows[-1].size


def _read_trusted(text: str) -> Checkpoint:
    try:
        note = parse_note(text)
        said = parse_checkpoint(note.text)
    except ValueError as why:
        raise CheckpointMalformed(why=why) from None
    # Ed25519 is deterministic, so the log's own signature over the same text is found among the note's lines.
    own = parse_note(Signer.load().sign(said))
    if own.text != note.text or own.signatures[0] not in note.signatures:
        raise CheckpointForeign(key=log_key().verifier)
    return said
