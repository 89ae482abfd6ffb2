"""The table of messages that wait."""

import msgspec
from django.db import models
from django.db.models import Q

from renkei.audit import api as audit
from renkei.exchange.models.processes import NegotiationRow, TransferRow
from renkei.exchange.types import (
    MessageKind,
    Outgoing,
    Role,
    Waiting,
)
from renkei.kernel.ids import (
    OrgId,
    ParticipantId,
)

PAYLOAD_PURPOSE = "exchange.outbox"


class OutboxRow(models.Model):
    """A message that the peer has not taken yet; the row goes when it has, and its content with it."""

    kind = models.CharField(max_length=30)
    process = models.CharField(max_length=45)
    """Our pid: messages of one process go out one after the other."""
    negotiation = models.ForeignKey(NegotiationRow, null=True, on_delete=models.CASCADE, related_name="+")
    transfer = models.ForeignKey(TransferRow, null=True, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=2000)
    opening = models.BooleanField()
    payload = models.BinaryField()
    """JSON, concealed with the node's secret: it may hold a bearer secret."""
    attempts = models.IntegerField(default=0)
    trouble = models.TextField(default="")
    queued_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    """When it was first tried."""
    next_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    lease = models.CharField(max_length=45, default="")

    class Meta:
        db_table = "exchange_outbox"
        indexes = (
            models.Index(fields=["next_at"], name="exchange_outbox_due"),
            models.Index(fields=["process", "id"], name="exchange_outbox_order"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(negotiation__isnull=False, transfer__isnull=True)
                | Q(negotiation__isnull=True, transfer__isnull=False),
                name="exchange_outbox_one_process",
            ),
        )

    @property
    def of(self) -> NegotiationRow | TransferRow:
        """The process that speaks."""
        process = self.negotiation or self.transfer
        if process is None:
            raise AssertionError(f"the outbox row {self.pk} has no process")
        return process

    def as_fact(self, *, repeated: bool) -> Outgoing:
        """Return the message with its content; `repeated` says that the peer may have it already."""
        process = self.of
        return Outgoing(
            id=self.pk,
            kind=MessageKind(self.kind),
            org=OrgId(process.org),
            participant=ParticipantId(process.participant),
            peer=ParticipantId(process.peer),
            address=self.address,
            own_pid=process.id,
            peer_pid=process.peer_pid,
            role=Role(process.role),
            opening=self.opening,
            payload=msgspec.json.decode(audit.reveal(bytes(self.payload), purpose=PAYLOAD_PURPOSE)),
            attempts=self.attempts,
            repeated=repeated,
        )

    def as_waiting(self) -> Waiting:
        """Return the message without its content."""
        return Waiting(
            id=self.pk,
            kind=MessageKind(self.kind),
            org=OrgId(self.of.org),
            peer=ParticipantId(self.of.peer),
            own_pid=self.process,
            attempts=self.attempts,
            queued_at=self.queued_at,
            next_at=self.next_at,
            trouble=self.trouble,
        )
