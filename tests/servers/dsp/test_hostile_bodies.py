"""Whatever is sent to the dataspace door, it answers in the protocol's form, at once, and keeps everything as it was."""

import json
import random
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers import dsp
from renkei.wire.dsp import envelope
from tests.conformance.schemas import PUBLISHED, validator
from tests.conformance.test_dsp_reading import mutated, without_nulls
from tests.factories import parties as make
from tests.servers.dsp.scenes import SCENES, Scene, everything, told
from tests.wire.dsp.messages import MESSAGES

pytestmark = [pytest.mark.django_db(transaction=True), *PUBLISHED]
BASE = "/orgs/provider/dsp/2025-1"
ERRORS = {"catalog": "CatalogError", "negotiations": "ContractNegotiationError", "transfers": "TransferError"}
CHANGES = 25
"""Changed copies of each message that are sent to each process; which, chance decides, the same way in every run."""


@pytest.fixture
def scene(request: pytest.FixtureRequest, provider: parties.Organisation, dataset: exchange.Dataset) -> Scene:
    made, role, state = request.param
    return made(role, state, own=provider, peer=make.organisation(slug="peer"), dataset=dataset)


def show(by: parties.Organisation, to: parties.Organisation) -> dict[str, str]:
    signed = parties.sign_token(org=by.id, audience=to.participant, now=utc_now())
    return {"Authorization": f"Bearer {signed}"}


def check_refused(answered: Any, path: str) -> dict[str, Any]:
    """Check that an answer is a refusal in the protocol's form, and return it."""
    assert 400 <= answered.status_code < 500, answered.text[:500]
    error = answered.json()
    kind = ERRORS[path.removeprefix(BASE).split("/")[1]]
    validator(MESSAGES[kind][1]).validate(error)
    assert (error["@type"], len(error["reason"])) == (kind, 2)
    assert error["code"].partition(".")[0] in {"wire", "servers", "exchange", "parties"}
    return dict(error)


def refused_by_schema(message: dict[str, Any], chance: random.Random) -> Iterator[Any]:
    """Return changed copies of a message that are no messages of the protocol any more."""
    checks = validator(MESSAGES[message["@type"]][1])
    changed = list(mutated(message))
    chance.shuffle(changed)
    found = 0
    for each in changed:
        if found < CHANGES and not checks.is_valid(without_nulls(each)):
            found += 1
            yield each


@pytest.mark.parametrize("scene", SCENES, indirect=True, ids=told)
def test_no_changed_message_moves_a_process_in_any_state(scene: Scene, door: TestClient) -> None:
    before, chance, sent = everything(), random.Random(str(scene.role)), 0

    for name, message in scene.messages().items():
        for broken in refused_by_schema(message, chance):
            answered = door.post(
                scene.path(name), content=json.dumps(broken), headers=show(scene.peer, scene.own)
            )
            error = check_refused(answered, scene.path(name))
            assert answered.status_code == 400
            named = [broken.get(pid) for pid in ("providerPid", "consumerPid")]
            assert scene.pid in {error["providerPid"], error["consumerPid"]} or scene.pid not in named
            sent += 1

    assert sent >= CHANGES * 3
    assert everything() == before


OPENINGS = {
    "negotiations/request": {
        "@type": "ContractRequestMessage",
        "consumerPid": "urn:c",
        "callbackAddress": "https://peer.example/dsp",
        "offer": {"@id": "urn:o", "@type": "Offer", "target": "urn:d", "permission": [{"action": "use"}]},
    },
    "negotiations/offers": {
        "@type": "ContractOfferMessage",
        "providerPid": "urn:p",
        "callbackAddress": "https://peer.example/dsp",
        "offer": {"@id": "urn:o", "@type": "Offer", "target": "urn:d", "permission": [{"action": "use"}]},
    },
    "transfers/request": {
        "@type": "TransferRequestMessage",
        "consumerPid": "urn:c",
        "agreementId": "urn:a",
        "format": "HttpData-PULL",
        "callbackAddress": "https://peer.example/dsp",
    },
    "catalog/request": {"@type": "CatalogRequestMessage", "filter": []},
}


@pytest.mark.parametrize("path", OPENINGS)
def test_no_changed_message_opens_anything(
    path: str, provider: parties.Organisation, door: TestClient
) -> None:
    peer = make.organisation(slug="peer")
    message = {"@context": [envelope.CONTEXT], **OPENINGS[path]}
    before = everything()

    answers = [
        check_refused(
            door.post(f"{BASE}/{path}", content=json.dumps(broken), headers=show(peer, provider)),
            f"{BASE}/{path}",
        )
        for broken in refused_by_schema(message, random.Random(path))
    ]

    assert len(answers) >= 20
    assert everything() == before


def padded(kind: str, content: bytes) -> bytes:
    """Return a message with something large where the schema asks for nothing in particular."""
    message = {
        "@context": [envelope.CONTEXT],
        "@type": kind,
        "providerPid": "urn:p",
        "consumerPid": "urn:c",
        "x": 0,
    }
    return json.dumps(message).encode().replace(b'"x": 0', b'"x": ' + content)


