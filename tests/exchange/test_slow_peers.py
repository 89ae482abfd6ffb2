"""A peer that is slow holds up its own messages; answers that cross do no harm."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.services.lanes import KEPT, LONG, Lanes
from renkei.kernel.ids import NODE
from tests.factories.exchange import MAY, Post, Table, arrive, table

K = exchange.MessageKind
SLOW = "http://slow.test/dsp"


def request(at: Table, address: str) -> exchange.Negotiation:
    return exchange.request_negotiation(
        org=at.consumer.id,
        provider=at.provider.participant,
        address=address,
        dataset=at.dataset.id,
        offer=at.offer.policy(),
        actor=at.consumer.actor,
        now=MAY,
    )


@pytest.mark.django_db(transaction=True)
def test_a_slow_peer_holds_up_one_sender_and_everybody_elses_messages_go_out():
    at = table(automatic=False)
    slow = [request(at, SLOW).id for _ in range(5)]
    others = [request(at, f"http://fast{number}.test/dsp").id for number in range(5)]
    held, released, sent = threading.Event(), threading.Event(), list[str]()

    def silent(message: exchange.Outgoing) -> None:
        if message.address == SLOW:
            raise exchange.PeerUnavailable("no answer in time")

    def hold(message: exchange.Outgoing) -> None:
        if message.address == SLOW:
            held.set()
            released.wait(20)
        sent.append(message.own_pid)

    exchange.deliver_due(Post(before=silent), now=MAY, limit=1)  # known to be in trouble from now on

    def first() -> None:
        try:
            exchange.deliver_due(Post(before=hold), now=MAY + timedelta(seconds=2))
        finally:
            connection.close()

    worker = threading.Thread(target=first)
    worker.start()
    assert held.wait(20)
    exchange.deliver_due(
        Post(before=lambda message: sent.append(message.own_pid)), now=MAY + timedelta(seconds=2)
    )
    meanwhile = list(sent)
    released.set()
    worker.join()

    assert set(others) == set(meanwhile)
    assert set(sent) == {*slow, *others}
    assert exchange.outbox(org=None) == ()


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def fail(lanes: Lanes, address: str) -> None:
    with pytest.raises(exchange.PeerUnavailable), lanes.calling(address):
        raise exchange.PeerUnavailable("down")


def test_an_address_is_closed_while_a_call_lasts_long_or_after_one_failed():
    clock = Clock()
    lanes = Lanes(clock=clock)

    with lanes.calling("a"):
        at_first = lanes.closed()
        clock.now += LONG
        later = lanes.closed()
    fail(lanes, "a")
    idle = lanes.closed()
    with lanes.calling("a"), lanes.calling("b"):
        again = lanes.closed()
    with lanes.calling("a"):
        recovered = lanes.closed()

    assert (at_first, later, idle, again, recovered) == (set(), {"a"}, set(), {"a"}, set())


def test_only_so_many_addresses_in_trouble_are_remembered():
    lanes = Lanes(clock=Clock())
    for number in range(KEPT + 1):
        fail(lanes, f"{number}")

    with lanes.calling("0"), lanes.calling("1"):
        assert lanes.closed() == {"1"}


@pytest.mark.django_db
def test_a_peer_in_trouble_for_an_hour_is_tried_ever_more_rarely_and_then_gets_one_message():
    at = table()
    wanted = at.request()
    tried, now, back = list[float](), MAY, MAY + timedelta(hours=1)

    def faulty(message: exchange.Outgoing) -> None:
        if now < back:
            tried.append((now - MAY).total_seconds())
            raise exchange.PeerUnavailable("the peer answered 500")

    at.post.before = faulty
    while now < back:
        at.deliver(now=now)
        assert "the peer answered 500" in at.ours(wanted).waiting_for.en
        assert "the peer answered 500" in at.ours(wanted).waiting_for.ja
        now = max(now + timedelta(seconds=1), exchange.outbox(org=None)[0].next_at)
    at.deliver(now=now)

    pauses = [round(after - before) for before, after in pairwise(tried)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, *[300] * 10]
    assert at.post.carried.count(K.CONTRACT_REQUEST) == 1
    assert (at.ours(wanted).state, at.ours(wanted).waiting_for) == ("FINALIZED", None)
    assert len(exchange.negotiations(org=at.provider.id)) == 1


@pytest.mark.django_db
def test_an_agreement_that_arrives_before_the_answer_to_our_request_is_taken():
    at = table()
    wanted, quick = at.request(), Post()

    def overtaken(message: exchange.Outgoing) -> None:
        if message.kind is K.CONTRACT_REQUEST:
            arrive(message)
            exchange.deliver_due(quick, now=MAY, limit=1)

    at.post.before = overtaken
    at.deliver()

    assert quick.carried == [K.CONTRACT_AGREEMENT]
    assert (at.ours(wanted).state, at.theirs(wanted).state) == ("FINALIZED", "FINALIZED")
    assert len(exchange.agreements(org=None)) == 2
    assert exchange.outbox(org=None) == ()


@pytest.mark.django_db
def test_a_start_that_arrives_before_the_answer_to_our_request_is_taken():
    at = table()
    agreement, quick = at.agreed().id, Post()
    asked = exchange.request_transfer(
        org=at.consumer.id, agreement=agreement, format=exchange.HTTP_DATA, actor=NODE, now=MAY
    )

    def overtaken(message: exchange.Outgoing) -> None:
        if message.kind is K.TRANSFER_REQUEST:
            arrive(message)
            exchange.deliver_due(quick, now=MAY, limit=1)

    at.post.before = overtaken
    at.deliver()

    found = exchange.transfer(asked.id, org=at.consumer.id)
    assert (quick.carried, found.state) == ([K.TRANSFER_START], exchange.TransferState.STARTED)
    assert found.data_address is not None
    assert list(audit.trail(asked.id)) == ["exchange.transfer-requested", "exchange.transfer-started"]


@pytest.mark.django_db
def test_an_answer_that_names_another_process_than_the_peers_own_message_did_changes_nothing():
    at = table(automatic=False)
    wanted = at.request()

    class Confused(Post):
        def send(self, message: exchange.Outgoing) -> exchange.Sent:
            exchange.receive_offer(
                org=at.consumer.id, peer=at.provider.participant, provider_pid="urn:true", consumer_pid=message.own_pid,
                offer=at.offer.policy(target=True), callback=None, now=MAY,
            )  # fmt: skip
            return exchange.Sent(peer_pid="urn:false")

    exchange.deliver_due(Confused(), now=MAY)

    assert (at.ours(wanted).peer_pid, at.ours(wanted).state) == ("urn:true", "OFFERED")
    assert exchange.outbox(org=None) == ()
