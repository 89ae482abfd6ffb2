"""What an organisation that names another's things gets of them at each endpoint: nothing, and nothing of them changes."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.kernel.clock import utc_now
from renkei.servers.ngsild.api import ENDPOINTS, ROUTES
from tests.factories import parties as make
from tests.servers.ngsild.test_fuzzing import BODIES, CAR, REGISTRATION, SUBSCRIPTION, Door, Request, written
from tests.servers.ngsild.test_fuzzing import door as door  # noqa: PLC0414 - the fixture

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {
    "entities": [("type", "Car")],
    "temporal/entities": [("type", "Car"), ("timerel", "after"), ("timeAt", "2000-01-01T00:00:00Z")],
}
"""Questions that everything of the owner's answers."""
WORDS = ("Car", "speed", SUBSCRIPTION["id"], REGISTRATION["id"])
"""What an answer of the owner's would have in it."""
ANSWERS = {
    ("GET", "entities"): 200,
    ("POST", "entities"): 201,
    ("DELETE", "entities"): 204,
    ("POST", "entityOperations/create"): 201,
    ("POST", "entityOperations/upsert"): 201,
    ("POST", "entityOperations/update"): 207,
    ("POST", "entityOperations/merge"): 207,
    ("POST", "entityOperations/delete"): 207,
    ("POST", "entityOperations/query"): 200,
    ("GET", "types"): 200,
    ("GET", "attributes"): 200,
    ("GET", "jsonldContexts"): 200,
    ("POST", "jsonldContexts"): 201,
    ("GET", "csourceRegistrations"): 200,
    ("POST", "csourceRegistrations"): 201,
    ("GET", "subscriptions"): 200,
    ("POST", "subscriptions"): 201,
    ("GET", "temporal/entities"): 200,
    ("POST", "temporal/entities"): 201,
    ("POST", "temporal/entityOperations/query"): 200,
}
"""404 where none is said. What is made is the stranger's own, whatever the owner has under the same name."""


def named(path: str, *, instance: str, stored: str) -> str:
    """Return a path that names a thing of the owner's."""
    things = {
        "subscriptions": SUBSCRIPTION["id"],
        "csourceRegistrations": REGISTRATION["id"],
        "jsonldContexts": stored,
    }
    name = "Car" if path.startswith("types") else "speed"
    parts = {"{id}": things.get(path.partition("/")[0], CAR), "{name}": name, "{instance}": instance}
    for variable, value in parts.items():
        path = path.replace(variable, quote(value, safe=""))
    return path


def owned(door: Door) -> list[Any]:
    """Return what the owner sees of its own."""
    things = (
        f"entities/{CAR}",
        f"temporal/entities/{CAR}",
        f"subscriptions/{SUBSCRIPTION['id']}",
        f"csourceRegistrations/{REGISTRATION['id']}",
    )
    asked = [Request("GET", path, query=[("options", "sysAttrs")]) for path in things]
    asked += [Request("GET", path, query=[("details", "true")]) for path in ("types", "attributes")]
    asked += [Request("GET", "jsonldContexts", query=[("kind", "Hosted")])]
    answers = [door.send(each) for each in asked]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.json() for answer in answers]


def stranger(number: int) -> Door:
    secret = make.token(org=make.organisation(slug=f"other-{number}"), now=utc_now()).secret
    headers = {"Authorization": f"Bearer {secret}"}
    return Door(TestClient(Starlette(routes=ROUTES), headers=headers, raise_server_exceptions=False))


def test_no_endpoint_tells_or_changes_anything_of_another_organisation(door: Door) -> None:
    door.fill()
    stored = door.send(Request("POST", "jsonldContexts", json.dumps({"@context": {"a": "urn:x:a"}})))
    before = owned(door)
    names = {
        "instance": before[1]["speed"][0]["instanceId"],
        "stored": stored.headers["location"].rpartition("/")[2],
    }
    found = {}
    for number, endpoint in enumerate(ENDPOINTS):
        body = BODIES.get((endpoint.method, endpoint.path))
        request = Request(
            endpoint.method,
            named(endpoint.path, **names),
            None if body is None else written(body),
            ASKED.get(endpoint.path, []) if body is None else [],
        )

        answer = stranger(number).send(request)

        found[endpoint.method, endpoint.path] = answer.status_code
        if answer.status_code == 200:
            assert [word for word in (*WORDS, names["stored"]) if word in answer.text] == [], request
        assert owned(door) == before, request
    assert found == {key: ANSWERS.get(key, 404) for key in found}
