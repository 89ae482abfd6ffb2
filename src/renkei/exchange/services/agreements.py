"""Agreements: signing, coming into force, ending."""

from datetime import datetime

from django.db import transaction

from renkei.audit import api as audit
from renkei.exchange.errors import AgreementMissing, AgreementNotInForce
from renkei.exchange.models import AgreementRow, NegotiationRow, TransferRow
from renkei.exchange.rules.normal import terms_digest
from renkei.exchange.rules.terms import parse
from renkei.exchange.services.bells import ring
from renkei.exchange.services.processes import enqueue, record, save, stated, unqueue
from renkei.exchange.types import Agreement, MessageKind, Policy, Role, TransferState
from renkei.kernel.ids import Actor, AgreementId, OrgId
from renkei.kernel.refusals import Refusal

ENDED = "exchange.agreement-ended"
_PARTIES = {"@id", "@type", "@context", "target", "assigner", "assignee", "timestamp"}
_OVER = (TransferState.COMPLETED.value, TransferState.TERMINATED.value)


def bare(policy: Policy) -> Policy:
    """Return the terms of a policy without the members that say who, whom and about what."""
    return {name: value for name, value in policy.items() if name not in _PARTIES}


def sign(row: NegotiationRow, *, agreement: AgreementId, terms: Policy, signed_at: datetime) -> AgreementRow:
    """Keep our side's copy of an agreement; it is not in force before the negotiation is finalized."""
    provider = row.role == Role.PROVIDER
    row.agreement = agreement
    return AgreementRow.objects.create(
        agreement=agreement,
        role=row.role,
        org=row.org,
        assigner=row.participant if provider else row.peer,
        assignee=row.peer if provider else row.participant,
        dataset=row.dataset,
        negotiation=row,
        terms=bare(terms),
        terms_digest=terms_digest(terms),
        signed_at=signed_at,
        ends_at=_end_date(terms),
    )


def bring_into_force(row: NegotiationRow, *, now: datetime) -> None:
    """The negotiation is finalized: its agreement holds from now."""
    AgreementRow.objects.filter(negotiation=row).update(in_force_at=now)


def lapse(row: NegotiationRow, *, reason: str, now: datetime) -> None:
    """The negotiation came to nothing: an agreement that was signed in it never holds."""
    if row.agreement is not None:
        AgreementRow.objects.filter(negotiation=row, ended_at__isnull=True).update(
            ended_at=now, end_reason=reason
        )


@transaction.atomic
def end_agreement(
    *, org: OrgId, agreement: AgreementId, reason: str, actor: Actor, now: datetime
) -> Agreement:
    """End an agreement at once: its transfers are terminated, the peer is told why, and the next read is refused.

    Ending it again changes nothing. Raises exchange.agreement-missing, agreement-not-in-force, reason-missing.
    """
    why = stated(reason)
    row = AgreementRow.objects.select_for_update().filter(agreement=agreement, org=org).first()
    if row is None:
        raise AgreementMissing(agreement=agreement)
    if row.ended_at is not None:
        return row.as_fact()
    if row.in_force_at is None:
        raise AgreementNotInForce(agreement=agreement)
    row.ended_at, row.end_reason = now, why
    row.save(update_fields=["ended_at", "end_reason"])
    running = list(row.transfers.select_for_update(of=("self",)).exclude(state__in=_OVER))
    for transfer in running:
        _close(transfer, why=why, actor=actor, now=now)
    record_agreement(row, "agreement-ended", actor=actor, now=now, transfers=len(running))
    ring(outbox=False)
    return row.as_fact()


def ended_by_peer(row: AgreementRow, *, reasons: list[str], actor: Actor, now: datetime) -> None:
    """The other side ended the agreement, as it said when it terminated a transfer."""
    if row.ended_at is None:
        row.ended_at, row.end_reason = now, "\n".join(reasons)
        row.save(update_fields=["ended_at", "end_reason"])
        record_agreement(row, "agreement-ended", actor=actor, now=now, transfers=1)


def record_agreement(
    row: AgreementRow, action: str, *, actor: Actor, now: datetime, **facts: audit.Fact
) -> None:
    """Write the audit line of an act on an agreement; both participants may ask for it."""
    audit.record(
        f"exchange.{action}",
        actor=actor,
        subject=row.agreement,
        at=now,
        concerns=(row.assigner, row.assignee),
        role=row.role,
        dataset=row.dataset,
        terms=row.terms_digest,
        **facts,
    )


def _close(transfer: TransferRow, *, why: str, actor: Actor, now: datetime) -> None:
    unqueue(transfer)
    transfer.state = TransferState.TERMINATED.value
    transfer.code, transfer.reasons = ENDED, [why]
    save(transfer, now=now)
    enqueue(transfer, MessageKind.TRANSFER_TERMINATION, now=now, payload={"code": ENDED, "reason": [why]})
    record(transfer, "transfer-terminated", actor=actor, now=now, code=ENDED)


def _end_date(terms: Policy) -> datetime | None:
    """A consumer may sign terms that its own node cannot evaluate: their end date is then the provider's to enforce."""
    try:
        ends = parse(terms).ends
    except Refusal:
        return None
    return ends.at if ends else None
