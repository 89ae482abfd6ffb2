"""How negotiations begin that a peer opens: with a request, or with an offer that nobody asked for."""

from datetime import datetime

from django.db import transaction

from renkei.exchange.errors import (
    DatasetMissing,
    OfferMissing,
    OfferWithdrawn,
    PolicyMalformed,
    PurposeNotOffered,
)
from renkei.exchange.models import NegotiationRow, OfferRow
from renkei.exchange.rules.access import check_recipient
from renkei.exchange.rules.machine import NEGOTIATION, step
from renkei.exchange.rules.matching import Fit, Match, match
from renkei.exchange.rules.plan import check_end
from renkei.exchange.rules.terms import parse
from renkei.exchange.services.negotiations import addressed, break_off_for, settle, with_id
from renkei.exchange.services.processes import check_ids, content_digest, record, save
from renkei.exchange.services.received.steps import advance_negotiation, opened_before, store
from renkei.exchange.types import Negotiation, NegotiationMessage, Policy, Role
from renkei.kernel.ids import Actor, OrgId, ParticipantId, new_id
from renkei.parties import api as parties

_M = NegotiationMessage
_TERMS_CAME = {_M.OFFER: "negotiation-offered", _M.REQUEST: "negotiation-countered"}


@transaction.atomic
def receive_request(
    *,
    org: OrgId,
    peer: ParticipantId,
    consumer_pid: str,
    provider_pid: str | None,
    offer: Policy,
    callback: str | None,
    message_id: str | None = None,
    now: datetime,
) -> Negotiation:
    """Take a consumer's request (provider_pid None), or its counter-offer in a negotiation that runs.

    What fits an automatic offer is agreed at once; a purpose that is not offered is terminated with the reason; the
    rest waits. `message_id` is the message's own id, where it has one. Raises exchange.offer-missing, offer-withdrawn,
    recipient-not-allowed, end-date-past, pid-taken, negotiation-missing, transition-illegal, and what `parse` raises.
    Source: DSP 2025-1, ContractRequestMessage.
    """
    check_ids(consumer_pid, provider_pid)
    if provider_pid is not None:
        return _take_terms(
            org=org,
            peer=peer,
            pid=provider_pid,
            peer_pid=consumer_pid,
            message=_M.REQUEST,
            offer=offer,
            message_id=message_id,
            now=now,
        )
    said = content_digest(_M.REQUEST, offer=offer, callback=callback)
    known = opened_before(
        NegotiationRow, org=org, peer=peer, role=Role.PROVIDER, peer_pid=consumer_pid, said=said
    )
    if known is not None:
        return known.as_fact()
    published, found = _matched(offer, org=org, peer=peer, now=now)
    # Terms that are written in a profile have to name it (ODRL Information Model 2.2, section 3); some peers do not.
    named = {name: published.terms[name] for name in ("profile",) if name in published.terms}
    wanted = named | addressed(offer, dataset=published.dataset_id)
    row = _new(
        wanted, org=org, peer=peer, role=Role.PROVIDER, peer_pid=consumer_pid, callback=callback, now=now
    )
    row.opening, row.state = said, _opening_state(_M.REQUEST, sender=Role.CONSUMER)
    row.by_hand = published.by_hand
    kept = store(row, peer_pid=consumer_pid)
    if kept is not row:
        return kept.as_fact()
    record(row, "negotiation-requested", actor=Actor(peer), now=now, offer=published.pk)
    _answer(row, found, automatic=published.automatic, now=now)
    return row.as_fact()


