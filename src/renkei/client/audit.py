"""Whether a provider's audit log holds what one did, and only ever grew since one looked last."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from renkei.wire import tlog


@dataclass(frozen=True, slots=True)
class Verified:
    """What a visit to a log has shown."""

    size: int
    """Entries in the log, by its signed head."""
    before: int | None
    """Entries at the last visit; None at the first, when the key was trusted as shown."""
    key: str
    """The log's verifier key, to compare with the operator by another channel."""
    entries: tuple[tlog.ProvenEntry, ...]
    """The entries on everything that was asked for, oldest first, each proven to stand in the log."""

    @property
    def actions(self) -> list[str]:
        """What happened, oldest first."""
        return [entry.action for entry in self.entries]


def verify(fetch: Callable[[str], bytes], *, things: Sequence[tuple[str, ...]], keep: Path) -> Verified:
    """Visit a log: verify that it continues the head kept in `keep`, prove the entries, keep the new head.

    Each thing is given by the names under which entries on it may stand; one of them has to. `fetch` gets a path from
    the log's root. Raises the tlog.… refusals; then the kept head stays as it was.
    """
    kept = tlog.read_kept(keep.read_bytes()) if keep.exists() else None
    new = tlog.visit(fetch, kept=kept)
    found = {entry.index: entry for names in things for entry in _prove(fetch, new, names)}
    part = keep.with_name(f"{keep.name}.part")
    part.write_bytes(tlog.write_kept(new))
    part.replace(keep)
    return Verified(
        size=new.head().size,
        before=None if kept is None else kept.head().size,
        key=new.vkey,
        entries=tuple(found[index] for index in sorted(found)),
    )


def _prove(fetch: Callable[[str], bytes], kept: tlog.Kept, names: tuple[str, ...]) -> list[tlog.ProvenEntry]:
    proven: list[tlog.ProvenEntry] = []
    for name in names:
        with contextlib.suppress(tlog.NothingProven):
            proven += tlog.prove(fetch, kept=kept, subject=name)
    if not proven:
        raise tlog.NothingProven(subject=names[0], size=kept.head().size)
    return proven
