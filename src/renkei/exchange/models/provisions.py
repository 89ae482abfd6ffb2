"""The table of what was handed out."""

from django.db import models

from renkei.exchange.models.datasets import ID
from renkei.exchange.types import (
    Provision,
)
from renkei.kernel.ids import (
    AgreementId,
    OrgId,
    ParticipantId,
    TransferId,
)


class ProvisionRow(models.Model):
    """The record of one delivery."""

    org = models.CharField(max_length=45)
    recipient = models.CharField(max_length=ID)
    agreement = models.CharField(max_length=ID)
    transfer = models.CharField(max_length=45)
    dataset = models.CharField(max_length=ID)
    channel = models.CharField(max_length=50)
    release = models.CharField(max_length=64)
    version = models.BigIntegerField()
    rows = models.BigIntegerField()
    columns = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "exchange_provision"
        indexes = (models.Index(fields=["org", "at"], name="exchange_provision_list"),)

    def as_fact(self) -> Provision:
        """Return the record."""
        return Provision(
            id=self.pk,
            org=OrgId(self.org),
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
        )
