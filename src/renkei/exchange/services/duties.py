"""Duties that are fulfilled: stated by whoever fulfilled them, signed, and told to the other side.

The recipient states what it did; the provider only records that it was paid. What is stated goes to the other side with
the negotiation that led to the agreement, and never changes it: a peer that knows no duties refuses the message, which is
then kept with the duty.
"""

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from renkei.exchange.errors import AgreementMissing, AgreementNotInForce, DutyMissing, DutyOfRecipient
from renkei.exchange.models import AgreementRow, DutyRow, OutboxRow, stored_failure
from renkei.exchange.queries.owing import overdue
from renkei.exchange.rules.owing import check_covers, check_statement, moves, written
from renkei.exchange.rules.terms import DutyAction
from renkei.exchange.services.agreements import record_agreement
from renkei.exchange.services.processes import enqueue
from renkei.exchange.types import FULFILMENT_TYPE, MessageKind, OwedDuty, Role
from renkei.kernel.canonical import canonical_json
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import NODE, Actor, AgreementId, OrgId, ParticipantId
from renkei.kernel.texts import Text
from renkei.parties import api as parties

MOST_AT_ONCE = 500


@transaction.atomic
def fulfil_duty(
    *,
    org: OrgId,
    agreement: AgreementId,
    number: int,
    statement: str,
    evidence: str | None = None,
    actor: Actor,
    now: datetime,
) -> OwedDuty:
    """State that a duty is fulfilled, signed by the organisation, and tell the other side.

    `evidence` is the SHA-256 of a document that shows it. A duty that is fulfilled stays as it is, but for one that the
    other side did not take: it is told again. Where each delivery opens the duty anew, the recipient states it anew each
    time, since its node does not see every delivery. The provider can only state that it was paid. Raises
    exchange.agreement-missing, agreement-not-in-force, duty-missing, duty-of-recipient, duty-statement-invalid.
    """
    statement = written(statement)
    check_statement(statement, evidence)
    row = _locked(org=org, agreement=agreement, number=number)
    role = Role(row.signed.role)
    _check_speaker(row, role)
    if row.is_fulfilled and not (moves(row.action) and role is Role.CONSUMER):
        if row.untold and row.fulfilled_by == role:
            _tell(row, now=now)
        return row.as_fact()
    said = {
        "agreement": agreement,
        "duty": number,
        "statement": statement,
        "evidence": evidence or "",
        "at": format_utc(now),
    }
    payload = canonical_json(said)
    proof = parties.sign_statement(org=org, type=FULFILMENT_TYPE, payload=payload, now=now)
    _fulfil(row, by=role, statement=statement, evidence=evidence or "", proof=proof, now=now)
    _tell(row, now=now)
    _record(row, "duty-fulfilled", actor=actor, now=now)
    return row.as_fact()


@transaction.atomic
def receive_fulfilment(
    *,
    org: OrgId,
    peer: ParticipantId,
    agreement: str,
    number: int,
    statement: str,
    evidence: str,
    proof: str,
    stated_at: datetime,
    now: datetime,
) -> OwedDuty:
    """Take the other side's statement that a duty is fulfilled, verified by the caller.

    `stated_at` is when it was made, by the sender's clock. The same statement again changes nothing, also after a delivery
    that has opened the duty anew, which an older one does not cover. Raises what `fulfil_duty` raises;
    exchange.agreement-missing for anyone who is not the other side of the agreement.
    """
    check_statement(statement, evidence)
    row = _locked(org=org, agreement=AgreementId(agreement), number=number, peer=peer)
    sender = Role(row.signed.role).other
    _check_speaker(row, sender)
    if row.is_fulfilled or row.proof == proof:
        return row.as_fact()
    check_covers(stated_at, counts_from=row.counts_from)
    _fulfil(row, by=sender, statement=statement.strip(), evidence=evidence, proof=proof, now=now)
    _record(row, "duty-fulfilled", actor=Actor(peer), now=now)
    return row.as_fact()


def note_overdue(*, now: datetime) -> int:
    """Write down, once, each duty that was to be fulfilled by now; returns how many.

    That it is overdue does not depend on this: `OwedDuty.state` tells it from the time alone.
    """
    late = overdue(now).filter(overdue_at__isnull=True).order_by("due_at")
    return sum(_note_overdue(row, now=now) for row in list(late.values_list("pk", flat=True)[:MOST_AT_ONCE]))


@transaction.atomic
def _note_overdue(pk: int, *, now: datetime) -> int:
    late = overdue(now).filter(pk=pk, overdue_at__isnull=True)
    if not late.update(overdue_at=now):  # fulfilled, delivered anew, or noted by somebody else
        return 0
    row = DutyRow.objects.select_related("signed").get(pk=pk)
    _record(row, "duty-overdue", actor=NODE, now=now)
    return 1


def taken(message: OutboxRow, *, now: datetime) -> None:
    """The other side took our statement; that of one which another has replaced meanwhile says nothing."""
    _of(message).update(told_at=now, untold="")


def not_taken(message: OutboxRow, *, why: Text) -> None:
    """The other side refuses our statement for good, or was silent for too long: it knows no duties, or says why."""
    _of(message).update(untold=stored_failure(why))


def _of(message: OutboxRow) -> QuerySet[DutyRow]:
    said = message.as_fact(repeated=False).payload
    rows = DutyRow.objects.filter(signed__negotiation=message.process, number=said["duty"])
    return rows.filter(proof=said["statement"])


def _locked(*, org: OrgId, agreement: AgreementId, number: int, peer: ParticipantId | None = None) -> DutyRow:
    signed = AgreementRow.objects.filter(agreement=agreement, org=org).first()
    if signed is None or peer not in {None, signed.as_fact().peer}:
        raise AgreementMissing(agreement=agreement)
    if signed.in_force_at is None:
        raise AgreementNotInForce(agreement=agreement)
    rows = DutyRow.objects.select_for_update(of=("self",)).select_related("signed__negotiation")
    row = rows.filter(signed=signed, number=number).first()
    if row is None:
        raise DutyMissing(agreement=agreement, number=number)
    return row


def _check_speaker(row: DutyRow, role: Role) -> None:
    if role is Role.PROVIDER and row.action != DutyAction.COMPENSATE:
        raise DutyOfRecipient(number=row.number, action=row.action)


def _fulfil(row: DutyRow, *, by: Role, statement: str, evidence: str, proof: str, now: datetime) -> None:
    row.fulfilled_at, row.fulfilled_by = now, by.value
    row.statement, row.evidence, row.proof = statement, evidence, proof
    row.told_at, row.untold = None, ""
    row.save()


def _tell(row: DutyRow, *, now: datetime) -> None:
    DutyRow.objects.filter(pk=row.pk).update(untold="")
    row.untold = ""
    payload = {"duty": row.number, "statement": row.proof}
    enqueue(row.signed.negotiation, MessageKind.DUTY_FULFILMENT, now=now, payload=payload)


def _record(row: DutyRow, action: str, *, actor: Actor, now: datetime) -> None:
    """Write the audit line; of what was stated it has the hashes only."""
    said = {"evidence": row.evidence, "statement": _hash(row.statement), "proof": _hash(row.proof)}
    record_agreement(
        row.signed,
        action,
        actor=actor,
        now=now,
        duty=row.number,
        duty_action=row.action,
        **(said if action == "duty-fulfilled" else {}),
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
