"""Two who act at the same moment: each act happens once, and whoever came second is told."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from renkei.exchange import api as exchange
from renkei.exchange.errors import AgreementEnded, TransitionIllegal
from renkei.kernel.ids import NODE, ParticipantId
from renkei.kernel.refusals import Refusal
from tests.factories.exchange import MAY, table

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 6


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all acts in threads that set off together; return what each returned, or the refusal it met."""
    ready, found = threading.Barrier(len(acts)), [None] * len(acts)

    def do(place: int) -> None:
        try:
            ready.wait(30)
            found[place] = acts[place]()
        except Refusal as refusal:
            found[place] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def request(at: Any, *, peer: str, pid: str = "urn:peer:1") -> exchange.Negotiation:
    return exchange.receive_request(
        org=at.provider.id,
        peer=ParticipantId(peer),
        consumer_pid=pid,
        provider_pid=None,
        offer=at.offer.policy(target=True),
        callback="https://consumer.example/dsp",
        now=MAY,
    )


def test_consumers_that_race_for_one_offer_each_get_an_agreement_of_their_own():
    at = table()

    found = at_once(*(lambda peer=f"did:web:{n}.example": request(at, peer=peer) for n in range(AT_ONCE)))

    assert {each.state for each in found} == {exchange.NegotiationState.AGREED}
    assert len({each.agreement for each in found}) == AT_ONCE


def test_an_agree_button_pressed_twice_agrees_once():
    at = table(automatic=False)
    asked = request(at, peer="did:web:consumer.example")

    def agree() -> exchange.Negotiation:
        return exchange.agree(org=at.provider.id, negotiation=asked.id, actor=NODE, now=MAY)

    found = at_once(agree, agree, agree)

    assert sorted(type(each).__name__ for each in found) == [
        "Negotiation",
        "TransitionIllegal",
        "TransitionIllegal",
    ]
    assert len(exchange.agreements(org=at.provider.id)) == 1
    assert [each.kind for each in exchange.outbox(org=at.provider.id)] == [
        exchange.MessageKind.CONTRACT_AGREEMENT
    ]


def test_one_who_agrees_and_one_who_refuses_at_the_same_moment_do_not_both_succeed():
    at = table(automatic=False)
    asked = request(at, peer="did:web:consumer.example")

    found = at_once(
        lambda: exchange.agree(org=at.provider.id, negotiation=asked.id, actor=NODE, now=MAY),
        lambda: exchange.refuse(org=at.provider.id, negotiation=asked.id, reason="no", actor=NODE, now=MAY),
    )
    after = exchange.negotiation(asked.id, org=at.provider.id)

    # Refusing after agreeing is legal until the negotiation is final, and voids the agreement; the reverse is not.
    if isinstance(found[0], TransitionIllegal):
        assert exchange.agreements(org=at.provider.id) == ()
    assert after.state is exchange.NegotiationState.TERMINATED


def test_a_transfer_asked_for_while_the_agreement_ends_is_refused_or_terminated():
    at = table()
    peer = ParticipantId("did:web:consumer.example")
    asked = request(at, peer=peer)
    done = exchange.receive_verification(
        org=at.provider.id, peer=peer, pid=asked.id, peer_pid="urn:peer:1", now=MAY
    )
    acts = [
        lambda pid=f"urn:peer:transfer:{number}": exchange.receive_transfer_request(
            org=at.provider.id,
            peer=peer,
            consumer_pid=pid,
            agreement=str(done.agreement),
            format=exchange.HTTP_DATA,
            callback="https://consumer.example/dsp",
            now=MAY,
        )
        for number in range(AT_ONCE)
    ]

    found = at_once(
        *acts,
        lambda: exchange.end_agreement(
            org=at.provider.id, agreement=done.agreement, reason="over", actor=NODE, now=MAY
        ),
    )

    assert found[-1].ended_at == MAY
    assert all(isinstance(each, exchange.Transfer | AgreementEnded) for each in found[:-1])
    assert {each.state for each in exchange.transfers(org=at.provider.id)} <= {
        exchange.TransferState.TERMINATED
    }


def test_a_peers_message_that_arrives_many_times_at_once_is_taken_once():
    at = table()

    found = at_once(*(lambda: request(at, peer="did:web:consumer.example") for _ in range(AT_ONCE)))

    assert len({each.id for each in found}) == 1
    assert len(exchange.negotiations(org=at.provider.id)) == 1
