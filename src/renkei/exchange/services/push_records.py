"""What one push counts for: its right to leave, its one use, and its receipt, which goes out in front of the data."""

from datetime import datetime

from django.db import transaction

from renkei.exchange.models import ProvisionRow, PushRow, TransferRow
from renkei.exchange.ports import PushStopped
from renkei.exchange.rules.terms import parsed
from renkei.exchange.services.delivery import access_by_transfer, before_use
from renkei.exchange.services.issuing import draft_receipt, keep_receipt, lock_chain, of_release
from renkei.exchange.services.uses import take_use
from renkei.exchange.types import Access, IssuedReceipt
from renkei.kernel.ids import TransferId
from renkei.kernel.refusals import Refusal
from renkei.privacy import api as privacy

CHANNEL = "http-push"


def access_of(row: PushRow, *, now: datetime) -> Access:
    """Tell what may leave. The use is taken when the first byte does, once for all attempts at this push."""
    if row.recorded:
        return access_by_transfer(TransferId(row.transfer_id), now=now)
    return before_use(
        TransferRow.objects.select_related("agreement").get(pk=row.transfer_id), purpose=None, now=now
    )


class PushRecord:
    """The provision of one release: its receipt goes out in front of the data, and counts when the data begin to leave.

    Attempts at one release are one provision with one receipt.
    """

    def __init__(self, row: PushRow, access: Access, release: privacy.Release, *, now: datetime) -> None:
        self._row, self._access, self._answered = row, access, of_release(release)
        self._made = f"{release.digest} {release.version}"
        self._draft: IssuedReceipt | None = None
        if row.recorded == self._made:
            self.receipt = _receipt_of_last(row)
        else:
            self._draft = draft_receipt(access, self._answered, channel=CHANNEL, now=now)
            self.receipt = self._draft.text

    @transaction.atomic
    def make(self, *, now: datetime) -> None:
        """Record the provision unless that was done. Raises PushStopped where its place is taken, or all is over."""
        if self._draft is None:
            return
        said = self._draft.said
        try:  # the use, the transfer, then the push's own row, in the order in which everybody else locks them
            _take_use(self._row, self._access, now=now)
            place = lock_chain(self._access.transfer.id, now=now)
        except Refusal as refusal:  # somebody was faster, or all is over; the next attempt says so
            raise PushStopped from refusal
        if (place.number, place.previous) != (said.number, said.previous):
            raise PushStopped
        PushRow.objects.filter(pk=self._row.pk).update(recorded=self._made)
        keep_receipt(self._access, self._answered, self._draft, now=now)


def _receipt_of_last(row: PushRow) -> str:
    found = (
        ProvisionRow.objects.filter(transfer=row.transfer_id)
        .order_by("-pk")
        .values_list("receipt", flat=True)
    )
    return found.first() or ""


def _take_use(row: PushRow, access: Access, *, now: datetime) -> None:
    if not row.recorded:
        take_use(access.agreement, terms=parsed(access.agreement.terms), now=now)
