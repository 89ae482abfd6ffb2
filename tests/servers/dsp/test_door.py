"""The dataspace door before any room is asked: who may knock, what is read, and how it refuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from starlette.testclient import TestClient

from renkei.kernel.clock import utc_now
from renkei.parties import api as parties
from renkei.servers import dsp
from renkei.wire.dsp import envelope
from renkei.wire.dsp.catalog import CatalogError
from renkei.wire.dsp.negotiation import ContractNegotiationError
from renkei.wire.dsp.transfer import TransferError
from tests.factories import parties as make

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/orgs/provider/dsp/2025-1"
ERRORS = {"catalog": CatalogError, "negotiations": ContractNegotiationError, "transfers": TransferError}
DOORS = sorted(
    (method, route.path.replace("{slug}", "provider").replace("{pid}", "urn:x").replace("{dataset}", "urn:x"))
    for route in dsp.ROUTES
    for method in sorted((route.methods or set()) - {"HEAD"})
    if "well-known" not in route.path
)


@pytest.fixture
def consumer() -> parties.Organisation:
    return make.organisation(slug="consumer")


@pytest.fixture
def token(provider: parties.Organisation, consumer: parties.Organisation) -> Callable[[], dict[str, str]]:
    """Give the header of a fresh token of the consumer for the provider: each is good for one call."""

    def header() -> dict[str, str]:
        signed = parties.sign_token(org=consumer.id, audience=provider.participant, now=utc_now())
        return {"Authorization": f"Bearer {signed}"}

    return header


def error_of(path: str, body: bytes) -> Any:
    return envelope.read(body, ERRORS[path.removeprefix(BASE).split("/")[1]])


def test_the_versions_are_open_to_everyone(door: TestClient, provider: parties.Organisation) -> None:
    answered = door.get("/orgs/provider/.well-known/dspace-version")

    assert (answered.status_code, answered.json()) == (
        200,
        {
            "protocolVersions": [
                {
                    "version": "2025-1",
                    "path": "/dsp/2025-1",
                    "binding": "HTTPS",
                    "identifierType": "did:web",
                    "serviceId": provider.participant,
                }
            ]
        },
    )


def test_an_organisation_that_is_not_here_speaks_no_version(door: TestClient) -> None:
    assert door.get("/orgs/nobody/.well-known/dspace-version").status_code == 404


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_no_door_opens_without_a_token(
    door: TestClient, provider: parties.Organisation, method: str, path: str
) -> None:
    answered = door.request(method, path, content=b"{}")

    assert (answered.status_code, answered.headers["WWW-Authenticate"]) == (401, "Bearer")
    error = error_of(path, answered.content)
    assert error.code == "servers.token-missing"
    assert [text[:9] for text in error.reason] == ["A token i", "トークンがないため"]


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_an_organisations_own_api_token_opens_no_dataspace_door(
    door: TestClient, provider: parties.Organisation, method: str, path: str
) -> None:
    secret = make.token(org=provider).secret

    answered = door.request(method, path, content=b"{}", headers={"Authorization": f"Bearer {secret}"})

    assert (answered.status_code, error_of(path, answered.content).code) == (
        401,
        "parties.peer-token-malformed",
    )


def test_a_token_for_another_organisation_is_refused(
    door: TestClient, provider: parties.Organisation, consumer: parties.Organisation
) -> None:
    signed = parties.sign_token(org=provider.id, audience=consumer.participant, now=utc_now())

    answered = door.post(f"{BASE}/catalog/request", headers={"Authorization": f"Bearer {signed}"})

    assert answered.status_code == 401


def test_a_token_is_good_once(door: TestClient, token: Callable[[], dict[str, str]]) -> None:
    header = token()
    door.get(f"{BASE}/catalog/request?limit=0", headers=header)

    again = door.get(f"{BASE}/catalog/request?limit=0", headers=header)

    assert (again.status_code, again.json()["code"]) == (401, "parties.peer-token-replayed")


def test_a_door_of_an_organisation_that_is_not_here_is_closed(
    door: TestClient, token: Callable[[], dict[str, str]]
) -> None:
    answered = door.post("/orgs/nobody/dsp/2025-1/negotiations/request", headers=token())

    assert (answered.status_code, answered.json()["code"]) == (404, "parties.organisation-missing")


@pytest.mark.parametrize(("method", "path"), [entry for entry in DOORS if entry[0] == "POST"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"@type":' * 6_000,
        b'{"@context":["https://w3id.org/dspace/2025/1/context.jsonld"],"@type":"Other"}',
        b'{"@context":["https://w3id.org/dspace/2025/1/context.jsonld"],"providerPid":7,"consumerPid":{"a":1}}',
    ],
    ids=["empty", "cut", "null", "not-utf8", "deep-array", "deep-object", "other-type", "wrong-pids"],
)
def test_a_body_that_is_no_message_is_refused_in_the_protocols_form(
    door: TestClient, token: Callable[[], dict[str, str]], method: str, path: str, body: bytes
) -> None:
    answered = door.request(method, path, content=body, headers=token())

    assert answered.status_code == 400
    assert error_of(path, answered.content).code.startswith("wire.dsp-")


@pytest.mark.parametrize("path", ["catalog/request", "negotiations/request", "transfers/request"])
def test_a_body_that_is_too_large_is_refused_in_the_protocols_form(
    door: TestClient, token: Callable[[], dict[str, str]], path: str
) -> None:
    body = b" " * (settings.RENKEI.max_body + 1)

    answered = door.post(f"{BASE}/{path}", content=body, headers=token())

    assert answered.status_code == 413
    assert error_of(f"{BASE}/{path}", answered.content).code == "servers.body-too-large"


def test_a_refusal_names_both_processes_as_the_message_does(
    door: TestClient, token: Callable[[], dict[str, str]]
) -> None:
    body = {"@context": [envelope.CONTEXT], "@type": "Wrong", "providerPid": "urn:x", "consumerPid": "urn:c"}

    answered = door.post(f"{BASE}/negotiations/urn:x/events", content=json.dumps(body), headers=token())

    error = error_of(f"{BASE}/negotiations", answered.content)
    assert (answered.status_code, error.provider_pid, error.consumer_pid) == (400, "urn:x", "urn:c")


def test_a_refusal_names_the_process_of_the_address_where_there_is_no_message(
    door: TestClient, provider: parties.Organisation
) -> None:
    error = error_of(f"{BASE}/transfers", door.get(f"{BASE}/transfers/urn:x").content)

    assert (error.provider_pid, error.consumer_pid) == ("urn:x", envelope.NIL_PID)


def test_a_message_about_another_process_than_the_address_is_refused(
    door: TestClient, token: Callable[[], dict[str, str]]
) -> None:
    body = {
        "@context": [envelope.CONTEXT],
        "@type": "TransferCompletionMessage",
        "providerPid": "urn:p",
        "consumerPid": "urn:c",
    }

    answered = door.post(f"{BASE}/transfers/urn:x/completion", content=json.dumps(body), headers=token())

    assert (answered.status_code, answered.json()["code"]) == (400, "servers.dsp-process-mismatch")


def test_the_catalogue_knows_no_filter(door: TestClient, token: Callable[[], dict[str, str]]) -> None:
    body = {"@context": [envelope.CONTEXT], "@type": "CatalogRequestMessage", "filter": [{"keyword": "x"}]}

    answered = door.post(f"{BASE}/catalog/request", content=json.dumps(body), headers=token())

    assert (answered.status_code, answered.json()["code"]) == (400, "servers.dsp-filter-unsupported")


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1e2", "٣", "99999999999999999999"])
def test_a_page_of_an_impossible_size_is_refused(
    door: TestClient, token: Callable[[], dict[str, str]], limit: str
) -> None:
    answered = door.get(f"{BASE}/catalog/request", params={"limit": limit}, headers=token())

    assert (answered.status_code, answered.json()["code"]) == (400, "servers.dsp-page-invalid")


def test_a_message_beyond_64_kib_is_refused_in_the_protocols_form(
    door: TestClient, token: Callable[[], dict[str, str]]
) -> None:
    answered = door.post(
        "/orgs/provider/dsp/2025-1/negotiations/request", content=b"x" * 65_537, headers=token()
    )

    assert (answered.status_code, answered.json()["@type"], answered.json()["code"]) == (
        413,
        "ContractNegotiationError",
        "servers.body-too-large",
    )
