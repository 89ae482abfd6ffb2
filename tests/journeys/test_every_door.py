"""Every door of the node, walked with every wrong key: one table says what each answers, and no door may be left out."""

from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from renkei.config.asgi import app
from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE
from renkei.parties import api as parties
from renkei.servers.ngsild.application import NgsiLd
from renkei.wire import delta_sharing
from tests.factories import delivery, subscriptions
from tests.factories import parties as make
from tests.factories.context import URI, entity
from tests.journeys import ngsild_doors

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "http://127.0.0.1"


class Answers(NamedTuple):
    """The status that each caller gets."""

    nobody: int
    worthless: int
    """A secret in the right form that nobody was given."""
    ended: int
    """The secret of a transfer whose agreement has ended."""
    foreign: int
    """The secret of another provider's transfer."""
    narrow: int
    """The owner's own token, without the scope."""
    other: int
    """Another organisation's token, with every scope."""
    operator: int
    astray: int
    """A peer's ID token for somebody else."""
    peer: int
    """A participant's ID token, good for this door, of one who has no part in what is named."""


def everybody(status: int) -> Answers:
    """Return the same answer for every caller."""
    return Answers(*[status] * len(Answers._fields))


def member(other: int) -> Answers:
    """Return what a door for members' tokens answers, where another organisation gets `other`."""
    return everybody(401)._replace(narrow=403, operator=403, other=other)


def for_peers(peer: int) -> Answers:
    """Return what a door for peers answers, where a participant that has no part in it gets `peer`."""
    return everybody(401)._replace(peer=peer)


def sharing(foreign: int) -> Answers:
    """Return what a door for transfer secrets answers, where another transfer's secret gets `foreign`."""
    return everybody(401)._replace(ended=403, foreign=foreign)


OPEN = everybody(200)
FILE = everybody(403)
"""An address without its signature opens nothing, whoever asks."""
DSP = "/orgs/{slug}/dsp/2025-1"
NGSI_LD = "/ngsi-ld/v1"
SHARED = f"/shared/{{transfer}}{NGSI_LD}"
TABLE = "/sharing/shares/{share}/schemas/{schema}/tables/{table}"

QUERIES = {
    "/audit/consistency": {"first": "0", "second": "0"},
    "/audit/witnessed": {"origin": "far.example"},
}
"""What a door has to be asked in any case."""

