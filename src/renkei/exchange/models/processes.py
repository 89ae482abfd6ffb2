"""Tables of negotiations, agreements and transfers."""

import msgspec
from django.db import models
from django.db.models import Q

from renkei.audit import api as audit
from renkei.exchange.models.datasets import ID, unpack
from renkei.exchange.rules import waiting
from renkei.exchange.rules.machine import NEGOTIATION, TRANSFER, sayable
from renkei.exchange.types import (
    Agreement,
    DataAddress,
    Negotiation,
    NegotiationState,
    Policy,
    Proposal,
    Role,
    Transfer,
    TransferState,
    Waiting,
)
from renkei.kernel.ids import (
    AgreementId,
    NegotiationId,
    OrgId,
    ParticipantId,
    TransferId,
)
from renkei.kernel.texts import Text

ADDRESS_PURPOSE = "exchange.data-address"


class ProcessRow(models.Model):
    """What a negotiation and a transfer have in common: two sides, their pids, and what was said last."""

    unsent: Waiting | None = None
    """Our oldest message that waits in the outbox, as far as whoever loaded the row has looked; no column."""

    id = models.CharField(primary_key=True, max_length=45)
    role = models.CharField(max_length=8)
    org = models.CharField(max_length=45)
    participant = models.CharField(max_length=ID)
    peer = models.CharField(max_length=ID)
    peer_pid = models.CharField(max_length=ID, null=True)
    peer_address = models.CharField(max_length=2000)
    dataset = models.CharField(max_length=ID)
    state = models.CharField(max_length=10)
    heard = models.CharField(max_length=64, default="")
    """Digest of the peer's last message, by which a repeat is known."""
    opening = models.CharField(max_length=64, default="")
    """Digest of the message by which the peer opened the process; empty when we opened it."""
    by_hand = models.BooleanField(default=False)
    """Whether our member takes every step; else what needs no decision goes on by itself."""
    code = models.TextField(null=True)
    reasons = models.JSONField(default=list)
    trouble = models.TextField(default="")
    """Why our last message could not be delivered; empty when it was."""
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        abstract = True


class NegotiationRow(ProcessRow):
    """A contract negotiation, as one side keeps it."""

    offer = models.JSONField()
    agreement = models.CharField(max_length=ID, null=True)
    earlier = models.JSONField(default=list)
    """What was on the table before, oldest first: by whom, and the offer."""
    published = models.JSONField(null=True)
    """Consumer: the provider's offer that was narrowed before it was asked for."""

    class Meta:
        db_table = "exchange_negotiation"
        constraints = (
            models.UniqueConstraint(
                fields=["org", "peer", "role", "peer_pid"],
                condition=~Q(opening=""),
                name="exchange_negotiation_once",
            ),
        )
        indexes = (models.Index(fields=["org", "created_at"], name="exchange_negotiation_list"),)

    def as_fact(self) -> Negotiation:
        """Return the negotiation."""
        role, state = Role(self.role), NegotiationState(self.state)
        wait = waiting.negotiation(state=state, role=role, unsent=self.unsent, since=self.updated_at)
        return Negotiation(
            id=NegotiationId(self.id),
            role=role,
            org=OrgId(self.org),
            participant=ParticipantId(self.participant),
            peer=ParticipantId(self.peer),
            peer_pid=self.peer_pid,
            peer_address=self.peer_address,
            state=state,
            offer=self.offer,
            dataset=self.dataset,
            waiting_for=wait.what if wait else None,
            decision_due=waiting.decision_due(state=state, role=role),
            by_hand=self.by_hand,
            code=self.code,
            reasons=tuple(self.reasons),
            agreement=None if self.agreement is None else AgreementId(self.agreement),
            created_at=self.created_at,
            updated_at=self.updated_at,
            turn=wait.turn if wait else None,
            waiting_since=wait.since if wait else None,
            unsent=self.unsent,
            may=sayable(NEGOTIATION, state=state, sender=role),
            proposed_by=self.proposer,
            earlier=tuple(Proposal(by=Role(each["by"]), offer=each["offer"]) for each in self.earlier),
            published=self.published,
        )

    @property
    def proposer(self) -> Role:
        """Who put the offer on the table: the two sides take turns, beginning with whoever opened."""
        if self.earlier:
            return Role(self.earlier[-1]["by"]).other
        return Role(self.role).other if self.opening else Role(self.role)

    def put_on_table(self, offer: Policy) -> None:
        """Let an offer take the place of the one on the table, which is remembered."""
        self.earlier = [*self.earlier, {"by": self.proposer.value, "offer": self.offer}]
        self.offer = offer


