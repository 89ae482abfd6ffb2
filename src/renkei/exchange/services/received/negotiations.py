"""Negotiations that run, as peers drive them. A repeat of the peer's last message is answered as the first was."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from renkei.exchange.errors import (
    AgreementDiffers,
)
from renkei.exchange.models import ID, AgreementRow, NegotiationRow
from renkei.exchange.rules.machine import NEGOTIATION, step
from renkei.exchange.rules.matching import differences
from renkei.exchange.services.agreements import bring_into_force, lapse, sign
from renkei.exchange.services.negotiations import break_off_for, conclude, settle
from renkei.exchange.services.processes import enqueue, record, save, unqueue
from renkei.exchange.services.received.steps import advance_negotiation
from renkei.exchange.types import MessageKind, Negotiation, NegotiationMessage, NegotiationState, Policy, Role
from renkei.kernel.clock import parse_utc
from renkei.kernel.ids import Actor, AgreementId, OrgId, ParticipantId

_M, _S = NegotiationMessage, NegotiationState


@transaction.atomic
def receive_agreement(
    *, org: OrgId, peer: ParticipantId, pid: str, peer_pid: str, agreement: Policy, now: datetime
) -> Negotiation:
    """Take the provider's agreement: it is verified when it says what was requested, else the negotiation ends.

    By hand our member verifies it. Raises exchange.negotiation-missing, transition-illegal. Source: DSP 2025-1,
    ContractAgreementMessage.
    """
    row, fresh = advance_negotiation(
        org=org, peer=peer, pid=pid, peer_pid=peer_pid, message=_M.AGREEMENT, now=now, agreement=agreement
    )
    if not fresh:
        return row.as_fact()
    wrong = _differences(row, agreement)
    if wrong:
        break_off_for(row, AgreementDiffers(what=", ".join(wrong)), now=now)
        return row.as_fact()
    signed = sign(
        row,
        agreement=AgreementId(agreement["@id"]),
        terms=row.offer,
        signed_at=_signed_at(agreement, now=now),
    )
    if not row.by_hand:
        row.state = step(NEGOTIATION, state=_S.AGREED, message=_M.VERIFICATION, sender=Role.CONSUMER).value
        enqueue(row, MessageKind.CONTRACT_VERIFICATION, now=now)
    save(row, now=now, fields=["agreement"])
    record(
        row,
        "negotiation-agreed",
        actor=Actor(peer),
        now=now,
        agreement=signed.agreement,
        terms=signed.terms_digest,
    )
    return row.as_fact()


@transaction.atomic
def receive_accepted(
    *, org: OrgId, peer: ParticipantId, pid: str, peer_pid: str, now: datetime
) -> Negotiation:
    """Take the consumer's acceptance of our offer: the agreement goes out at once, or when our member sends it by hand.

    Raises exchange.negotiation-missing, transition-illegal. Source: DSP 2025-1, event ACCEPTED.
    """
    row, fresh = advance_negotiation(
        org=org, peer=peer, pid=pid, peer_pid=peer_pid, message=_M.ACCEPTED, now=now
    )
    if not fresh:
        return row.as_fact()
    record(row, "negotiation-accepted", actor=Actor(peer), now=now)
    if row.by_hand:
        save(row, now=now)
    else:
        step(NEGOTIATION, state=_S.ACCEPTED, message=_M.AGREEMENT, sender=Role.PROVIDER)
        settle(row, actor=Actor(row.participant), now=now)
    return row.as_fact()


@transaction.atomic
def receive_verification(
    *, org: OrgId, peer: ParticipantId, pid: str, peer_pid: str, now: datetime
) -> Negotiation:
    """Take the consumer's verification of the agreement: it is finalized at once and in force from now.

    By hand our member finalizes it. Raises exchange.negotiation-missing, transition-illegal. Source: DSP 2025-1,
    ContractAgreementVerificationMessage.
    """
    row, fresh = advance_negotiation(
        org=org, peer=peer, pid=pid, peer_pid=peer_pid, message=_M.VERIFICATION, now=now
    )
    if not fresh:
        return row.as_fact()
    if row.by_hand:
        save(row, now=now)
        record(row, "negotiation-verified", actor=Actor(peer), now=now, agreement=row.agreement)
        return row.as_fact()
    row.state = step(NEGOTIATION, state=_S.VERIFIED, message=_M.FINALIZED, sender=Role.PROVIDER).value
    conclude(row, actor=Actor(row.participant), now=now)
    return row.as_fact()


@transaction.atomic
def receive_finalized(
    *, org: OrgId, peer: ParticipantId, pid: str, peer_pid: str, now: datetime
) -> Negotiation:
    """Take the provider's word that it has finalized: the agreement is in force from now.

    Raises exchange.negotiation-missing, transition-illegal. Source: DSP 2025-1, event FINALIZED.
    """
    row, fresh = advance_negotiation(
        org=org, peer=peer, pid=pid, peer_pid=peer_pid, message=_M.FINALIZED, now=now
    )
    if fresh:
        save(row, now=now)
        record(row, "negotiation-finalized", actor=Actor(peer), now=now, agreement=row.agreement)
        bring_into_force(row, actor=Actor(peer), now=now)
    return row.as_fact()


@transaction.atomic
def receive_negotiation_termination(
    *,
    org: OrgId,
    peer: ParticipantId,
    pid: str,
    peer_pid: str,
    code: str | None,
    reasons: Sequence[str],
    now: datetime,
) -> Negotiation:
    """Take the peer's breaking off; its reasons are kept as they came.

    Raises exchange.negotiation-missing, transition-illegal. Source: DSP 2025-1, ContractNegotiationTerminationMessage.
    """
    said = list(reasons)
    row, fresh = advance_negotiation(
        org=org,
        peer=peer,
        pid=pid,
        peer_pid=peer_pid,
        message=_M.TERMINATION,
        now=now,
        code=code,
        reasons=said,
    )
    if fresh:
        row.code, row.reasons = code, said
        untaken = unqueue(row)
        lapse(row, reason="\n".join(said), now=now)
        save(row, now=now)
        record(row, "negotiation-terminated", actor=Actor(peer), now=now, code=code, **untaken)
    return row.as_fact()


def _differences(row: NegotiationRow, agreement: Policy) -> list[str]:
    wrong = differences(
        agreement=agreement,
        requested=row.offer,
        dataset=row.dataset,
        assigner=ParticipantId(row.peer),
        assignee=ParticipantId(row.participant),
    )
    own = agreement.get("@id")
    if not isinstance(own, str) or not 0 < len(own) <= ID:
        return [*wrong, "@id"]
    if AgreementRow.objects.filter(agreement=own, org=row.org, role=row.role).exists():
        return [*wrong, "@id"]
    return wrong


def _signed_at(agreement: Policy, *, now: datetime) -> datetime:
    try:
        return parse_utc(agreement["timestamp"])
    except (KeyError, TypeError, ValueError):
        return now
