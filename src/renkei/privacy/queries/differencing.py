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

from renkei.privacy.errors import QueryFailed, QueryLedgerFull

MOST_MARKS = 500_000
"""Of one answer; 4 MB."""
ANY_ROWS = "*"
"""What figures are made of whole rows; others are made of the values of one column."""
_BITS = 64


@dataclass(frozen=True, slots=True)
class Marked:
    """Of which rows one group's figures are made: each entity's mark, ascending."""

    made_of: str
    """`*`, or the column whose values the figures are made of."""
    marks: tuple[int, ...]
    told: bool = True
    """False for a group that has too few entities: that it is not told, is told."""

    @property
    def size(self) -> int:
        """How many entities."""
        return len(self.marks)

    def pack(self) -> bytes:
        """Return the marks as they are kept: 8 bytes each, big-endian."""
        return b"".join(mark.to_bytes(8, "big") for mark in self.marks)

    def digest(self) -> str:
        """Return by what the same set is known."""
        return sha256(self.pack()).hexdigest()


def unpack(packed: bytes) -> tuple[int, ...]:
    """Return marks that `pack` packed."""
    numbers = array("Q", packed)
    numbers.byteswap()
    return tuple(numbers)


def spelt(entity: object) -> str | None:
    """Return an entity as text, the same wherever the database holds it to be the same; None for nobody."""
    if entity is None:
        return None
    return repr(entity + 0.0 if isinstance(entity, float) else entity)  # 0.0 for -0.0


def pack_all(sets: Iterable[Marked]) -> bytes:
    """Return sets one after the other, each as the number of its marks and the marks."""
    return b"".join(each.size.to_bytes(8, "big") + each.pack() for each in sets)


def unpack_all(packed: bytes) -> Iterator[tuple[int, ...]]:
    """Return the sets that `pack_all` packed."""
    numbers = unpack(packed)
    at = 0
    while at < len(numbers):
        end = at + 1 + numbers[at]
        yield numbers[at + 1 : end]
        at = end


def marked(
    rows: Iterable[Sequence[object]], *, made_of: Sequence[str], least: int, key: bytes
) -> Iterator[Marked]:
    """Return the sets of marks of an answer: of each group, and of all groups together whose figure is told.

    A row holds its group's number, of how many entities that is made, an entity, and for each of `made_of` the sum of its
    rows' keys, None where it has none. All told groups together are an answer, too, since their sums can be added up. A
    figure of a column's values tells how many rows have one (a sum over a mean is a count), so that what it is made of
    counts among whole rows as well. Raises privacy.query-ledger-full for more than MOST_MARKS, privacy.query-failed where
    a group has not the entities that it is said to have.
    """
    for name, groups in zip(made_of, _by_group(rows, len(made_of)), strict=True):
        told = [of for of in groups if _entities(of) >= least]
        for of in told:
            yield from _told(name, of, key)
        if len(told) > 1:
            yield from _told(name, _together(told), key)
        for of in groups:
            if _entities(of) < least:
                yield _marked(name, of, key, told=False)


def too_close(one: Marked, other: Marked, *, least: int) -> bool:
    """Tell whether two answers differ, and possibly in fewer than `least` entities.

    An entity whose rows differ leaves a mark on either side or on both, so that the larger side's number is what is
    known for certain. Where one has `least` marks and the two are close, they have one in common among the first `least`
    of each: fewer than `least` of either come before the smallest that both have (the prefix filter of set joins).
    """
    if abs(one.size - other.size) >= least:
        return False
    mine, theirs = set(one.marks), set(other.marks)
    return 0 < max(len(mine - theirs), len(theirs - mine)) < least


def _by_group(rows: Iterable[Sequence[object]], places: int) -> list[list[dict[str | None, int]]]:
    """Return for each place the sums of each entity, one group after the other."""
    sums: list[dict[object, dict[str | None, int]]] = [defaultdict(dict) for _ in range(places)]
    sizes: dict[object, int] = {}
    found: dict[object, int] = defaultdict(int)
    count = 0
    for group, size, entity, *totals in rows:
        sizes[group] = int(str(size))
        found[group] += entity is not None
        for place, total in enumerate(totals):
            if total is None:
                continue
            count += 1
            if count > MOST_MARKS:
                raise QueryLedgerFull(limit=MOST_MARKS)
            sums[place][group][spelt(entity)] = int(str(total))
    if found != sizes:
        raise QueryFailed
    return [list(each.values()) for each in sums]


def _together(groups: Iterable[dict[str | None, int]]) -> dict[str | None, int]:
    sums: dict[str | None, int] = defaultdict(int)
    for of in groups:
        for entity, total in of.items():
            sums[entity] += total
    return sums


def _entities(of: Iterable[object]) -> int:
    """Count as the answer does: rows of nobody are of no entity."""
    return sum(entity is not None for entity in of)


def _told(made_of: str, of: dict[str | None, int], key: bytes) -> Iterator[Marked]:
    found = _marked(made_of, of, key)
    yield found
    if made_of != ANY_ROWS:
        yield Marked(ANY_ROWS, found.marks)


def _marked(made_of: str, of: dict[str | None, int], key: bytes, *, told: bool = True) -> Marked:
    marks = (_mark(entity, total, key) for entity, total in of.items())
    return Marked(made_of, tuple(sorted(marks)), told)


def _mark(entity: str | None, total: int, key: bytes) -> int:
    said = f"{entity}\x1f{total}".encode(errors="surrogatepass")
    return int.from_bytes(blake2b(said, key=key, digest_size=_BITS // 8).digest(), "big")
