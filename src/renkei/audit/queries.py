"""Reads of the log: heads, proofs, entries and who may see them."""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Exists, F, Max, OuterRef, QuerySet

from renkei.audit import tree
from renkei.audit.errors import HeadUnknown, IndexUnknown, SizeUnknown, TreeAltered
from renkei.audit.models import ConcernRow, EntryRow, HeadRow
from renkei.audit.types import Act, Entry, Head, InclusionProof, SignedHead
from renkei.kernel.merkle import empty_root

_SUBJECTS = 500
"""Subjects asked for at once: a database takes so many values and no more."""


def head() -> Head:
    """Return the state of the log as it was last sealed."""
    with connection.cursor() as cursor:  # plain SQL: every proof asks this, and it would be half of its cost
        cursor.execute("SELECT size, root FROM audit_log WHERE id = 1")
        row = cursor.fetchone()
    return Head(size=0, root=empty_root()) if row is None else Head(size=row[0], root=bytes(row[1]))


def head_of_size(size: int) -> SignedHead:
    """Return the head that was signed when the log had this size. Raises audit.head-unknown."""
    row = HeadRow.objects.filter(pk=size).first()
    if row is None:
        raise HeadUnknown(size=size)
    return row.as_fact()


def latest_checkpoint() -> str | None:
    """Return the head that was signed last, as a signed note; None where none ever was. Nothing is sealed for it."""
    with connection.cursor() as cursor:  # plain SQL: every read of the exchange asks this
        cursor.execute("SELECT checkpoint FROM audit_head ORDER BY size DESC LIMIT 1")
        row = cursor.fetchone()
    return None if row is None else str(row[0])


def inclusion(index: int, *, size: int) -> InclusionProof:
    """Prove that an entry stands in the tree of `size` entries (RFC 9162, 2.1.3).

    Raises audit.size-unknown and audit.index-unknown.
    """
    return inclusions([index], size=size)[0]


def inclusions(indexes: Sequence[int], *, size: int) -> tuple[InclusionProof, ...]:
    """Prove several entries against one tree, with one read of the tree. Raises as `inclusion` does."""
    _check_size(size)
    for index in indexes:
        if not 0 <= index < size:
            raise IndexUnknown(index=index, size=size)
    wanted = [tree.inclusion_spans(index=index, size=size) for index in indexes]
    roots = _roots(span for spans in wanted for span in spans)
    return tuple(
        InclusionProof(index=index, size=size, path=tuple(roots[span] for span in spans))
        for index, spans in zip(indexes, wanted, strict=True)
    )


def consistency(first: int, second: int) -> tuple[bytes, ...]:
    """Prove that the tree of `second` entries only added to that of `first` (RFC 9162, 2.1.4).

    Raises audit.size-unknown.
    """
    if not 0 <= first <= second:
        raise SizeUnknown(size=first, largest=head().size)
    _check_size(second)
    spans = tree.consistency_spans(first=first, second=second)
    roots = _roots(spans)
    return tuple(roots[span] for span in spans)


def entries(*, start: int, limit: int, subject: str | None = None) -> tuple[Entry, ...]:
    """Return sealed entries from an index on, in the log's order, all or those on one subject."""
    rows = EntryRow.objects.filter(index__gte=start).order_by("index")
    chosen = rows if subject is None else rows.filter(subject=subject)
    return tuple(row.as_fact() for row in chosen[:limit])


def acts(subject: str) -> tuple[Act, ...]:
    """Return what was done to a subject, oldest first, sealed or still waiting."""
    rows = EntryRow.objects.filter(subject=subject).order_by(F("index").asc(nulls_last=True), "id")
    return tuple(row.as_act() for row in rows)


def trail(subject: str) -> list[str]:
    """Return the actions on a subject, oldest first, sealed or still waiting."""
    rows = EntryRow.objects.filter(subject=subject).order_by(F("index").asc(nulls_last=True), "id")
    return list(rows.values_list("action", flat=True))


