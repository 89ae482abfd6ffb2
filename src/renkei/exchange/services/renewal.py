"""Concealing anew what the exchange keeps concealed, after the node's secret was changed."""

from datetime import datetime
from typing import Any

from django.db import models, transaction

from renkei.audit import api as audit
from renkei.exchange.models import (
    ADDRESS_PURPOSE,
    DESTINATION_PURPOSE,
    LEDGER_PURPOSE,
    PAYLOAD_PURPOSE,
    LedgerRow,
    OutboxRow,
    PushRow,
    QueryRow,
    TransferRow,
)
from renkei.kernel.ids import NODE

BATCH = 500


def renew_concealed(*, now: datetime) -> int:
    """Conceal messages that wait, data addresses, destinations of pushes, keys and answers of ledgers with the present secret; return how many.

    A batch at a time, so that the exchange goes on meanwhile; done again it changes nothing of substance, so that it may
    be broken off. Raises audit's SecretChanged where something was concealed with neither secret.
    """
    count = _renew(OutboxRow, "payload", purpose=PAYLOAD_PURPOSE)
    count += _renew(TransferRow, "data_address", purpose=ADDRESS_PURPOSE)
    count += _renew(PushRow, "destination", purpose=DESTINATION_PURPOSE)
    count += _renew(LedgerRow, "key", purpose=LEDGER_PURPOSE)
    count += _renew(QueryRow, "answer", purpose=LEDGER_PURPOSE)
    with transaction.atomic():
        audit.record("exchange.secrets-renewed", actor=NODE, subject="node", at=now, count=count)
    return count


def _renew(table: type[models.Model], column: str, *, purpose: str) -> int:
    rows: models.QuerySet[Any] = table._default_manager.exclude(**{column: None}).order_by("pk")
    count, last = 0, None
    while True:
        batch = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", column)[:BATCH])
        if not batch:
            return count
        with transaction.atomic():
            for key, concealed in batch:
                fresh = audit.conceal(audit.reveal(bytes(concealed), purpose=purpose), purpose=purpose)
                # What has changed since it was read was concealed with the present secret.
                count += rows.filter(pk=key, **{column: bytes(concealed)}).update(**{column: fresh})
        last = batch[-1][0]