DOORS: dict[tuple[str, str], Answers] = {
    ("GET", "/audit/head"): OPEN,
    ("GET", "/audit/key"): OPEN,
    ("GET", "/audit/consistency"): OPEN,
    ("GET", "/audit/page"): OPEN,
    ("GET", "/audit/witnessed"): OPEN,
    ("GET", "/orgs/{slug}/did.json"): OPEN,
    ("GET", "/orgs/{slug}/.well-known/dspace-version"): OPEN,
    ("GET", "/dcat/catalog"): OPEN,
    ("GET", "/dcat/catalog.{ending}"): OPEN,
    ("GET", "/orgs/{slug}/dcat/catalog"): OPEN,
    ("GET", "/orgs/{slug}/dcat/catalog.{ending}"): OPEN,
    ("GET", "/orgs/{slug}/dcat/datasets/{dataset:path}"): everybody(404),
    ("GET", "/receipts/page"): OPEN,
    ("GET", "/audit/proofs"): member(200),
    ("GET", "/orgs/{slug}/audit/proofs"): for_peers(200),
    ("POST", "/orgs/{slug}/duties"): for_peers(400),
    ("GET", f"{DSP}/catalog/request"): for_peers(200),
    ("POST", f"{DSP}/catalog/request"): for_peers(400),
    ("GET", f"{DSP}/catalog/datasets/{{dataset}}"): for_peers(200),
    ("POST", f"{DSP}/negotiations/request"): for_peers(400),
    ("POST", f"{DSP}/negotiations/offers"): for_peers(400),
    ("POST", f"{DSP}/negotiations/{{pid}}/request"): for_peers(400),
    ("POST", f"{DSP}/negotiations/{{pid}}/offers"): for_peers(400),
    ("POST", f"{DSP}/negotiations/{{pid}}/agreement"): for_peers(400),
    ("POST", f"{DSP}/negotiations/{{pid}}/agreement/verification"): for_peers(400),
    ("POST", f"{DSP}/negotiations/{{pid}}/events"): for_peers(400),
    ("POST", f"{DSP}/negotiations/{{pid}}/termination"): for_peers(400),
    ("GET", f"{DSP}/negotiations/{{pid}}"): for_peers(404),
    ("POST", f"{DSP}/transfers/request"): for_peers(400),
    ("POST", f"{DSP}/transfers/{{pid}}/start"): for_peers(400),
    ("POST", f"{DSP}/transfers/{{pid}}/completion"): for_peers(400),
    ("POST", f"{DSP}/transfers/{{pid}}/suspension"): for_peers(400),
    ("POST", f"{DSP}/transfers/{{pid}}/termination"): for_peers(400),
    ("GET", f"{DSP}/transfers/{{pid}}"): for_peers(404),
    ("POST", "/ingest/{network}"): member(400),
    ("POST", "/api/v1/catalog"): member(400),
    ("GET", "/api/v1/catalog/search"): member(200),
    ("GET", "/api/v1/nodes"): member(200),
    ("POST", "/api/v1/negotiations"): member(400),
    ("GET", "/api/v1/negotiations"): member(200),
    ("GET", "/api/v1/negotiations/{id}"): member(404),
    ("POST", "/api/v1/proposals"): member(400),
    ("POST", "/api/v1/negotiations/{id}/acceptance"): member(404),
    ("POST", "/api/v1/negotiations/{id}/agreement"): member(404),
    ("POST", "/api/v1/negotiations/{id}/counter"): member(400),
    ("POST", "/api/v1/negotiations/{id}/verification"): member(404),
    ("POST", "/api/v1/negotiations/{id}/finalization"): member(404),
    ("POST", "/api/v1/negotiations/{id}/retry"): member(404),
    ("POST", "/api/v1/negotiations/{id}/termination"): member(400),
    ("GET", "/api/v1/agreements"): member(200),
    ("GET", "/api/v1/agreements/{id:path}"): member(404),
    ("GET", "/api/v1/receipts"): member(200),
    ("GET", "/api/v1/agreements/{id:path}/duties"): member(404),
    ("POST", "/api/v1/agreements/{id:path}/duties"): member(400),
    ("POST", "/api/v1/transfers"): member(400),
    ("GET", "/api/v1/transfers"): member(200),
    ("GET", "/api/v1/transfers/{id}"): member(404),
    ("POST", "/api/v1/transfers/{id}/start"): member(404),
    ("POST", "/api/v1/transfers/{id}/suspension"): member(400),
    ("POST", "/api/v1/transfers/{id}/resumption"): member(404),
    ("POST", "/api/v1/transfers/{id}/completion"): member(404),
    ("POST", "/api/v1/transfers/{id}/termination"): member(400),
    ("POST", "/api/v1/transfers/{id}/retry"): member(404),
    ("GET", "/api/v1/transfers/{id}/deliveries"): member(404),
    ("GET", "/api/v1/transfers/{id}/deliveries/{delivery}"): member(404),
    ("GET", "/api/v1/log/{part}"): member(400),
    ("GET", "/data/{transfer}"): sharing(403),
    ("GET", "/data/{transfer}/receipts"): everybody(401),
    ("POST", "/query/{transfer}"): sharing(403),
    ("POST", "/inbox/{transfer}"): everybody(401),
    ("PUT", "/inbox/{transfer}"): everybody(401),
    ("GET", "/sharing/shares"): sharing(200),
    ("GET", "/sharing/shares/{share}"): sharing(200),
    ("GET", "/sharing/shares/{share}/schemas"): sharing(200),
    ("GET", "/sharing/shares/{share}/schemas/{schema}/tables"): sharing(404),
    ("GET", "/sharing/shares/{share}/all-tables"): sharing(200),
    ("GET", f"{TABLE}/version"): sharing(404),
    ("GET", f"{TABLE}/metadata"): sharing(404),
    ("POST", f"{TABLE}/query"): sharing(404),
    ("GET", f"{TABLE}/changes"): sharing(404),
    ("GET", f"{SHARED}/entities"): sharing(403),
    ("GET", f"{SHARED}/entities/{{id}}"): sharing(403),
    ("POST", f"{SHARED}/entityOperations/query"): sharing(403),
    ("GET", f"{SHARED}/types"): sharing(403),
    ("GET", f"{SHARED}/types/{{type}}"): sharing(403),
    ("GET", f"{SHARED}/attributes"): sharing(403),
    ("POST", f"{SHARED}/subscriptions"): sharing(403),
    ("GET", f"{SHARED}/subscriptions/{{id}}"): sharing(403),
    ("DELETE", f"{SHARED}/subscriptions/{{id}}"): sharing(403),
    ("*", "/files"): FILE,
} | {(method, f"{NGSI_LD}/{path}"): member(other) for (method, path), other in ngsild_doors.OTHER.items()}
"""A GET stands for its HEAD too; `*` for an application that answers any method, of which it takes these two."""


