"""Requests that are well-formed and mean nothing, or too much: refused, and nothing half-written."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.servers.ngsild.api import ROUTES
from tests.factories import parties as make

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/ngsi-ld/v1"
CAR = "urn:ngsi-ld:Car:1"
NULL = "urn:ngsi-ld:null"
SPEED = {"type": "Property", "value": 1, "observedAt": "2026-05-01T09:00:00Z"}


def client() -> TestClient:
    token = make.token(org=make.organisation(slug="tokai-lab"))
    app = Starlette(routes=ROUTES)
    return TestClient(app, headers={"Authorization": f"Bearer {token.secret}"}, raise_server_exceptions=False)


def with_a_car() -> TestClient:
    asking = client()
    assert asking.post(f"{BASE}/entities", json={"id": CAR, "type": "Car", "speed": SPEED}).status_code == 201
    return asking


def read(asking: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = asking.get(f"{BASE}/entities/{CAR}").json()
    return found


@pytest.mark.parametrize("parameters", [{"observedAt": "yesterday"}, {"lang": "no tag"}, {"lang": ""}])
@pytest.mark.parametrize("path", [f"entities/{CAR}", "entityOperations/merge"])
def test_a_merge_takes_no_time_or_language_that_is_none(parameters, path):
    asking = with_a_car()
    fragment = {"id": CAR, "speed": {"value": 2}}
    send = asking.patch if path.endswith(CAR) else asking.post
    body = fragment if path.endswith(CAR) else [fragment]
    assert send(f"{BASE}/{path}", json=body, params=parameters).status_code == 400
    assert read(asking)["speed"] == SPEED


def test_a_merge_makes_no_instance_of_another_kind_without_a_value():
    asking = with_a_car()
    fragment = {"speed": {"type": "Relationship", "observedAt": "2026-05-02T09:00:00Z"}}
    assert asking.patch(f"{BASE}/entities/{CAR}", json=fragment).status_code == 400
    assert read(asking)["speed"] == SPEED


def test_what_is_said_of_a_value_has_a_value_of_its_own():
    asking = with_a_car()
    fragment = {"speed": {"value": 2, "accuracy": {"observedAt": "2026-05-02T09:00:00Z"}}}
    assert asking.patch(f"{BASE}/entities/{CAR}", json=fragment).status_code == 400
    assert asking.get(f"{BASE}/entities/{CAR}", params={"options": "concise"}).status_code == 200
    assert read(asking)["speed"] == SPEED


def test_a_null_within_a_value_that_merges_with_nothing_is_not_kept():
    asking = with_a_car()
    fragment = {
        "speed": {"value": {"a": NULL, "b": {"c": NULL, "d": 1}}},
        "new": {"value": {"a": NULL, "b": 1}},
    }
    assert asking.patch(f"{BASE}/entities/{CAR}", json=fragment).status_code == 204
    found = read(asking)
    assert found["speed"]["value"] == {"b": {"d": 1}}
    assert found["new"]["value"] == {"b": 1}


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("member", ["observedAt", "unitCode", "valueType"])
def test_what_is_put_in_place_has_no_member_that_is_null(method, member):
    asking = with_a_car()
    fragment = {
        "speed": {"type": "Property", "value": 2, member: NULL, "of": {"type": "Property", "value": NULL}}
    }
    assert asking.request(method, f"{BASE}/entities/{CAR}/attrs", json=fragment).status_code == 204
    assert read(asking)["speed"] == {"type": "Property", "value": 2}


def test_a_dataset_is_not_taken_from_an_instance():
    asking = with_a_car()
    fragment = {"speed": {"type": "Property", "value": 2, "datasetId": NULL}}
    assert asking.patch(f"{BASE}/entities/{CAR}/attrs", json=fragment).status_code == 400
    assert read(asking)["speed"] == SPEED


def test_instances_of_one_dataset_under_two_names_are_refused():
    asking = client()
    twice = {"dataset": {"@none": {"value": 1, "datasetId": "urn:x:y"}, "urn:x:y": 2}}
    answer = asking.post(f"{BASE}/entities", json={"id": CAR, "type": "Car", "speed": twice})
    assert answer.status_code == 400
    assert "/speed/dataset/@none/datasetId" in answer.json()["detail"]


@pytest.mark.parametrize(
    "members",
    [
        {"entities": []},
        {"entities": [{"type": "Car"}] * 1001},
        {"attrs": ["a"] * 10_001},
        {"entities": [{"id": [f"urn:x:{number}" for number in range(10_001)]}]},
        {"q": "speed>1e999"},
        {"q": f"speed>{'9' * 400}"},
        {"csf": "endpoint=="},
        {"csf": 1},
        {"jsonKeys": [1]},
        {"expandValues": {}},
        {"lang": "en," * 200},
        {"unheard": 1},
        {"geoQ": {"georel": "within", "geometry": "Point", "coordinates": [0, 0], "limit": "1"}},
        {"temporalQ": {"timerel": "after", "timeAt": "2026-05-01T09:00:00Z", "type": "Bus"}},
        {"ordering": {"orderBy": ["speed"], "collation": "ja"}},
    ],
)
def test_a_query_that_means_nothing_or_too_much_is_refused(members):
    asking = with_a_car()
    body = {"type": "Query", "entities": [{"type": "Car"}], **members}
    answer = asking.post(f"{BASE}/entityOperations/query", json=body)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "BadRequestData")


def test_as_many_selectors_as_are_taken_are_answered():
    asking = with_a_car()
    selectors = [{"type": "Car", "idPattern": f"^urn:x:{number}$"} for number in range(999)]
    body = {"type": "Query", "entities": [*selectors, {"type": "Car", "id": CAR}]}
    answer = asking.post(f"{BASE}/entityOperations/query", json=body)
    assert [entity["id"] for entity in answer.json()] == [CAR]


def test_a_query_says_in_its_body_which_values_are_words():
    asking = client()
    colour = {"type": "VocabProperty", "vocab": "red"}
    asking.post(f"{BASE}/entities", json={"id": CAR, "type": "Car", "colour": colour})
    body = {"type": "Query", "entities": [{"type": "Car"}], "q": "colour==red"}

    assert asking.post(f"{BASE}/entityOperations/query", json=body).status_code == 400
    found = asking.post(f"{BASE}/entityOperations/query", json={**body, "expandValues": ["colour"]})
    assert [entity["id"] for entity in found.json()] == [CAR]


@pytest.mark.parametrize("csf", ['endpoint=="https://a.example"', "(a|b);!=c", "=="])
def test_a_filter_of_other_sources_is_read_and_changes_nothing(csf):
    asking = with_a_car()
    answer = asking.get(f"{BASE}/entities", params={"type": "Car", "csf": csf})
    if csf.startswith("endpoint"):
        assert [entity["id"] for entity in answer.json()] == [CAR]
    else:
        assert (answer.status_code, answer.json()["facts"]["parameter"]) == (400, "csf")
    subscription = {"type": "Subscription", "entities": [{"type": "Car"}], "csf": csf}
    notification = {"endpoint": {"uri": "https://receiver.example/hook"}}
    made = asking.post(f"{BASE}/subscriptions", json={**subscription, "notification": notification})
    assert made.status_code == (201 if csf.startswith("endpoint") else 400)


@pytest.mark.parametrize("name", ["timeInterval", "throttling"])
def test_a_subscription_without_any_time_between_is_refused(name):
    notification = {"endpoint": {"uri": "https://receiver.example/hook"}}
    body = {"type": "Subscription", "entities": [{"type": "Car"}], "notification": notification, name: 1e-9}
    assert client().post(f"{BASE}/subscriptions", json=body).status_code == 400


def test_what_a_node_says_of_a_subscription_can_be_sent_back():
    asking = client()
    told = {"endpoint": {"uri": "https://receiver.example/hook"}, "status": "failed", "timesSent": 3}
    told |= {"timesFailed": 1, "lastNotification": "2026-05-01T09:00:00Z"}
    body = {"id": "urn:s:1", "type": "Subscription", "entities": [{"type": "Car"}], "status": "paused"}
    assert asking.post(f"{BASE}/subscriptions", json={**body, "notification": told}).status_code == 201
    assert asking.patch(f"{BASE}/subscriptions/urn:s:1", json={"notification": told}).status_code == 204

    found = asking.get(f"{BASE}/subscriptions/urn:s:1").json()
    assert found["status"] == "active"
    assert "timesSent" not in found["notification"]
