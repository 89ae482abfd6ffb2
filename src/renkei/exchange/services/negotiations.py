"""Negotiations as our members drive them; what peers say is in `received`."""

from datetime import datetime

from django.db import transaction

from renkei.exchange.errors import DatasetMissing, NegotiationMissing, OfferMissing
from renkei.exchange.models import DatasetRow, NegotiationRow
from renkei.exchange.rules.machine import NEGOTIATION, step
from renkei.exchange.rules.matching import narrow
from renkei.exchange.rules.plan import check_end
from renkei.exchange.rules.portable import portable
from renkei.exchange.rules.terms import parse
from renkei.exchange.services.agreements import bare, bring_into_force, lapse, sign
from renkei.exchange.services.processes import (
    check_ids,
    check_storable,
    enqueue,
    in_words,
    record,
    save,
    stated,
    unqueue,
)
from renkei.exchange.services.revisions import check_keepable
from renkei.exchange.types import MessageKind, Negotiation, NegotiationMessage, NegotiationState, Policy, Role
from renkei.kernel.ids import (
    Actor,
    AgreementId,
    DatasetId,
    NegotiationId,
    OrgId,
    ParticipantId,
    TableId,
    new_id,
)
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties

REFUSED = "exchange.refused-by-provider"
WITHDREW = "exchange.terminated-by-consumer"
_M, _S = NegotiationMessage, NegotiationState


@transaction.atomic
def request_negotiation(
    *,
    org: OrgId,
    provider: ParticipantId,
    address: str,
    dataset: str,
    offer: Policy,
    purpose: str | None = None,
    by_hand: bool = False,
    actor: Actor,
    now: datetime,
) -> Negotiation:
    """Ask a provider for its dataset under an offer from its catalogue.

    `address` is the provider's DSP base; `offer` carries at least @id and the terms; `purpose` narrows the terms to
    one purpose; `by_hand` leaves it to our member to verify the agreement. Raises exchange.offer-missing for an offer
    without @id, exchange.id-malformed, policy-malformed.
    """
    if not isinstance(offer.get("@id"), str):
        raise OfferMissing(offer=offer.get("@id"))
    check_ids(offer["@id"], dataset, provider)
    check_storable([offer, purpose], place="offer")
    wanted = addressed(narrow(offer, purpose) if purpose else offer, dataset=dataset)
    row = _opened(Role.CONSUMER, _M.REQUEST, org=org, peer=provider, address=address, offer=wanted, now=now)
    row.by_hand, row.published = by_hand, offer if purpose else None
    row.save(force_insert=True)
    enqueue(row, MessageKind.CONTRACT_REQUEST, now=now, opening=True, payload={"offer": wanted})
    record(row, "negotiation-requested", actor=actor, now=now, offer=offer["@id"])
    return row.as_fact()


@transaction.atomic
def propose_offer(
    *,
    org: OrgId,
    consumer: ParticipantId,
    address: str,
    dataset: DatasetId,
    terms: Policy,
    by_hand: bool = False,
    actor: Actor,
    now: datetime,
) -> Negotiation:
    """Offer one of the organisation's datasets to a participant that has not asked for it.

    `address` is the participant's DSP base; what it accepts is agreed at once unless `by_hand`. Raises
    exchange.dataset-missing, id-malformed, and what `offer` raises for its terms. Source: DSP 2025-1,
    ContractOfferMessage with a callback address.
    """
    check_ids(consumer)
    check_storable(terms, place="offer")
    if not DatasetRow.objects.filter(pk=dataset, owner=org).exists():
        raise DatasetMissing(dataset=dataset)
    check_agreeable(terms, dataset=dataset, now=now)
    made = addressed(with_id(written(portable(terms))), dataset=dataset)
    row = _opened(Role.PROVIDER, _M.OFFER, org=org, peer=consumer, address=address, offer=made, now=now)
    row.by_hand = by_hand
    row.save(force_insert=True)
    enqueue(row, MessageKind.CONTRACT_OFFER, now=now, opening=True, payload={"offer": made})
    record(row, "negotiation-offered", actor=actor, now=now, offer=made["@id"])
    return row.as_fact()


