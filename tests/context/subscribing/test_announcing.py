"""Which notifications a write puts into the outbox."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from renkei.context import api as context
from renkei.context.models import NotificationRow
from tests.factories.context import (
    ACTOR,
    BRAND,
    CAR,
    OTHER,
    SPEED,
    TENANT,
    URI,
    VEHICLE,
    entity,
    fragment,
    prop,
    rel,
)
from tests.factories.subscriptions import HOOK, NAME, members

pytestmark = pytest.mark.django_db
TWO = "urn:ngsi-ld:Vehicle:2"


def subscribe(now: datetime, name: str = NAME, **given: Any) -> None:
    context.create_subscription(TENANT, name, members(**given), actor=ACTOR, now=now)


def create(now: datetime, uri: str = URI, *types: str, **attrs: Any) -> None:
    context.create_entity(TENANT, entity(uri, *types, **attrs), actor=ACTOR, now=now)


def update(now: datetime, **attrs: Any) -> None:
    context.update_attributes(TENANT, URI, fragment(**attrs), actor=ACTOR, now=now)


def outbox() -> list[list[dict[str, Any]]]:
    """Return what each notification tells, and empty the outbox."""
    told = [json.loads(row.body) for row in NotificationRow.objects.order_by("id")]
    NotificationRow.objects.all().delete()
    return told


def test_a_change_of_an_entity_of_the_type_is_told_with_the_whole_entity(now: datetime):
    subscribe(now)
    create(now, speed=prop(55), brand=prop("Toyota"))

    ((told,),) = outbox()

    assert (told["id"], told["type"]) == (URI, [VEHICLE])
    assert [told["attrs"][name][0]["value"] for name in (SPEED, BRAND)] == [55, "Toyota"]


def test_that_an_entity_is_gone_since_its_time_was_over_is_told(now: datetime):
    subscribe(now, notificationTrigger=["entityDeleted"])
    given = {**entity(speed=prop(55)), "expiresAt": "2026-05-01T10:00:00Z"}
    context.create_entity(TENANT, given, actor=ACTOR, now=now)

    assert context.remove_expired(now=now + timedelta(hours=1)) == 1

    ((told,),) = outbox()
    assert (told["id"], "deletedAt" in told) == (URI, True)


def test_nobody_is_told_of_another_tenants_entities_nor_of_other_types(now: datetime):
    subscribe(now)
    context.create_entity(OTHER, entity(speed=prop(1)), actor=ACTOR, now=now)
    create(now, TWO, CAR, speed=prop(1))

    assert outbox() == []


def test_only_watched_attributes_count(now: datetime):
    create(now, speed=prop(1), brand=prop("a"))
    subscribe(now, watchedAttributes=[SPEED])
    update(now, brand=prop("b"))
    assert outbox() == []

    update(now, speed=prop(2))
    assert len(outbox()) == 1


def test_an_attribute_may_be_watched_on_whatever_entity(now: datetime):
    subscribe(now, entities=None, watchedAttributes=[SPEED])
    create(now, URI, CAR, brand=prop("a"))
    assert outbox() == []

    create(now, TWO, "https://example.org/Boat", speed=prop(2))
    assert [[one["id"] for one in told] for told in outbox()] == [[TWO]]


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ({"id": URI, "type": [[VEHICLE]]}, True),
        ({"id": TWO, "type": [[VEHICLE]]}, False),
        ({"id": [TWO, URI], "type": [[CAR], [VEHICLE]]}, True),
        ({"idPattern": "Vehicle:[0-9]$"}, True),
        ({"idPattern": "Vehicle:[a-z]"}, False),
        ({"type": [[VEHICLE, CAR]]}, False),
        ({"type": [[CAR], [VEHICLE]]}, True),
        ({}, True),
    ],
)
def test_entities_are_selected_by_id_pattern_and_type(now: datetime, selector: dict[str, Any], told: bool):
    subscribe(now, entities=[selector])
    create(now, speed=prop(1))

    assert bool(outbox()) is told


def test_a_query_is_asked_of_the_entity_as_it_is_after_the_change(now: datetime):
    term = context.stored_term(context.parse_q("speed>50", expand=lambda name: f"https://example.org/{name}"))
    subscribe(now, q={"text": "speed>50", "term": term})
    create(now, speed=prop(40))
    assert outbox() == []

    update(now, speed=prop(60))
    assert len(outbox()) == 1


def test_a_place_and_scopes_are_asked_for(now: datetime):
    near = {"georel": "near;maxDistance==1000", "geometry": "Point", "coordinates": [139.7, 35.6]}
    subscribe(now, geoQ=near | {"geoproperty": "https://example.org/place"}, scopeQ="/japan/#")
    far = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [135.5, 34.7]}}
    here = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [139.701, 35.601]}}
    create(now, "urn:x:far", place=far, scope=["/japan/tokyo"])
    create(now, "urn:x:elsewhere", place=here, scope=["/korea"])
    create(now, "urn:x:here", place=here, scope=["/japan/tokyo"])

    assert [one["id"] for told in outbox() for one in told] == ["urn:x:here"]


DONE: dict[str, set[str]] = {
    "created": {"entityCreated", "attributeCreated", "entityUpdated"},
    "updated": {"entityUpdated", "attributeUpdated"},
    "appended": {"entityUpdated", "attributeCreated"},
    "taken": {"entityUpdated", "attributeDeleted"},
    "deleted": {"entityDeleted", "attributeDeleted", "entityUpdated"},
}


@pytest.mark.parametrize("trigger", [str(each) for each in context.Trigger])
@pytest.mark.parametrize("act", sorted(DONE))
def test_each_trigger_tells_of_its_own_changes_only(now: datetime, trigger: str, act: str):
    if act != "created":
        create(now, speed=prop(1), brand=prop("a"))
    subscribe(now, notificationTrigger=[trigger])
    later = now + timedelta(seconds=1)
    if act == "created":
        create(now, speed=prop(1))
    elif act == "updated":
        update(later, speed=prop(2))
    elif act == "appended":
        context.append_attributes(
            TENANT, URI, fragment(parked=rel("urn:x:1")), overwrite=True, actor=ACTOR, now=later
        )
    elif act == "taken":
        context.delete_attribute(
            TENANT, URI, SPEED, dataset=context.DEFAULT, everything=False, actor=ACTOR, now=later
        )
    else:
        context.delete_entity(TENANT, URI, actor=ACTOR, now=later)

    assert bool(outbox()) is (trigger in DONE[act])


def test_what_was_taken_away_is_shown_as_null(now: datetime):
    create(now, speed=prop(1), brand=prop("a"))
    subscribe(now, notificationTrigger=["attributeDeleted"], notification={"showChanges": True})
    context.delete_attribute(
        TENANT, URI, SPEED, dataset=context.DEFAULT, everything=False, actor=ACTOR, now=now
    )

    ((told,),) = outbox()
    (gone,) = told["attrs"][SPEED]
    assert (gone["value"], gone["previousValue"]) == (context.NULL, 1)
    assert told["attrs"][BRAND][0]["value"] == "a"


def test_a_deleted_entity_is_shown_without_attributes_unless_they_are_watched(now: datetime):
    create(now, speed=prop(1), brand=prop("a"))
    subscribe(now, notificationTrigger=["entityDeleted"])
    subscribe(now, NAME + "2", notificationTrigger=["attributeDeleted"], watchedAttributes=[SPEED])
    context.delete_entity(TENANT, URI, actor=ACTOR, now=now)

    (bare,), (watched,) = outbox()
    assert (bare["attrs"], bare["deletedAt"]) == ({}, "2026-05-01T09:00:00.000000Z")
    assert [(name, one["value"]) for name, (one,) in watched["attrs"].items()] == [(SPEED, context.NULL)]


def test_the_value_before_is_shown_beside_the_new_one(now: datetime):
    create(now, speed=prop(1), brand=prop("a"))
    subscribe(now, notification={"showChanges": True})
    update(now, speed=prop(2))

    ((told,),) = outbox()
    assert (told["attrs"][SPEED][0]["value"], told["attrs"][SPEED][0]["previousValue"]) == (2, 1)
    assert "previousValue" not in told["attrs"][BRAND][0]


def test_only_instances_of_the_datasets_asked_for_are_shown_and_count(now: datetime):
    subscribe(now, datasetId=["urn:x:gps"])
    create(now, speed=[prop(1), prop(2, datasetId="urn:x:gps")], brand=prop("a"))
    ((told,),) = outbox()
    assert {name: [one["value"] for one in some] for name, some in told["attrs"].items()} == {SPEED: [2]}

    update(now, speed=prop(3))
    assert outbox() == []


def test_one_act_makes_one_notification_with_all_its_entities(now: datetime):
    subscribe(now)
    batch = [entity(f"urn:x:{number}", speed=prop(number)) for number in range(5)]
    context.create_entities(TENANT, batch, actor=ACTOR, now=now)

    assert [[one["id"] for one in told] for told in outbox()] == [[f"urn:x:{number}" for number in range(5)]]


@pytest.mark.parametrize("given", [{"isActive": False}, {"timeInterval": 10}])
def test_who_is_paused_or_told_by_the_clock_is_told_of_no_change(now: datetime, given: dict[str, Any]):
    subscribe(now, **given)
    create(now, speed=prop(1))

    assert outbox() == []


def test_an_expired_subscription_is_told_nothing(now: datetime):
    subscribe(now, expiresAt="2026-05-01T09:00:05Z")
    create(now + timedelta(seconds=5), speed=prop(1))

    assert outbox() == []


def test_a_changed_or_deleted_subscription_counts_at_once(now: datetime):
    subscribe(now)
    create(now, speed=prop(1))
    assert len(outbox()) == 1

    context.update_subscription(TENANT, NAME, {"isActive": False}, actor=ACTOR, now=now)
    update(now, speed=prop(2))
    assert outbox() == []

    context.update_subscription(TENANT, NAME, {"isActive": None}, actor=ACTOR, now=now)
    update(now, speed=prop(3))
    assert len(outbox()) == 1

    context.delete_subscription(TENANT, NAME, actor=ACTOR, now=now)
    update(now, speed=prop(4))
    assert outbox() == []


def test_a_write_that_is_rolled_back_leaves_no_notification_and_no_memory_of_its_subscription(now: datetime):
    create(now, speed=prop(1))
    with transaction.atomic():
        subscribe(now)
        update(now, speed=prop(2))
        transaction.set_rollback(True)
    assert outbox() == []

    subscribe(now, NAME + "2", watchedAttributes=[BRAND])
    update(now, speed=prop(3))
    assert outbox() == []


def test_a_write_costs_one_read_more_however_many_subscriptions_there_are(now: datetime):
    create(now, speed=prop(1))
    for number in range(30):
        subscribe(now, f"{NAME}{number}", watchedAttributes=[BRAND])
    update(now, speed=prop(2))

    with CaptureQueriesContext(
        connection,
    ) as asked:
        update(now, speed=prop(3))
    (read,) = [one["sql"] for one in asked if "subscription" in one["sql"] or "watch" in one["sql"]]
    assert read.startswith("SELECT mark FROM context_watch")


def test_a_queue_is_named_after_its_address_without_secrets(now: datetime):
    subscribe(now)
    secret = {"endpoint": {"uri": "mqtts://me:secret@broker.example/cars"}}
    subscribe(now, NAME + "2", notification=secret)
    create(now, speed=prop(1))

    first, second = NotificationRow.objects.order_by("id").values_list("endpoint", flat=True)
    assert first == HOOK
    assert second.startswith("mqtts://broker.example/cars#")
    assert "secret" not in second
