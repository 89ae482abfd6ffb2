"""`/temporal/entities` and below, as a client sees them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.servers.ngsild import resolving
from renkei.servers.ngsild.api import ROUTES
from tests.factories import parties as make

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ngsi-ld/v1/temporal/entities"
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
URI = "urn:ngsi-ld:Car:1"
CARS = "https://example.org/cars.jsonld"
LINK = {"Link": f'<{CARS}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'}


@pytest.fixture(autouse=True)
def _contexts() -> Iterator[None]:
    resolving.forget_all()
    terms = '{"@context": {"Car": "https://example.org/Car", "speed": "https://example.org/speed", "seat": "https://example.org/seat"}}'
    context.lay_in_context(CARS, terms, now=utc_now())
    yield
    resolving.forget_all()


def member(slug: str = "tokai-lab") -> TestClient:
    secret = make.token(org=make.organisation(slug=slug), now=utc_now()).secret
    return TestClient(
        Starlette(routes=ROUTES),
        headers={"Authorization": f"Bearer {secret}", **LINK},
        raise_server_exceptions=False,
    )


@pytest.fixture
def door() -> TestClient:
    return member()


def at(minute: int) -> str:
    return f"2026-05-01T09:{minute:02}:00Z"


def speeds(*minutes: int) -> list[dict[str, Any]]:
    return [{"type": "Property", "value": 10 * minute, "observedAt": at(minute)} for minute in minutes]


def write(door: TestClient, uri: str = URI, **attrs: Any) -> int:
    body = {"id": uri, "type": "Car", **(attrs or {"speed": speeds(1, 2, 3)})}
    return int(door.post(PATH, json=body).status_code)


def plain(told: dict[str, Any], name: str = "speed") -> list[tuple[Any, str]]:
    return [(one["value"], one["observedAt"]) for one in told[name]]


def test_a_history_is_begun_and_goes_on(door):
    begun = door.post(PATH, json={"id": URI, "type": "Car", "speed": speeds(1)})

    assert (begun.status_code, begun.headers["location"], begun.content) == (201, f"{PATH}/{URI}", b"")
    assert write(door, speed=speeds(2)) == 204
    told = door.get(f"{PATH}/{URI}")
    assert told.status_code == 200
    assert plain(told.json()) == [(10, at(1)), (20, at(2))]
    assert set(told.json()["speed"][0]) == {"type", "value", "observedAt", "instanceId"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"timerel": "after", "timeAt": at(2)}, [30]),
        ({"timerel": "before", "timeAt": at(2)}, [10]),
        ({"timerel": "between", "timeAt": at(1), "endTimeAt": at(3)}, [10, 20]),
        ({"lastN": "2"}, [20, 30]),
    ],
)
def test_a_history_is_told_by_time(door, asked, expected):
    write(door)

    assert [value for value, _ in plain(door.get(f"{PATH}/{URI}", params=asked).json())] == expected


def test_a_history_is_told_as_values_and_as_sums(door):
    write(door)

    values = door.get(f"{PATH}/{URI}", params={"format": "temporalValues"}).json()
    sums = door.get(
        f"{PATH}/{URI}",
        params={"options": "aggregatedValues", "aggrMethods": "avg,max", "aggrPeriodDuration": "PT2M"},
    ).json()

    assert values["speed"] == {"type": "Property", "values": [[10, at(1)], [20, at(2)], [30, at(3)]]}
    assert sums["speed"] == {
        "type": "Property",
        "avg": [[15.0, at(1), at(3)], [30.0, at(3), at(5)]],
        "max": [[20.0, at(1), at(3)], [30.0, at(3), at(5)]],
    }


@pytest.mark.parametrize(
    ("asked", "range_", "told"),
    [
        ({}, f"date-time {at(1)}-{at(2)}/*", [10, 20]),
        ({"lastN": "3"}, f"date-time {at(3)}-{at(2)}/3", [20, 30]),
        ({"timerel": "after", "timeAt": at(0)}, f"date-time {at(0)}-{at(2)}/*", [10, 20]),
    ],
)
def test_what_does_not_fit_into_one_answer_is_said(door, settings, asked, range_, told):
    settings.RENKEI = replace(settings.RENKEI, context_instances=2)
    write(door, speed=speeds(1, 2, 3), seat={"type": "Property", "value": 1, "observedAt": at(9)})

    answer = door.get(f"{PATH}/{URI}", params={"attrs": "speed", **asked})

    assert (answer.status_code, answer.headers["content-range"]) == (206, range_)
    assert [value for value, _ in plain(answer.json())] == told


def test_attributes_outside_the_range_told_are_named(door, settings):
    settings.RENKEI = replace(settings.RENKEI, context_instances=2)
    write(door, speed=speeds(1, 2), seat={"type": "Property", "value": 1, "observedAt": at(9)})

    assert door.get(f"{PATH}/{URI}").json()["seat"] == []
    values = door.get(f"{PATH}/{URI}", params={"options": "temporalValues"}).json()
    assert values["seat"] == {"type": "Property", "values": []}


def test_histories_are_found_over_address_and_body(door):
    write(door)
    write(door, "urn:ngsi-ld:Car:2", speed=speeds(9))
    time = {"timerel": "after", "timeAt": at(5)}

    found = door.get(PATH, params={"type": "Car", "count": "true", **time})
    by_body = door.post(
        "/ngsi-ld/v1/temporal/entityOperations/query",
        json={"type": "Query", "entities": [{"type": "Car"}], "temporalQ": time},
    )

    assert (
        [one["id"] for one in found.json()] == ["urn:ngsi-ld:Car:2"] == [one["id"] for one in by_body.json()]
    )
    assert found.headers["ngsild-results-count"] == "1"
    first = door.get(PATH, params={"type": "Car", "limit": "1"})
    assert 'rel="next"' in first.headers["link"]


def test_an_instance_is_changed_and_deleted_by_its_id(door):
    write(door)
    instance = door.get(f"{PATH}/{URI}").json()["speed"][0]["instanceId"]
    place = f"{PATH}/{URI}/attrs/speed/{instance}"

    changed = door.patch(place, json={"type": "Property", "value": 11, "observedAt": at(1)})
    assert (changed.status_code, plain(door.get(f"{PATH}/{URI}").json())[0]) == (204, (11, at(1)))
    assert (door.delete(place).status_code, door.delete(place).status_code) == (204, 404)


def test_attributes_are_added_and_deleted(door):
    write(door)

    added = door.post(
        f"{PATH}/{URI}/attrs", json={"seat": [{"type": "Property", "value": 4, "observedAt": at(4)}]}
    )
    assert (added.status_code, plain(door.get(f"{PATH}/{URI}").json(), "seat")) == (204, [(4, at(4))])
    assert door.delete(f"{PATH}/{URI}/attrs/seat").status_code == 204
    assert "seat" not in door.get(f"{PATH}/{URI}").json()
    assert door.delete(f"{PATH}/{URI}").status_code == 204
    assert door.get(f"{PATH}/{URI}").status_code == 404


def test_that_an_attribute_ended_is_told_by_deleted_at(door):
    write(door)

    assert door.delete(f"/ngsi-ld/v1/entities/{URI}/attrs/speed").status_code == 204

    (gone,) = door.get(f"{PATH}/{URI}", params={"timeproperty": "deletedAt"}).json()["speed"]
    assert gone["value"] == "urn:ngsi-ld:null"
    assert "deletedAt" in gone


def test_another_organisation_sees_nothing(door):
    write(door)
    other = member("sakura-works")

    assert other.get(f"{PATH}/{URI}").status_code == 404
    assert other.get(PATH, params={"type": "Car"}).json() == []
    assert other.delete(f"{PATH}/{URI}").status_code == 404
    assert len(door.get(f"{PATH}/{URI}").json()["speed"]) == 3


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (f"/{URI}", {"timerel": "after"}),
        (f"/{URI}", {"timerel": "between", "timeAt": at(1)}),
        (f"/{URI}", {"timerel": "soon", "timeAt": at(1)}),
        (f"/{URI}", {"timeproperty": "eventually"}),
        (f"/{URI}", {"lastN": "0"}),
        (f"/{URI}", {"options": "aggregatedValues"}),
        (f"/{URI}", {"options": "aggregatedValues", "aggrMethods": "median"}),
        (f"/{URI}", {"options": "aggregatedValues", "aggrMethods": "avg", "aggrPeriodDuration": "soon"}),
        (f"/{URI}", {"options": "aggregatedValues", "aggrMethods": "avg", "aggrPeriodDuration": "PT"}),
        ("/no-uri", {}),
        ("", {"id": URI, "timerel": "after", "timeAt": at(1)}),
        (f"/{URI}", {"attrs": "speed", "pick": "speed"}),
    ],
)
def test_a_question_that_breaks_a_rule_is_told_so(door, path, asked):
    write(door)

    answer = door.get(PATH + path, params=asked)

    assert (answer.status_code, answer.json()["type"]) == (400, f"{ERRORS}BadRequestData")


@pytest.mark.parametrize("period", ["P9999Y", "PT99999999999S", "P999999M", "P9999999D", "PT0.000001S"])
def test_periods_as_long_or_short_as_can_be_written_are_answered(door, period):
    write(door)

    answer = door.get(
        f"{PATH}/{URI}",
        params={"options": "aggregatedValues", "aggrMethods": "sum,stddev", "aggrPeriodDuration": period},
    )

    assert answer.status_code == 200
    assert sum(cell[0] for cell in answer.json()["speed"]["sum"]) == 60


@pytest.mark.parametrize(
    "attrs",
    [
        {"speed": [{"type": "Property", "value": "urn:ngsi-ld:null"}]},
        {"speed": [{"type": "Property", "value": 1, "observedAt": "soon"}]},
        {"speed": [{"type": "Property", "value": 1, "datasetId": "no uri"}]},
        {"speed": [{"type": "Property"}]},
    ],
)
def test_an_instance_that_breaks_a_rule_is_not_written(door, attrs):
    assert write(door, **attrs) == 400
    assert door.get(f"{PATH}/{URI}").status_code == 404
