"""Negotiations and transfers whose steps an owner takes itself, and offers that nobody asked for."""

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import AgreementEnded, DatasetMissing, OfferHandling, TransitionIllegal
from renkei.kernel.ids import NODE, AgreementId, DatasetId
from tests.factories.exchange import MAY, TERMS, Hand, Table, constraint, table, terms

pytestmark = pytest.mark.django_db
S = exchange.NegotiationState


def by_hand() -> Table:
    """Seat two members at a table where the provider takes every step."""
    at = table(automatic=False)
    offered = exchange.offer(
        dataset=at.dataset.id, terms=TERMS, automatic=False, by_hand=True, actor=NODE, now=MAY
    )
    exchange.withdraw_offer(offer=at.offer.id, actor=NODE, now=MAY)
    return Table(at.provider, at.consumer, at.dataset, offered)


def requested(at: Table) -> tuple[exchange.Negotiation, dict[str, object]]:
    """Let the consumer ask, and return its negotiation and how the provider's side is named."""
    wanted = at.request()
    at.deliver()
    return wanted, {"org": at.provider.id, "negotiation": at.theirs(wanted).id, "actor": at.provider.actor}


def agreed(at: Table) -> AgreementId:
    """Lead a negotiation to its end, step by step."""
    wanted, theirs = requested(at)
    exchange.agree(**theirs, now=MAY)
    at.deliver()
    exchange.finalize(**theirs, now=MAY)
    at.deliver()
    found = at.ours(wanted).agreement
    assert found is not None
    return found


def test_an_offer_is_automatic_or_by_hand_but_not_both():
    at = table()

    with pytest.raises(OfferHandling):
        exchange.offer(dataset=at.dataset.id, terms=TERMS, automatic=True, by_hand=True, actor=NODE, now=MAY)


def test_every_step_of_a_negotiation_by_hand_waits_for_the_owner():
    at = by_hand()
    wanted, theirs = requested(at)
    seen = []

    def look() -> None:
        side = at.theirs(wanted)
        seen.append((side.state, side.decision_due, side.waiting_for.en if side.waiting_for else None))

    look()
    exchange.counter(**theirs, terms=TERMS, now=MAY)
    at.deliver()
    exchange.accept_offer(org=at.consumer.id, negotiation=wanted.id, actor=NODE, now=MAY)
    at.deliver()
    look()
    exchange.agree(**theirs, now=MAY)
    at.deliver()
    look()
    exchange.finalize(**theirs, now=MAY)
    at.deliver()
    look()

    assert seen == [
        (S.REQUESTED, True, "your decision: agree, refuse or make a counter-offer"),
        (S.ACCEPTED, True, "you to send the agreement"),
        (S.VERIFIED, True, "you to finalize"),
        (S.FINALIZED, False, None),
    ]
    assert at.ours(wanted).state is S.FINALIZED


def test_what_waits_for_a_step_by_hand_is_listed_among_what_is_due():
    at = by_hand()
    wanted, theirs = requested(at)
    exchange.agree(**theirs, now=MAY)
    at.deliver()

    due = exchange.negotiations(org=at.provider.id, due=True)

    assert [(each.id, each.state) for each in due] == [(at.theirs(wanted).id, S.VERIFIED)]
    assert exchange.negotiations(org=at.provider.id, due=False) == ()


def test_an_agreement_by_hand_is_in_force_from_the_finalization_on():
    at = by_hand()
    wanted, theirs = requested(at)
    exchange.agree(**theirs, now=MAY)
    at.deliver()
    number = at.theirs(wanted).agreement
    before = exchange.agreement(number, org=at.provider.id).in_force_at

    exchange.finalize(**theirs, now=MAY)

    assert (before, exchange.agreement(number, org=at.provider.id).in_force_at) == (None, MAY)
    assert audit.trail(theirs["negotiation"]) == [
        "exchange.negotiation-requested",
        "exchange.negotiation-agreed",
        "exchange.negotiation-verified",
        "exchange.negotiation-finalized",
    ]


def test_a_purpose_that_is_not_offered_waits_for_the_owner_too():
    at = by_hand()
    asked = at.offer.policy() | terms(constraint("purpose", "eq", "advertising"))

    wanted = at.request(policy=asked)
    at.deliver()

    assert (at.theirs(wanted).state, at.theirs(wanted).decision_due) == (S.REQUESTED, True)


def test_a_consumer_verifies_by_hand_when_it_asked_so():
    at = table()
    wanted = exchange.request_negotiation(
        org=at.consumer.id,
        provider=at.provider.participant,
        address="http://provider.test/dsp",
        dataset=at.dataset.id,
        offer=at.offer.policy(),
        by_hand=True,
        actor=NODE,
        now=MAY,
    )
    at.deliver()
    held = at.ours(wanted)

    exchange.verify_agreement(org=at.consumer.id, negotiation=wanted.id, actor=NODE, now=MAY)
    at.deliver()

    assert (held.state, held.decision_due, held.waiting_for.en) == (
        S.AGREED,
        True,
        "you to verify the agreement",
    )
    assert at.ours(wanted).state is S.FINALIZED


