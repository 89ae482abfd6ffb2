"""Negotiations between two members, carried by a courier without a wire."""

from datetime import timedelta

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import (
    AgreementNotInForce,
    AnswersUntaken,
    EndDatePast,
    IdMalformed,
    NegotiationMissing,
    OfferMissing,
    OfferWithdrawn,
    OperandUnknown,
    PidTaken,
    PolicyMalformed,
    ReasonMissing,
    RecipientNotAllowed,
    TooManyOpenings,
    TransitionIllegal,
)
from renkei.exchange.services.received import steps
from renkei.kernel.ids import NODE
from tests.factories.exchange import CELL, END, GROUP, MAY, TERMS, as_told, constraint, table, terms

pytestmark = pytest.mark.django_db
K = exchange.MessageKind


def test_an_automatic_offer_is_agreed_verified_and_in_force_on_both_sides():
    at = table()

    wanted = at.request()
    assert (wanted.state, wanted.peer_pid, wanted.decision_due) == (
        exchange.NegotiationState.REQUESTED,
        None,
        False,
    )
    at.deliver()

    ours, theirs = at.ours(wanted), at.theirs(wanted)
    assert (ours.state, theirs.state) == (exchange.NegotiationState.FINALIZED,) * 2
    assert (ours.peer_pid, theirs.peer_pid) == (theirs.id, ours.id)
    assert (ours.waiting_for, theirs.waiting_for, ours.reasons) == (None, None, ())
    assert at.post.carried == [
        K.CONTRACT_REQUEST,
        K.CONTRACT_AGREEMENT,
        K.CONTRACT_VERIFICATION,
        K.CONTRACT_FINALIZED,
    ]
    own = exchange.agreement(ours.agreement, org=at.consumer.id)
    their = exchange.agreement(ours.agreement, org=at.provider.id)
    assert own.terms_digest == their.terms_digest == exchange.terms_digest(TERMS)
    assert (own.assigner, own.assignee) == (at.provider.participant, at.consumer.participant)
    assert own.policy() == their.policy()
    assert own.in_force(MAY)
    assert their.in_force(MAY)
    assert own.ends_at == their.ends_at
    assert exchange.outbox(org=None) == ()


def test_every_step_leaves_a_line_for_both_participants():
    at = table()
    wanted = at.request()
    at.deliver()

    assert audit.trail(wanted.id) == [
        "exchange.negotiation-requested",
        "exchange.negotiation-agreed",
        "exchange.negotiation-finalized",
    ]
    assert audit.trail(at.theirs(wanted).id) == audit.trail(wanted.id)
    signed = at.ours(wanted).agreement
    assert audit.trail(signed) == ["exchange.agreement-in-force"] * 2  # both sides are on this node
    audit.seal(now=MAY)
    for who in (at.consumer, at.provider):
        assert len(audit.entries_concerning(who.participant, subject=wanted.id)) == 3
        own = audit.entries_concerning(who.participant, subject=signed)
        assert [entry.action for entry in own] == ["exchange.agreement-in-force"] * 2


def test_a_request_may_name_one_of_the_offered_purposes():
    at = table()

    signed = at.agreed(purpose="education")

    assert constraint("purpose", "eq", "education") in signed.terms["permission"][0]["constraint"]


def test_an_agreement_names_the_profile_of_its_terms_where_the_request_did_not():
    at = table()
    policy = {name: value for name, value in at.offer.policy().items() if name != "profile"}

    wanted = at.request(policy=policy)
    at.deliver()

    sent = exchange.agreement(at.theirs(wanted).agreement, org=at.provider.id).policy()
    assert (at.ours(wanted).state, sent["profile"]) == (exchange.NegotiationState.FINALIZED, exchange.PROFILE)


def test_a_purpose_that_is_not_offered_is_refused_with_those_that_are():
    at = table()

    wanted = at.request(purpose="advertising")
    at.deliver()

    ours = at.ours(wanted)
    assert (ours.state, ours.code) == (exchange.NegotiationState.TERMINATED, "exchange.purpose-not-offered")
    assert ours.reasons == (
        "This offer does not allow use for the purpose “advertising”. "
        "What it allows: education, research. Ask for one of these.",
        "目的「advertising」での利用は、このオファーでは認められていません。"
        "認められている目的は education, research です。そのいずれかで申し込んでください。",
    )
    assert at.theirs(wanted).reasons == ours.reasons


