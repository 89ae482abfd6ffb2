"""Wherever a peer may name an address, none that leads inside is called, however it is spelt, and somebody is told."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.servers import dsp
from renkei.servers.addresses import names_inside
from renkei.servers.courier import DspCourier
from renkei.servers.errors import AddressInsecure, AddressInside, PeerAnswered
from renkei.servers.outgoing import Limits, Outgoing
from renkei.servers.peers import Peers
from tests.factories import exchange as deals
from tests.factories.far_server import answer, far_server
from tests.servers.dsp.conftest import Speaker, publish
from tests.servers.dsp.scenes import CONSUMER, PEER_PID, transfer

HASTY = Limits(connect=1, read=0.3, whole=0.5, answer=10_000)
INSIDE = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "10.1.2.3", "172.16.0.1", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "0.0.0.1", "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]",
    "[2002:7f00:1::]",
]  # fmt: skip


@pytest.fixture
def strict() -> Iterator[Outgoing]:
    calls = Outgoing(inside_peers=False, limits=HASTY)
    yield calls
    calls.close()


@pytest.mark.django_db
@pytest.mark.parametrize("host", INSIDE)
def test_a_callback_address_inside_ends_the_negotiation_with_a_reason_that_the_member_reads(
    host: str, strict: Outgoing
) -> None:
    at = deals.table()
    now = utc_now()
    asked = exchange.receive_request(
        org=at.provider.id,
        peer=at.consumer.participant,
        consumer_pid="urn:trap",
        provider_pid=None,
        offer=at.offer.policy(target=True),
        callback=f"https://{host}/orgs/trap/dsp/2025-1",
        now=now,
    )

    exchange.deliver_due(DspCourier(strict), now=now)

    ended = exchange.negotiation(asked.id, org=at.provider.id)
    assert (ended.state, ended.code) == ("TERMINATED", "exchange.peer-refused")
    assert any("private network" in reason for reason in ended.reasons)
    assert any("構内" in reason for reason in ended.reasons)
    assert exchange.outbox(org=None) == ()


class Documents:
    """Publishes one document for every DID."""

    def __init__(self, endpoint: str, kind: str) -> None:
        self.endpoint, self.kind = endpoint, kind

    def document(self, did: str) -> dict[str, Any]:
        return {
            "id": did,
            "service": [{"id": f"{did}#x", "type": self.kind, "serviceEndpoint": self.endpoint}],
        }


@pytest.mark.django_db
@pytest.mark.parametrize("host", INSIDE)
def test_a_version_document_or_a_catalogue_inside_is_not_fetched(host: str, strict: Outgoing) -> None:
    org = deals.members.organisation()
    versions = Documents(f"https://{host}/.well-known/dspace-version", "DataService")
    catalogue = Documents(f"https://{host}/dsp/catalog", "CatalogService")

    with pytest.raises(AddressInside):
        Peers(outgoing=strict, documents=versions).find("did:web:trap.example")  # type: ignore[arg-type]
    peers = Peers(outgoing=strict, documents=catalogue)  # type: ignore[arg-type]
    with pytest.raises(AddressInside):
        peers.catalog(peers.find("did:web:trap.example"), org=org.id)
    with pytest.raises(AddressInside):
        Peers(outgoing=strict).find(f"https://{host}")
    with pytest.raises(AddressInsecure):
        Peers(outgoing=strict).find("http://peer.example")


@pytest.mark.django_db
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{port}/secret", "https://outside.example/", "//127.0.0.1/"]
)
def test_no_redirect_of_an_answer_to_a_message_is_followed(status: int, target: str) -> None:
    at = deals.table()
    calls = Outgoing(inside_peers=True, limits=HASTY)
    with far_server(answer({})) as inside:
        moved = answer(b"", status=status, headers={"Location": target.format(port=inside.port)})
        with far_server(moved) as peer:
            wanted = exchange.request_negotiation(
                org=at.consumer.id, provider=at.provider.participant, address=peer.url("/dsp"), dataset=at.dataset.id,
                offer=at.offer.policy(), actor=at.consumer.actor, now=utc_now(),
            )  # fmt: skip
            exchange.deliver_due(DspCourier(calls), now=utc_now())
            with pytest.raises(PeerAnswered):
                Peers(outgoing=calls).find(peer.url().rstrip("/"))

    calls.close()
    ended = exchange.negotiation(wanted.id, org=at.consumer.id)
    assert (ended.state, ended.code) == ("TERMINATED", "exchange.peer-refused")
    assert f"status {status}" in ended.reasons[0]
    assert inside.asked == []
    assert len(peer.asked) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "host", [*INSIDE, "node.internal", "printer.local", "LOCALHOST.", "[::1%25eth0]", "[::1", ""]
)
def test_a_data_address_inside_is_refused_to_the_provider(host: str, settings: Any) -> None:
    settings.RENKEI = replace(settings.RENKEI, inside_peers=False)
    own, peer = deals.members.organisation(slug="own"), deals.members.organisation(slug="peer")
    scene = transfer(CONSUMER, "REQUESTED", own=own, peer=peer, dataset=publish(own, name="readings"))
    door = TestClient(Starlette(routes=dsp.ROUTES), raise_server_exceptions=False)

    answered = Speaker(peer, door).say(
        own,
        f"/transfers/{scene.pid}/start",
        "TransferStartMessage",
        providerPid=PEER_PID,
        consumerPid=scene.pid,
        dataAddress={"@type": "DataAddress", "endpointType": "https", "endpoint": f"https://{host}/data"},
    )

    assert (answered.status_code, answered.json()["code"]) == (400, "servers.dsp-data-address-unusable")
    assert json.dumps(answered.json()["reason"]).count("private networks") == 1
    assert exchange.transfer(scene.pid, org=own.id).state is exchange.TransferState.REQUESTED  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["data.example", "1.1.1.1", "[2606:4700::1111]", "data.example."])
def test_a_host_outside_is_not_taken_for_one_inside(host: str) -> None:
    assert not names_inside(host)