def test_steps_out_of_turn_are_refused():
    at = by_hand()
    _, theirs = requested(at)

    with pytest.raises(TransitionIllegal):
        exchange.finalize(**theirs, now=MAY)
    with pytest.raises(TransitionIllegal):
        exchange.verify_agreement(**theirs, now=MAY)


def test_a_transfer_by_hand_starts_when_the_owner_starts_it():
    at = by_hand()
    asked = exchange.request_transfer(
        org=at.consumer.id, agreement=agreed(at), format=exchange.HTTP_DATA, actor=NODE, now=MAY
    )
    at.deliver()
    (held,) = exchange.transfers(org=at.provider.id)

    exchange.start_transfer(org=at.provider.id, transfer=held.id, actor=NODE, now=MAY)
    at.deliver()

    ours = exchange.transfer(asked.id, org=at.consumer.id)
    assert (held.state, held.decision_due, held.waiting_for.en) == (
        exchange.TransferState.REQUESTED,
        True,
        "you to start the transfer",
    )
    assert ours.state is exchange.TransferState.STARTED
    assert exchange.access(ours.data_address.secret, now=MAY).transfer.id == held.id


def test_a_push_by_hand_is_due_when_the_owner_has_started_it():
    at, hand = by_hand(), Hand()
    asked = exchange.request_transfer(
        org=at.consumer.id, agreement=agreed(at), format=exchange.HTTP_PUSH, actor=NODE, now=MAY
    )
    at.deliver()
    (held,) = exchange.transfers(org=at.provider.id)

    early = exchange.push_due(hand, now=MAY)
    exchange.start_transfer(org=at.provider.id, transfer=held.id, actor=NODE, now=MAY)
    at.deliver()
    in_time = exchange.push_due(hand, now=MAY)
    at.deliver()

    ours = exchange.transfer(asked.id, org=at.consumer.id)
    assert (early, in_time, held.state) == (0, 1, exchange.TransferState.REQUESTED)
    assert (ours.state, ours.data_address) == (exchange.TransferState.COMPLETED, None)
    assert len(exchange.deliveries(asked.id, org=at.consumer.id)) == 1


def test_a_transfer_by_hand_is_not_started_once_the_agreement_has_ended():
    at = by_hand()
    signed = agreed(at)
    exchange.request_transfer(
        org=at.consumer.id, agreement=signed, format=exchange.HTTP_DATA, actor=NODE, now=MAY
    )
    at.deliver()
    (held,) = exchange.transfers(org=at.provider.id)
    exchange.end_agreement(org=at.consumer.id, agreement=signed, reason="done", actor=NODE, now=MAY)
    at.deliver()

    with pytest.raises((AgreementEnded, TransitionIllegal)):
        exchange.start_transfer(org=at.provider.id, transfer=held.id, actor=NODE, now=MAY)


def test_an_offer_that_nobody_asked_for_is_accepted_and_comes_into_force():
    at = table()
    made = exchange.propose_offer(
        org=at.provider.id,
        consumer=at.consumer.participant,
        address="http://consumer.test/dsp",
        dataset=at.dataset.id,
        terms=TERMS,
        actor=NODE,
        now=MAY,
    )
    at.deliver()
    (received,) = exchange.negotiations(org=at.consumer.id)

    exchange.accept_offer(org=at.consumer.id, negotiation=received.id, actor=NODE, now=MAY)
    at.deliver()

    ours = exchange.negotiation(received.id, org=at.consumer.id)
    theirs = exchange.negotiation(made.id, org=at.provider.id)
    assert (received.state, received.decision_due, received.role) == (S.OFFERED, True, exchange.Role.CONSUMER)
    assert (ours.state, theirs.state) == (S.FINALIZED, S.FINALIZED)
    assert exchange.agreement(ours.agreement, org=at.consumer.id).terms_digest == exchange.terms_digest(TERMS)


def test_nobody_offers_what_another_organisation_owns():
    at = table()

    with pytest.raises(DatasetMissing):
        exchange.propose_offer(
            org=at.consumer.id,
            consumer=at.provider.participant,
            address="http://provider.test/dsp",
            dataset=DatasetId(at.dataset.id),
            terms=TERMS,
            actor=NODE,
            now=MAY,
        )


def test_a_proposal_with_another_id_of_its_own_is_another_proposal():
    at = by_hand()
    wanted, theirs = requested(at)
    exchange.counter(**theirs, terms=TERMS, now=MAY)
    at.deliver()
    again = {
        "org": at.provider.id,
        "peer": at.consumer.participant,
        "consumer_pid": wanted.id,
        "provider_pid": theirs["negotiation"],
        "offer": at.offer.policy(target=True),
        "callback": None,
        "now": MAY,
    }

    first = exchange.receive_request(**again, message_id="urn:m:1")
    repeat = exchange.receive_request(**again, message_id="urn:m:1")

    assert (first.state, repeat) == (S.REQUESTED, first)
    with pytest.raises(TransitionIllegal):
        exchange.receive_request(**again, message_id="urn:m:2")