def test_an_offer_that_is_not_automatic_waits_for_the_member():
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()

    theirs = at.theirs(wanted)
    assert (theirs.state, theirs.decision_due) == (exchange.NegotiationState.REQUESTED, True)
    assert theirs.waiting_for.en == "your decision: agree, refuse or make a counter-offer"

    exchange.agree(org=at.provider.id, negotiation=theirs.id, actor=at.provider.actor, now=MAY)
    at.deliver()
    assert at.ours(wanted).state is exchange.NegotiationState.FINALIZED


def test_other_terms_than_those_published_wait_for_the_member_even_where_the_offer_is_automatic():
    at = table()
    asked = at.offer.policy() | terms(constraint("purpose", "eq", "research"), CELL, GROUP)

    wanted = at.request(policy=asked)
    at.deliver()

    assert at.theirs(wanted).state is exchange.NegotiationState.REQUESTED


def test_the_members_reason_reaches_the_other_side_unshortened():
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    reason = "協定書の締結が先に必要です。" * 200

    with pytest.raises(ReasonMissing):
        exchange.refuse(org=at.provider.id, negotiation=at.theirs(wanted).id, reason=" ", actor=NODE, now=MAY)
    exchange.refuse(org=at.provider.id, negotiation=at.theirs(wanted).id, reason=reason, actor=NODE, now=MAY)
    at.deliver()

    ours = at.ours(wanted)
    assert (ours.code, ours.reasons) == ("exchange.refused-by-provider", (reason,))


def test_a_counter_offer_can_be_accepted():
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    other = terms(constraint("purpose", "eq", "research"), END, CELL, GROUP)

    exchange.counter(
        org=at.provider.id, negotiation=at.theirs(wanted).id, terms=other, actor=at.provider.actor, now=MAY
    )
    at.deliver()
    ours = at.ours(wanted)
    assert (ours.state, ours.decision_due) == (exchange.NegotiationState.OFFERED, True)
    assert exchange.terms_digest(ours.offer) == exchange.terms_digest(other)

    exchange.accept_offer(org=at.consumer.id, negotiation=wanted.id, actor=at.consumer.actor, now=MAY)
    at.deliver()

    ours = at.ours(wanted)
    assert ours.state is exchange.NegotiationState.FINALIZED
    assert exchange.agreement(ours.agreement, org=at.provider.id).terms_digest == exchange.terms_digest(other)


def test_a_counter_offer_can_be_countered_and_then_refused():
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    number = at.theirs(wanted).id
    exchange.counter(org=at.provider.id, negotiation=number, terms=TERMS, actor=NODE, now=MAY)
    at.deliver()

    other = terms(constraint("purpose", "eq", "contest"), CELL, GROUP)
    exchange.counter_offer(org=at.consumer.id, negotiation=wanted.id, offer=other, actor=NODE, now=MAY)
    at.deliver()

    assert exchange.terms_digest(at.theirs(wanted).offer) == exchange.terms_digest(other)
    exchange.terminate_negotiation(
        org=at.consumer.id, negotiation=wanted.id, reason="We changed our mind.", actor=NODE, now=MAY
    )
    at.deliver()
    theirs = at.theirs(wanted)
    assert (theirs.state, theirs.code) == ("TERMINATED", "exchange.terminated-by-consumer")
    assert theirs.reasons == ("We changed our mind.",)


def test_after_it_is_finalized_a_negotiation_cannot_be_broken_off():
    at = table()
    wanted = at.request()
    at.deliver()
    theirs = at.theirs(wanted)

    for org, number in ((at.consumer.id, wanted.id), (at.provider.id, theirs.id)):
        with pytest.raises(TransitionIllegal):
            exchange.terminate_negotiation(org=org, negotiation=number, reason="no", actor=NODE, now=MAY)
    with pytest.raises(TransitionIllegal):
        exchange.receive_negotiation_termination(
            org=at.provider.id,
            peer=at.consumer.participant,
            pid=theirs.id,
            peer_pid=wanted.id,
            code="1",
            reasons=["no"],
            now=MAY,
        )