class AgreementRow(models.Model):
    """One side's copy of an agreement."""

    agreement = models.CharField(max_length=ID)
    role = models.CharField(max_length=8)
    org = models.CharField(max_length=45)
    assigner = models.CharField(max_length=ID)
    assignee = models.CharField(max_length=ID)
    dataset = models.CharField(max_length=ID)
    negotiation = models.ForeignKey(NegotiationRow, on_delete=models.PROTECT, related_name="agreements")
    terms = models.JSONField()
    terms_digest = models.CharField(max_length=64)
    classes = models.JSONField(default=list)
    """Provider: name, category and role of each column when it was signed."""
    signed_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(default="")
    expired_at = models.DateTimeField(null=True)
    """When this node first saw that the time was over."""

    class Meta:
        db_table = "exchange_agreement"
        constraints = (
            models.UniqueConstraint(fields=["agreement", "org", "role"], name="exchange_agreement_once"),
        )
        indexes = (
            models.Index(fields=["org", "signed_at"], name="exchange_agreement_list"),
            models.Index(
                fields=["ends_at"],
                condition=Q(expired_at__isnull=True, ends_at__isnull=False),
                name="exchange_agreement_ending",
            ),
        )

    def as_fact(self) -> Agreement:
        """Return the agreement."""
        return Agreement(
            id=AgreementId(self.agreement),
            role=Role(self.role),
            org=OrgId(self.org),
            assigner=ParticipantId(self.assigner),
            assignee=ParticipantId(self.assignee),
            dataset=self.dataset,
            negotiation=NegotiationId(self.negotiation_id),
            terms=self.terms,
            terms_digest=self.terms_digest,
            signed_at=self.signed_at,
            in_force_at=self.in_force_at,
            ends_at=self.ends_at,
            ended_at=self.ended_at,
            end_reason=self.end_reason,
            classes=unpack(self.classes),
            expired_at=self.expired_at,
        )


class TransferRow(ProcessRow):
    """A transfer process, as one side keeps it."""

    agreement = models.ForeignKey(AgreementRow, on_delete=models.PROTECT, related_name="transfers")
    format = models.CharField(max_length=ID)
    secret_hash = models.CharField(max_length=64, null=True, unique=True)
    """SHA-256 of the bearer secret by which data are pulled from us, or pushed to us."""
    data_address = models.BinaryField(null=True)
    """Consumer: the data address, concealed with the node's secret."""
    suspended_by = models.CharField(max_length=8, default="")
    """The role of whoever suspended it last."""

    class Meta:
        db_table = "exchange_transfer"
        constraints = (
            models.UniqueConstraint(
                fields=["org", "peer", "role", "peer_pid"],
                condition=~Q(opening=""),
                name="exchange_transfer_once",
            ),
        )
        indexes = (models.Index(fields=["org", "created_at"], name="exchange_transfer_list"),)

    def as_fact(self, *, revealed: bool = False) -> Transfer:
        """Return the transfer, with its data address when that is wanted and known. Needs `agreement` loaded."""
        role, state = Role(self.role), TransferState(self.state)
        wait = waiting.transfer(
            state=state,
            role=role,
            format=self.format,
            suspended_by=Role(self.suspended_by) if self.suspended_by else None,
            unsent=self.unsent,
            failure=read_failure(self.trouble),
            since=self.updated_at,
        )
        return Transfer(
            id=TransferId(self.id),
            role=role,
            org=OrgId(self.org),
            participant=ParticipantId(self.participant),
            peer=ParticipantId(self.peer),
            peer_pid=self.peer_pid,
            peer_address=self.peer_address,
            agreement=AgreementId(self.agreement.agreement),
            dataset=self.dataset,
            format=self.format,
            state=state,
            data_address=self._address() if revealed else None,
            waiting_for=wait.what if wait else None,
            decision_due=waiting.start_due(state=state, role=role),
            code=self.code,
            reasons=tuple(self.reasons),
            created_at=self.created_at,
            updated_at=self.updated_at,
            by_hand=self.by_hand,
            failing=bool(self.trouble),
            turn=wait.turn if wait else None,
            waiting_since=wait.since if wait else None,
            unsent=self.unsent,
            may=sayable(TRANSFER, state=state, sender=role),
        )

    def _address(self) -> DataAddress | None:
        if self.data_address is None:
            return None
        return DataAddress.from_dict(
            msgspec.json.decode(audit.reveal(bytes(self.data_address), purpose=ADDRESS_PURPOSE))
        )


def stored_failure(why: Text) -> str:
    """Write in both languages why an attempt failed: the English line, then the Japanese one."""
    return f"{why.en}\n{why.ja}"


def read_failure(stored: str) -> Text | None:
    """Read what `stored_failure` wrote; None where nothing failed."""
    en, _, ja = stored.partition("\n")
    return Text(ja=ja or en, en=en) if stored else None
