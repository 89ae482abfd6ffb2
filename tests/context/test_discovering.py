"""What there is: types, attributes, and entities that others point to."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renkei.context import api as context
from renkei.context.queries import discovering
from renkei.context.queries.finding import count, exist, find, ids
from renkei.context.queries.linking import linked
from renkei.context.types import AttributeInfo, Direction, EntityQuery, Order, Page, Path
from tests.factories.context import ACTOR, BRAND, CAR, OTHER, SPEED, TENANT, VEHICLE, entity, geo, prop, rel

pytestmark = pytest.mark.django_db
NEXT = "https://example.org/next"


@pytest.fixture
def fleet(now: datetime) -> None:
    """Three vehicles, one of them a car, in a circle; and one of another tenant."""
    context.create_entities(
        TENANT,
        [
            entity("urn:v:1", VEHICLE, speed=prop(5), next=rel("urn:v:2")),
            entity("urn:v:2", VEHICLE, CAR, speed=prop("fast"), brand=prop("b"), next=rel("urn:v:3")),
            entity("urn:v:3", VEHICLE, speed=rel("urn:x:1"), next=rel(["urn:v:1", "urn:v:4"])),
        ],
        actor=ACTOR,
        now=now,
    )
    context.create_entity(OTHER, entity("urn:v:4", "https://example.org/Other"), actor=ACTOR, now=now)


@pytest.mark.usefixtures("fleet")
def test_types_and_attributes_are_those_of_the_tenants_entities(now: datetime):
    assert {one.iri for one in discovering.types(TENANT, now=now)} == {VEHICLE, CAR}
    assert {one.iri for one in discovering.attributes(TENANT, now=now)} == {SPEED, BRAND, NEXT}
    assert {
        one.iri: {attribute.iri for attribute in one.attributes}
        for one in discovering.types_with_attributes(TENANT, now=now)
    } == {VEHICLE: {SPEED, BRAND, NEXT}, CAR: {SPEED, BRAND, NEXT}}
    assert {one.iri: set(one.types) for one in discovering.attributes_with_types(TENANT, now=now)} == {
        SPEED: {VEHICLE, CAR},
        BRAND: {VEHICLE, CAR},
        NEXT: {VEHICLE, CAR},
    }


@pytest.mark.usefixtures("fleet")
def test_a_type_tells_its_entities_and_the_kinds_of_their_attributes(now: datetime):
    told = discovering.type_info(TENANT, VEHICLE, now=now)

    assert (told.iri, told.entities) == (VEHICLE, 3)
    assert {one.iri: one.kinds for one in told.attributes} == {
        SPEED: ("Property", "Relationship"),
        BRAND: ("Property",),
        NEXT: ("Relationship",),
    }
    assert discovering.type_info(TENANT, CAR, now=now).entities == 1


@pytest.mark.usefixtures("fleet")
def test_an_attribute_tells_who_has_it(now: datetime):
    told = discovering.attribute_info(TENANT, SPEED, now=now)
    assert told == AttributeInfo(SPEED, 3, ("Property", "Relationship"), told.types)
    assert set(told.types) == {VEHICLE, CAR}


@pytest.mark.usefixtures("fleet")
def test_what_nobody_has_is_missing(now: datetime):
    with pytest.raises(context.TypeUnknown):
        discovering.type_info(OTHER, VEHICLE, now=now)
    with pytest.raises(context.AttributeUnknown):
        discovering.attribute_info(TENANT, "https://example.org/none", now=now)


@pytest.mark.usefixtures("fleet")
def test_linked_entities_come_level_by_level(now: datetime):
    (first,) = find(TENANT, EntityQuery(), Page(1), now=now).entities

    assert list(linked(TENANT, [first], levels=1, now=now)) == ["urn:v:2"]
    assert list(linked(TENANT, [first], levels=2, now=now)) == ["urn:v:2", "urn:v:3"]
    assert list(linked(TENANT, [first], levels=9, now=now)) == ["urn:v:2", "urn:v:3", "urn:v:1"]
    closed = [context.EntityId("urn:v:3")]
    assert list(linked(TENANT, [first], levels=9, contained_by=closed, now=now)) == ["urn:v:2"]


@pytest.mark.parametrize("entities", [1, 3])
def test_linked_entities_cost_one_read_a_level(entities: int, now: datetime):
    made = [entity(f"urn:a:{n}", next=rel(f"urn:b:{n}")) for n in range(entities)]
    made += [entity(f"urn:b:{n}", next=rel(f"urn:c:{n}")) for n in range(entities)]
    context.create_entities(TENANT, made, actor=ACTOR, now=now)
    start = find(TENANT, EntityQuery(), Page(entities), now=now).entities

    with CaptureQueriesContext(connection) as run:
        linked(TENANT, start, levels=2, now=now)

    assert len([one for one in run.captured_queries if "SELECT" in one["sql"]]) == 2


def test_links_that_multiply_are_refused(now: datetime):
    uris = [f"urn:a:{n}" for n in range(12)]
    context.create_entities(TENANT, [entity(uri, next=rel(uris)) for uri in uris], actor=ACTOR, now=now)
    start = find(TENANT, EntityQuery(), Page(100), now=now).entities

    assert len(linked(TENANT, start, levels=2, now=now)) == 12
    with pytest.raises(context.TooManyLinked):
        linked(TENANT, start, levels=10, now=now)


@pytest.mark.usefixtures("fleet")
def test_a_page_says_whether_there_is_more_and_how_many_there_are(now: datetime):
    found = find(TENANT, EntityQuery(), Page(2, counted=True), now=now)
    assert ([one["id"] for one in found.entities], found.more, found.total) == (
        ["urn:v:1", "urn:v:2"],
        True,
        3,
    )
    found = find(TENANT, EntityQuery(), Page(2, offset=2), now=now)
    assert ([one["id"] for one in found.entities], found.more, found.total) == (["urn:v:3"], False, None)
    assert count(TENANT, EntityQuery(attributes=(BRAND,)), now=now) == 1
    assert ids(TENANT, EntityQuery(), now=now) == ["urn:v:1", "urn:v:2", "urn:v:3"]
    assert exist(TENANT, [context.EntityId("urn:v:3"), context.EntityId("urn:v:4")], now=now) == {"urn:v:3"}


def test_an_entity_past_its_time_is_not_found(now: datetime):
    made = {**entity("urn:v:1", speed=prop(1)), "expiresAt": "2026-05-01T10:00:00Z"}
    context.create_entity(TENANT, made, actor=ACTOR, now=now)

    assert count(TENANT, EntityQuery(), now=now) == 1
    assert count(TENANT, EntityQuery(), now=now + timedelta(hours=1)) == 0
    assert discovering.types(TENANT, now=now + timedelta(hours=1)) == []


def ordered(now: datetime, *order: Order) -> str:
    """Return the last letters of ids, in order."""
    return "".join(
        one["id"][-1] for one in find(TENANT, EntityQuery(order=order), Page(100), now=now).entities
    )


def test_orders(now: datetime):
    values = {"a": 2, "b": 10, "c": "x", "d": "Y", "e": True, "g": [1, 30]}
    for letter, value in values.items():
        context.create_entity(TENANT, entity(f"urn:v:{letter}", speed=prop(value)), actor=ACTOR, now=now)
        now += timedelta(seconds=1)
    context.create_entity(TENANT, entity("urn:v:f", place=geo(1, 1)), actor=ACTOR, now=now)
    speed = Path(SPEED)

    assert ordered(now, Order(speed)) == "gabdcef"
    assert ordered(now, Order(speed, Direction.DESC)) == "ecdgbaf"
    assert ordered(now, Order(Path("id"), Direction.DESC)) == "gfedcba"
    assert ordered(now, Order(Path("createdAt"), Direction.DESC)) == "fgedcba"
    assert ordered(now, Order(Path(SPEED, ("createdAt",)), Direction.DESC)) == "gedcbaf"
    assert ordered(now, Order(Path("type")), Order(speed, Direction.DESC)) == "ecdgbaf"


def test_an_order_by_distance(now: datetime):
    places = {"a": geo(0, 3), "b": geo(0, 1), "c": [geo(0, 2), geo(0, 0, datasetId="urn:d:1")]}
    for letter, place in places.items():
        context.create_entity(TENANT, entity(f"urn:v:{letter}", place=place), actor=ACTOR, now=now)
    context.create_entity(TENANT, entity("urn:v:d", speed=prop(1)), actor=ACTOR, now=now)
    origin = {"type": "Point", "coordinates": [0, 0]}
    place = Path("https://example.org/place")

    assert ordered(now, Order(place, Direction.NEAREST, origin)) == "cbad"
    assert ordered(now, Order(place, Direction.FARTHEST, origin)) == "acbd"