def test_an_agreement_that_says_something_else_is_not_verified():
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    theirs = at.theirs(wanted)
    forged = {
        "@id": "urn:example:agreement",
        "@type": "Agreement",
        "target": at.dataset.id,
        "assigner": at.provider.participant,
        "assignee": "did:web:somebody.example",
        "timestamp": "2026-05-01T09:00:00Z",
    } | terms()

    exchange.receive_agreement(
        org=at.consumer.id,
        peer=at.provider.participant,
        pid=wanted.id,
        peer_pid=theirs.id,
        agreement=forged,
        now=MAY,
    )
    at.deliver()

    assert (at.ours(wanted).state, at.ours(wanted).agreement) == ("TERMINATED", None)
    theirs = at.theirs(wanted)
    assert (theirs.state, theirs.code) == ("TERMINATED", "exchange.agreement-differs")
    assert theirs.reasons[0].startswith(
        "The agreement that the provider sent differs from what was requested: assignee, terms."
    )


def test_an_agreement_that_never_came_into_force_cannot_be_used():
    at = table()
    wanted = at.request()
    at.deliver(limit=2)  # requested, agreed; not yet verified
    ours = at.ours(wanted)
    assert ours.state is exchange.NegotiationState.VERIFIED

    with pytest.raises(AgreementNotInForce):
        exchange.request_transfer(
            org=at.consumer.id, agreement=ours.agreement, format=exchange.HTTP_DATA, actor=NODE, now=MAY
        )
    exchange.terminate_negotiation(
        org=at.consumer.id, negotiation=wanted.id, reason="Too late.", actor=NODE, now=MAY
    )
    at.deliver()
    for org in (at.consumer.id, at.provider.id):
        ended = exchange.agreement(ours.agreement, org=org)
        assert (ended.in_force_at, ended.ended_at, ended.end_reason) == (None, MAY, "Too late.")


def ask(at, *, offer=None, peer=None, pid="urn:example:pid", org=None, now=MAY):
    return exchange.receive_request(
        org=org or at.provider.id,
        peer=peer or at.consumer.participant,
        consumer_pid=pid,
        provider_pid=None,
        offer=offer or at.offer.policy(target=True),
        callback="https://consumer.example/dsp/",
        now=now,
    )


def test_a_request_made_twice_is_one_negotiation():
    at = table()

    first, second = ask(at), ask(at)

    assert as_told(first) == as_told(second)
    assert first.peer_address == "https://consumer.example/dsp"
    assert [each.kind for each in exchange.outbox(org=at.provider.id)] == [K.CONTRACT_AGREEMENT]


def test_a_pid_cannot_be_used_for_another_request():
    at = table()
    ask(at)

    with pytest.raises(PidTaken):
        ask(at, offer=at.offer.policy(target=True) | terms(CELL, GROUP))


def test_two_consumers_may_use_the_same_pid():
    at = table()

    assert ask(at).id != ask(at, peer="did:web:other.example").id


@pytest.mark.parametrize("change", [{"@id": "urn:example:none"}, {"target": "urn:example:none"}])
def test_a_request_for_an_offer_that_is_not_there_is_unknown(change):
    at = table()

    with pytest.raises(OfferMissing):
        ask(at, offer=at.offer.policy(target=True) | change)


def test_an_offer_is_unknown_to_another_organisation_of_the_node():
    at = table()

    with pytest.raises(OfferMissing):
        ask(at, org=at.consumer.id)


def test_a_withdrawn_offer_cannot_be_requested():
    at = table()
    exchange.withdraw_offer(offer=at.offer.id, actor=NODE, now=MAY)

    with pytest.raises(OfferWithdrawn):
        ask(at)


def test_terms_that_nobody_can_evaluate_are_refused_at_once():
    at = table()

    with pytest.raises(OperandUnknown):
        ask(at, offer=at.offer.policy(target=True) | terms(constraint("systemDevice", "eq", "x")))


def test_an_offer_to_others_is_refused():
    at = table(said=terms(constraint("recipient", "eq", "did:web:friend.example"), CELL, GROUP))

    with pytest.raises(RecipientNotAllowed):
        ask(at)
    assert ask(at, peer="did:web:friend.example").state is exchange.NegotiationState.AGREED


