"""Acts on entities: what is stored, indexed, remembered and logged."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from renkei.audit import api as audit
from renkei.context import api as context
from renkei.context.rules import changing
from renkei.context.services import acting
from renkei.context.services.acting import Act, Write, do
from renkei.context.services.expiring import removing
from tests.factories.context import (
    ACTOR,
    BRAND,
    CAR,
    OTHER,
    PARKED,
    SPEED,
    TENANT,
    URI,
    VEHICLE,
    entity,
    fragment,
    geo,
    prop,
    rel,
    told,
)

pytestmark = pytest.mark.django_db


def rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def create(now: datetime, **attrs: object) -> None:
    context.create_entity(TENANT, entity(**attrs), actor=ACTOR, now=now)


VALUES = (
    "SELECT n.iri, v.sort, v.number, v.text FROM context_value v "
    "JOIN context_name n ON n.id = v.name_id ORDER BY n.iri, v.id"
)
HISTORY = (
    "SELECT n.iri, i.number, CASE WHEN i.deleted_at IS NULL THEN 0 ELSE 1 END FROM context_instance i "
    "JOIN context_name n ON n.id = i.name_id ORDER BY i.id"
)


def test_an_entity_is_read_back_as_it_was_created(now: datetime):
    given = entity(URI, VEHICLE, CAR, scope=["/a/b"], speed=prop(55.5), parked=rel("urn:x:1"))
    context.create_entity(TENANT, given, actor=ACTOR, now=now)

    assert told(context.entity(TENANT, URI, now=now)) == given


def test_an_entity_is_its_tenants_own(now: datetime):
    create(now, speed=prop(55))
    context.create_entity(OTHER, entity(speed=prop(1)), actor=ACTOR, now=now)

    assert context.entity(TENANT, URI, now=now)["attrs"][SPEED][0]["value"] == 55
    context.delete_entity(OTHER, URI, actor=ACTOR, now=now)
    with pytest.raises(context.EntityMissing):
        context.entity(OTHER, URI, now=now)
    assert context.entity(TENANT, URI, now=now)


def test_an_entity_is_created_once(now: datetime):
    create(now, speed=prop(55))
    with pytest.raises(context.EntityExists):
        create(now, speed=prop(1))

    assert rows(HISTORY) == [(SPEED, 55.0, 0)]


def test_each_value_can_be_compared_and_old_ones_are_forgotten(now: datetime):
    create(now, speed=[prop([1, "two", True])], brand=prop("M"), isParked=rel("urn:x:1"), place=geo(139, 35))
    context.append_attributes(TENANT, URI, fragment(brand=prop("N" * 300)), actor=ACTOR, now=now)

    assert rows(VALUES) == [
        (BRAND, "s", None, "N" * 255),
        (PARKED, "u", None, "urn:x:1"),
        ("https://example.org/place", "o", None, None),
        (SPEED, "n", 1.0, None),
        (SPEED, "s", None, "two"),
        (SPEED, "b", 1.0, None),
    ]
    assert rows("SELECT west, south, east, north FROM context_place") == [(139.0, 35.0, 139.0, 35.0)]


def test_each_write_is_remembered(now: datetime):
    create(now, speed=prop(55))
    context.update_attributes(TENANT, URI, fragment(speed=prop(60)), actor=ACTOR, now=now)
    context.delete_attribute(TENANT, URI, SPEED, actor=ACTOR, now=now)

    assert rows(HISTORY) == [(SPEED, 55.0, 0), (SPEED, 60.0, 0), (SPEED, None, 1)]


def test_nothing_is_left_of_a_deleted_entity(now: datetime):
    create(now, speed=prop(55), place=geo(139, 35))
    context.delete_entity(TENANT, URI, actor=ACTOR, now=now)

    for table in ("entity", "value", "place", "type", "scope", "instance"):
        assert rows(f"SELECT count(*) FROM context_{table}") == [(0,)], table  # noqa: S608 - names of this test


def test_a_batch_answers_for_each_entity(now: datetime):
    create(now, speed=prop(55))
    other = context.EntityId("urn:ngsi-ld:Vehicle:2")
    result = context.create_entities(TENANT, [entity(), entity(other), entity(other)], actor=ACTOR, now=now)

    assert (result.created, result.updated) == ((other,), ())
    assert [(e.entity, e.refusal.code) for e in result.errors] == [
        (URI, "context.entity-exists"),
        (other, "context.entity-exists"),
    ]


def test_a_batch_may_write_one_entity_several_times(now: datetime):
    batch = [entity(speed=prop(1)), entity(speed=prop(2)), entity(brand=prop("M"))]
    result = context.upsert_entities(TENANT, batch, update=True, actor=ACTOR, now=now)

    assert (result.created, result.updated) == ((URI,), (URI, URI))
    found = context.entity(TENANT, URI, now=now)
    assert (found["attrs"][SPEED][0]["value"], found["attrs"][BRAND][0]["value"]) == (2, "M")
    assert [number for _, number, _ in rows(HISTORY)] == [1.0, 2.0, None]


def test_an_upsert_replaces_what_was_there(now: datetime):
    create(now, speed=prop(55))
    context.upsert_entities(TENANT, [entity(brand=prop("M"))], update=False, actor=ACTOR, now=now)

    assert list(context.entity(TENANT, URI, now=now)["attrs"]) == [BRAND]
    assert [iri for iri, *_ in rows(VALUES)] == [BRAND]


def test_what_has_expired_is_no_longer_there(now: datetime):
    given = {**entity(speed=prop(55)), "expiresAt": "2026-05-01T10:00:00Z"}
    context.create_entity(TENANT, given, actor=ACTOR, now=now)
    later = now + timedelta(hours=2)

    assert context.entity(TENANT, URI, now=now)
    with pytest.raises(context.EntityMissing):
        context.entity(TENANT, URI, now=later)
    context.create_entity(TENANT, entity(speed=prop(1)), actor=ACTOR, now=later)
    assert context.entity(TENANT, URI, now=later)["attrs"][SPEED][0]["value"] == 1


def test_a_time_without_a_fraction_is_over_when_it_is_over(now: datetime):
    create(now, speed=prop(55))
    until = {"attrs": {}, "expiresAt": "2026-05-01T10:00:00Z"}
    context.merge_entity(TENANT, URI, until, actor=ACTOR, now=now)

    just_past = datetime.fromisoformat("2026-05-01T10:00:00.5+00:00")

    with pytest.raises(context.EntityMissing):
        context.update_attributes(TENANT, URI, fragment(speed=prop(1)), actor=ACTOR, now=just_past)


def test_what_has_expired_is_deleted_in_batches_with_its_history_and_a_line_in_the_log(now: datetime):
    given = [{**entity(f"urn:v:{n}", speed=prop(n)), "expiresAt": "2026-05-01T10:00:00Z"} for n in range(3)]
    kept = {**entity("urn:v:later", speed=prop(1)), "expiresAt": "2026-05-01T10:00:01Z"}
    context.create_entities(TENANT, [*given, kept, entity(speed=prop(55))], actor=ACTOR, now=now)
    context.create_entities(OTHER, given[:1], actor=ACTOR, now=now)
    over = now + timedelta(hours=1)

    assert context.remove_expired(now=over - timedelta(microseconds=1)) == 0
    assert [context.remove_expired(now=over, limit=2) for _ in range(3)] == [2, 2, 0]

    assert rows("SELECT uri FROM context_entity ORDER BY uri") == [(URI,), ("urn:v:later",)]
    assert rows("SELECT count(*) FROM context_instance") == [(2,)]
    assert rows("SELECT count(*) FROM context_value") == [(2,)]
    assert len(audit.trail(TENANT)) > 1
    assert set(audit.trail(TENANT)) == {"context.entities-written"}


def test_what_was_given_more_time_meanwhile_is_not_deleted(now: datetime):
    given = {**entity(speed=prop(55)), "expiresAt": "2026-05-01T10:00:00Z"}
    context.create_entity(TENANT, given, actor=ACTOR, now=now)
    over = now + timedelta(hours=1)
    write = Write(context.EntityId(URI), removing(over), sees_expired=True)
    more = {"attrs": {}, "expiresAt": "2026-05-02T10:00:00Z"}
    context.merge_entity(TENANT, URI, more, actor=ACTOR, now=now)

    do(Act(TENANT, [write], ACTOR, over))

    assert context.entity(TENANT, URI, now=over)
    assert audit.trail(TENANT) == ["context.entities-written"] * 2


def test_an_act_leaves_one_line_that_holds_no_content(now: datetime):
    context.create_entities(
        TENANT, [entity(speed=prop(55)), entity("urn:ngsi-ld:Vehicle:2")], actor=ACTOR, now=now
    )

    assert audit.trail(TENANT) == ["context.entities-written"]


def test_a_refused_act_leaves_no_trace(now: datetime):
    with pytest.raises(context.EntityMissing):
        context.update_attributes(TENANT, URI, fragment(speed=prop(1)), actor=ACTOR, now=now)

    assert audit.trail(TENANT) == []


def test_an_entity_that_is_deleted_and_made_anew_in_one_act_begins_a_new_life(now: datetime):
    later = now + timedelta(minutes=1)
    create(now, speed=prop(55), place=geo(139, 35))
    gone = acting.Write(URI, lambda _: None)
    made = acting.Write(URI, lambda _: changing.created(entity(brand=prop("M")), now=later))
    acting.do(acting.Act(TENANT, [gone, made], ACTOR, later))

    found = context.entity(TENANT, URI, now=later)
    assert (list(found["attrs"]), found["createdAt"]) == ([BRAND], changing.instant(later))
    assert [iri for iri, *_ in rows(VALUES)] == [BRAND]
    assert [iri for iri, *_ in rows(HISTORY)] == [BRAND]
    assert rows("SELECT count(*) FROM context_place") == [(0,)]


def test_a_number_beyond_a_double_is_kept_and_compared_with_nothing(now: datetime):
    create(now, speed=prop(10**400))

    assert context.entity(TENANT, URI, now=now)["attrs"][SPEED][0]["value"] == 10**400
    assert rows(VALUES) == [(SPEED, "o", None, None)]


def test_a_batch_may_bring_more_names_than_a_statement_has_room_for(now: datetime):
    many = {f"name{number}": prop(number) for number in range(1200)}
    create(now, **many)

    assert len(context.entity(TENANT, URI, now=now)["attrs"]) == 1200
