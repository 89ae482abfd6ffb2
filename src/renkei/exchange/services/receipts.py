"""The recipient's own record of what it got."""

from datetime import datetime

from renkei.exchange.models import ProvisionRow, TransferRow
from renkei.exchange.services.owing import owe_deletion


def record_receipt(row: TransferRow, *, now: datetime) -> None:
    """Keep the recipient's own record of what it got from whom, once for a transfer (APPI Art. 30).

    What was got is to be deleted, where the terms say so, counted from now.
    """
    owe_deletion(row.agreement, now=now)
    ProvisionRow.objects.get_or_create(
        role=row.role,
        org=row.org,
        transfer=row.pk,
        defaults={
            "provider": row.peer,
            "recipient": row.participant,
            "agreement": row.agreement.agreement,
            "dataset": row.dataset,
            "channel": row.format,
            "at": now,
        },
    )
