"""One connector and one node for all tests of a run; each test makes parties and contracts of its own."""

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.interop.edc.build import runtime
from tests.interop.edc.connector import Connector, connector
from tests.journeys.stage import Member, Node, running

READINGS = b'[{"room":"101","celsius":21.5},{"room":"102","celsius":22.0}]'


@dataclass(frozen=True, slots=True)
class Provider:
    """An organisation of the renkei node that offers a dataset, and where it speaks the protocol."""

    member: Member
    did: str
    address: str
    dataset: str
    offer: str
    rows: int


class Desk(ThreadingHTTPServer):
    """What stands around EDC: the data behind its assets, and the application that it calls back."""

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Answer)
        self.heard: Queue[dict[str, Any]] = Queue()

    @property
    def source(self) -> str:
        """Address of the data."""
        return f"http://127.0.0.1:{self.server_port}/readings"

    @property
    def callback(self) -> list[dict[str, Any]]:
        """What to name in a transfer so that each of its steps is told here."""
        uri = f"http://127.0.0.1:{self.server_port}/callback"
        return [
            {"@type": "CallbackAddress", "transactional": False, "uri": uri, "events": ["transfer.process"]}
        ]

    def edr(self, transfer: str) -> dict[str, str]:
        """Return the address and the token that EDC holds for a transfer, once it has started."""
        while True:
            told = self.heard.get(timeout=60)
            payload = told.get("payload", {})
            if payload.get("transferProcessId") == transfer and payload.get("dataAddress"):
                found: dict[str, str] = payload["dataAddress"]["properties"]
                return found


class _Answer(BaseHTTPRequestHandler):
    server: Desk

    def do_GET(self) -> None:
        self._answer(READINGS)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.heard.put(json.loads(body))
        self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's word
        """Say nothing."""


@pytest.fixture(scope="session")
def edc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connector]:
    """A running EDC connector that shows itself by its did:web, and offers terms that it has no rules for."""
    settings = {"edc.policy.validation.enabled": "false"}
    with connector(runtime("did"), Path(tmp_path_factory.mktemp("edc")), **settings) as running_one:
        yield running_one


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A running renkei node, started as `renkei up` starts it."""
    with running("renkei", home=Path(tmp_path_factory.mktemp("renkei"))) as (running_one,):
        yield running_one


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """The data behind EDC's assets, and the application that it calls back."""
    server = Desk()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


_numbers = itertools.count(1)


@pytest.fixture
def fresh() -> str:
    """A name that no other test uses."""
    return f"t{next(_numbers):02}"


@pytest.fixture
def member(node: Node, fresh: str) -> Member:
    """An organisation of the renkei node, as a consumer."""
    return Member(node, node.say("consumer", f"{fresh}-consumer")["token"])


def provider(node: Node, slug: str, *, automatic: bool = True) -> Provider:
    """Make an organisation of the node that offers 12 readings for research and education, places only as cells."""
    made = node.say("provider", slug, "yes" if automatic else "no")
    address = f"{node.url}/orgs/{slug}/dsp/2025-1"
    return Provider(
        Member(node, made["token"]), made["did"], address, made["dataset"], made["offer"], int(made["rows"])
    )