@transaction.atomic
def accept_offer(*, org: OrgId, negotiation: NegotiationId, actor: Actor, now: datetime) -> Negotiation:
    """Accept the offer that the provider has put on the table.

    Raises exchange.negotiation-missing, transition-illegal.
    """
    row = _taken(org=org, negotiation=negotiation, message=_M.ACCEPTED)
    save(row, now=now)
    enqueue(row, MessageKind.CONTRACT_ACCEPTED, now=now)
    record(row, "negotiation-accepted", actor=actor, now=now)
    return row.as_fact()


@transaction.atomic
def counter_offer(
    *, org: OrgId, negotiation: NegotiationId, offer: Policy, actor: Actor, now: datetime
) -> Negotiation:
    """Answer the provider's offer with other terms. Raises exchange.negotiation-missing, transition-illegal."""
    check_storable(offer, place="offer")
    row = _taken(org=org, negotiation=negotiation, message=_M.REQUEST)
    row.put_on_table(addressed(with_id(written(offer)), dataset=row.dataset))
    save(row, now=now, fields=["offer", "earlier"])
    enqueue(row, MessageKind.CONTRACT_REQUEST, now=now, payload={"offer": row.offer})
    record(row, "negotiation-countered", actor=actor, now=now, offer=row.offer["@id"])
    return row.as_fact()


@transaction.atomic
def counter(
    *, org: OrgId, negotiation: NegotiationId, terms: Policy, actor: Actor, now: datetime
) -> Negotiation:
    """Answer a request with other terms, which are checked as an offer's are.

    Raises exchange.negotiation-missing, transition-illegal, and what `offer` raises for its terms.
    """
    row = _taken(org=org, negotiation=negotiation, message=_M.OFFER)
    check_agreeable(terms, dataset=row.dataset, now=now)
    row.put_on_table(addressed(with_id(written(portable(bare(terms)))), dataset=row.dataset))
    save(row, now=now, fields=["offer", "earlier"])
    enqueue(row, MessageKind.CONTRACT_OFFER, now=now, payload={"offer": row.offer})
    record(row, "negotiation-countered", actor=actor, now=now, offer=row.offer["@id"])
    return row.as_fact()


@transaction.atomic
def agree(*, org: OrgId, negotiation: NegotiationId, actor: Actor, now: datetime) -> Negotiation:
    """Agree to what was requested, or by hand to what was accepted: the agreement goes to the consumer to be verified.

    Raises exchange.negotiation-missing, transition-illegal, and what `offer` raises when the terms cannot be kept.
    """
    row = _taken(org=org, negotiation=negotiation, message=_M.AGREEMENT)
    check_agreeable(row.offer, dataset=row.dataset, now=now)
    settle(row, actor=actor, now=now)
    return row.as_fact()


@transaction.atomic
def verify_agreement(*, org: OrgId, negotiation: NegotiationId, actor: Actor, now: datetime) -> Negotiation:
    """Confirm by hand that our side holds the agreement as it was sent.

    Raises exchange.negotiation-missing, transition-illegal. Source: DSP 2025-1, ContractAgreementVerificationMessage.
    """
    row = _taken(org=org, negotiation=negotiation, message=_M.VERIFICATION)
    save(row, now=now)
    enqueue(row, MessageKind.CONTRACT_VERIFICATION, now=now)
    record(row, "negotiation-verified", actor=actor, now=now, agreement=row.agreement)
    return row.as_fact()


@transaction.atomic
def finalize(*, org: OrgId, negotiation: NegotiationId, actor: Actor, now: datetime) -> Negotiation:
    """Finalize by hand what the consumer has verified: the agreement is in force from now.

    Raises exchange.negotiation-missing, transition-illegal. Source: DSP 2025-1, event FINALIZED.
    """
    row = _taken(org=org, negotiation=negotiation, message=_M.FINALIZED)
    conclude(row, actor=actor, now=now)
    return row.as_fact()


@transaction.atomic
def refuse(
    *, org: OrgId, negotiation: NegotiationId, reason: str, actor: Actor, now: datetime
) -> Negotiation:
    """Refuse a request; the reason reaches the consumer as it is written.

    Raises exchange.negotiation-missing, transition-illegal, reason-missing.
    """
    return terminate_negotiation(org=org, negotiation=negotiation, reason=reason, actor=actor, now=now)


