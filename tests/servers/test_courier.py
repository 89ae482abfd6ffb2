"""The courier against real servers: what it sends where, and what it makes of every kind of answer."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from renkei.exchange import api as exchange
from renkei.exchange.api import MessageKind, Outgoing, Role, Sent
from renkei.kernel.ids import ParticipantId
from renkei.parties import api as parties
from renkei.servers import outgoing
from renkei.servers.courier import DspCourier
from renkei.servers.dsp.addresses import base_url
from renkei.servers.outgoing import Limits
from renkei.wire.dsp import envelope
from tests.factories import parties as make
from tests.servers.loopback import Asked, Conversation, Loopback, loopback
from tests.wire.dsp.messages import SHAPES

pytestmark = pytest.mark.django_db
PEER = ParticipantId("did:web:peer.example:orgs:far")
OFFER = {"@id": "urn:offer", "@type": "Offer", "target": "urn:dataset", "permission": [{"action": "use"}]}
AGREEMENT = {**OFFER, "@id": "urn:a", "@type": "Agreement", "assigner": "did:p", "assignee": "did:c"}
ADDRESS = exchange.DataAddress(
    "https", "https://data.example", (("authorization", "rt_1"), ("authType", "bearer"))
)
ENDED = {"code": "exchange.member-refused", "reason": ["not this year", "今年は見送ります"]}
C, P = Role.CONSUMER, Role.PROVIDER


@pytest.fixture
def peer() -> Iterator[Loopback]:
    with loopback() as running:
        yield running


@pytest.fixture
def own() -> parties.Organisation:
    return make.organisation(slug="own")


@pytest.fixture
def courier() -> Iterator[DspCourier]:
    calls = outgoing.Outgoing(inside_peers=True, limits=Limits(connect=1, read=0.3, whole=1, answer=4096))
    yield DspCourier(calls)
    calls.close()


def message(
    own: parties.Organisation,
    peer: Loopback,
    kind: MessageKind = MessageKind.CONTRACT_REQUEST,
    *,
    role: Role = C,
    opening: bool = True,
    payload: dict[str, Any] | None = None,
    address: str | None = None,
) -> Outgoing:
    return Outgoing(
        id=1,
        kind=kind,
        org=own.id,
        participant=own.participant,
        peer=PEER,
        address=address or peer.url + "/base",
        own_pid="urn:own",
        peer_pid=None if opening else "urn:peer",
        role=role,
        opening=opening,
        payload={"offer": OFFER} if payload is None else payload,
        attempts=0,
    )


def state(**changed: str) -> bytes:
    answer = {
        "@context": [envelope.CONTEXT],
        "@type": "ContractNegotiation",
        "consumerPid": "urn:own",
        "providerPid": "urn:peer",
        "state": "REQUESTED",
    }
    return json.dumps(answer | changed).encode()


Case = tuple[MessageKind, Role, bool, dict[str, Any], str, dict[str, Any]]
ROUTES: list[Case] = [
    (
        MessageKind.CONTRACT_REQUEST,
        C,
        True,
        {"offer": OFFER},
        "negotiations/request",
        {
            "@type": "ContractRequestMessage",
            "consumerPid": "urn:own",
            "callbackAddress": "BASE",
            "offer": OFFER,
        },
    ),
    (
        MessageKind.CONTRACT_REQUEST,
        C,
        False,
        {"offer": OFFER},
        "negotiations/urn:peer/request",
        {
            "@type": "ContractRequestMessage",
            "consumerPid": "urn:own",
            "providerPid": "urn:peer",
            "offer": OFFER,
        },
    ),
    (
        MessageKind.CONTRACT_OFFER,
        P,
        True,
        {"offer": OFFER},
        "negotiations/offers",
        {
            "@type": "ContractOfferMessage",
            "providerPid": "urn:own",
            "callbackAddress": "BASE",
            "offer": OFFER,
        },
    ),
    (
        MessageKind.CONTRACT_OFFER,
        P,
        False,
        {"offer": OFFER},
        "negotiations/urn:peer/offers",
        {
            "@type": "ContractOfferMessage",
            "providerPid": "urn:own",
            "consumerPid": "urn:peer",
            "offer": OFFER,
        },
    ),
    (
        MessageKind.CONTRACT_ACCEPTED,
        C,
        False,
        {},
        "negotiations/urn:peer/events",
        {
            "@type": "ContractNegotiationEventMessage",
            "consumerPid": "urn:own",
            "providerPid": "urn:peer",
            "eventType": "ACCEPTED",
        },
    ),
    (
        MessageKind.CONTRACT_AGREEMENT,
        P,
        False,
        {"agreement": AGREEMENT},
        "negotiations/urn:peer/agreement",
        {
            "@type": "ContractAgreementMessage",
            "consumerPid": "urn:peer",
            "providerPid": "urn:own",
            "agreement": AGREEMENT,
        },
    ),
    (
        MessageKind.CONTRACT_VERIFICATION,
        C,
        False,
        {},
        "negotiations/urn:peer/agreement/verification",
        {
            "@type": "ContractAgreementVerificationMessage",
            "consumerPid": "urn:own",
            "providerPid": "urn:peer",
        },
    ),
    (
        MessageKind.CONTRACT_FINALIZED,
        P,
        False,
        {},
        "negotiations/urn:peer/events",
        {
            "@type": "ContractNegotiationEventMessage",
            "consumerPid": "urn:peer",
            "providerPid": "urn:own",
            "eventType": "FINALIZED",
        },
    ),
    (
        MessageKind.CONTRACT_TERMINATION,
        P,
        False,
        ENDED,
        "negotiations/urn:peer/termination",
        {
            "@type": "ContractNegotiationTerminationMessage",
            "consumerPid": "urn:peer",
            "providerPid": "urn:own",
            **ENDED,
        },
    ),
    (
        MessageKind.TRANSFER_REQUEST,
        C,
        True,
        {"agreement": "urn:a", "format": "HttpData-PULL"},
        "transfers/request",
        {
            "@type": "TransferRequestMessage",
            "consumerPid": "urn:own",
            "agreementId": "urn:a",
            "format": "HttpData-PULL",
            "callbackAddress": "BASE",
        },
    ),
    (
        MessageKind.TRANSFER_START,
        P,
        False,
        {"data_address": ADDRESS.as_dict()},
        "transfers/urn:peer/start",
        {
            "@type": "TransferStartMessage",
            "consumerPid": "urn:peer",
            "providerPid": "urn:own",
            "dataAddress": {
                "@type": "DataAddress",
                "endpointType": "https",
                "endpoint": "https://data.example",
                "endpointProperties": [
                    {"@type": "EndpointProperty", "name": "authorization", "value": "rt_1"},
                    {"@type": "EndpointProperty", "name": "authType", "value": "bearer"},
                ],
            },
        },
    ),
    (
        MessageKind.TRANSFER_START,
        C,
        False,
        {"data_address": None},
        "transfers/urn:peer/start",
        {"@type": "TransferStartMessage", "consumerPid": "urn:own", "providerPid": "urn:peer"},
    ),
    (
        MessageKind.TRANSFER_SUSPENSION,
        C,
        False,
        ENDED,
        "transfers/urn:peer/suspension",
        {"@type": "TransferSuspensionMessage", "consumerPid": "urn:own", "providerPid": "urn:peer", **ENDED},
    ),
    (
        MessageKind.TRANSFER_COMPLETION,
        C,
        False,
        {},
        "transfers/urn:peer/completion",
        {"@type": "TransferCompletionMessage", "consumerPid": "urn:own", "providerPid": "urn:peer"},
    ),
    (
        MessageKind.TRANSFER_TERMINATION,
        P,
        False,
        {"code": "", "reason": []},
        "transfers/urn:peer/termination",
        {"@type": "TransferTerminationMessage", "consumerPid": "urn:peer", "providerPid": "urn:own"},
    ),
]


def test_every_kind_of_message_has_its_case() -> None:
    assert {kind for kind, *_ in ROUTES} == set(MessageKind) - {MessageKind.DUTY_FULFILMENT}


@pytest.mark.parametrize(
    ("base", "path"),
    [("/orgs/far/dsp/2025-1", "/orgs/far/duties"), ("/protocol/2025-1/", "/protocol/2025-1/duties")],
)
def test_a_dutys_evidence_goes_beside_a_renkei_nodes_base_and_below_any_other(
    courier: DspCourier, own: parties.Organisation, peer: Loopback, base: str, path: str
) -> None:
    peer.says(path, status=200, body=b"{}")
    told = message(
        own,
        peer,
        MessageKind.DUTY_FULFILMENT,
        opening=False,
        payload={"duty": 1, "statement": "a.b.c"},
        address=peer.url + base,
    )

    assert courier.send(told) == Sent()
    [asked] = peer.asked
    assert (asked.method, asked.body) == ("POST", b'{"statement":"a.b.c"}')
    assert asked.headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("case", ROUTES, ids=lambda case: f"{case[1]}: {case[0]}")
def test_each_message_goes_to_its_address_in_the_protocols_form(
    courier: DspCourier, own: parties.Organisation, peer: Loopback, case: Case
) -> None:
    kind, role, opening, payload, path, sent = case
    pids = ("urn:own", "urn:peer") if role is C else ("urn:peer", "urn:own")
    process = "ContractNegotiation" if path.startswith("negotiations") else "TransferProcess"
    answer = state(**{"@type": process, "consumerPid": pids[0], "providerPid": pids[1]})
    peer.says(f"/base/{path}", status=201, body=answer)

    outcome = courier.send(message(own, peer, kind, role=role, opening=opening, payload=payload))

    expected = {name: base_url(own) if value == "BASE" else value for name, value in sent.items()}
    asked = peer.asked[0]
    assert outcome == Sent("urn:peer" if opening else None)
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/json")
    assert json.loads(asked.body) == {"@context": [envelope.CONTEXT], **expected}
    assert envelope.read(asked.body, SHAPES[sent["@type"]])


def test_the_sender_shows_who_it_is_to_this_peer_only(
    courier: DspCourier, own: parties.Organisation, peer: Loopback
) -> None:
    peer.says("/base/negotiations/request", status=201, body=state())

    courier.send(message(own, peer))

    scheme, token = peer.asked[0].headers["authorization"].split()
    claims = jwt.decode(token, options={"verify_signature": False, "verify_aud": False, "verify_exp": False})
    assert (scheme, claims["iss"], claims["sub"], claims["aud"]) == (
        "Bearer",
        own.participant,
        own.participant,
        PEER,
    )
    assert datetime.fromtimestamp(claims["exp"], UTC).timestamp() - claims["iat"] <= 60


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413])
def test_a_refusal_comes_back_with_the_peers_own_words_whole(
    courier: DspCourier, own: parties.Organisation, peer: Loopback, status: int
) -> None:
    reasons = ["x" * 3000, {"@value": "提供できません", "@language": "ja"}]
    body = {
        "@context": [envelope.CONTEXT],
        "@type": "ContractNegotiationError",
        "code": "E7",
        "reason": reasons,
    }
    peer.says("/base/negotiations/request", status=status, body=json.dumps(body).encode())

    with pytest.raises(exchange.PeerRefused) as refused:
        courier.send(message(own, peer))

    assert (refused.value.status, refused.value.code) == (status, "E7")
    assert refused.value.reasons[0] == "x" * 3000
    assert "提供できません" in refused.value.reasons[1]


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"[" * 100_000, b'{"reason": 5}', b"\xff\xfe"])
def test_a_refusal_without_readable_words_is_a_refusal_all_the_same(
    courier: DspCourier, own: parties.Organisation, peer: Loopback, body: bytes
) -> None:
    peer.says("/base/negotiations/request", status=400, body=body)

    with pytest.raises(exchange.PeerRefused) as refused:
        courier.send(message(own, peer))

    assert refused.value.status == 400


def test_a_peer_that_is_in_another_state_is_not_ready_yet(
    courier: DspCourier, own: parties.Organisation, peer: Loopback
) -> None:
    body = {"@context": [envelope.CONTEXT], "@type": "ContractNegotiationError", "code": "409"}
    peer.says("/base/negotiations/request", status=409, body=json.dumps(body).encode())

    with pytest.raises(exchange.PeerUnready) as unready:
        courier.send(message(own, peer))

    assert (unready.value.status, unready.value.code) == (409, "409")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_peer_in_trouble_is_tried_again(
    courier: DspCourier, own: parties.Organisation, peer: Loopback, status: int
) -> None:
    peer.says("/base/negotiations/request", status=status, body=b"oops")

    with pytest.raises(exchange.PeerUnavailable, match=str(status)):
        courier.send(message(own, peer))


def never_answer(held: threading.Event) -> Callable[[Conversation, Asked], None]:
    def hold(conversation: Conversation, _asked: Asked) -> None:
        held.wait(5)
        conversation.vanish()

    return hold


def half_an_answer(conversation: Conversation, _asked: Asked) -> None:
    conversation.send_response(201)
    conversation.send_header("Content-Length", "5000")
    conversation.end_headers()
    conversation.wfile.write(state()[:40])
    conversation.wfile.flush()
    conversation.vanish()


def no_answer(conversation: Conversation, _asked: Asked) -> None:
    conversation.vanish()


def garbage(conversation: Conversation, _asked: Asked) -> None:
    conversation.wfile.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
    conversation.wfile.flush()
    conversation.vanish()


@pytest.mark.parametrize("act", [half_an_answer, no_answer, garbage])
def test_a_peer_that_vanishes_or_babbles_is_tried_again(
    courier: DspCourier, own: parties.Organisation, peer: Loopback, act: Callable[[Conversation, Asked], None]
) -> None:
    peer.does("/base/negotiations/request", act)

    with pytest.raises(exchange.PeerUnavailable):
        courier.send(message(own, peer))


def test_a_peer_that_does_not_answer_in_time_is_tried_again(
    courier: DspCourier, own: parties.Organisation, peer: Loopback
) -> None:
    held = threading.Event()
    peer.does("/base/negotiations/request", never_answer(held))

    with pytest.raises(exchange.PeerUnavailable, match="ReadTimeout"):
        courier.send(message(own, peer))
    held.set()


def test_a_peer_that_is_not_there_is_tried_again(courier: DspCourier, own: parties.Organisation) -> None:
    with loopback() as gone:
        pass

    with pytest.raises(exchange.PeerUnavailable, match="could not be reached"):
        courier.send(message(own, gone))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "not a well-formed ContractNegotiation"),
        (b"{}", "@context"),
        (state(**{"@type": "TransferProcess"}), "TransferProcess"),
        (state(consumerPid="urn:other"), "another process, urn:other"),
        (b"[" * 3000, "not a well-formed ContractNegotiation"),
        (b'"' + b"x" * 5000 + b'"', "4096 bytes"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_again(
    courier: DspCourier, own: parties.Organisation, peer: Loopback, body: bytes, told: str
) -> None:
    peer.says("/base/negotiations/request", status=201, body=body)

    with pytest.raises(exchange.PeerUnavailable, match=told):
        courier.send(message(own, peer))


def test_what_the_peer_answers_to_a_later_message_does_not_matter(
    courier: DspCourier, own: parties.Organisation, peer: Loopback
) -> None:
    peer.says("/base/negotiations/urn:peer/events", body=b"whatever")

    assert (
        courier.send(message(own, peer, MessageKind.CONTRACT_ACCEPTED, opening=False, payload={})) == Sent()
    )


def test_a_callback_address_inside_the_network_is_refused_for_good(
    own: parties.Organisation, peer: Loopback
) -> None:
    calls = outgoing.Outgoing(inside_peers=False)

    with pytest.raises(exchange.PeerRefused) as refused:
        DspCourier(calls).send(message(own, peer, address="https://127.0.0.1:1/base"))

    calls.close()
    assert (refused.value.status, refused.value.code, peer.asked) == (0, "servers.address-inside", [])
    assert len(refused.value.reasons) == 2


@pytest.mark.parametrize(
    ("role", "kind"), [(C, MessageKind.CONTRACT_VERIFICATION), (P, MessageKind.CONTRACT_FINALIZED)]
)
def test_the_peer_is_asked_where_a_negotiation_stands(
    courier: DspCourier, own: parties.Organisation, peer: Loopback, role: Role, kind: MessageKind
) -> None:
    pids = {"consumerPid": "urn:own", "providerPid": "urn:peer"}
    if role is P:
        pids = {"consumerPid": "urn:peer", "providerPid": "urn:own"}
    peer.says("/base/negotiations/urn:peer", body=state(**pids, state="VERIFIED"))

    told = courier.state(message(own, peer, kind, role=role, opening=False, payload={}))

    assert (told, peer.asked[0].method) == ("VERIFIED", "GET")
    assert peer.asked[0].headers["authorization"].startswith("Bearer ")


def test_the_peer_is_asked_where_a_transfer_stands(
    courier: DspCourier, own: parties.Organisation, peer: Loopback
) -> None:
    answer = state(**{"@type": "TransferProcess", "state": "SUSPENDED"})
    peer.says("/base/transfers/urn:peer", body=answer)

    told = courier.state(message(own, peer, MessageKind.TRANSFER_COMPLETION, opening=False, payload={}))

    assert told == "SUSPENDED"


@pytest.mark.parametrize(
    ("status", "body", "raised"),
    [
        (404, b"", exchange.PeerRefused),
        (500, b"", exchange.PeerUnavailable),
        (200, b"{}", exchange.PeerUnavailable),
        (200, state(consumerPid="urn:other"), exchange.PeerUnavailable),
        (200, state(state="DREAMING"), exchange.PeerUnavailable),
    ],
)
def test_a_peer_that_does_not_say_where_it_stands_shows_nothing(
    *,
    courier: DspCourier,
    own: parties.Organisation,
    peer: Loopback,
    status: int,
    body: bytes,
    raised: type[Exception],
) -> None:
    peer.says("/base/negotiations/urn:peer", status=status, body=body)

    with pytest.raises(raised):
        courier.state(message(own, peer, MessageKind.CONTRACT_ACCEPTED, opening=False, payload={}))