class Page(NamedTuple):
    """What a page answers."""

    nobody: int
    """Without a session, whatever token the request carries beside."""
    other: int
    """To another organisation's member, who may decide for its own."""
    looker: int
    """To a member of the owner whose token may only look."""


SEEN, LISTED, ACT = Page(302, 404, 200), Page(302, 200, 200), Page(302, 404, 403)
NOBODYS, OPERATORS = Page(302, 404, 404), Page(302, 403, 403)
READ = Page(302, 200, 403)
"""What may tell of people takes a token for reading entities."""
PAGES: dict[tuple[str, str], Page] = {
    ("GET", ""): LISTED,
    ("GET", "sign-in"): Page(200, 200, 200),
    ("GET", "organisations"): LISTED,
    ("GET", "organisations/<slug:slug>"): SEEN,
    ("GET", "devices"): LISTED,
    ("GET", "entities"): READ,
    ("GET", "entities/question"): READ,
    ("GET", "entities/subscriptions"): READ,
    ("POST", "entities/subscriptions/<path:subscription_id>/redeliver"): ACT,
    ("GET", "entity/<path:entity_id>"): ACT,
    ("GET", "find"): LISTED,
    ("GET", "find/<int:entry>"): NOBODYS,
    ("POST", "find/<int:entry>/ask"): NOBODYS,
    ("GET", "nodes"): LISTED,
    ("POST", "nodes/add"): OPERATORS,
    ("POST", "nodes/<str:node>/crawl"): OPERATORS,
    ("POST", "nodes/<str:node>/remove"): OPERATORS,
    ("GET", "datasets"): LISTED,
    ("GET", "datasets/<str:dataset_id>"): SEEN,
    ("GET", "datasets/<str:dataset_id>/offers/new"): ACT,
    ("POST", "datasets/<str:dataset_id>/offers/<path:offer_id>/withdraw"): ACT,
    ("GET", "datasets/<str:dataset_id>/compare"): SEEN,
    ("GET", "datasets/<str:dataset_id>/audience"): SEEN,
    ("GET", "negotiations"): LISTED,
    ("GET", "negotiations/<str:negotiation_id>"): SEEN,
    ("POST", "negotiations/<str:negotiation_id>/agree"): ACT,
    ("POST", "negotiations/<str:negotiation_id>/counter"): ACT,
    ("POST", "negotiations/<str:negotiation_id>/refuse"): ACT,
    ("POST", "negotiations/<str:negotiation_id>/verify"): ACT,
    ("POST", "negotiations/<str:negotiation_id>/finalize"): ACT,
    ("POST", "negotiations/<str:negotiation_id>/retry"): ACT,
    ("GET", "agreements"): LISTED,
    ("GET", "agreements/<path:agreement_id>"): SEEN,
    ("POST", "agreements/<path:agreement_id>/end"): ACT,
    ("POST", "agreements/<path:agreement_id>/duties/<int:number>"): ACT,
    ("GET", "transfers"): LISTED,
    ("GET", "transfers/<str:transfer_id>"): SEEN,
    ("POST", "transfers/<str:transfer_id>/start"): ACT,
    ("POST", "transfers/<str:transfer_id>/suspend"): ACT,
    ("POST", "transfers/<str:transfer_id>/complete"): ACT,
    ("POST", "transfers/<str:transfer_id>/terminate"): ACT,
    ("POST", "transfers/<str:transfer_id>/retry"): ACT,
    ("GET", "transfers/<str:transfer_id>/deliveries/<str:delivery_id>"): Page(302, 404, 404),
    ("GET", "transfers/<str:transfer_id>/deliveries/<str:delivery_id>/receipt"): Page(302, 404, 404),
    ("GET", "provisions"): LISTED,
    ("GET", "provisions/receipts/<str:receipt_id>"): NOBODYS,
    ("GET", "log"): LISTED,
    ("POST", "sign-out"): Page(302, 302, 302),
    ("GET", "static/<slug:mark>/<str:name>"): Page(200, 200, 200),
}


