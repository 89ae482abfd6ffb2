"""What holds at every NGSI-LD endpoint, over HTTP: who is let in, what a request may look like, and in what form it is answered."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from renkei.kernel.clock import utc_now
from renkei.servers.ngsild import application, fetching, resolving
from renkei.servers.ngsild.api import ENDPOINTS, ROUTES
from tests.factories import parties as make
from tests.servers.loopback import Asked, Conversation, loopback
from tests.servers.running import running

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/ngsi-ld/v1"
CAR = "urn:ngsi-ld:Car:1"
ENTITY: dict[str, Any] = {
    "id": CAR,
    "type": "Car",
    "scope": "/japan/nagoya",
    "speed": {"type": "Property", "value": 80},
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [136.9, 35.2]}},
    "parking": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [139.7, 35.7]}},
}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Node:
    """A node behind a real server, and the tokens of two of its members."""

    url: str
    owner: str
    other: str

    def ask(self, method: str, path: str, caller: str | None = "owner", **more: Any) -> httpx.Response:
        """Ask with the token of a member, or another one, or none."""
        secret = getattr(self, caller, caller) if caller else None
        headers = {**({"Authorization": f"Bearer {secret}"} if secret else {}), **more.pop("headers", {})}
        return httpx.request(
            method, f"{self.url}{BASE}/{path}", headers=headers, timeout=30, trust_env=False, **more
        )

    def found(self, path: str, **more: Any) -> list[str]:
        """Return the ids of the entities that an answer lists."""
        answer = self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()]


@pytest.fixture
def node(settings: Any) -> Iterator[Node]:
    owner, other = make.organisation(slug="owner"), make.organisation(slug="other")
    secrets = [make.token(org=org, now=utc_now()).secret for org in (owner, other)]
    resolving.source.cache_clear()
    resolving.forget_all()
    with running(settings, ROUTES) as url:
        started = Node(url, *secrets)
        assert started.ask("POST", "entities", json=ENTITY).status_code == 201
        yield started
    resolving.source.cache_clear()
    resolving.forget_all()


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return the status of an answer and the standard's name of its error."""
    told = answer.json()
    assert told["status"] == answer.status_code
    return answer.status_code, told["type"].rpartition("/")[2]


PATHS = sorted({(each.method, each.path) for each in ENDPOINTS})


def filled(path: str) -> str:
    for name, value in {"id": CAR, "name": "speed", "type": "Car", "instance": "urn:x:1"}.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def test_nobody_gets_anything_without_a_token_that_serves(node: Node):
    broken = {"content": b'{"id":', "headers": JSON}
    for token in (None, "", "rt_0000000000000000_" + "x" * 43, "x" * 3000):
        told = {problem(node.ask(m, filled(p), token, **(broken if m != "GET" else {})))[0] for m, p in PATHS}
        assert told == {401}


def test_another_members_token_finds_nothing_and_changes_nothing(node: Node):
    assert node.found("entities?type=Car", caller="other") == []
    for method, path in PATHS:
        if "{id}" in path and path.startswith(("entities", "temporal")):
            bodies = {"content": json.dumps(ENTITY["speed"]), "headers": JSON} if method != "GET" else {}
            assert node.ask(method, filled(path), "other", **bodies).status_code in {400, 404}, path

    kept = node.ask("GET", f"entities/{CAR}").json()
    assert {name: kept[name] for name in ENTITY} == ENTITY


def test_a_tenant_is_ones_own_or_refused(node: Node):
    def asked(tenant: str) -> httpx.Response:
        return node.ask("GET", "entities?type=Car", headers={"NGSILD-Tenant": tenant})

    assert [each["id"] for each in asked("owner").json()] == [CAR]
    assert problem(asked("other")) == (403, "OperationNotSupported")
    assert problem(asked("nobody")) == (404, "NonexistentTenant")
    assert problem(asked("")) == (404, "NonexistentTenant")
    refused = node.ask("POST", "entities", "other", json=ENTITY, headers={"NGSILD-Tenant": "owner"})
    assert problem(refused) == (403, "OperationNotSupported")
    assert node.found("entities?type=Car", caller="other") == []


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("method", "path"), [("POST", "entities"), ("POST", "entityOperations/upsert")])
def test_a_body_beyond_the_limit_is_refused(node: Node, settings: Any, method: str, path: str, chunked: bool):
    parts = [b'{"id":"', b"x" * settings.RENKEI.max_body, b'"}']
    content = iter(parts) if chunked else b"".join(parts)

    refused = node.ask(method, path, content=content, headers=JSON)

    assert problem(refused) == (413, "InvalidRequest")


