"""What happens to messages when peers are slow, down, unwilling, or workers die."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.kernel.ids import NODE
from tests.factories.exchange import MAY, Post, arrive, table

K = exchange.MessageKind


def down(_message):
    raise exchange.PeerUnavailable("no route to host")


def unwilling(_message):
    raise exchange.PeerRefused(status=400, code="77", reasons=["会員資格がありません。", "x" * 5000])


def unready(_message):
    raise exchange.PeerUnready(status=409, code="409", reasons=["it cannot be agreed in this state"])


class WorkerDied(BaseException):
    """As if the process had been killed."""


def dies(_message):
    raise WorkerDied


@pytest.mark.django_db
def test_a_message_waits_with_its_reason_while_the_peer_is_down():
    at = table()
    wanted = at.request()
    at.post.before = down

    assert at.deliver() == 0
    [waiting] = exchange.outbox(org=at.consumer.id)

    assert (waiting.attempts, waiting.trouble) == (1, "no route to host")
    assert waiting.next_at == MAY + timedelta(seconds=1)
    assert (
        at.ours(wanted).waiting_for.en
        == "the peer to take our message, which is tried again; the last failure: “no route to host”"
    )
    assert at.deliver() == 0  # not due yet: the courier is not even asked
    assert exchange.outbox(org=at.consumer.id) == (waiting,)


@pytest.mark.django_db
def test_the_pause_doubles_up_to_five_minutes():
    at = table()
    at.request()
    at.post.before = down
    now, pauses = MAY, []

    for _ in range(11):
        at.deliver(now=now)
        [waiting] = exchange.outbox(org=None)
        pauses.append(round((waiting.next_at - now).total_seconds()))
        now = waiting.next_at + timedelta(seconds=1)

    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.django_db
def test_a_message_that_came_before_the_peer_was_ready_is_sent_again_soon():
    at = table()
    wanted = at.request()
    at.post.before = unready
    at.deliver()
    [waiting] = exchange.outbox(org=at.consumer.id)
    at.post.before = lambda _message: None

    at.deliver(now=MAY + timedelta(milliseconds=250))

    assert waiting.next_at == MAY + timedelta(milliseconds=250)
    assert waiting.trouble == "409 409: it cannot be agreed in this state"
    assert (at.ours(wanted).state, at.ours(wanted).waiting_for) == ("FINALIZED", None)


@pytest.mark.django_db
def test_a_peer_that_never_gets_ready_has_refused():
    at = table()
    wanted = at.request()
    at.post.before = unready
    now = MAY

    while exchange.outbox(org=at.consumer.id):
        at.deliver(now=now)
        now += timedelta(seconds=10)

    ended = at.ours(wanted)
    assert (ended.state, ended.code) == ("TERMINATED", "exchange.peer-refused")
    assert ended.reasons[-1] == "it cannot be agreed in this state"
    assert now == MAY + timedelta(seconds=70)


@pytest.mark.django_db
def test_once_the_peer_is_back_everything_goes_on():
    at = table()
    wanted = at.request()
    at.post.before = down
    at.deliver()
    at.post.before = lambda _message: None

    at.deliver(now=MAY + timedelta(seconds=1))

    assert (at.ours(wanted).state, at.ours(wanted).waiting_for) == ("FINALIZED", None)


@pytest.mark.django_db
def test_after_a_day_of_silence_the_negotiation_is_terminated_with_the_reason():
    at = table()
    wanted = at.request()
    at.post.before = down
    at.deliver()

    at.deliver(now=MAY + timedelta(hours=23, minutes=59))
    assert at.ours(wanted).state is exchange.NegotiationState.REQUESTED
    at.deliver(now=MAY + timedelta(hours=24, minutes=10))

    ours = at.ours(wanted)
    assert (ours.state, ours.code) == ("TERMINATED", "exchange.peer-silent")
    assert ours.reasons[0] == (
        "Our contract-request could not be delivered to the peer for 24 hours (last failure: “no route to host”). "
        "Make sure that the peer is up, then begin again."
    )
    assert exchange.outbox(org=None) == ()


@pytest.mark.django_db
def test_a_refusal_terminates_with_the_peers_reasons_unshortened():
    at = table()
    wanted = at.request()
    at.post.before = unwilling

    at.deliver()

    ours = at.ours(wanted)
    assert (ours.state, ours.code) == ("TERMINATED", "exchange.peer-refused")
    assert ours.reasons[2:] == ("会員資格がありません。", "x" * 5000)
    assert ours.reasons[0].startswith("The peer refused our contract-request (status 400, 77).")
    assert audit.trail(wanted.id)[-1] == "exchange.negotiation-terminated"
    assert exchange.outbox(org=None) == ()


@pytest.mark.django_db
def test_an_agreement_that_the_peer_refuses_never_holds():
    at = table()
    wanted = at.request()
    at.post.before = lambda message: unwilling(message) if message.kind is K.CONTRACT_FINALIZED else None

    at.deliver()

    theirs = at.theirs(wanted)
    assert theirs.state is exchange.NegotiationState.TERMINATED
    assert not exchange.agreement(theirs.agreement, org=at.provider.id).in_force(MAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "times"),
    [
        (K.CONTRACT_REQUEST, 1),  # the peer's next message shows that it has it
        (K.CONTRACT_AGREEMENT, 1),
        (K.CONTRACT_VERIFICATION, 1),
        (K.CONTRACT_FINALIZED, 2),  # nothing follows
    ],
)
def test_a_message_is_sent_again_when_the_worker_died_after_sending_and_nothing_happens_twice(kind, times):
    at = table()
    wanted = at.request()
    at.post.after = lambda message: dies(message) if message.kind is kind else None
    with pytest.raises(WorkerDied):
        at.deliver()
    at.post.after = lambda _message: None
    assert kind in {each.kind for each in exchange.outbox(org=None)}

    at.deliver(now=MAY + timedelta(seconds=30))
    assert at.post.carried.count(kind) == 1  # the dead worker's lease still holds
    at.deliver(now=MAY + timedelta(seconds=61))

    assert at.post.carried.count(kind) == times
    assert (at.ours(wanted).state, at.theirs(wanted).state) == ("FINALIZED", "FINALIZED")
    assert len(exchange.agreements(org=None)) == 2
    assert len(exchange.negotiations(org=None)) == 2
    assert exchange.outbox(org=None) == ()


@pytest.mark.django_db
def test_the_messages_of_a_process_go_out_in_order():
    at = table(automatic=False)
    wanted = at.request()
    exchange.terminate_negotiation(
        org=at.consumer.id, negotiation=wanted.id, reason="Mistaken.", actor=NODE, now=MAY
    )
    at.post.before = down
    at.deliver()
    at.post.before = lambda _message: None

    assert at.deliver() == 0  # the termination is due, but the request has not gone out
    at.deliver(now=MAY + timedelta(seconds=2))

    assert at.post.carried == [K.CONTRACT_REQUEST, K.CONTRACT_TERMINATION]
    assert at.theirs(wanted).reasons == ("Mistaken.",)


@pytest.mark.django_db
def test_an_address_that_is_down_is_tried_once_in_a_call():
    at = table()
    for _ in range(5):
        at.request()
    asked = []

    def before(message):
        asked.append(message.own_pid)
        down(message)

    at.post.before = before
    at.deliver()

    assert len(asked) == 1


@pytest.mark.django_db
def test_what_waits_in_the_database_shows_no_secret():
    at = table()
    at.post.before = lambda message: down(message) if message.kind is K.TRANSFER_START else None
    asked = exchange.request_transfer(
        org=at.consumer.id, agreement=at.agreed().id, format=exchange.HTTP_DATA, actor=NODE, now=MAY
    )
    at.deliver()
    assert [each.kind for each in exchange.outbox(org=None)] == [K.TRANSFER_START]
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM exchange_outbox")
        [(payload,)] = cursor.fetchall()

    at.post.before = lambda _message: None
    at.deliver(now=MAY + timedelta(seconds=2))

    secret = exchange.transfer(asked.id, org=at.consumer.id).data_address.secret
    assert secret.startswith("rt_")
    assert b"rt_" not in bytes(payload)
    assert exchange.outbox(org=None) == ()
    with connection.cursor() as cursor:
        cursor.execute("SELECT data_address, secret_hash FROM exchange_transfer")
        stored = [bytes(value) if isinstance(value, memoryview) else value for row in cursor for value in row]
    assert not any(secret in str(value) for value in stored)


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_the_sender():
    at = table()
    exchange.wake.clear()

    at.request()

    assert exchange.wake.is_set()


@pytest.mark.django_db(transaction=True)
def test_a_commit_calls_who_waits_for_the_process_and_nobody_else():
    at, heard = table(automatic=False), list[str]()
    wanted, other = at.request(), at.request()

    with (
        exchange.changed.listened(wanted.id, lambda: heard.append("wanted")),
        exchange.changed.listened(other.id, lambda: heard.append("other")),
    ):
        end = {"org": at.consumer.id, "reason": "enough", "actor": NODE, "now": MAY}
        exchange.terminate_negotiation(negotiation=wanted.id, **end)
    told = list(heard)
    exchange.terminate_negotiation(negotiation=other.id, **end)

    assert set(told) == {"wanted"}
    assert heard == told


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_message():
    at = table(automatic=False)
    wanted = [at.request().id for _ in range(12)]
    sent, guard, together = [], threading.Lock(), threading.Barrier(3)

    class Slow(Post):
        def send(self, message):
            with guard:
                sent.append(message.own_pid)
            return arrive(message)

    def work():
        together.wait()
        try:
            exchange.deliver_due(Slow(), now=MAY)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    assert sorted(sent) == sorted(wanted)
    assert len(exchange.negotiations(org=at.provider.id)) == 12


@pytest.mark.django_db(transaction=True)
def test_the_same_request_arriving_twice_at_once_is_one_negotiation():
    at = table()
    together, answers = threading.Barrier(4), []

    def arrives():
        together.wait()
        try:
            answers.append(
                exchange.receive_request(
                    org=at.provider.id,
                    peer=at.consumer.participant,
                    consumer_pid="urn:example:pid",
                    provider_pid=None,
                    offer=at.offer.policy(target=True),
                    callback="https://consumer.example",
                    now=MAY,
                ).id
            )
        finally:
            connection.close()

    callers = [threading.Thread(target=arrives) for _ in range(4)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()

    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert len(exchange.agreements(org=at.provider.id)) == 1