@dataclass(frozen=True)
class House:
    """Two providers, what one of them has with a peer, and the keys to try."""

    owner: parties.Organisation
    other: parties.Organisation
    held: delivery.Opened
    dataset: exchange.Dataset
    keys: dict[str, str]

    def path(self, path: str, **more: str) -> str:
        """Return a path with the owner's things in it."""
        names = {
            "slug": self.owner.slug,
            "pid": self.held.transfer.id if "/transfers/" in path else self.held.agreement.negotiation,
            "id": self._thing(path),
            "id:path": self.held.agreement.id,
            "dataset": self.dataset.id,
            "network": "helium",
            "part": "head",
            "transfer": self.held.transfer.id,
            "delivery": self.dataset.id,
            "name": "speed",
            "type": "Sensor",
            "instance": "urn:ngsi-ld:Instance:1",
            "share": "renkei",
            "schema": self.owner.slug,
            "table": delta_sharing.shared_name(self.dataset.title.en, identifier=self.dataset.id),
            "ending": "ttl",
            "dataset:path": self.dataset.id,
            "<int:entry>": "1",
            "<str:node>": "urn:none",
            "<slug:slug>": self.owner.slug,
            "<str:dataset_id>": self.dataset.id,
            "<str:negotiation_id>": self.held.agreement.negotiation,
            "<str:transfer_id>": self.held.transfer.id,
            "<str:delivery_id>": self.dataset.id,
            "<str:receipt_id>": self.dataset.id,
            "<path:agreement_id>": self.held.agreement.id,
            "<int:number>": "1",
            "<path:entity_id>": URI,
            "<path:subscription_id>": subscriptions.NAME,
            "<slug:mark>": "0",
            "<str:name>": "portal.css",
        } | more
        for name, value in names.items():
            path = path.replace(name if name[0] == "<" else f"{{{name}}}", value)
        return path

    def _thing(self, path: str) -> str:
        if NGSI_LD in path:
            return subscriptions.NAME if "/subscriptions/" in path else URI
        return self.held.transfer.id if "/transfers/" in path else self.held.agreement.negotiation


@pytest.fixture
def house() -> House:
    owner, other = make.organisation(slug="owner"), make.organisation(slug="other")
    held = delivery.opened(org=owner, published=delivery.dataset(owner))
    context.create_entity(owner.id, entity(), actor=owner.actor, now=utc_now())
    context.create_subscription(
        owner.id, subscriptions.NAME, subscriptions.members(), actor=owner.actor, now=utc_now()
    )
    foreign = delivery.opened(org=other)
    ended = delivery.opened(org=owner, published=held.dataset)
    exchange.end_agreement(
        org=owner.id, agreement=ended.agreement.id, reason="over", actor=owner.actor, now=utc_now()
    )
    keys = {
        "worthless": "rt_" + "x" * 43,
        "ended": ended.secret,
        "foreign": foreign.secret,
        "other": make.token(org=other).secret,
        "operator": parties.issue_operator_token(label="operator", actor=NODE, now=make.MAY).secret,
    }
    return House(owner, other, held, held.dataset, keys)


@pytest.fixture
def door() -> TestClient:
    return TestClient(app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False)


def protocol_routes(routes: list[BaseRoute]) -> set[tuple[str, str]]:
    found = set()
    for route in routes:
        if isinstance(route, Route):
            found |= {(method, route.path) for method in (route.methods or set()) - {"HEAD"}}
        else:
            assert isinstance(route, Mount)
            if isinstance(route.app, NgsiLd):
                found |= {(each.method, f"{route.path}/{each.path}") for each in route.app.endpoints}
            elif route.path:
                found.add(("*", route.path))
    return found


def pages(patterns: list[URLPattern | URLResolver], before: str = "") -> set[str]:
    found = set()
    for each in patterns:
        if isinstance(each, URLResolver):
            found |= pages(each.url_patterns, before + str(each.pattern))
        else:
            found.add(before + str(each.pattern))
    return found


def credentials(house: House, method: str, called: str) -> dict[str, str | None]:
    """Return what each caller shows at a door; ID tokens are fresh, since each serves once."""
    scope = _scope(method, called)
    narrow = frozenset(parties.Scope) - {scope}
    other = house.other

    def signed(audience: parties.Organisation) -> str:
        return parties.sign_token(org=other.id, audience=audience.participant, now=utc_now())

    return {
        "nobody": None,
        **house.keys,
        "narrow": make.token(org=house.owner, scopes=narrow).secret,
        "astray": signed(other),
        "peer": signed(house.owner),
    }


