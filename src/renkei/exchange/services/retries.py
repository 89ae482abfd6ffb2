"""What a member can do about a message that does not get through."""

from datetime import datetime

from django.db import transaction

from renkei.exchange.errors import NothingToSend
from renkei.exchange.models import OutboxRow, PushRow
from renkei.exchange.queries.processes import process_row
from renkei.exchange.services.changes import announce_message
from renkei.exchange.services.processes import record
from renkei.exchange.types import Waiting
from renkei.kernel.ids import Actor, OrgId


@transaction.atomic
def retry_now(*, org: OrgId, process: str, actor: Actor, now: datetime) -> Waiting | None:
    """Have what waits of a negotiation or a transfer tried at once, and return its oldest message; None for a push.

    The hours after which it is given up are counted as before. Raises exchange.process-missing, nothing-to-send.
    """
    row = process_row(process, org=org)
    waits = OutboxRow.objects.filter(process=row.pk)
    waits.update(next_at=now)
    oldest = waits.select_related("negotiation", "transfer").order_by("pk").first()
    if oldest is None:
        if not PushRow.objects.filter(transfer=row.pk, attempts__gt=0).update(next_at=now):
            raise NothingToSend(process=process)
        record(row, "message-retried", actor=actor, now=now, message="push")
        return None
    announce_message(row.pk)
    record(row, "message-retried", actor=actor, now=now, message=oldest.kind, attempts=oldest.attempts)
    return oldest.as_waiting()
