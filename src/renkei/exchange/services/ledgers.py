"""What one recipient was told of one table, kept so that no two answers differ in too few entities."""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet

from renkei.audit import api as audit
from renkei.exchange.models import LEDGER_PURPOSE, LedgerRow, MarksRow
from renkei.exchange.types import Access
from renkei.privacy import api as privacy

MOST_MARKS = 8_000_000
"""That a ledger keeps, 8 bytes each."""
EACH_SET = 64
"""As how many marks the rest of a set counts."""
FIRST = 32
"""Marks of a set that are kept apart, to be read without the others."""
UNTOLD = "untold "
"""Before what a row of sets is made of that were not told; a space keeps it apart from any column of a table."""
_KEY = 32


@dataclass(frozen=True, slots=True)
class Fresh:
    """What an answer would tell that no earlier one did."""

    told: Sequence[privacy.Marked]
    untold: Sequence[privacy.Marked]
    """Groups that it would tell to be too small."""
    earlier_untold: Mapping[str, Sequence[privacy.Marked]]
    """Groups that earlier answers told to be too small, by what they are made of."""


def open_ledger(granted: Access) -> LedgerRow:
    """Return the ledger of an agreement's recipient and table; other agreements between the two share it."""
    row, _ = LedgerRow.objects.get_or_create(
        recipient=granted.agreement.assignee,
        table=granted.plan.table,
        defaults={"key": audit.conceal(secrets.token_bytes(_KEY), purpose=LEDGER_PURPOSE)},
    )
    return row


def ledger_key(ledger: LedgerRow) -> bytes:
    """Return the key under which a ledger's marks are made."""
    return audit.reveal(bytes(ledger.key), purpose=LEDGER_PURPOSE)


def fresh_marks(ledger: LedgerRow, found: privacy.Found, *, entity: str) -> Fresh:
    """Return what an answer has that no earlier one has told of, once each."""
    rows = MarksRow.objects.filter(ledger=ledger, entity=entity)
    known = set(rows.exclude(made_of__startswith=UNTOLD).values_list("made_of", "digest"))
    told = {(each.made_of, each.digest()): each for each in found.marks}
    earlier = _earlier_untold(rows, {each.made_of for each in (*found.marks, *found.untold)})
    before = {(each.made_of, each.marks) for sets in earlier.values() for each in sets}
    untold = {(each.made_of, each.marks): each for each in found.untold}
    return Fresh(
        told=[each for name, each in told.items() if name not in known],
        untold=[each for name, each in untold.items() if name not in before],
        earlier_untold=earlier,
    )


def differ_too_little(
    ledger: LedgerRow,
    fresh: Fresh,
    everything: Sequence[privacy.Marked],
    *,
    group: privacy.MinimumGroup,
) -> bool:
    """Tell whether a set that is told differs in too few entities from all rows, from another, or from one that is not told.

    Sets are compared with those of the same answer and of every earlier one. Two that are not told are not compared:
    neither has a figure.
    """
    earlier = MarksRow.objects.filter(ledger=ledger, entity=group.entity)
    for made_of in {each.made_of for each in (*fresh.told, *fresh.untold)}:
        told = [each for each in fresh.told if each.made_of == made_of]
        untold = [each for each in fresh.untold if each.made_of == made_of]
        whole = [each for each in everything if each.made_of == made_of]
        judged = _Told(earlier.filter(made_of=made_of), whole, least=group.size)
        if any(judged.is_close_to(each) for each in told):
            return True
        if any(judged.has_near(each) for each in untold):
            return True
        refused = _Told(earlier.none(), (), least=group.size)
        for each in fresh.earlier_untold.get(made_of, ()):
            refused.put(each)
        if any(refused.has_near(each) for each in told):
            return True
    return False


def keep_marks(ledger: LedgerRow, fresh: Fresh, *, entity: str) -> None:
    """Keep what an answer tells of. Raises privacy.query-ledger-full."""
    rows = [_row_of(each, ledger, entity) for each in fresh.told]
    rows += [
        _row_of_untold([each for each in fresh.untold if each.made_of == made_of], ledger, entity)
        for made_of in sorted({each.made_of for each in fresh.untold})
    ]
    more = sum(row.size + EACH_SET for row in rows)
    if rows and ledger.marks + more > MOST_MARKS:
        raise privacy.QueryLedgerFull(limit=MOST_MARKS)
    MarksRow.objects.bulk_create(rows)
    LedgerRow.objects.filter(pk=ledger.pk).update(marks=F("marks") + more)


