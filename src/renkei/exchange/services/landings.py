"""What providers push to our members: where it may land, and what has landed."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum

from renkei.exchange.errors import (
    DeliveryPaused,
    DeliveryTooLarge,
    DeliveryTooParted,
    DeliveryUnexpected,
    TransferUnknown,
)
from renkei.exchange.models import DeliveryRow, TransferRow
from renkei.exchange.rules.access import check_in_force
from renkei.exchange.rules.terms import evaluable
from renkei.exchange.services.changes import announce_change
from renkei.exchange.services.processes import record
from renkei.exchange.services.receipts import record_receipt
from renkei.exchange.services.secrets import give_secret, opens
from renkei.exchange.types import HTTP_PUSH, DataAddress, Delivery, Pushed, Role, Transfer, TransferState
from renkei.kernel.ids import Actor, TransferId, new_id

ENDPOINT_TYPE: Final = "HttpData"
"""By this word the data plane of the Eclipse connector chooses the part of it that posts over HTTP."""
MOST_PARTS: Final = 1000
"""Parts that one transfer may bring: they are listed whole."""
_EDC: Final = "https://w3id.org/edc/v0.0.1/ns/"
_MEDIA_TYPE = DeliveryRow._meta.get_field("media_type").max_length


def landing_address(row: TransferRow, *, form: str | None) -> DataAddress:
    """Give a transfer a secret, and return where the provider pushes the data, with it.

    `authorization` and `authType` are the protocol's own names. The Eclipse connector reads neither them nor
    `endpoint`, and looks for an address and a header under its own names, `baseUrl` only by the whole of it. `format`
    is for a renkei node.
    """
    secret = give_secret(row)
    row.save(update_fields=["secret_hash"])
    door = f"{settings.RENKEI.public_url}/inbox/{row.pk}"
    return DataAddress(
        endpoint_type=ENDPOINT_TYPE,
        endpoint=door,
        properties=(
            ("authorization", secret),
            ("authType", "bearer"),
            (f"{_EDC}baseUrl", door),
            (f"{_EDC}authKey", "Authorization"),
            (f"{_EDC}authCode", f"Bearer {secret}"),
            *([("format", form)] if form else []),
        ),
    )


def landing(secret: str, *, transfer: TransferId, size: int, most: int, now: datetime) -> Transfer:
    """Tell whether data may land now by a transfer. A provider may push before its start message has come.

    `size` is how much is coming, as far as that is known, and `most` what a transfer may bring, both in bytes. Raises
    exchange.transfer-unknown for any secret but the transfer's own, delivery-paused, delivery-unexpected,
    delivery-too-large, and what `check_in_force` raises.
    """
    found = TransferRow.objects.select_related("agreement").filter(pk=transfer).first()
    awaited = _awaited(found, secret=secret, now=now)
    if size > most:
        raise DeliveryTooLarge(limit=most)
    return awaited.as_fact()


@transaction.atomic
def receive_delivery(
    secret: str,
    *,
    transfer: TransferId,
    arrived: Pushed,
    media_type: str,
    most: int,
    keep: Callable[[], None],
    receipt: str = "",
    now: datetime,
) -> tuple[Delivery, bool]:
    """Take what has landed, once: the same bytes again are answered as the first were; False then.

    `most` is how many bytes a transfer may bring in all; `keep` puts the bytes where they stay, just before the commit;
    `receipt` is what came with them as the provider's receipt, and is kept as it came.
    Raises what `landing` raises, and exchange.delivery-too-parted. Source of the record: APPI Art. 30.
    """
    rows = TransferRow.objects.select_for_update(of=("self",)).select_related("agreement")
    row = _awaited(rows.filter(pk=transfer).first(), secret=secret, now=now)
    known = DeliveryRow.objects.filter(transfer=row, sha256=arrived.sha256).first()
    if known is not None:
        return known.as_fact(), False
    _check_fits(row, size=arrived.size, most=most)
    landed = DeliveryRow.objects.create(
        id=new_id(),
        transfer=row,
        size=arrived.size,
        sha256=arrived.sha256,
        media_type=media_type[:_MEDIA_TYPE],
        receipt=receipt,
        received_at=now,
    )
    record_receipt(row, now=now)
    record(
        row,
        "delivery-received",
        actor=Actor(row.peer),
        now=now,
        agreement=row.agreement.agreement,
        size=arrived.size,
        sha256=arrived.sha256,
    )
    announce_change(row.pk)
    keep()
    return landed.as_fact(), True


def _check_fits(row: TransferRow, *, size: int, most: int) -> None:
    held = DeliveryRow.objects.filter(transfer=row).aggregate(parts=Count("pk"), size=Sum("size"))
    if held["parts"] >= MOST_PARTS:
        raise DeliveryTooParted(limit=MOST_PARTS)
    if (held["size"] or 0) + size > most:
        raise DeliveryTooLarge(limit=most)


def _awaited(row: TransferRow | None, *, secret: str, now: datetime) -> TransferRow:
    ours = row is not None and row.role == Role.CONSUMER and row.format == HTTP_PUSH
    if row is None or not ours or not opens(row, secret):
        raise TransferUnknown
    if row.state in {TransferState.COMPLETED, TransferState.TERMINATED}:
        raise DeliveryUnexpected(transfer=row.pk, state=row.state)
    if row.state == TransferState.SUSPENDED:
        raise DeliveryPaused(transfer=row.pk)
    check_in_force(row.agreement.as_fact(), terms=evaluable(row.agreement.terms), now=now)
    return row