HUGE = {
    "100,000 brackets": lambda kind: padded(kind, b"[" * 100_000),
    "100,000 brackets, closed": lambda kind: padded(kind, b"[" * 100_000 + b"]" * 100_000),
    "20,000 brackets within the limit": lambda kind: padded(kind, b"[" * 20_000 + b"]" * 20_000),
    "a number of a million digits": lambda kind: padded(kind, b"9" * 1_000_000),
    "a number of 60,000 digits": lambda kind: padded(kind, b"9" * 60_000),
    "an exponent without measure": lambda kind: padded(kind, b"1e" + b"9" * 5_000),
    "100,000 members": lambda kind: padded(
        kind, json.dumps({f"m{number}": number for number in range(100_000)}).encode()
    ),
    "a text of 10 MB": lambda kind: padded(kind, b'"' + b"x" * 10_000_000 + b'"'),
}


@pytest.mark.parametrize("stated", [True, False], ids=["stated length", "chunked"])
@pytest.mark.parametrize("huge", HUGE)
def test_what_is_too_large_is_refused_at_once_and_fills_no_memory(
    huge: str, stated: bool, provider: parties.Organisation, door: TestClient
) -> None:
    peer = make.organisation(slug="peer")
    path = f"{BASE}/negotiations/urn:x/termination"
    body = HUGE[huge]("ContractNegotiationTerminationMessage")
    headers = show(peer, provider)
    before = everything()

    tracemalloc.start()
    began = time.monotonic()
    answered = door.post(path, content=body if stated else chunks(body), headers=headers)
    seconds, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    error = check_refused(answered, path)
    assert (answered.status_code == 413) is (len(body) > 64 * 1024)
    assert error["code"] in {
        "servers.body-too-large",
        "wire.dsp-malformed",
        "exchange.negotiation-missing",
        "servers.dsp-process-mismatch",
    }
    assert seconds < 5
    assert peak < 3 * len(body) + 8 * 1024 * 1024
    assert everything() == before


def chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 4096):
        yield body[start : start + 4096]


MEDIA_TYPES = ["application/json", "application/json; charset=utf-16", "multipart/form-data", "", "x" * 5000]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "shift_jis"])
def test_a_body_in_another_character_set_is_refused_whatever_its_label_says(
    charset: str, provider: parties.Organisation, door: TestClient
) -> None:
    peer = make.organisation(slug="peer")
    path = f"{BASE}/negotiations/request"
    letters = "é" if charset == "latin-1" else "ｶﾀｶﾅ"
    message = {"@context": [envelope.CONTEXT], **OPENINGS["negotiations/request"], "consumerPid": letters}
    body = json.dumps(message, ensure_ascii=False).encode(charset)

    answers = [
        door.post(path, content=body, headers={"Content-Type": media_type, **show(peer, provider)})
        for media_type in MEDIA_TYPES
    ]

    expected = "exchange.offer-missing" if charset == "utf-8" else "wire.dsp-malformed"
    assert {check_refused(answered, path)["code"] for answered in answers} == {expected}


METHODS = ["HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


@pytest.mark.parametrize(
    "path", sorted({route.path for route in dsp.ROUTES if "well-known" not in route.path})
)
def test_no_method_moves_anything_or_breaks_the_door(
    path: str, provider: parties.Organisation, door: TestClient
) -> None:
    peer = make.organisation(slug="peer")
    before = everything()
    filled = path.replace("{slug}", "provider").replace("{pid}", "urn:x").replace("{dataset}", "urn:x")

    statuses = {
        method: door.request(method, filled, content=b"{}", headers=show(peer, provider)).status_code
        for method in METHODS
    }

    reading = {"GET", "HEAD"} if path.endswith("/catalog/request") else set()
    assert {method for method, status in statuses.items() if status == 200} == reading
    assert all(400 <= status < 500 for method, status in statuses.items() if method not in reading)
    assert everything() == before


PIDS = [
    "x" * 5000, "%00", "urn%3Ax%00", "%F0%9F%98%80", "%FF%FE", "%ED%A0%80", "..%2F..%2Fetc%2Fpasswd", "%2e%2e", "a%2Fb",
    "%0d%0aX-Evil:%20y", "'%20OR%201=1--", "%25%32%35", "；", "{pid}", "%7Bpid%7D", "*", "null", "-1",
]  # fmt: skip
QUERIES = ["", "?limit=%00", "?after=%FF&after=x&limit=1&limit=2", "?" + "a=b&" * 2000]


@pytest.mark.parametrize("pid", PIDS)
def test_no_address_breaks_the_door(pid: str, provider: parties.Organisation, door: TestClient) -> None:
    peer = make.organisation(slug="peer")
    before = everything()

    for query in QUERIES:
        for path in (f"negotiations/{pid}", f"transfers/{pid}", f"catalog/datasets/{pid}"):
            answered = door.get(f"{BASE}/{path}{query}", headers=show(peer, provider))
            assert answered.status_code in {400, 404}, (path, answered.text[:300])
            assert "X-Evil" not in answered.headers
        address = f"{BASE}/transfers/{pid}/termination{query}"
        assert door.post(address, content=b"{}", headers=show(peer, provider)).status_code in {400, 404}

    assert everything() == before