def test_a_body_at_the_limit_in_chunks_is_read(node: Node, settings: Any):
    entity = json.dumps({**ENTITY, "id": "urn:ngsi-ld:Car:2"}).encode()
    padded = entity + b" " * (settings.RENKEI.max_body - len(entity))

    made = node.ask("POST", "entities", content=iter([padded[:1000], padded[1000:]]), headers=JSON)

    assert made.status_code == 201


@pytest.mark.parametrize(
    "body", [b'{"id":', b"\xff\xfe", b"", b"[" * 100_000, b"null", b'"text"', b'{"a":1}{"b":2}']
)
def test_a_broken_body_is_refused_everywhere(node: Node, body: bytes):
    for method, path in PATHS:
        if method in {"POST", "PUT", "PATCH"}:
            assert problem(node.ask(method, filled(path), content=body, headers=JSON))[0] == 400, path


def test_head_tells_what_get_would_without_the_body(node: Node):
    for path in (f"entities/{CAR}", "entities?type=Car", "types", "subscriptions", "jsonldContexts"):
        get, head = node.ask("GET", path), node.ask("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"], path
    assert node.ask("HEAD", f"entities/{CAR}", None).status_code == 401
    assert node.ask("HEAD", f"entities/{CAR}", "other").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "entities", {"DELETE", "GET", "HEAD", "POST"}),
        ("POST", "types", {"GET", "HEAD"}),
        ("GET", "entityOperations/upsert", {"POST"}),
        ("TRACE", f"entities/{CAR}", {"DELETE", "GET", "HEAD", "PATCH", "PUT"}),
        ("DELETE", "subscriptions/", {"GET", "HEAD", "POST"}),
    ],
)
def test_what_a_path_does_not_take_is_answered_with_what_it_does(
    node: Node, method: str, path: str, allowed: set[str]
):
    refused = node.ask(method, path)

    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == allowed


def test_a_slash_at_the_end_says_nothing(node: Node):
    for path in ("entities/?type=Car", "types/Car/", f"entities/{CAR}/", "jsonldContexts/"):
        plain = path.replace("/?", "?").removesuffix("/")
        assert node.ask("GET", path).json() == node.ask("GET", plain).json(), path
    assert node.ask("GET", "nothing/").status_code == 404


