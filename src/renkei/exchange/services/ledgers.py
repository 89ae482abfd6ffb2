"""What one recipient was told of one table, kept so that no two answers differ in too few entities."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import F, QuerySet

from renkei.audit import api as audit
from renkei.exchange.models import LEDGER_PURPOSE, LedgerRow, MarksRow
from renkei.exchange.types import Access
from renkei.privacy import api as privacy

MOST_MARKS = 8_000_000
"""That a ledger keeps, 8 bytes each."""
EACH_SET = 64
"""As how many marks the rest of a set counts."""
_KEY = 32


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


def fresh_marks(ledger: LedgerRow, marks: Sequence[privacy.Marked], *, entity: str) -> list[privacy.Marked]:
    """Return the sets that no answer has told of yet, once each."""
    known = set(MarksRow.objects.filter(ledger=ledger, entity=entity).values_list("made_of", "digest"))
    by_digest = {(each.made_of, each.digest()): each for each in marks}
    return [each for name, each in by_digest.items() if name not in known]


def differ_too_little(
    ledger: LedgerRow,
    fresh: Sequence[privacy.Marked],
    everything: Sequence[privacy.Marked],
    *,
    group: privacy.MinimumGroup,
) -> bool:
    """Tell whether a set differs in too few entities from all rows, from another of its answer, or from one told before."""
    earlier = MarksRow.objects.filter(ledger=ledger, entity=group.entity)
    for made_of in {each.made_of for each in fresh}:
        whole = [each for each in everything if each.made_of == made_of]
        judged = _Told(earlier.filter(made_of=made_of), whole, least=group.size)
        if any(judged.is_close_to(each) for each in fresh if each.made_of == made_of):
            return True
    return False


def keep_marks(ledger: LedgerRow, fresh: Sequence[privacy.Marked], *, entity: str) -> None:
    """Keep what an answer tells of. Raises privacy.query-ledger-full."""
    more = sum(each.size + EACH_SET for each in fresh)
    if fresh and ledger.marks + more > MOST_MARKS:
        raise privacy.QueryLedgerFull(limit=MOST_MARKS)
    MarksRow.objects.bulk_create(_row_of(each, ledger, entity) for each in fresh)
    LedgerRow.objects.filter(pk=ledger.pk).update(marks=F("marks") + more)


class _Told:
    """Sets of marks among which those are found quickly that a new one may be close to."""

    def __init__(self, earlier: QuerySet[MarksRow], whole: Sequence[privacy.Marked], *, least: int) -> None:
        self._earlier, self._whole, self._least = earlier, whole, least
        self._beside: list[privacy.Marked] = []
        self._sizes: dict[int, int] = {}
        self._by_mark: dict[int, list[int]] = defaultdict(list)
        for number, size, first in earlier.values_list("pk", "size", "first").iterator():
            self._add(number, size, privacy.unpack(bytes(first))[:least])

    def is_close_to(self, fresh: privacy.Marked) -> bool:
        """Tell whether a set differs too little from any of these, and put it among them."""
        others = [*self._whole, *self._near(fresh)]
        if any(privacy.too_close(fresh, each, least=self._least) for each in others):
            return True
        self._beside.append(fresh)
        self._add(-len(self._beside), fresh.size, fresh.marks[: self._least])
        return False

    def _add(self, number: int, size: int, first: Iterable[int]) -> None:
        """Put a set among the others: under its key, or below nothing where it is not stored yet."""
        self._sizes[number] = size
        for mark in first:
            self._by_mark[mark].append(number)

    def _near(self, fresh: privacy.Marked) -> list[privacy.Marked]:
        found: Iterable[int] = self._sizes
        if privacy.is_narrow(self._least):
            found = {number for mark in fresh.marks[: self._least] for number in self._by_mark.get(mark, ())}
        near = [number for number in found if abs(self._sizes[number] - fresh.size) < self._least]
        stored = [number for number in near if number > 0]
        packed = self._earlier.filter(pk__in=stored).values_list("packed", flat=True) if stored else ()
        return [
            *(self._beside[-number - 1] for number in near if number < 0),
            *(privacy.Marked(fresh.made_of, privacy.unpack(bytes(each))) for each in packed),
        ]


def _row_of(marked: privacy.Marked, ledger: LedgerRow, entity: str) -> MarksRow:
    return MarksRow(
        ledger=ledger,
        entity=entity,
        made_of=marked.made_of,
        digest=marked.digest(),
        size=marked.size,
        first=marked.pack_first(),
        packed=marked.pack(),
    )
