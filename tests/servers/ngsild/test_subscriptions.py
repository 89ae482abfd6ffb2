"""`/subscriptions` and below, as a client sees them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.audit import api as audit
from renkei.context import api as context
from renkei.context.models import NotificationRow
from renkei.kernel.clock import format_utc, utc_now
from renkei.kernel.ids import NODE
from renkei.servers.ngsild import resolving
from renkei.servers.ngsild.api import ROUTES
from renkei.servers.outgoing import shared_outgoing
from tests.factories import parties as make
from tests.factories.context import entity, prop

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ngsi-ld/v1/subscriptions"
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
NAME = "urn:ngsi-ld:Subscription:1"
CARS = "https://example.org/cars.jsonld"
LINK = {"Link": f'<{CARS}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'}
HOOK = {"endpoint": {"uri": "https://receiver.example/hook"}}


@pytest.fixture(autouse=True)
def _alone(settings: Any) -> Iterator[None]:
    settings.RENKEI = replace(settings.RENKEI, public_url="http://testserver", inside_peers=False)
    shared_outgoing.cache_clear()
    resolving.forget_all()
    terms = '{"@context": {"Car": "https://example.org/Car", "speed": "https://example.org/speed"}}'
    context.lay_in_context(CARS, terms, now=utc_now())
    yield
    shared_outgoing.cache_clear()
    resolving.forget_all()


def member(slug: str = "tokai-lab") -> TestClient:
    secret = make.token(org=make.organisation(slug=slug), now=utc_now()).secret
    return TestClient(
        Starlette(routes=ROUTES), headers={"Authorization": f"Bearer {secret}"}, raise_server_exceptions=False
    )


@pytest.fixture
def door() -> TestClient:
    return member()


def body(**changes: Any) -> dict[str, Any]:
    """Return a subscription in JSON-LD; None leaves a member out."""
    made = {
        "id": NAME,
        "type": "Subscription",
        "entities": [{"type": "Car"}],
        "watchedAttributes": ["speed"],
        "notification": HOOK,
        "@context": CARS,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def post(door: TestClient, payload: Any) -> Any:
    return door.post(PATH, json=payload, headers={"Content-Type": "application/ld+json"})


def test_a_subscription_is_read_back_in_the_readers_own_words(door: TestClient):
    made = post(door, body(q="speed>50", geoQ=None, throttling=5))
    assert (made.status_code, made.headers["location"], made.content) == (201, f"{PATH}/{NAME}", b"")

    read = door.get(f"{PATH}/{NAME}", headers=LINK)
    assert read.json() == {
        "id": NAME,
        "type": "Subscription",
        "entities": [{"type": "Car"}],
        "watchedAttributes": ["speed"],
        "q": "speed>50",
        "throttling": 5,
        "notification": HOOK,
        "notificationTrigger": ["attributeCreated", "attributeUpdated"],
        "status": "active",
    }
    bare = door.get(f"{PATH}/{NAME}").json()
    assert bare["entities"] == [{"type": "https://example.org/Car"}]
    assert bare["watchedAttributes"] == ["https://example.org/speed"]


def test_what_is_kept_says_when_it_was_made_only_if_asked(door: TestClient):
    post(door, body())

    told = door.get(f"{PATH}/{NAME}?options=sysAttrs").json()
    assert told["createdAt"] == told["modifiedAt"]
    assert "createdAt" not in door.get(f"{PATH}/{NAME}").json()


def test_an_id_is_given_where_none_is_named(door: TestClient):
    where = post(door, body(id=None)).headers["location"]

    assert door.get(where).json()["id"] == where.removeprefix(f"{PATH}/")


@pytest.mark.parametrize(
    "changes",
    [
        {"type": []},
        {"id": "no-uri"},
        {"id": ""},
        {"type": "Registration"},
        {"type": None},
        {"entities": None, "watchedAttributes": None},
        {"entities": []},
        {"entities": {}},
        {"entities": ["Car"]},
        {"entities": [{"id": "urn:x:1"}]},
        {"entities": [{"type": "(Car"}]},
        {"entities": [{"type": "Car", "id": "no-uri"}]},
        {"entities": [{"type": "Car", "idPattern": "x**"}]},
        {"entities": [{"type": "Car", "colour": "red"}]},
        {"watchedAttributes": []},
        {"watchedAttributes": "speed"},
        {"watchedAttributes": [1]},
        {"notificationTrigger": ["entityPainted"]},
        {"notificationTrigger": []},
        {"q": "speed>"},
        {"q": 5},
        {"geoQ": {"georel": "near"}},
        {"geoQ": "near"},
        {"scopeQ": "//"},
        {"throttling": -1},
        {"throttling": 0},
        {"throttling": "5"},
        {"throttling": True},
        {"throttling": 5, "timeInterval": 5},
        {"timeInterval": 5},
        {"timeInterval": 0, "watchedAttributes": None},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "tomorrow"},
        {"isActive": "yes"},
        {"datasetId": []},
        {"lang": 3},
        {"jsonldContext": "no-uri"},
        {"colour": "red"},
        {"notification": None},
        {"notification": {}},
        {"notification": []},
        {"notification": {**HOOK, "format": "fancy"}},
        {"notification": {**HOOK, "attributes": []}},
        {"notification": {**HOOK, "attributes": ["speed"], "pick": ["id"]}},
        {"notification": {**HOOK, "pick": ["id"], "omit": ["id"]}},
        {"notification": {**HOOK, "showChanges": True, "format": "keyValues"}},
        {"notification": {**HOOK, "join": "sideways"}},
        {"notification": {**HOOK, "joinLevel": 0}},
        {"notification": {**HOOK, "colour": "red"}},
        {"notification": {"endpoint": {}}},
        {"notification": {"endpoint": {"uri": "ftp://receiver.example/x"}}},
        {"notification": {"endpoint": {"uri": "https://"}}},
        {"notification": {"endpoint": {"uri": "https://[::1"}}},
        {"notification": {"endpoint": {"uri": "https://a.example:x/"}}},
        {"notification": {"endpoint": {"uri": "https://a b.example/"}}},
        {"notification": {"endpoint": {"uri": "mqtts://broker.example"}}},
        {"notification": {"endpoint": {"uri": "mqtts://broker.example/a/#"}}},
        {"notification": {"endpoint": {"uri": "https://me:x@receiver.example/"}}},
        {"notification": {"endpoint": {"uri": "https://127.0.0.1/x"}}},
        {"notification": {"endpoint": {"uri": "http://receiver.example/x"}}},
        {"notification": {"endpoint": {**HOOK["endpoint"], "accept": "text/html"}}},
        {"notification": {"endpoint": {**HOOK["endpoint"], "timeout": 0}}},
        {"notification": {"endpoint": {**HOOK["endpoint"], "cooldown": "1"}}},
        {"notification": {"endpoint": {**HOOK["endpoint"], "receiverInfo": [{"key": "a"}]}}},
        {"notification": {"endpoint": {**HOOK["endpoint"], "receiverInfo": [{"key": "a", "value": "b\r\nc: d"}]}}},
        {"notification": {"endpoint": {**HOOK["endpoint"], "receiverInfo": [{"key": "a b", "value": "c"}]}}},
        {"notification": {"endpoint": {**HOOK["endpoint"], "receiverInfo": [{"key": "Host", "value": "c"}]}}},
        {"notification": {"endpoint": {**HOOK["endpoint"], "notifierInfo": [{"key": "MQTT-QoS", "value": "3"}]}}},
        {"notification": {"endpoint": {**HOOK["endpoint"], "notifierInfo": [{"key": "MQTT-Version", "value": "4"}]}}},
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused_and_leaves_nothing(door: TestClient, changes: dict[str, Any]):
    refused = post(door, body(**changes))

    assert (refused.status_code, refused.json()["type"]) == (400, f"{ERRORS}BadRequestData"), refused.json()
    assert refused.json()["detail"]
    assert door.get(PATH).json() == []


def test_an_id_is_taken_once(door: TestClient):
    post(door, body())

    again = post(door, body())
    assert (again.status_code, again.json()["type"]) == (409, f"{ERRORS}AlreadyExists")


def test_subscriptions_are_their_tenants_own(door: TestClient):
    post(door, body())
    other = member("osaka-lab")

    assert other.get(PATH).json() == []
    assert other.get(f"{PATH}/{NAME}").status_code == 404
    assert other.delete(f"{PATH}/{NAME}").status_code == 404
    assert other.patch(f"{PATH}/{NAME}", json={"isActive": False}).status_code == 404
    assert post(other, body()).status_code == 201


def patch(door: TestClient, fragment: Any) -> Any:
    return door.patch(f"{PATH}/{NAME}", json=fragment, headers=LINK)


def test_a_fragment_changes_members_as_a_whole_and_null_takes_them_away(door: TestClient):
    post(door, body(throttling=5, description="all cars"))

    changed = patch(door, {"entities": [{"type": "Bus"}], "throttling": None, "isActive": False})
    assert (changed.status_code, changed.content) == (204, b"")
    read = door.get(f"{PATH}/{NAME}", headers=LINK).json()
    assert (read["entities"], read["status"], read["description"]) == (
        [{"type": "Bus"}],
        "paused",
        "all cars",
    )
    assert "throttling" not in read


@pytest.mark.parametrize(
    "fragment",
    [
        {},
        {"notification": {"format": "keyValues"}},
        {"notification": {"endpoint": None}},
        {"notification": None},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"entities": None, "watchedAttributes": None},
        {"type": "Other"},
        {"timeInterval": 5},
        {"notification": {"endpoint": {"uri": "https://10.1.2.3/"}}},
    ],
)
def test_a_fragment_that_breaks_a_rule_changes_nothing(door: TestClient, fragment: dict[str, Any]):
    post(door, body())
    before = door.get(f"{PATH}/{NAME}").json()

    refused = patch(door, fragment)
    assert (refused.status_code, refused.json()["type"]) == (400, f"{ERRORS}BadRequestData")
    assert door.get(f"{PATH}/{NAME}").json() == before


def test_an_expired_subscription_lives_again_with_a_new_end(door: TestClient):
    post(door, body())
    with connection.cursor() as cursor:
        past = utc_now() - timedelta(seconds=1)
        text = past if connection.vendor == "postgresql" else str(past.replace(tzinfo=None))
        cursor.execute("UPDATE context_subscription SET expires_at = %s", [text])
    assert door.get(f"{PATH}/{NAME}").json()["status"] == "expired"

    patch(door, {"expiresAt": format_utc(utc_now() + timedelta(days=1))})
    assert door.get(f"{PATH}/{NAME}").json()["status"] == "active"


def test_a_deleted_subscription_is_gone_and_each_act_has_its_line_in_the_log(door: TestClient):
    post(door, body())
    patch(door, {"isActive": False})
    assert door.delete(f"{PATH}/{NAME}").status_code == 204
    assert door.get(f"{PATH}/{NAME}").status_code == 404

    assert list(audit.trail(NAME)) == [
        "context.subscription-created",
        "context.subscription-updated",
        "context.subscription-deleted",
    ]


def test_a_list_comes_in_parts_that_name_the_next_and_the_last(door: TestClient):
    for number in range(3):
        post(door, body(id=f"urn:x:{number}"))

    accept = {"Accept": "application/ld+json"}
    part = door.get(f"{PATH}?limit=1&offset=1&count=true", headers=accept)
    assert [one["id"] for one in part.json()] == ["urn:x:1"]
    assert part.headers["ngsild-results-count"] == "3"
    assert part.headers["link"].split(", ") == [
        f'<{PATH}?count=true&limit=1&offset=0>;rel="prev";type="application/ld+json"',
        f'<{PATH}?count=true&limit=1&offset=2>;rel="next";type="application/ld+json"',
    ]


@pytest.mark.parametrize(
    "query", ["limit=-1", "limit=x", "limit=100000", "limit=0", "offset=-1", "count=maybe"]
)
def test_a_part_that_cannot_be_is_refused(door: TestClient, query: str):
    assert door.get(f"{PATH}?{query}").status_code == 400


def test_a_context_of_several_parts_is_hosted_so_that_notifications_can_name_it(door: TestClient):
    post(door, body(**{"@context": [CARS, {"Bus": "https://example.org/Bus"}]}))

    url = door.get(f"{PATH}/{NAME}").json()["jsonldContext"]
    assert url.startswith("http://testserver/ngsi-ld/v1/jsonldContexts/")


def test_a_thousand_subscriptions_at_once_are_all_there(door: TestClient):
    make_org = make.organisation(slug="many")
    secret = make.token(org=make_org, now=utc_now()).secret
    started = threading.Barrier(8)

    def create(first: int) -> list[int]:
        mine = TestClient(Starlette(routes=ROUTES), headers={"Authorization": f"Bearer {secret}"})
        started.wait()
        return [post(mine, body(id=f"urn:x:{number}")).status_code for number in range(first, first + 125)]

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for part in pool.map(create, range(0, 1000, 125)) for status in part]
    assert set(statuses) == {201}

    context.create_entity(
        make_org.id, entity("urn:x:car", "https://example.org/Car", speed=prop(1)), actor=NODE, now=utc_now()
    )
    assert NotificationRow.objects.values("subscription").distinct().count() == 1000


@pytest.mark.parametrize(
    "given",
    [
        {"expiresAt": "9999-12-31T23:59:59-14:00"},
        {"jsonldContext": "https://["},
        {"q": "a~=%00"},
        {"q": "a==9999-12-31T23:59:59-14:00"},
        {"notification": {"endpoint": {"uri": "mqtts://broker.example/all/%23"}}},
        {"notification": {"endpoint": {"uri": "mqtts://broker.example/%2B/one"}}},
        {"notification": {"endpoint": {"uri": "mqtts://broker.example/%00"}}},
    ],
)
@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_kept_or_sent_is_refused(given: dict[str, Any]) -> None:
    secret = make.token(org=make.organisation(slug="odd"), now=utc_now()).secret
    mine = TestClient(
        Starlette(routes=ROUTES), headers={"Authorization": f"Bearer {secret}"}, raise_server_exceptions=False
    )
    whole = {
        "type": "Subscription",
        "entities": [{"type": "T"}],
        "notification": {"endpoint": {"uri": "https://receiver.example/hook"}},
        **given,
    }

    assert mine.post("/ngsi-ld/v1/subscriptions", json=whole).status_code == 400