def entries_concerning(
    participant: str, *, subject: str | None = None, start: int = 0, limit: int | None = None
) -> tuple[Entry, ...]:
    """Return the sealed entries that a participant may ask for, in the log's order."""
    rows = _concerning(participant, subject).filter(index__gte=start).order_by("index")[:limit]
    # The body decides, since it is what was hashed; the side table only finds it.
    return tuple(fact for fact in (row.as_fact() for row in rows) if participant in fact.concerns)


def indexes_on(
    subjects: Sequence[str],
    *,
    participant: str | None = None,
    action: str | None = None,
    start: int = 0,
    below: int,
    limit: int,
) -> list[int]:
    """Return the places of the entries on these subjects, in the log's order, from `start` up to, not including, `below`.

    With `participant` only those that concern it, with `action` only those of this act.
    """
    found: set[int] = set()
    for some in range(0, len(subjects), _SUBJECTS):
        rows = EntryRow.objects.filter(
            subject__in=subjects[some : some + _SUBJECTS], index__gte=start, index__lt=below
        )
        if participant is not None:
            concerned = ConcernRow.objects.filter(participant=participant, entry=OuterRef("pk"))
            rows = rows.filter(Exists(concerned))
        rows = rows if action is None else rows.filter(action=action)
        found.update(
            place
            for place in rows.order_by("index").values_list("index", flat=True)[:limit]
            if place is not None
        )
    return sorted(found)[:limit]


def entries_at(indexes: Sequence[int]) -> tuple[Entry, ...]:
    """Return the entries that stand at these places, in the log's order."""
    return tuple(row.as_fact() for row in EntryRow.objects.filter(index__in=indexes).order_by("index"))


def latest_concerning(participant: str, *, limit: int) -> tuple[Entry, ...]:
    """Return the last sealed entries that a participant may ask for, newest first."""
    rows = _concerning(participant, None).order_by("-index")[:limit]
    return tuple(fact for fact in (row.as_fact() for row in rows) if participant in fact.concerns)


def tiles(wanted: set[tree.Tile]) -> dict[tree.Tile, bytes]:
    """Return the stored hashes of these tiles, those that exist, with one query."""
    if not wanted:
        return {}
    by_level: dict[int, list[int]] = {}
    for tile in wanted:
        by_level.setdefault(tile.level, []).append(tile.number)
    matching = " OR ".join(
        f"(level = %s AND tile_index IN ({', '.join(['%s'] * len(numbers))}))"
        for numbers in by_level.values()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT level, tile_index, hashes FROM audit_tile WHERE {matching}",  # noqa: S608  only placeholders are put in
            [number for level, numbers in by_level.items() for number in (level, *numbers)],
        )
        return {tree.Tile(level, number): bytes(hashes) for level, number, hashes in cursor.fetchall()}


def highest_index() -> int:
    """Return the largest index that any entry bears; -1 when there is none."""
    largest: int | None = EntryRow.objects.aggregate(largest=Max("index"))["largest"]
    return -1 if largest is None else largest


def _concerning(participant: str, subject: str | None) -> QuerySet[EntryRow]:
    rows = EntryRow.objects.filter(
        index__isnull=False, id__in=ConcernRow.objects.filter(participant=participant).values("entry")
    )
    return rows if subject is None else rows.filter(subject=subject)


def _roots(spans: Iterable[tree.Span]) -> dict[tree.Span, bytes]:
    wanted = set(spans)
    hashes = tree.Hashes(tiles(tree.tiles_for(wanted)))
    try:
        return {span: hashes.of(span) for span in wanted}
    except KeyError:
        raise TreeAltered(
            index=min(span.start for span in wanted), last=max(span.end for span in wanted) - 1
        ) from None


def _check_size(size: int) -> None:
    largest = head().size
    if not 0 <= size <= largest:
        raise SizeUnknown(size=size, largest=largest)
