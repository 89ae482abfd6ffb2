"""Uses that are counted: each is taken by one UPDATE that only succeeds below the limit.

A use is one delivery: a query over Delta Sharing, an answer of the HTTP door, a push, whichever attempt of it arrives. What
only describes the data, and parts of a delivery that are read again, take none. The window of a rate is a row of its own,
by its number from the epoch on: a clock that is set back finds the windows that were used as they were left.
"""

from datetime import datetime

from django.db import connection, transaction

from renkei.exchange.errors import AgreementMissing, RateExceeded, UsesExhausted
from renkei.exchange.models import WHOLE, AgreementRow, UsageRow
from renkei.exchange.rules.owing import window_of
from renkei.exchange.rules.terms import Terms
from renkei.exchange.types import Agreement, Role

_TAKE = "UPDATE exchange_usage SET used = used + 1 WHERE signed_id = %s AND slot = %s AND used < %s"
_BEGIN = "INSERT INTO exchange_usage (signed_id, slot, used) VALUES (%s, %s, 0) ON CONFLICT DO NOTHING"


@transaction.atomic
def take_use(agreement: Agreement, *, terms: Terms, now: datetime) -> None:
    """Take one of the uses that the terms allow, in the caller's transaction: what is rolled back was not used.

    However many readers come at the same time, in however many processes, no more are let pass than the terms allow.
    Raises exchange.uses-exhausted, rate-exceeded.
    """
    if terms.uses is None and terms.rate is None:
        return
    signed = signed_row(agreement)
    if terms.uses is not None and not _take(signed, WHOLE, below=terms.uses):
        raise UsesExhausted(agreement=agreement.id, uses=terms.uses)
    rate = terms.rate
    if rate is not None and not _take(signed, window_of(rate, now=now), below=rate.uses):
        raise RateExceeded(agreement=agreement.id, uses=rate.uses, window=str(rate.window))


def uses_taken(signed: int, *, terms: Terms, now: datetime) -> tuple[int, int]:
    """Return how many uses were taken in all and in the present window; one query, none where nothing is counted."""
    if terms.uses is None and terms.rate is None:
        return 0, 0
    window = window_of(terms.rate, now=now) if terms.rate else WHOLE
    rows = UsageRow.objects.filter(signed=signed, slot__in={WHOLE, window})
    used = dict(rows.values_list("slot", "used"))
    return used.get(WHOLE, 0), used.get(window, 0) if terms.rate else 0


def signed_row(agreement: Agreement) -> int:
    """Return the number of the provider's copy. Raises exchange.agreement-missing."""
    rows = AgreementRow.objects.filter(agreement=agreement.id, org=agreement.org, role=Role.PROVIDER.value)
    found = rows.values_list("pk", flat=True).first()
    if found is None:
        raise AgreementMissing(agreement=agreement.id)
    return found


def _take(signed: int, window: int, *, below: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [signed, window, below])
        if cursor.rowcount == 1:
            return True
        cursor.execute(_BEGIN, [signed, window])  # somebody else may have, between the two
        cursor.execute(_TAKE, [signed, window, below])
        return bool(cursor.rowcount == 1)