def test_an_offer_whose_end_date_has_come_is_refused():
    at = table()

    with pytest.raises(EndDatePast):
        exchange.receive_request(
            org=at.provider.id,
            peer=at.consumer.participant,
            consumer_pid="urn:example:pid",
            provider_pid=None,
            offer=at.offer.policy(),
            callback="https://consumer.example",
            now=MAY.replace(year=2028),
        )


def test_a_negotiation_is_unknown_to_whoever_is_not_in_it():
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    theirs = at.theirs(wanted)
    said = {"peer_pid": wanted.id, "now": MAY}

    with pytest.raises(NegotiationMissing):
        exchange.receive_accepted(org=at.provider.id, peer="did:web:other.example", pid=theirs.id, **said)
    with pytest.raises(NegotiationMissing):
        exchange.receive_accepted(org=at.consumer.id, peer=at.consumer.participant, pid=theirs.id, **said)
    with pytest.raises(NegotiationMissing):
        exchange.receive_accepted(
            org=at.provider.id, peer=at.consumer.participant, pid=theirs.id, peer_pid="urn:other", now=MAY
        )
    with pytest.raises(NegotiationMissing):
        exchange.negotiation(theirs.id, org=at.consumer.id)
    with pytest.raises(NegotiationMissing):
        exchange.negotiation_for_peer(theirs.id, org=at.provider.id, peer="did:web:other.example")
    with pytest.raises(NegotiationMissing):
        exchange.agree(org=at.consumer.id, negotiation=theirs.id, actor=NODE, now=MAY)
    assert exchange.negotiations(org=at.provider.id) == (theirs,)


def test_an_offer_that_nobody_asked_for_waits_for_the_member():
    at = table()

    offered = exchange.receive_offer(
        org=at.consumer.id,
        peer=at.provider.participant,
        provider_pid="urn:example:provider-pid",
        consumer_pid=None,
        offer=at.offer.policy(target=True),
        callback="https://provider.example",
        now=MAY,
    )

    assert (offered.role, offered.state, offered.decision_due) == (exchange.Role.CONSUMER, "OFFERED", True)
    accepted = exchange.accept_offer(org=at.consumer.id, negotiation=offered.id, actor=NODE, now=MAY)
    assert accepted.state is exchange.NegotiationState.ACCEPTED


@pytest.mark.parametrize("pid", ["", "x" * 256, "a\x00b", "a\nb"])
def test_an_id_that_cannot_be_kept_is_refused(pid):
    at = table()

    with pytest.raises(IdMalformed):
        ask(at, pid=pid)


def test_text_that_cannot_be_kept_is_refused():
    at = table()
    number = ask(at).id
    said = {"org": at.provider.id, "peer": at.consumer.participant, "peer_pid": "urn:example:pid", "now": MAY}

    with pytest.raises(PolicyMalformed):
        ask(at, offer=at.offer.policy() | {"profile": "a\x00b"}, pid="urn:example:another")
    with pytest.raises(PolicyMalformed):
        exchange.receive_negotiation_termination(pid=number, code="1", reasons=["a\x00b"], **said)
    whole = "Reasons of several lines,\nin 日本語 and with \\ too."
    told = exchange.receive_negotiation_termination(pid=number, code="1", reasons=[whole], **said)
    assert told.reasons == (whole,)


def test_a_peer_that_opens_without_measure_is_told_to_wait_and_the_others_are_not(monkeypatch):
    at = table()
    monkeypatch.setattr(steps, "OPENINGS", 3)
    for number in range(3):
        ask(at, pid=f"urn:consumer:{number}")

    with pytest.raises(TooManyOpenings):
        ask(at, pid="urn:consumer:one-more")

    assert ask(at, pid="urn:consumer:0") == ask(at, pid="urn:consumer:0")
    assert ask(at, peer="did:web:other.example").state
    assert ask(at, pid="urn:consumer:later", now=MAY + timedelta(hours=1, seconds=1)).state


def test_a_peer_that_takes_no_answers_opens_no_more_and_the_others_do(monkeypatch):
    at = table()
    monkeypatch.setattr(steps, "WAITING", 2)
    for number in range(2):
        ask(at, pid=f"urn:consumer:{number}")

    with pytest.raises(AnswersUntaken):
        ask(at, pid="urn:consumer:one-more")

    assert ask(at, peer="did:web:other.example").state
