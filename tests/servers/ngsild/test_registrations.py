"""`/csourceRegistrations`: kept, found, and refused where they say nothing sound."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.servers.ngsild.api import ROUTES
from tests.factories import parties as make

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ngsi-ld/v1/csourceRegistrations"


def client(slug: str = "tokai-lab") -> TestClient:
    token = make.token(org=make.organisation(slug=slug))
    return TestClient(Starlette(routes=ROUTES), headers={"Authorization": f"Bearer {token.secret}"})


def registration(uri: str = "urn:r:1", **members: Any) -> dict[str, Any]:
    information = [{"entities": [{"type": "Vehicle"}], "propertyNames": ["speed"]}]
    source = "https://source.example"
    made = {"id": uri, "type": "ContextSourceRegistration", "information": information, "endpoint": source}
    return {**made, **members}


def test_a_registration_is_found_by_what_it_speaks_of():
    asking = client()
    assert asking.post(PATH, json=registration()).status_code == 201

    found = asking.get(PATH, params={"type": "Vehicle", "attrs": "speed"}).json()
    assert [(one["id"], one["information"]) for one in found] == [("urn:r:1", registration()["information"])]
    assert asking.get(PATH, params={"type": "Bus"}).json() == []
    assert asking.get(PATH, params={"type": "Vehicle", "attrs": "colour"}).json() == []
    assert client("other-lab").get(PATH, params={"type": "Vehicle"}).json() == []


def test_a_registration_is_changed_and_forgotten():
    asking = client()
    asking.post(PATH, json=registration())

    assert asking.post(PATH, json=registration()).status_code == 409
    assert asking.patch(f"{PATH}/urn:r:1", json={"endpoint": "https://new.example"}).status_code == 204
    assert asking.get(f"{PATH}/urn:r:1").json()["endpoint"] == "https://new.example"
    assert asking.delete(f"{PATH}/urn:r:1").status_code == 204
    assert asking.get(f"{PATH}/urn:r:1").status_code == 404


@pytest.mark.parametrize(
    "members",
    [
        {"information": []},
        {"information": [{"entities": [{"type": None}]}]},
        {"information": [{"entities": [{"type": "V", "idPattern": "("}]}]},
        {"information": [{"propertyNames": [{}]}]},
        {"endpoint": None},
        {"expiresAt": 5},
        {"expiresAt": "2001-01-01T00:00:00Z"},
    ],
)
def test_what_says_nothing_sound_is_refused_and_not_kept(members: dict[str, Any]):
    asking = client()
    refused = asking.post(PATH, json=registration(**members))
    asking.post(PATH, json=registration("urn:r:2"))
    patched = asking.patch(f"{PATH}/urn:r:2", json=members)

    assert (refused.status_code, patched.status_code) == (400, 400)
    assert asking.get(f"{PATH}/urn:r:2").json() == registration("urn:r:2")


@pytest.mark.parametrize("uri", ["urn:r:連携", "urn:r:a b", "urn:r:é\r\nX-Made: up"])
def test_whatever_it_is_called_it_is_found_where_the_answer_says_or_refused(uri: str):
    asking = client()
    made = asking.post(PATH, json=registration(uri))

    assert made.status_code in {201, 400}
    assert "x-made" not in made.headers
    if made.status_code == 201:
        assert asking.get(made.headers["location"]).json()["id"] == uri


def test_many_come_in_parts_that_name_the_next_and_the_last():
    asking = client()
    for number in range(3):
        asking.post(PATH, json=registration(f"urn:r:{number}"))

    part = asking.get(PATH, params={"type": "Vehicle", "limit": 1, "offset": 1, "count": "true"})
    seen = {
        relation: asking.get(link["url"]).json()[0]["id"]
        for relation, link in part.links.items()
        if relation in {"prev", "next"}
    }

    assert (part.json()[0]["id"], part.headers["ngsild-results-count"]) == ("urn:r:1", "3")
    assert seen == {"prev": "urn:r:0", "next": "urn:r:2"}
    assert asking.get(PATH, params={"limit": 0}).status_code == 400
