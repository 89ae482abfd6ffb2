"""Whether the difference between two answers would tell of too few entities.

The figures of a group are made of rows. What is kept of them is one mark of 64 bits for each entity: a keyed hash of the
entity and of the sum of its rows' keys. Two sets of marks differ in each entity whose rows went into one and not, or not
all, into the other: through another WHERE, another grouping, or because the table grew between them.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256

from renkei.privacy.errors import QueryLedgerFull

MOST_MARKS = 500_000
"""Of one answer; 4 MB."""
FIRST = 32
"""Marks of a set that are kept apart: two that differ little share one of their first."""
_BITS = 64


@dataclass(frozen=True, slots=True)
class Marked:
    """Of which rows one group's figures are made: each entity's mark, ascending."""

    made_of: str
    """`*`, or the column whose values the figures are made of."""
    marks: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many entities."""
        return len(self.marks)

    def pack(self) -> bytes:
        """Return the marks as they are kept: 8 bytes each, big-endian."""
        return b"".join(mark.to_bytes(8, "big") for mark in self.marks)

    def pack_first(self) -> bytes:
        """Return the FIRST smallest of them in the same way."""
        return self.pack()[: 8 * FIRST]

    def digest(self) -> str:
        """Return by what the same set is known."""
        return sha256(self.pack()).hexdigest()


def unpack(packed: bytes) -> tuple[int, ...]:
    """Return marks that `pack` packed."""
    numbers = array("Q", packed)
    numbers.byteswap()
    return tuple(numbers)


def marked(
    rows: Iterable[Sequence[object]], *, groups: int, made_of: Sequence[str], key: bytes
) -> Iterator[Marked]:
    """Return the sets of marks of an answer: one for each group, and one for all groups together.

    A row holds `groups` values that tell the group, an entity, and for each of `made_of` the sum of its rows' keys,
    None where it has none. All groups together are an answer, too, since their sums can be added up. Raises
    privacy.query-ledger-full for more than MOST_MARKS.
    """
    sums: dict[tuple[int, object], dict[object, int]] = defaultdict(dict)
    together: list[dict[object, int]] = [defaultdict(int) for _ in made_of]
    numbers: dict[object, int] = {}
    count = 0
    for row in rows:
        group = numbers.setdefault(tuple(map(repr, row[:groups])), len(numbers))
        entity = row[groups]
        for place, total in enumerate(row[groups + 1 :]):
            if total is None:
                continue
            count += 1
            if count > MOST_MARKS:
                raise QueryLedgerFull(limit=MOST_MARKS)
            whole = int(str(total))
            sums[place, group][entity] = whole
            together[place][entity] += whole
    for (place, _), of in sums.items():
        yield _marked(made_of[place], of, key)
    if len(numbers) > 1:
        yield from (_marked(name, of, key) for name, of in zip(made_of, together, strict=True) if of)


def too_close(one: Marked, other: Marked, *, least: int) -> bool:
    """Tell whether two answers differ, and possibly in fewer than `least` entities.

    An entity whose rows differ leaves a mark on either side or on both, so that the larger side's number is what is
    known for certain.
    """
    if abs(one.size - other.size) >= least:
        return False
    mine, theirs = set(one.marks), set(other.marks)
    return 0 < max(len(mine - theirs), len(theirs - mine)) < least


def is_narrow(least: int) -> bool:
    """Tell whether two sets that differ in fewer than `least` entities have one of their first `least` kept marks in common.

    Fewer than `least` marks of either then come before the smallest that both have, which is therefore among the first
    of both (the prefix filter of set joins); FIRST of them are kept apart.
    """
    return least <= FIRST


def _marked(made_of: str, of: dict[object, int], key: bytes) -> Marked:
    marks = (_mark(entity, total, key) for entity, total in of.items())
    return Marked(made_of, tuple(sorted(marks)))


def _mark(entity: object, total: int, key: bytes) -> int:
    said = f"{entity!r}\x1f{total}".encode(errors="surrogatepass")
    return int.from_bytes(blake2b(said, key=key, digest_size=_BITS // 8).digest(), "big")
