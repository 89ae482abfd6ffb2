"""Tables of pushes: those that this node owes, and what was pushed to its members."""

from django.db import models
from django.db.models import Q

from renkei.exchange.models.processes import TransferRow
from renkei.exchange.types import Delivery
from renkei.kernel.ids import DeliveryId, TransferId

DESTINATION_PURPOSE = "exchange.push-destination"


class PushRow(models.Model):
    """A push that a provider owes; the row goes when its transfer is over, and the destination with it."""

    transfer = models.OneToOneField(TransferRow, on_delete=models.CASCADE, related_name="+")
    destination = models.BinaryField()
    """The consumer's data address, concealed with the node's secret."""
    recorded = models.CharField(max_length=100, default="")
    """Digest and version of the release whose provision is on record: attempts at one release are one provision."""
    pushed_at = models.DateTimeField(null=True)
    """When the consumer had taken all of it; what is left is to say so."""
    attempts = models.IntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    """When the first of the attempts was made that have failed since the transfer's last step."""
    next_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    lease = models.CharField(max_length=45, default="")

    class Meta:
        db_table = "exchange_push"
        indexes = (models.Index(fields=["next_at"], name="exchange_push_due"),)


class DeliveryRow(models.Model):
    """One part that was pushed to a member of this node."""

    id = models.CharField(primary_key=True, max_length=45)
    transfer = models.ForeignKey(TransferRow, on_delete=models.PROTECT, related_name="+")
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=200)
    receipt = models.TextField(default="")
    received_at = models.DateTimeField()

    class Meta:
        db_table = "exchange_delivery"
        constraints = (
            models.UniqueConstraint(fields=["transfer", "sha256"], name="exchange_delivery_once"),
            models.CheckConstraint(condition=Q(size__gte=0), name="exchange_delivery_size"),
        )

    def as_fact(self) -> Delivery:
        """Return the part."""
        return Delivery(
            id=DeliveryId(self.id),
            transfer=TransferId(self.transfer_id),
            size=self.size,
            sha256=self.sha256,
            media_type=self.media_type,
            received_at=self.received_at,
            receipt=self.receipt,
        )