@pytest.mark.parametrize("base", ["/ngsi-ld%2Fv1", "/%6Egsi-ld/v1", "//ngsi-ld/v1"])
def test_a_base_that_is_written_otherwise_is_no_fault(node: Node, base: str):
    answer = httpx.get(
        f"{node.url}{base}/entities?type=Car",
        headers={"Authorization": f"Bearer {node.owner}"},
        trust_env=False,
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json;q=0.2, application/ld+json;q=0.8", "application/ld+json"),
        ("application/ld+json;q=0, */*", "application/json"),
        ("*/*;q=0.1, application/geo+json", "application/geo+json"),
        ("text/html, application/ld+json;q=nonsense, */*;q=0.1", "application/json"),
    ],
)
def test_the_caller_gets_the_form_that_it_likes_best(node: Node, accept: str, answered: str):
    answer = node.ask("GET", f"entities/{CAR}", headers={"Accept": accept})

    assert (answer.status_code, answer.headers["content-type"]) == (200, answered)
    assert ("@context" in answer.json()) == (answered != "application/json")
    assert ("link" in answer.headers) == (answered == "application/json")


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0, application/ld+json;q=0.0", "image/*"]
)
def test_a_caller_who_likes_none_of_them_is_told_so(node: Node, accept: str):
    assert problem(node.ask("GET", "entities?type=Car", headers={"Accept": accept}))[0] == 406


def test_a_feature_has_its_context_in_the_body_or_in_a_header_as_preferred(node: Node):
    asked = {"Accept": "application/geo+json"}
    usual = node.ask("GET", f"entities/{CAR}", headers=asked)
    parked = node.ask("GET", f"entities/{CAR}?geometryProperty=parking", headers=asked)
    bare = node.ask("GET", f"entities/{CAR}", headers={**asked, "Prefer": "body=json"})

    assert usual.json()["geometry"] == ENTITY["location"]["value"]
    assert parked.json()["geometry"] == ENTITY["parking"]["value"]
    assert ("@context" in usual.json(), "@context" in bare.json()) == (True, False)
    assert "json-ld#context" in bare.headers["link"]


def test_scopes_are_asked_for_with_those_below_them(node: Node):
    node.ask("POST", "entities", json={**ENTITY, "id": "urn:ngsi-ld:Car:2", "scope": ["/japan", "/asia/jp"]})

    def found(scope: str) -> set[str]:
        return {uri[-1] for uri in node.found("entities", params={"type": "Car", "scopeQ": scope})}

    assert found("/japan") == {"2"}
    assert found("/japan/#") == {"1", "2"}
    assert found("/japan/+") == {"1"}
    assert found("/japan/nagoya,/asia/jp") == {"1", "2"}
    assert found("/japan;/asia/#") == {"2"}
    assert problem(node.ask("GET", "entities", params={"type": "Car", "scopeQ": "//"}))[0] == 400


def test_of_many_who_make_one_entity_one_has_made_it(node: Node):
    made = {**ENTITY, "id": "urn:ngsi-ld:Car:3"}
    with ThreadPoolExecutor(8) as writers:
        told = list(writers.map(lambda _: node.ask("POST", "entities", json=made).status_code, range(16)))

    assert sorted(told) == [201, *[409] * 15]


def test_what_many_write_into_one_entity_is_all_there(node: Node):
    def write(number: int) -> int:
        attrs = {f"a{number}": {"type": "Property", "value": number}}
        return node.ask("POST", f"entities/{CAR}/attrs", json=attrs).status_code

    with ThreadPoolExecutor(8) as writers:
        assert set(writers.map(write, range(24))) == {204}

    kept = node.ask("GET", f"entities/{CAR}?format=simplified").json()
    assert {name: kept[name] for name in kept if name[0] == "a"} == {f"a{n}": n for n in range(24)}
    assert kept["speed"] == 80


def test_who_names_slow_contexts_keeps_nobody_from_reading(node: Node):
    begun, go_on = threading.Semaphore(0), threading.Event()

    def wait(conversation: Conversation, _asked: Asked) -> None:
        begun.release()
        go_on.wait(20)
        conversation.answer(200, b'{"@context": {}}', {})

    with loopback() as slow, ThreadPoolExecutor(8) as askers:
        slow.does("/slow", wait)
        named = f'<{slow.url}/slow>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
        paths = [
            "entities?type=Car",
            "types",
            "temporal/entities?type=Car&timerel=before&timeAt=2100-01-01T00:00:00Z",
        ]
        asked = [askers.submit(node.ask, "GET", paths[n % 3], headers={"Link": named}) for n in range(8)]
        assert begun.acquire(timeout=10)
        for _ in range(3):
            assert node.found("entities?type=Car", caller="owner") == [CAR]
            assert node.ask("GET", "types").status_code == 200
        assert not all(each.done() for each in asked)
        go_on.set()
        assert {each.result().status_code for each in asked} <= {200, 503}


def test_a_context_with_a_password_is_refused(node: Node):
    named = "https://user:secret@example.org/cars.jsonld"
    linked = {"Link": f'<{named}>; rel="http://www.w3.org/ns/json-ld#context"'}
    in_body = {
        "content": json.dumps({**ENTITY, "@context": named}),
        "headers": {"Content-Type": "application/ld+json"},
    }

    for refused in (node.ask("GET", "types", headers=linked), node.ask("POST", "entities", **in_body)):
        assert problem(refused) == (400, "BadRequestData")
        assert "secret" not in refused.text


def test_a_subscription_that_is_refused_leaves_no_context_behind(node: Node):
    taken = {
        "id": "urn:ngsi-ld:Subscription:1",
        "type": "Subscription",
        "entities": [{"type": "Car"}],
        "notification": {"endpoint": {"uri": f"{node.url}/hook"}},
        "@context": {"Car": "https://example.org/Car"},
    }

    def posted(**changes: Any) -> int:
        headers = {"Content-Type": "application/ld+json"}
        return node.ask(
            "POST", "subscriptions", content=json.dumps(taken | changes), headers=headers
        ).status_code

    assert posted(notification={"endpoint": {"uri": "nowhere"}}) == 400
    assert posted(throttling=-1) == 400
    assert posted(notification={"endpoint": {"uri": f"{node.url}/hook"}, "format": "poem"}) == 400
    assert node.ask("GET", "jsonldContexts?kind=ImplicitlyCreated").json() == []
    assert posted() == 201
    assert len(node.ask("GET", "jsonldContexts?kind=ImplicitlyCreated").json()) == 1


def test_a_batch_of_many_slow_contexts_is_given_up_as_a_whole(node: Node, monkeypatch: pytest.MonkeyPatch):
    go_on = threading.Event()
    monkeypatch.setattr(application, "WAITED", 0.5)
    with loopback() as slow:
        for n in range(9):
            slow.does(f"/slow-{n}", lambda _conversation, _asked: go_on.wait(30))
        batch = [
            {**ENTITY, "id": f"urn:ngsi-ld:Car:{n}", "@context": f"{slow.url}/slow-{n}"} for n in range(9)
        ]
        told = node.ask(
            "POST",
            "entityOperations/create",
            content=json.dumps(batch),
            headers={"Content-Type": "application/ld+json"},
        )
        asked = len(slow.asked)
        go_on.set()

    assert (told.status_code, asked) == (207, 1)
    assert {each["error"]["status"] for each in told.json()["errors"]} == {503}
    assert told.elapsed < timedelta(seconds=fetching.SECONDS)
