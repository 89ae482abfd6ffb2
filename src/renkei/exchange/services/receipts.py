"""The recipient's own record of what it got."""

from datetime import datetime

from renkei.exchange.models import ProvisionRow, TransferRow


def record_receipt(row: TransferRow, *, now: datetime) -> None:
    """Keep the recipient's own record of what it got from whom, once for a transfer (APPI Art. 30)."""
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