class _Told:
    """Sets of marks among which those are found quickly that a new one may be close to."""

    def __init__(self, earlier: QuerySet[MarksRow], whole: Sequence[privacy.Marked], *, least: int) -> None:
        self._earlier, self._whole, self._least = earlier, whole, least
        self._beside: list[privacy.Marked] = []
        self._sizes: dict[int, int] = {}
        self._by_mark: dict[int, list[int]] = defaultdict(list)
        kept = "first" if least <= FIRST else "packed"
        for number, size, packed in earlier.values_list("pk", "size", kept).iterator():
            self._add(number, size, privacy.unpack(bytes(packed)[: 8 * least]))

    def is_close_to(self, fresh: privacy.Marked) -> bool:
        """Tell whether a set differs too little from any of these or from the whole, and put it among them."""
        if any(privacy.too_close(fresh, each, least=self._least) for each in self._whole):
            return True
        if self.has_near(fresh):
            return True
        self.put(fresh)
        return False

    def has_near(self, fresh: privacy.Marked) -> bool:
        """Tell whether a set differs too little from any of these."""
        return any(privacy.too_close(fresh, each, least=self._least) for each in self._near(fresh))

    def put(self, fresh: privacy.Marked) -> None:
        """Put a set among these that is stored nowhere yet."""
        self._beside.append(fresh)
        self._add(-len(self._beside), fresh.size, fresh.marks[: self._least])

    def _add(self, number: int, size: int, first: Iterable[int]) -> None:
        """Put a set among the others: under its key, or below nothing where it is at hand."""
        self._sizes[number] = size
        for mark in first:
            self._by_mark[mark].append(number)

    def _near(self, fresh: privacy.Marked) -> list[privacy.Marked]:
        found = {number for mark in fresh.marks[: self._least] for number in self._by_mark.get(mark, ())}
        near = [number for number in found if abs(self._sizes[number] - fresh.size) < self._least]
        stored = [number for number in near if number > 0]
        packed = self._earlier.filter(pk__in=stored).values_list("packed", flat=True) if stored else ()
        return [
            *(self._beside[-number - 1] for number in near if number < 0),
            *(privacy.Marked(fresh.made_of, privacy.unpack(bytes(each))) for each in packed),
        ]


def _earlier_untold(rows: QuerySet[MarksRow], kinds: Iterable[str]) -> dict[str, list[privacy.Marked]]:
    found: dict[str, list[privacy.Marked]] = defaultdict(list)
    kept = rows.filter(made_of__in=[f"{UNTOLD}{kind}" for kind in kinds])
    for made_of, packed in kept.values_list("made_of", "packed").iterator():
        kind = made_of.removeprefix(UNTOLD)
        found[kind] += (
            privacy.Marked(kind, marks, told=False) for marks in privacy.unpack_all(bytes(packed))
        )
    return found


def _row_of_untold(sets: Sequence[privacy.Marked], ledger: LedgerRow, entity: str) -> MarksRow:
    """Return one row of all sets of an answer that are not told: they may be many, and each of them is small."""
    packed = privacy.pack_all(sorted(sets, key=lambda each: each.marks))
    return MarksRow(
        ledger=ledger,
        entity=entity,
        made_of=f"{UNTOLD}{sets[0].made_of}",
        digest=hashlib.sha256(packed).hexdigest(),
        size=len(packed) // 8,
        first=b"",
        packed=packed,
    )


def _row_of(marked: privacy.Marked, ledger: LedgerRow, entity: str) -> MarksRow:
    packed = marked.pack()
    return MarksRow(
        ledger=ledger,
        entity=entity,
        made_of=marked.made_of,
        digest=marked.digest(),
        size=marked.size,
        first=packed[: 8 * FIRST],
        packed=packed,
    )