@transaction.atomic
def receive_offer(
    *,
    org: OrgId,
    peer: ParticipantId,
    provider_pid: str,
    consumer_pid: str | None,
    offer: Policy,
    callback: str | None,
    message_id: str | None = None,
    now: datetime,
) -> Negotiation:
    """Take a provider's offer: its answer to our request, or (consumer_pid None) one that nobody asked for.

    It waits for the member's decision. Raises exchange.negotiation-missing, transition-illegal, pid-taken,
    policy-malformed. Source: DSP 2025-1, ContractOfferMessage.
    """
    check_ids(provider_pid, consumer_pid, offer.get("target"))
    if consumer_pid is not None:
        return _take_terms(
            org=org,
            peer=peer,
            pid=consumer_pid,
            peer_pid=provider_pid,
            message=_M.OFFER,
            offer=offer,
            message_id=message_id,
            now=now,
        )
    said = content_digest(_M.OFFER, offer=offer, callback=callback)
    known = opened_before(
        NegotiationRow, org=org, peer=peer, role=Role.CONSUMER, peer_pid=provider_pid, said=said
    )
    if known is not None:
        return known.as_fact()
    if not isinstance(offer.get("target"), str):
        raise PolicyMalformed(place="offer.target", why="it must name a dataset")
    made = addressed(with_id(offer), dataset=offer["target"])
    row = _new(
        made, org=org, peer=peer, role=Role.CONSUMER, peer_pid=provider_pid, callback=callback, now=now
    )
    row.opening, row.state = said, _opening_state(_M.OFFER, sender=Role.PROVIDER)
    kept = store(row, peer_pid=provider_pid)
    if kept is not row:
        return kept.as_fact()
    record(row, "negotiation-offered", actor=Actor(peer), now=now, offer=made["@id"])
    return row.as_fact()


def _answer(row: NegotiationRow, found: Match, *, automatic: bool, now: datetime) -> None:
    """Answer a request at once where the offer settles the answer."""
    if row.by_hand:
        return
    if found.fit is Fit.PURPOSE_NOT_OFFERED:
        purpose, offered = ", ".join(found.purposes), ", ".join(found.offered)
        break_off_for(row, PurposeNotOffered(purpose=purpose, offered=offered), now=now)
    elif automatic and found.fit is not Fit.DIFFERENT:
        settle(row, actor=Actor(row.participant), now=now)


def _take_terms(
    *,
    org: OrgId,
    peer: ParticipantId,
    pid: str,
    peer_pid: str,
    message: NegotiationMessage,
    offer: Policy,
    message_id: str | None,
    now: datetime,
) -> Negotiation:
    """Take other terms in a negotiation that runs: a provider's offer, or a consumer's counter-offer."""
    row, fresh = advance_negotiation(
        org=org,
        peer=peer,
        pid=pid,
        peer_pid=peer_pid,
        message=message,
        now=now,
        offer=offer,
        message_id=message_id,
    )
    if not fresh:
        return row.as_fact()
    if message is _M.REQUEST:
        if offer.get("target", row.dataset) != row.dataset:
            raise DatasetMissing(dataset=offer.get("target"))
        parse(offer)
    row.put_on_table(addressed(with_id(offer), dataset=row.dataset))
    save(row, now=now, fields=["offer", "earlier"])
    record(row, _TERMS_CAME[message], actor=Actor(peer), now=now, offer=row.offer["@id"])
    return row.as_fact()


def _new(
    offer: Policy,
    *,
    org: OrgId,
    peer: ParticipantId,
    role: Role,
    peer_pid: str,
    callback: str | None,
    now: datetime,
) -> NegotiationRow:
    return NegotiationRow(
        id=new_id(),
        role=role.value,
        org=org,
        participant=parties.organisation(org).participant,
        peer=peer,
        peer_pid=peer_pid,
        peer_address=(callback or "").rstrip("/"),
        dataset=offer["target"],
        offer=offer,
        created_at=now,
        updated_at=now,
    )


def _opening_state(message: NegotiationMessage, *, sender: Role) -> str:
    return step(NEGOTIATION, state=None, message=message, sender=sender).value


def _published(offer: Policy, *, org: OrgId) -> OfferRow:
    named = offer.get("@id")
    rows = OfferRow.objects.select_related("dataset").filter(dataset__owner=org)
    row = rows.filter(pk=named).first() if isinstance(named, str) else None
    if row is None or offer.get("target", row.dataset_id) != row.dataset_id:
        raise OfferMissing(offer=offer.get("@id"))
    if row.withdrawn_at is not None:
        raise OfferWithdrawn(offer=row.pk)
    return row


def _matched(offer: Policy, *, org: OrgId, peer: ParticipantId, now: datetime) -> tuple[OfferRow, Match]:
    published = _published(offer, org=org)
    terms = parse(published.terms)
    check_recipient(terms, participant=peer)
    check_end(terms, now=now)
    return published, match(requested=offer, offered=published.terms)
