"""The table of what was handed out."""

from django.db import models

from renkei.exchange.models.datasets import ID
from renkei.exchange.types import (
    Provision,
    Role,
)
from renkei.kernel.ids import (
    AgreementId,
    OrgId,
    ParticipantId,
    TransferId,
)


class ProvisionRow(models.Model):
    """The record of one delivery."""

    role = models.CharField(max_length=8)
    org = models.CharField(max_length=45)
    provider = models.CharField(max_length=ID)
    recipient = models.CharField(max_length=ID)
    agreement = models.CharField(max_length=ID)
    transfer = models.CharField(max_length=45)
    dataset = models.CharField(max_length=ID)
    channel = models.CharField(max_length=50)
    release = models.CharField(max_length=64, default="")
    version = models.BigIntegerField(null=True)
    rows = models.BigIntegerField(null=True)
    columns = models.JSONField(default=list)
    at = models.DateTimeField()
    receipt_id = models.CharField(max_length=45, default="")
    receipt = models.TextField(default="")
    """The provider's signed receipt, a compact JWS."""
    number = models.BigIntegerField(null=True)
    """Which receipt of its transfer it is, from 1 on."""

    class Meta:
        db_table = "exchange_provision"
        constraints = (
            models.UniqueConstraint(fields=["transfer", "number"], name="exchange_provision_chain"),
        )
        indexes = (
            models.Index(fields=["org", "at"], name="exchange_provision_list"),
            models.Index(fields=["receipt_id"], name="exchange_provision_receipt"),
        )

    def as_fact(self) -> Provision:
        """Return the record."""
        return Provision(
            id=self.pk,
            role=Role(self.role),
            org=OrgId(self.org),
            provider=ParticipantId(self.provider),
            recipient=ParticipantId(self.recipient),
            agreement=AgreementId(self.agreement),
            transfer=TransferId(self.transfer),
            dataset=self.dataset,
            channel=self.channel,
            release=self.release,
            version=self.version,
            rows=self.rows,
            columns=tuple(self.columns),
            at=self.at,
            receipt_id=self.receipt_id,
            receipt=self.receipt,
        )