@transaction.atomic
def terminate_negotiation(
    *, org: OrgId, negotiation: NegotiationId, reason: str, actor: Actor, now: datetime
) -> Negotiation:
    """Break off a negotiation, on either side, before it is finalized; the reason reaches the peer as it is written.

    Raises exchange.negotiation-missing, transition-illegal, reason-missing.
    """
    why = stated(reason)
    row = _taken(org=org, negotiation=negotiation, message=_M.TERMINATION)
    code = REFUSED if row.role == Role.PROVIDER else WITHDREW
    break_off(row, code=code, reasons=[why], actor=actor, now=now)
    return row.as_fact()


def settle(row: NegotiationRow, *, actor: Actor, now: datetime) -> None:
    """Sign the terms on the table as provider and send the agreement. The row's state is set by the caller or here."""
    row.state = _S.AGREED.value
    signed = sign(row, agreement=AgreementId(new_id()), terms=row.offer, signed_at=now)
    save(row, now=now, fields=["agreement"])
    payload = {"agreement": signed.as_fact().policy()}
    enqueue(row, MessageKind.CONTRACT_AGREEMENT, now=now, payload=payload)
    record(
        row, "negotiation-agreed", actor=actor, now=now, agreement=signed.agreement, terms=signed.terms_digest
    )


def conclude(row: NegotiationRow, *, actor: Actor, now: datetime) -> None:
    """Finalize as provider. The row's state is set by the caller."""
    save(row, now=now)
    enqueue(row, MessageKind.CONTRACT_FINALIZED, now=now)
    record(row, "negotiation-finalized", actor=actor, now=now, agreement=row.agreement)
    bring_into_force(row, actor=actor, now=now)


def break_off(row: NegotiationRow, *, code: str, reasons: list[str], actor: Actor, now: datetime) -> None:
    """Terminate from our side: what waits to be sent after the opening is taken back, and the peer is told why."""
    row.state, row.code, row.reasons = _S.TERMINATED.value, code, reasons
    untaken = unqueue(row) if row.peer_pid is not None else {}
    lapse(row, reason=reasons[0], now=now)
    save(row, now=now)
    enqueue(row, MessageKind.CONTRACT_TERMINATION, now=now, payload={"code": code, "reason": reasons})
    record(row, "negotiation-terminated", actor=actor, now=now, code=code, **untaken)


def break_off_for(row: NegotiationRow, refusal: Refusal, *, now: datetime) -> None:
    """Terminate from our side because a rule refuses to go on."""
    break_off(row, code=refusal.code, reasons=in_words(refusal), actor=Actor(row.participant), now=now)


def written(terms: Policy) -> Policy:
    """Return terms that our member wrote as they may stand in a message: DSP takes no empty lists of rules."""
    return {name: value for name, value in terms.items() if value != []}


def with_id(offer: Policy) -> Policy:
    """Return an offer with an id: its own, or a new one."""
    return {"@id": new_id()} | offer


def addressed(policy: Policy, *, dataset: str) -> Policy:
    """Return an offer as it stands in a message: typed, and with its target."""
    return bare(policy) | {"@id": policy["@id"], "@type": "Offer", "target": dataset}


def check_agreeable(terms: Policy, *, dataset: str, now: datetime) -> None:
    """Check that our node can keep these terms for this dataset, and that the law lets it."""
    parsed = parse(terms)
    check_end(parsed, now=now)
    found = DatasetRow.objects.get(pk=dataset).as_fact()
    check_keepable(parsed, table=TableId(found.table), classes=found.classes)


def _opened(
    role: Role,
    message: NegotiationMessage,
    *,
    org: OrgId,
    peer: ParticipantId,
    address: str,
    offer: Policy,
    now: datetime,
) -> NegotiationRow:
    """Return a negotiation, not yet stored, in the state that our opening message leads to."""
    return NegotiationRow(
        id=new_id(),
        role=role.value,
        org=org,
        participant=parties.organisation(org).participant,
        peer=peer,
        peer_address=address.rstrip("/"),
        dataset=offer["target"],
        state=step(NEGOTIATION, state=None, message=message, sender=role).value,
        offer=offer,
        created_at=now,
        updated_at=now,
    )


def _taken(*, org: OrgId, negotiation: NegotiationId, message: NegotiationMessage) -> NegotiationRow:
    """Return the row, locked, in the state that our message leads to."""
    row = NegotiationRow.objects.select_for_update().filter(pk=negotiation, org=org).first()
    if row is None:
        raise NegotiationMissing(negotiation=negotiation)
    following = step(NEGOTIATION, state=_S(row.state), message=message, sender=Role(row.role))
    row.state = following.value
    return row
