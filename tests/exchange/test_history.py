"""What was said, by whom and when, and what became of it."""

from datetime import timedelta

import pytest

from renkei.exchange import api as exchange
from renkei.exchange.errors import ProcessMissing
from renkei.kernel.ids import NODE
from tests.factories.exchange import CELL, GROUP, MAY, constraint, table, terms

pytestmark = pytest.mark.django_db

RESEARCH = terms(constraint("purpose", "eq", "research"), CELL, GROUP)


def told(process, org):
    return [
        (
            moment.event.value if moment.kind is None else moment.kind.value,
            moment.by.value,
            moment.outcome and moment.outcome.value,
            moment.attempts,
        )
        for moment in exchange.history(process, org=org)
    ]


def down(_message):
    raise exchange.PeerUnavailable("no route to host")


def test_a_negotiation_that_goes_by_itself_is_told_whole_on_both_sides():
    at = table()
    wanted = at.request()
    at.deliver()

    assert told(wanted.id, at.consumer.id) == [
        ("contract-request", "consumer", "taken", None),
        ("contract-agreement", "provider", None, None),
        ("contract-verification", "consumer", "taken", None),
        ("contract-finalized", "provider", None, None),
    ]
    assert told(at.theirs(wanted).id, at.provider.id) == [
        ("contract-request", "consumer", None, None),
        ("contract-agreement", "provider", "taken", None),
        ("contract-verification", "consumer", None, None),
        ("contract-finalized", "provider", "taken", None),
    ]


def test_by_hand_each_message_is_told_once():
    at = table(automatic=False)
    made = exchange.offer(
        dataset=at.dataset.id, terms=RESEARCH, automatic=False, by_hand=True, actor=NODE, now=MAY
    )
    wanted = exchange.request_negotiation(
        org=at.consumer.id, provider=at.provider.participant, address="http://provider.test/dsp",
        dataset=at.dataset.id, offer=made.policy(), by_hand=True, actor=at.consumer.actor, now=MAY,
    )  # fmt: skip
    at.deliver()
    acting = {"actor": NODE, "now": MAY}
    theirs = at.theirs(wanted).id
    exchange.agree(org=at.provider.id, negotiation=theirs, **acting)
    at.deliver()
    exchange.verify_agreement(org=at.consumer.id, negotiation=wanted.id, **acting)
    at.deliver()
    exchange.finalize(org=at.provider.id, negotiation=theirs, **acting)
    at.deliver()

    for number, org in ((wanted.id, at.consumer.id), (theirs, at.provider.id)):
        assert [kind for kind, *_ in told(number, org)] == [
            "contract-request",
            "contract-agreement",
            "contract-verification",
            "contract-finalized",
        ]


def test_counter_offers_stand_with_their_terms_and_who_made_them():
    at = table(automatic=False)
    wanted = at.request()
    at.deliver()
    exchange.counter(
        org=at.provider.id, negotiation=at.theirs(wanted).id, terms=RESEARCH, actor=NODE, now=MAY
    )
    at.deliver()
    exchange.accept_offer(org=at.consumer.id, negotiation=wanted.id, actor=NODE, now=MAY)

    moments = exchange.history(wanted.id, org=at.consumer.id)

    assert [(each.kind.value, each.by.value, each.outcome and each.outcome.value) for each in moments] == [
        ("contract-request", "consumer", "taken"),
        ("contract-offer", "provider", None),
        ("contract-accepted", "consumer", "waiting"),
    ]
    assert moments[0].offer == wanted.offer
    assert exchange.terms_digest(moments[1].offer) == exchange.terms_digest(RESEARCH)
    assert moments[2].offer is None


def test_a_message_that_fails_and_is_taken_in_the_end_tells_how_often_it_was_tried():
    at = table(automatic=False)
    wanted = at.request()
    at.post.before = down
    at.deliver()
    at.deliver(now=MAY + timedelta(seconds=1))
    assert told(wanted.id, at.consumer.id) == [("contract-request", "consumer", "failing", 2)]
    at.post.before = lambda _message: None

    exchange.retry_now(org=at.consumer.id, process=wanted.id, actor=NODE, now=MAY + timedelta(seconds=2))
    at.deliver(now=MAY + timedelta(seconds=2))

    assert told(wanted.id, at.consumer.id) == [
        ("contract-request", "consumer", "taken", 3),
        ("retried", "consumer", None, None),
    ]


def test_what_the_peer_never_took_is_told_so_when_it_is_given_up():
    at = table()
    wanted = at.request()
    at.post.before = down
    at.deliver()

    at.deliver(now=MAY + timedelta(hours=25))

    assert told(wanted.id, at.consumer.id) == [
        ("contract-request", "consumer", "untaken", 1),
        ("given-up", "consumer", None, None),
    ]


def test_an_answer_that_was_overtaken_by_the_peers_termination_was_never_taken():
    at = table()
    wanted = at.request()
    at.post.before = lambda message: message.kind == "contract-agreement" and down(message)
    at.deliver()
    exchange.terminate_negotiation(
        org=at.consumer.id, negotiation=wanted.id, reason="Too slow.", actor=NODE, now=MAY
    )
    at.deliver()

    assert told(at.theirs(wanted).id, at.provider.id) == [
        ("contract-request", "consumer", None, None),
        ("contract-agreement", "provider", "untaken", 1),
        ("contract-termination", "consumer", None, None),
    ]


def test_a_transfer_is_told_with_its_suspensions():
    at = table()
    opened = at.transferred()
    for reason in ("Moving.", "Moving again."):
        exchange.suspend_transfer(
            org=at.provider.id, transfer=opened.peer_pid, reason=reason, actor=NODE, now=MAY
        )
        exchange.resume_transfer(org=at.provider.id, transfer=opened.peer_pid, actor=NODE, now=MAY)
    at.deliver(limit=2)

    assert told(opened.peer_pid, at.provider.id) == [
        ("transfer-request", "consumer", None, None),
        ("transfer-start", "provider", "taken", None),
        ("transfer-suspension", "provider", "taken", None),
        ("transfer-start", "provider", "taken", None),
        ("transfer-suspension", "provider", "waiting", 0),
        ("transfer-start", "provider", "waiting", 0),
    ]
    assert [kind for kind, *_ in told(opened.id, at.consumer.id)] == [
        "transfer-request",
        "transfer-start",
        "transfer-suspension",
        "transfer-start",
    ]


def test_only_its_own_organisation_reads_what_was_said():
    at = table()
    wanted = at.request()

    with pytest.raises(ProcessMissing):
        exchange.history(wanted.id, org=at.provider.id)
