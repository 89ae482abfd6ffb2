"""Transfers between two members, and what ends them."""

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.exchange.errors import (
    AgreementEnded,
    AgreementExpired,
    AgreementMissing,
    FormatUnknown,
    PidTaken,
    TransferMissing,
    TransitionIllegal,
)
from renkei.kernel.ids import NODE, AgreementId
from tests.factories.exchange import MAY, as_told, table

pytestmark = pytest.mark.django_db
S = exchange.TransferState


def other_side(at, transfer):
    [found] = [each for each in exchange.transfers(org=at.provider.id) if each.peer_pid == transfer.id]
    return found


def test_a_transfer_starts_at_once_and_brings_the_secret_to_the_consumer_only():
    at = table()

    ours = at.transferred(format=exchange.HTTP_DATA)

    theirs = other_side(at, ours)
    assert (ours.state, theirs.state, ours.peer_pid) == (S.STARTED, S.STARTED, theirs.id)
    address = ours.data_address
    assert (address.endpoint_type, address.endpoint) == (
        "https://w3id.org/idsa/v4.1/HTTP",
        f"http://127.0.0.1:8080/data/{theirs.id}",
    )
    assert dict(address.properties) == {
        "endpoint": address.endpoint,
        "authorization": address.secret,
        "authType": "bearer",
    }
    assert exchange.transfer(theirs.id, org=at.provider.id).data_address is None
    assert exchange.transfer(ours.id, org=None).data_address is None  # the operator is not the consumer
    assert exchange.transfers(org=at.consumer.id)[0].data_address is None
    assert address.secret not in repr(ours)


def test_a_delta_sharing_transfer_points_to_the_sharing_server():
    assert table().transferred().data_address.endpoint == "http://127.0.0.1:8080/sharing"


def test_both_sides_keep_the_trail_of_a_transfer():
    at = table()
    ours = at.transferred()

    assert audit.trail(ours.id) == ["exchange.transfer-requested", "exchange.transfer-started"]
    assert audit.trail(other_side(at, ours).id) == ["exchange.transfer-started"]


@pytest.mark.parametrize("side", list(exchange.Role))
def test_a_transfer_can_be_suspended_and_resumed_by_either_side_with_the_same_secret(side):
    at = table()
    ours = at.transferred()
    theirs = other_side(at, ours)
    org, number = (at.provider.id, theirs.id) if side is exchange.Role.PROVIDER else (at.consumer.id, ours.id)

    exchange.suspend_transfer(org=org, transfer=number, reason="保守のため", actor=NODE, now=MAY)
    at.deliver()
    for each in (exchange.transfer(ours.id, org=at.consumer.id), other_side(at, ours)):
        assert (each.state, each.code, each.reasons) == (
            S.SUSPENDED,
            f"exchange.suspended-by-{side}",
            ("保守のため",),
        )

    exchange.resume_transfer(org=org, transfer=number, actor=NODE, now=MAY)
    at.deliver()
    resumed = exchange.transfer(ours.id, org=at.consumer.id)
    assert (resumed.state, resumed.reasons, resumed.data_address) == (S.STARTED, (), ours.data_address)
    assert other_side(at, ours).state is S.STARTED


def test_a_completed_transfer_is_over_on_both_sides():
    at = table()
    ours = at.transferred()

    exchange.complete_transfer(org=at.consumer.id, transfer=ours.id, actor=NODE, now=MAY)
    at.deliver()

    assert other_side(at, ours).state is S.COMPLETED
    with pytest.raises(TransitionIllegal):
        exchange.terminate_transfer(org=at.consumer.id, transfer=ours.id, reason="no", actor=NODE, now=MAY)


def test_ending_an_agreement_terminates_its_transfers_and_tells_the_consumer_why():
    at = table()
    ours = at.transferred()

    ended = exchange.end_agreement(
        org=at.provider.id,
        agreement=ours.agreement,
        reason="契約違反のため",
        actor=at.provider.actor,
        now=MAY,
    )
    at.deliver()

    assert (ended.ended_at, ended.end_reason) == (MAY, "契約違反のため")
    told = exchange.transfer(ours.id, org=at.consumer.id)
    assert (told.state, told.code, told.reasons) == (
        S.TERMINATED,
        "exchange.agreement-ended",
        ("契約違反のため",),
    )
    own = exchange.agreement(ours.agreement, org=at.consumer.id)
    assert (own.ended_at, own.end_reason) == (MAY, "契約違反のため")
    with pytest.raises(AgreementEnded):
        exchange.request_transfer(
            org=at.consumer.id, agreement=own.id, format=exchange.HTTP_DATA, actor=NODE, now=MAY
        )
    assert audit.trail(ours.agreement) == [
        "exchange.agreement-in-force",
        "exchange.agreement-in-force",
        "exchange.agreement-ended",
        "exchange.agreement-ended",
    ]


