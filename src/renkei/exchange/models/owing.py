"""Tables of what an agreement allows and asks: uses that were taken, and duties."""

from django.db import models
from django.db.models import F, Q

from renkei.exchange.models.processes import AgreementRow, read_failure
from renkei.exchange.rules.owing import words_of
from renkei.exchange.types import OwedDuty, Role
from renkei.kernel.ids import AgreementId, OrgId, ParticipantId

WHOLE = -1
"""The window that never ends, in which `count` is counted."""


class UsageRow(models.Model):
    """How often the data of an agreement were used in one window of time, or in all; provider."""

    signed = models.ForeignKey(AgreementRow, on_delete=models.PROTECT, related_name="+")
    slot = models.BigIntegerField()
    """The window's number from the epoch on, or `WHOLE`."""
    used = models.BigIntegerField(default=0)

    class Meta:
        db_table = "exchange_usage"
        constraints = (
            models.UniqueConstraint(fields=["signed", "slot"], name="exchange_usage_once"),
            models.CheckConstraint(condition=Q(used__gte=0), name="exchange_usage_positive"),
        )


class DutyRow(models.Model):
    """A duty of an agreement in force, as one side keeps it."""

    signed = models.ForeignKey(AgreementRow, on_delete=models.PROTECT, related_name="+")
    number = models.SmallIntegerField()
    """Its place among the duties of the terms, from 1."""
    action = models.CharField(max_length=20)
    first = models.BooleanField()
    due_at = models.DateTimeField(null=True)
    counts_from = models.DateTimeField(null=True)
    """The last delivery, where the duty is to delete: what was stated before it does not cover it."""
    fulfilled_at = models.DateTimeField(null=True)
    fulfilled_by = models.CharField(max_length=8, default="")
    statement = models.TextField(default="")
    evidence = models.CharField(max_length=64, default="")
    proof = models.TextField(default="")
    """What was stated, signed by whoever stated it (compact JWS)."""
    told_at = models.DateTimeField(null=True)
    """When the other side took our statement."""
    untold = models.TextField(default="")
    """Why the other side does not take our statement, as `stored_failure` writes it."""
    overdue_at = models.DateTimeField(null=True)
    """When this node found it overdue."""

    class Meta:
        db_table = "exchange_duty"
        constraints = (
            models.UniqueConstraint(fields=["signed", "number"], name="exchange_duty_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="exchange_duty_number"),
        )
        indexes = (
            models.Index(
                fields=["due_at"],
                condition=Q(overdue_at__isnull=True, due_at__isnull=False),
                name="exchange_duty_due",
            ),
        )

    def as_fact(self) -> OwedDuty:
        """Return the duty. Needs `signed` loaded."""
        signed = self.signed.as_fact()
        return OwedDuty(
            agreement=AgreementId(signed.id),
            org=OrgId(signed.org),
            role=signed.role,
            peer=ParticipantId(signed.peer),
            dataset=signed.dataset,
            number=self.number,
            action=self.action,
            first=self.first,
            words=words_of(signed.terms, self.number, otherwise=self.action),
            due_at=self.due_at,
            fulfilled_at=self.fulfilled_at if self.is_fulfilled else None,
            fulfilled_by=Role(self.fulfilled_by) if self.fulfilled_by else None,
            statement=self.statement,
            evidence=self.evidence,
            proof=self.proof,
            told_at=self.told_at,
            untold=read_failure(self.untold),
        )

    @property
    def is_fulfilled(self) -> bool:
        """Whether what was stated last still covers it."""
        return self.fulfilled_at is not None and (
            self.counts_from is None or self.fulfilled_at >= self.counts_from
        )


UNFULFILLED = Q(fulfilled_at__isnull=True) | Q(fulfilled_at__lt=F("counts_from"))
"""The same as `is_fulfilled` says, the other way round."""
