"""What a write makes of a document."""

from datetime import UTC, datetime, timedelta

import pytest

from renkei.context import api as context
from renkei.context.rules import changing
from tests.factories.context import BRAND, CAR, PARKED, SPEED, VEHICLE, entity, fragment, prop, rel, told

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
LATER = MAY + timedelta(minutes=5)
GPS = "urn:ngsi-ld:Dataset:gps"


def stored(**attrs: object) -> context.Document:
    return changing.created(entity(**attrs), now=MAY)


def test_a_new_entity_has_its_times_at_every_level():
    made = changing.created(
        entity(speed=prop(55, attrs={BRAND: [prop("x")]}, createdAt="1999-01-01T00:00:00Z")), now=MAY
    )
    at = "2026-05-01T09:00:00.000000Z"
    speed = made["attrs"][SPEED][0]

    assert (made["createdAt"], made["modifiedAt"], speed["createdAt"], speed["modifiedAt"]) == (at,) * 4
    assert speed["attrs"][BRAND][0]["createdAt"] == at


def test_a_null_is_nothing_to_create():
    with pytest.raises(context.RequestInvalid, match=r"urn:ngsi-ld:null"):
        stored(speed=prop("urn:ngsi-ld:null"))


def test_appending_replaces_what_is_there_and_keeps_the_time_of_its_creation():
    before = stored(speed=prop(55), brand=prop("M"))
    after, answer = changing.appended(before, fragment(speed=prop(60)), overwrite=True, now=LATER)

    assert answer == context.Updated((SPEED,), ())
    assert after["attrs"][SPEED] == [
        prop(60, createdAt=changing.instant(MAY), modifiedAt=changing.instant(LATER))
    ]
    assert after["attrs"][BRAND] is before["attrs"][BRAND]
    assert before["attrs"][SPEED][0]["value"] == 55


def test_appending_without_overwriting_leaves_what_is_there_and_says_so():
    before = stored(speed=prop(55))
    after, answer = changing.appended(
        before, fragment(speed=prop(60), brand=prop("M")), overwrite=False, now=LATER
    )

    assert answer.updated == (BRAND,)
    assert [left.attribute for left in answer.not_updated] == [SPEED]
    assert after["attrs"][SPEED] is before["attrs"][SPEED]


def test_instances_are_told_apart_by_their_dataset():
    before = stored(speed=[prop(55), prop(54, datasetId=GPS)])
    after, _ = changing.appended(before, fragment(speed=prop(1, datasetId=GPS)), overwrite=True, now=LATER)

    assert [(i["value"], i.get("datasetId")) for i in after["attrs"][SPEED]] == [(55, None), (1, GPS)]
    assert changing.difference(before, after) == (
        context.InstanceChange(
            SPEED, GPS, context.Happened.UPDATED, before["attrs"][SPEED][1], after["attrs"][SPEED][1]
        ),
    )


def test_types_are_added_and_never_taken_away():
    before = stored()
    after, _ = changing.appended(before, {"type": [CAR, VEHICLE], "attrs": {}}, overwrite=True, now=LATER)

    assert after["type"] == [VEHICLE, CAR]


@pytest.mark.parametrize(
    ("write", "scopes"),
    [("appended", ["/b"]), ("added", ["/a", "/b"]), ("updated", ["/b"]), ("merged", ["/b"])],
)
def test_scopes_are_added_where_nothing_may_be_overwritten_and_replaced_otherwise(
    write: str, scopes: list[str]
):
    before = changing.created(entity(scope=["/a"]), now=MAY)
    given = {"scope": ["/b"], "attrs": {}}
    after = {
        "appended": lambda: changing.appended(before, given, overwrite=True, now=LATER)[0],
        "added": lambda: changing.appended(before, given, overwrite=False, now=LATER)[0],
        "updated": lambda: changing.updated(before, given, now=LATER)[0],
        "merged": lambda: changing.merged(before, given, now=LATER),
    }[write]()

    assert after["scope"] == scopes


