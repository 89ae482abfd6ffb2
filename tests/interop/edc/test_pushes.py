"""Data that one side pushes to the other under a contract."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import httpx
import pytest

from tests.interop.edc.conftest import READINGS, Desk, provider
from tests.interop.edc.connector import Connector
from tests.interop.edc.test_transfers import agreed
from tests.journeys.stage import Member, Node

pytestmark = pytest.mark.interop
FREE = {"permission": [{"action": "use"}]}


class Sink(ThreadingHTTPServer):
    """A door of an EDC user's own, where data may be pushed."""

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Take)
        self.taken: Queue[tuple[str | None, bytes]] = Queue()


class _Take(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.taken.put((self.headers.get("X-Api-Key"), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        """Say nothing."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


def test_edc_pushes_into_renkei_and_the_member_finds_the_bytes(
    edc: Connector, node: Node, desk: Desk, member: Member, fresh: str
) -> None:
    asset = f"pushed-{fresh}"
    edc.publish(asset, source=desk.source, policy=FREE)
    listed = member.ask("POST", "/catalog", provider=edc.did)["listings"]
    (listing,) = [each for each in listed if each["id"] == asset]
    begun = member.ask(
        "POST", "/negotiations", provider=edc.did, dataset=asset, offer=listing["offers"][0]["policy"]
    )
    contract = member.settled(f"/negotiations/{begun['id']}", "FINALIZED", "TERMINATED")
    assert contract["state"] == "FINALIZED", (contract["code"], contract["reasons"])

    asked = member.ask("POST", "/transfers", agreement=contract["agreement"], format="HttpData-PUSH")
    over = member.settled(f"/transfers/{asked['id']}", "COMPLETED", "TERMINATED")

    assert over["state"] == "COMPLETED", over
    (part,) = member.ask("GET", f"/transfers/{asked['id']}/deliveries")["items"]
    assert (part["sha256"], part["mediaType"]) == (hashlib.sha256(READINGS).hexdigest(), "application/json")
    token = {"Authorization": f"Bearer {member.token}"}
    path = f"{node.url}/api/v1/transfers/{asked['id']}/deliveries/{part['id']}"
    assert httpx.get(path, headers=token, trust_env=False).content == READINGS


def test_renkei_pushes_to_where_an_edc_user_wants_it(
    edc: Connector, node: Node, sink: Sink, fresh: str
) -> None:
    offering = provider(node, fresh)
    destination = {
        "@type": "DataAddress",
        "type": "HttpData",
        "baseUrl": f"http://127.0.0.1:{sink.server_port}/in",
        "authKey": "X-Api-Key",
        "authCode": "s3cret",
    }

    transfer = edc.transfer(
        offering.did, offering.address, agreed(edc, offering), "HttpData-PUSH", dataDestination=destination
    )
    key, body = sink.taken.get(timeout=60)
    ended = edc.settled(f"/transferprocesses/{transfer}", "COMPLETED", "DEPROVISIONED", "TERMINATED")

    assert (key, body[:4]) == ("s3cret", b"PAR1")
    assert ended["state"] != "TERMINATED", ended
    (own,) = offering.member.ask("GET", "/transfers")["items"]
    assert own["state"] == "COMPLETED"
