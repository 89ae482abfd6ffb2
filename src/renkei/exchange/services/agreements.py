"""Agreements: signing, coming into force, ending."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from renkei.audit import api as audit
from renkei.exchange.errors import AgreementExpired, AgreementMissing, AgreementNotInForce
from renkei.exchange.models import AgreementRow, DatasetRow, NegotiationRow, TransferRow
from renkei.exchange.rules.access import check_in_force
from renkei.exchange.rules.normal import terms_digest
from renkei.exchange.rules.terms import evaluable, parse
from renkei.exchange.services.owing import owe_duties
from renkei.exchange.services.processes import enqueue, in_words, record, save, stated, unqueue
from renkei.exchange.types import Agreement, MessageKind, Policy, Role, TransferState
from renkei.kernel.ids import NODE, Actor, AgreementId, OrgId
from renkei.kernel.refusals import Refusal

ENDED = "exchange.agreement-ended"
_PARTIES = {"@id", "@type", "@context", "target", "assigner", "assignee", "timestamp"}
_OVER = (TransferState.COMPLETED.value, TransferState.TERMINATED.value)


def bare(policy: Policy) -> Policy:
    """Return the terms of a policy without the members that say who, whom and about what."""
    return {name: value for name, value in policy.items() if name not in _PARTIES}


def sign(row: NegotiationRow, *, agreement: AgreementId, terms: Policy, signed_at: datetime) -> AgreementRow:
    """Keep our side's copy of an agreement; it is not in force before the negotiation is finalized."""
    provider, ends = row.role == Role.PROVIDER, evaluable(terms).ends
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
        classes=DatasetRow.objects.get(pk=row.dataset).classes if provider else [],
        signed_at=signed_at,
        ends_at=ends.at if ends else None,
    )


def bring_into_force(row: NegotiationRow, *, actor: Actor, now: datetime) -> None:
    """The negotiation is finalized: its agreement holds from now, and the log says so under the agreement's own id.

    Soon afterwards this node looks at the peer's log, as the peer's looks at ours.
    """
    for signed in AgreementRow.objects.select_for_update().filter(negotiation=row):
        signed.in_force_at = now
        elapsed = evaluable(signed.terms).elapsed
        if elapsed is not None:
            signed.ends_at = min(filter(None, (signed.ends_at, now + elapsed)))
        signed.save(update_fields=["in_force_at", "ends_at"])
        owe_duties(signed, now=now)
        record_agreement(signed, "agreement-in-force", actor=actor, now=now)
        audit.plan_visit(peer=row.peer, occasion=signed.agreement, now=now)


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
        close(transfer, code=ENDED, reasons=[why], actor=actor, now=now)
    record_agreement(row, "agreement-ended", actor=actor, now=now, transfers=len(running))
    return row.as_fact()


def end_lapsed(*, now: datetime) -> int:
    """Terminate the transfers of agreements whose end date is past, and tell the consumers; returns how many.

    Reads are refused from the end date on, whether or not this has run; it is how the other side learns of it without
    reading. Only the provider does it: two sides that end one transfer at once would refuse each other's message. That
    the time was over is remembered of every agreement, so that a clock set back revives none.
    """
    AgreementRow.objects.filter(ends_at__lt=now, expired_at__isnull=True, in_force_at__isnull=False).update(
        expired_at=now
    )
    rows = TransferRow.objects.filter(role=Role.PROVIDER.value).exclude(state__in=_OVER)
    over = Q(agreement__ends_at__lte=now) | Q(agreement__expired_at__isnull=False)
    due = rows.filter(over).values_list("agreement", flat=True).distinct()
    return sum(_end_lapsed(signed, now=now) for signed in list(due))


def mark_expired(row: AgreementRow, *, now: datetime) -> None:
    """Remember that the time of an agreement is over, so that a clock that is set back does not revive it."""
    if row.expired_at is None:
        AgreementRow.objects.filter(pk=row.pk, expired_at__isnull=True).update(expired_at=now)


@transaction.atomic
def _end_lapsed(signed: int, *, now: datetime) -> int:
    row = AgreementRow.objects.select_for_update().get(pk=signed)
    refusal = _expiry(row, now=now)
    if refusal is None:
        return 0
    mark_expired(row, now=now)
    running = list(row.transfers.select_for_update(of=("self",)).exclude(state__in=_OVER))
    for transfer in running:
        close(transfer, code=refusal.code, reasons=in_words(refusal), actor=NODE, now=now)
    record_agreement(row, "agreement-expired", actor=NODE, now=now, transfers=len(running))
    return len(running)


def _expiry(row: AgreementRow, *, now: datetime) -> AgreementExpired | None:
    """An end date can be the last moment of use or the first without it: the rule for reads tells."""
    try:
        check_in_force(row.as_fact(), terms=parse(row.terms), now=now)
    except AgreementExpired as refusal:
        return refusal
    except Refusal:
        return None
    return None


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


def close(transfer: TransferRow, *, code: str, reasons: list[str], actor: Actor, now: datetime) -> None:
    """Terminate a transfer, locked by the caller, and tell the peer why."""
    untaken = unqueue(transfer)
    transfer.state = TransferState.TERMINATED.value
    transfer.code, transfer.reasons = code, reasons
    save(transfer, now=now)
    enqueue(transfer, MessageKind.TRANSFER_TERMINATION, now=now, payload={"code": code, "reason": reasons})
    record(transfer, "transfer-terminated", actor=actor, now=now, code=code, **untaken)