def test_a_null_takes_one_instance_away_and_the_last_one_takes_the_attribute():
    before = stored(speed=[prop(55), prop(54, datasetId=GPS)])
    one = changing.merged(before, fragment(speed=prop("urn:ngsi-ld:null", datasetId=GPS)), now=LATER)
    none = changing.merged(one, fragment(speed=prop("urn:ngsi-ld:null")), now=LATER)

    assert [i["value"] for i in one["attrs"][SPEED]] == [55]
    assert SPEED not in none["attrs"]
    assert [c.happened for c in changing.difference(one, none)] == [context.Happened.DELETED]


def test_merging_keeps_members_that_are_not_given():
    before = stored(speed=prop(4, unitCode="KMH", observedAt="2026-05-01T08:00:00Z"))
    after = changing.merged(before, fragment(speed=prop(5)), now=LATER, observed_at="2026-05-01T09:04:00Z")

    assert told(after["attrs"][SPEED]) == [prop(5, unitCode="KMH", observedAt="2026-05-01T09:04:00Z")]


def test_merging_goes_into_json_values_and_language_maps():
    before = stored(brand=prop({"a": 1, "b": {"c": 2, "d": 3}}))
    after = changing.merged(before, fragment(brand=prop({"b": {"c": "urn:ngsi-ld:null", "e": 4}})), now=LATER)

    assert after["attrs"][BRAND][0]["value"] == {"a": 1, "b": {"d": 3, "e": 4}}


def test_merging_another_kind_replaces_the_instance():
    before = stored(brand=prop("M", unitCode="C62"))
    after = changing.merged(before, fragment(brand=rel("urn:x:1")), now=LATER)

    assert told(after["attrs"][BRAND]) == [rel("urn:x:1")]


def test_a_patch_changes_members_and_sub_attributes_of_one_instance():
    before = stored(speed=prop(55, unitCode="KMH", attrs={BRAND: [prop("x")]}))
    after = changing.patched(
        before,
        SPEED,
        {"type": "Property", "attrs": {BRAND: [prop("urn:ngsi-ld:null")], PARKED: [rel("urn:x:1")]}},
        kind_stated=False,
        now=LATER,
    )

    assert told(after["attrs"][SPEED]) == [prop(55, unitCode="KMH", attrs={PARKED: [rel("urn:x:1")]})]


def test_a_patch_does_not_change_the_kind():
    with pytest.raises(context.RequestInvalid):
        changing.patched(stored(speed=prop(55)), SPEED, rel("urn:x:1"), kind_stated=True, now=LATER)


@pytest.mark.parametrize("name", [BRAND, SPEED])
def test_what_is_not_there_cannot_be_patched_put_or_taken(name: str):
    before = stored(speed=prop(55))
    acts = [
        lambda: changing.patched(before, name, prop(1, datasetId=GPS), kind_stated=True, now=LATER),
        lambda: changing.put(before, name, [prop(1, datasetId=GPS)], now=LATER),
        lambda: changing.without(before, name, dataset=GPS, now=LATER),
    ]
    for act in acts:
        with pytest.raises(context.AttributeMissing):
            act()


def test_replacing_an_entity_keeps_when_it_was_created():
    before = stored(speed=prop(55))
    after = changing.replaced(before, entity(brand=prop("M")), now=LATER)

    assert (after["createdAt"], after["modifiedAt"]) == (changing.instant(MAY), changing.instant(LATER))
    assert list(after["attrs"]) == [BRAND]


def test_an_update_gives_no_entity_its_first_scope():
    before = stored(speed=prop(55))
    after, answer = changing.updated(before, {"scope": ["/b"], "attrs": {}}, now=LATER)

    assert ("scope" in after, [left.attribute for left in answer.not_updated]) == (False, ["scope"])