def _scope(method: str, called: str) -> parties.Scope:
    if called.startswith(NGSI_LD):
        return ngsild_doors.scope(method, called.removeprefix(f"{NGSI_LD}/"))
    if called.startswith(("/audit/", "/api/v1/log")):
        return parties.Scope.AUDIT
    return parties.Scope.INGEST if called.startswith("/ingest") else parties.Scope.EXCHANGE


def calls(method: str) -> list[str]:
    return ["GET", "HEAD"] if method in {"GET", "*"} else [method]


def test_no_protocol_door_is_missing_from_the_table() -> None:
    assert protocol_routes(list(app.routes)) == set(DOORS)


def test_no_page_is_missing_from_the_table() -> None:
    assert pages(get_resolver().url_patterns) == {path for _, path in PAGES}


def test_every_protocol_door_answers_each_caller_as_the_table_says(house: House, door: TestClient) -> None:
    found, expected = {}, {}
    for (method, path), answers in DOORS.items():
        for verb in calls(method):
            called = house.path(path)
            query = QUERIES.get(path, {})
            if method == "*":
                called += f"/{'0' * 64}/1/part-00000.parquet"
            for who, secret in credentials(house, method, path).items():
                headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
                said = door.request(verb, called, headers=headers, params=query)
                found[verb, path, who] = said.status_code
                expected[verb, path, who] = getattr(answers, who)
                refused = 405 if method == "*" and verb not in {"GET", "HEAD"} else None
                expected[verb, path, who] = refused or expected[verb, path, who]
    wrong = {key: (found[key], expected[key]) for key in found if found[key] != expected[key]}

    assert wrong == {}


def test_no_protocol_door_tells_a_stranger_anything_of_the_owner(house: House, door: TestClient) -> None:
    private = [house.held.agreement.id, house.held.agreement.negotiation, delivery.FAR]
    told = []
    for (method, path), answers in DOORS.items():
        for who, secret in credentials(house, method, path).items():
            if getattr(answers, who) < 300 and method == "GET" and not path.startswith("/audit/h"):
                headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
                query = QUERIES.get(path, {})
                body = door.get(house.path(path), headers=headers, params=query).text
                # the peer of both is the same one, so that only the owner's own things count
                told += [(path, who, word) for word in private[:2] if word in body]

    assert told == []


def test_every_page_answers_each_visitor_as_the_table_says(house: House, door: TestClient) -> None:
    visitors = {
        "nobody": browser(None),
        "other": browser(make.token(org=house.other).secret),
        "looker": browser(make.token(org=house.owner, scopes=frozenset({parties.Scope.EXCHANGE})).secret),
    }
    wrong = {}
    for (method, path), page in sorted(PAGES.items(), key=lambda each: each[0][1] == "sign-out"):
        for who, visitor in visitors.items():
            headers = {"Authorization": f"Bearer {house.keys['other']}"} if who == "nobody" else {}
            said = visitor.ask(method, "/" + house.path(path), headers=headers)
            if said.status_code != getattr(page, who):
                wrong[method, path, who] = said.status_code
            if page is LISTED and who == "other":
                assert house.dataset.id not in said.text
                assert house.held.agreement.id not in said.text

    assert wrong == {}


def test_no_act_on_a_page_is_done_without_the_form_that_the_page_gave(house: House) -> None:
    decider = browser(make.token(org=house.owner).secret)
    for (method, path), page in PAGES.items():
        if method == "POST":
            said = decider.door.post("/" + house.path(path), data={"reason": "because"})
            assert (path, said.status_code) == (path, 403)
            said = decider.ask("GET", "/" + house.path(path))
            assert (path, said.status_code) == (path, 405)
            assert page.nobody == 302

    assert exchange.agreement(house.held.agreement.id, org=house.owner.id).ended_at is None


@dataclass
class Browser:
    """Cookies, and the token that forms carry."""

    door: TestClient
    form: str

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> Any:
        data = (
            {"csrfmiddlewaretoken": self.form, "reason": "because it is over"} if method == "POST" else None
        )
        return self.door.request(method, path, data=data, headers=headers)


def browser(secret: str | None) -> Browser:
    """Return a browser with a page's form in hand, signed in where there is a token."""
    door = TestClient(app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False)
    door.get("/sign-in")
    if secret is not None:
        data = {"csrfmiddlewaretoken": door.cookies["csrftoken"], "token": secret}
        said = door.post("/sign-in", data=data)
        assert (said.status_code, urlsplit(said.headers["location"]).path) == (302, "/")
    return Browser(door, door.cookies["csrftoken"])