def test_a_consumer_can_end_an_agreement_too():
    at = table()
    ours = at.transferred()

    exchange.end_agreement(
        org=at.consumer.id, agreement=ours.agreement, reason="不要になりました", actor=NODE, now=MAY
    )
    at.deliver()

    assert other_side(at, ours).state is S.TERMINATED
    assert exchange.agreement(ours.agreement, org=at.provider.id).end_reason == "不要になりました"


def test_ending_an_agreement_again_keeps_the_first_reason():
    at = table()
    signed = at.agreed()
    for reason in ("first", "second"):
        ended = exchange.end_agreement(
            org=at.provider.id, agreement=signed.id, reason=reason, actor=NODE, now=MAY
        )

    assert ended.end_reason == "first"


def test_an_agreement_can_be_ended_only_by_those_who_signed_it():
    at = table()
    signed = at.agreed()

    with pytest.raises(AgreementMissing):
        exchange.end_agreement(org="urn:uuid:other", agreement=signed.id, reason="no", actor=NODE, now=MAY)


def ask(at, *, agreement, pid="urn:example:pid", kind=exchange.HTTP_DATA, peer=None, now=MAY):
    return exchange.receive_transfer_request(
        org=at.provider.id,
        peer=peer or at.consumer.participant,
        consumer_pid=pid,
        agreement=agreement,
        format=kind,
        callback="https://consumer.example",
        now=now,
    )


def test_a_transfer_asked_for_twice_is_one_with_one_secret():
    at = table()
    signed = at.agreed()

    assert as_told(ask(at, agreement=signed.id)) == as_told(ask(at, agreement=signed.id))
    assert [each.kind for each in exchange.outbox(org=None)] == [exchange.MessageKind.TRANSFER_START]
    with pytest.raises(PidTaken):
        ask(at, agreement=signed.id, kind=exchange.DELTA_SHARING)


def test_a_transfer_is_refused_with_its_own_reason():
    at = table()
    signed = at.agreed()

    with pytest.raises(AgreementMissing):
        ask(at, agreement="urn:example:none")
    with pytest.raises(AgreementMissing):
        ask(at, agreement=signed.id, peer="did:web:other.example")
    with pytest.raises(FormatUnknown):
        ask(at, agreement=signed.id, kind="Kafka-PUSH")
    with pytest.raises(AgreementExpired):
        ask(at, agreement=signed.id, now=MAY.replace(year=2028))
    exchange.end_agreement(org=at.provider.id, agreement=signed.id, reason="over", actor=NODE, now=MAY)
    with pytest.raises(AgreementEnded):
        ask(at, agreement=signed.id)


def test_a_consumer_cannot_ask_under_an_agreement_that_is_not_its_own():
    at = table()
    signed = at.agreed()

    for org, agreement in ((at.provider.id, signed.id), (at.consumer.id, AgreementId("urn:example:none"))):
        with pytest.raises(AgreementMissing):
            exchange.request_transfer(
                org=org, agreement=agreement, format=exchange.HTTP_DATA, actor=NODE, now=MAY
            )


def test_a_transfer_is_unknown_to_whoever_is_not_in_it():
    at = table()
    ours = at.transferred()
    theirs = other_side(at, ours)

    with pytest.raises(TransferMissing):
        exchange.transfer(ours.id, org=at.provider.id)
    with pytest.raises(TransferMissing):
        exchange.transfer_for_peer(theirs.id, org=at.provider.id, peer="did:web:other.example")
    with pytest.raises(TransferMissing):
        exchange.terminate_transfer(org=at.consumer.id, transfer=theirs.id, reason="no", actor=NODE, now=MAY)
    with pytest.raises(TransferMissing):
        exchange.receive_transfer_completion(
            org=at.provider.id, peer="did:web:other.example", pid=theirs.id, peer_pid=ours.id, now=MAY
        )
    assert exchange.transfer_for_peer(theirs.id, org=at.provider.id, peer=at.consumer.participant) == theirs
