"""Histories are kept, told by their times, and changed through the temporal API."""

from typing import Any

import pytest

from renkei.audit import api as audit
from renkei.audit.models import EntryRow
from renkei.context import api as context
from renkei.context.types import Aggregate, All, Compare, Comparison, Literal, Path
from tests.factories.context import ACTOR, BRAND, CAR, OTHER, PLACE, SPEED, TENANT, URI, VEHICLE, geo
from tests.factories.context import entity as an_entity
from tests.factories.history import LATER, MAY, archive, asked_for, at, moment, past, seen, told, values

pytestmark = pytest.mark.django_db
BEFORE, AFTER, BETWEEN = context.TimeRelation.BEFORE, context.TimeRelation.AFTER, context.TimeRelation.BETWEEN


@pytest.fixture(params=["database", "archive"])
def place(request: Any) -> Any:
    """Leave what was written so far in the database, or move it to the archive."""
    return (lambda: 0) if request.param == "database" else archive


def vehicles(**parts: Any) -> context.EntityQuery:
    selector = context.Selector(types=context.TypeSelection(((VEHICLE,),)))
    return context.EntityQuery(selectors=(selector,), **parts)


def test_a_history_is_told_with_an_id_and_the_times_of_each_instance(place):
    assert past(speed=[seen(120, 3, unitCode="KMH"), seen(80, 5)])
    place()

    (found,) = told().entities

    (first, second) = found["attrs"].pop(SPEED)
    assert found == {
        "id": URI,
        "type": [VEHICLE],
        "attrs": {},
        "createdAt": "2026-05-01T09:00:00.000000Z",
        "modifiedAt": "2026-05-01T09:00:00.000000Z",
    }
    assert first.pop("instanceId") != second["instanceId"]
    assert first == {
        "type": "Property",
        "value": 120,
        "unitCode": "KMH",
        "observedAt": at(3),
        "createdAt": "2026-05-01T09:00:00.000000Z",
        "modifiedAt": "2026-05-01T09:00:00.000000Z",
    }


def test_a_history_of_its_own_makes_no_present():
    past(speed=seen(120))

    with pytest.raises(context.EntityMissing):
        context.entity(TENANT, URI, now=MAY)


def test_what_is_written_to_a_present_is_history_too():
    context.create_entity(TENANT, an_entity(speed={"type": "Property", "value": 55}), actor=ACTOR, now=MAY)
    context.patch_attribute(
        TENANT, URI, SPEED, {"type": "Property", "value": 60}, kind_stated=True, actor=ACTOR, now=LATER
    )

    assert values(told()) == [55, 60]


def test_adding_to_a_history_says_whether_it_is_new():
    assert [past(speed=seen(1)), past(speed=seen(2, 1)), past(tenant=OTHER, speed=seen(3))] == [
        True,
        False,
        True,
    ]
    assert (values(told()), values(told(tenant=OTHER))) == ([1, 2], [3])


@pytest.mark.parametrize(
    ("temporal", "expected"),
    [
        (context.TemporalQuery(BEFORE, moment(5)), [3]),
        (context.TemporalQuery(AFTER, moment(5)), [7]),
        (context.TemporalQuery(BETWEEN, moment(3), moment(7)), [3, 5]),
        (context.TemporalQuery(last=2), [5, 7]),
        (context.TemporalQuery(BEFORE, moment(7), last=1), [5]),
        (context.TemporalQuery(AFTER, moment(-1), member="createdAt"), [5, 3, 7]),
        (context.TemporalQuery(AFTER, MAY, member="modifiedAt"), []),
        (context.TemporalQuery(member="deletedAt"), []),
    ],
)
def test_instances_are_chosen_by_their_times(place, temporal, expected):
    past(speed=[seen(5, 5), seen(3, 3), seen(7, 7)])
    place()

    assert values(told(temporal)) == expected


def test_what_was_never_observed_is_told_only_where_nothing_is_asked_of_the_time(place):
    past(speed=[seen(1, None), seen(2, 2)])
    place()

    assert values(told()) == [1, 2]
    assert values(told(context.TemporalQuery(AFTER, moment(-9)))) == [2]


def test_only_the_attributes_and_datasets_asked_for_are_told(place):
    past(speed=[seen(1), seen(2, 1, "urn:d:gps")], brand=seen("Aye"), weight=seen(9))
    place()

    def shown(**parts: Any) -> dict[str, int]:
        (entity,) = told(shown=context.Chosen(**parts)).entities
        return {
            name.removeprefix("https://example.org/"): len(all_) for name, all_ in entity["attrs"].items()
        }

    assert shown(only=frozenset({SPEED})) == {"speed": 2}
    assert shown(without=frozenset({SPEED, BRAND})) == {"weight": 1}
    assert shown(datasets=frozenset({"urn:d:gps"})) == {"speed": 1}
    assert shown(only=frozenset({SPEED}), datasets=frozenset({context.DEFAULT})) == {"speed": 1}
    assert shown(only=frozenset()) == {}


def test_an_answer_ends_before_a_moment_that_has_no_room_and_names_what_lies_outside(place):
    past(speed=[seen(n, n) for n in range(4)], brand=[seen("a", 2), seen("b", 9)], weight=seen(1, 8))
    place()

    found = told(limit=4)

    assert (values(found), values(found, "brand"), values(found, "weight")) == ([0, 1, 2], ["a"], [])
    assert found.entities[0]["outside"] == {"https://example.org/weight": "Property"}
    assert found.told == context.Told(moment(0), moment(2), None)
    assert told(limit=7).told is None


def test_the_range_of_an_answer_begins_where_it_was_asked_to(place):
    past(speed=[seen(n, n) for n in range(4)])
    place()

    def range_of(temporal: context.TemporalQuery) -> context.Told | None:
        return told(temporal, limit=2).told

    assert range_of(context.TemporalQuery(AFTER, moment(-5))) == context.Told(moment(-5), moment(1), None)
    assert range_of(context.TemporalQuery(BEFORE, moment(50))) == context.Told(moment(0), moment(1), None)
    assert range_of(context.TemporalQuery(last=3)) == context.Told(moment(3), moment(2), 3)
    assert range_of(context.TemporalQuery(BEFORE, moment(9), last=3)) == context.Told(moment(9), moment(2), 3)
    between = context.TemporalQuery(BETWEEN, moment(-5), moment(9), last=3)
    assert range_of(between) == context.Told(moment(9), moment(2), 3)


def test_one_moment_that_is_too_large_for_an_answer_goes_in_whole(place):
    past(speed=[seen(n, 1, f"urn:d:{n}") for n in range(9)] + [seen(99, 2)])
    place()

    found = told(limit=2)

    assert sorted(values(found)) == list(range(9))
    assert found.told == context.Told(moment(1), moment(1), None)


def test_entities_are_found_by_type_id_scope_and_what_was_said_in_the_time_asked_for(place):
    past("urn:a", speed=[seen(80, 1), seen(120, 5)], scope=["/japan/tokyo"])
    past("urn:b", speed=seen(90, 2), types=(CAR, VEHICLE))
    past("urn:c", brand=seen("Aye", 3), types=(CAR,))
    place()
    ids, cars = context.Selector(ids=(context.EntityId("urn:b"),)), context.Selector(pattern="^urn:[bc]")

    assert asked_for(vehicles()) == ["urn:a", "urn:b"]
    assert asked_for(context.EntityQuery(selectors=(ids, cars))) == ["urn:b", "urn:c"]
    assert asked_for(vehicles(), context.TemporalQuery(AFTER, moment(2))) == ["urn:a"]
    assert asked_for(context.EntityQuery(attributes=(BRAND,))) == ["urn:c"]
    assert asked_for(context.EntityQuery(scopes=context.ScopeQuery((("/japan/#",),)))) == ["urn:a"]
    assert asked_for(context.EntityQuery(datasets=("urn:d:gps",))) == []
    both = context.TypeSelection(((CAR, VEHICLE),))
    assert asked_for(context.EntityQuery(selectors=(context.Selector(types=both),))) == ["urn:b"]


def test_a_condition_holds_where_some_instance_in_the_time_asked_for_meets_it(place):
    past("urn:a", speed=[seen(80, 1), seen(120, 5)], brand=seen("Aye", 1))
    past("urn:b", speed=seen(90, 2))
    place()
    fast = Compare(Path(SPEED), Comparison.GREATER, (Literal(100),))
    aye = Compare(Path(BRAND), Comparison.EQUAL, (Literal("Aye"),))

    assert asked_for(vehicles(q=fast)) == ["urn:a"]
    assert asked_for(vehicles(q=fast), context.TemporalQuery(BEFORE, moment(5))) == []
    assert asked_for(vehicles(q=All((fast, aye)))) == ["urn:a"]
    slow = Compare(Path(SPEED), Comparison.UNEQUAL, (Literal(80),))
    assert asked_for(vehicles(q=slow)) == ["urn:a", "urn:b"]


def test_an_entity_is_found_by_any_place_where_it_was(place):
    past("urn:a", place=[geo(2.35, 42.22, observedAt=at(1)), geo(-8.5, 41.2, observedAt=at(2))])
    past("urn:b", place=geo(139.7, 35.6, observedAt=at(1)))
    place()
    near = context.GeoQuery(
        context.GeoRelation.NEAR, {"type": "Point", "coordinates": [-8.503, 41.202]}, PLACE, most=2000
    )

    assert asked_for(vehicles(geo=near)) == ["urn:a"]
    assert asked_for(vehicles(geo=near), context.TemporalQuery(BEFORE, moment(2))) == []


def test_entities_come_in_the_order_and_the_part_asked_for(place):
    for number, speed in enumerate([30, 10, 20]):
        past(f"urn:{number}", speed=[seen(99, 0), seen(speed, 1)], now=moment(number))
    place()
    by_speed = (context.Order(Path(SPEED)),)

    assert asked_for(vehicles()) == ["urn:0", "urn:1", "urn:2"]
    newest = context.Order(Path("createdAt"), context.Direction.DESC)
    assert asked_for(vehicles(order=(newest,))) == ["urn:2", "urn:1", "urn:0"]
    page = context.Page(2, offset=1, counted=True)
    found = context.query_history(TENANT, vehicles(), context.TemporalQuery(), page, limit=100)
    assert ([one["id"] for one in found.entities], found.more, found.total) == (["urn:1", "urn:2"], False, 3)
    assert asked_for(vehicles(order=by_speed))[0] == "urn:1"


def test_what_was_observed_at_the_same_moment_takes_the_place_of_what_was_said_of_it(place):
    past(speed=[seen(120, 3), seen(80, 5)], brand=seen("Aye", 3))
    place()
    before = told().entities[0]["attrs"][SPEED][0]["instanceId"]

    past(speed=[seen(121, 3), seen(100, 7), seen(70, 3, "urn:d:gps")], now=LATER)
    past(speed=seen(122, 3), now=LATER)

    assert sorted(values(told())) == [70, 80, 100, 122]
    assert values(told(), "brand") == ["Aye"]
    first = next(one for one in told().entities[0]["attrs"][SPEED] if one["value"] == 122)
    assert (first["instanceId"], first["createdAt"]) == (before, "2026-05-01T09:00:00.000000Z")


def test_an_instance_is_changed_under_its_id(place):
    past(speed=[seen(120, 3), seen(80, 5)])
    place()
    instance = told().entities[0]["attrs"][SPEED][0]["instanceId"]

    for value in (129, 130):
        context.change_instance(TENANT, URI, SPEED, instance, seen(value, 4), actor=ACTOR, now=LATER)

    found = told().entities[0]["attrs"][SPEED]
    assert [(one["value"], one["observedAt"]) for one in found] == [(130, at(4)), (80, at(5))]
    assert (found[0]["instanceId"], found[0]["createdAt"], found[0]["modifiedAt"]) == (
        instance,
        "2026-05-01T09:00:00.000000Z",
        "2026-05-03T09:00:00.000000Z",
    )


def test_a_changed_instance_can_be_moved_changed_and_deleted_again():
    past(speed=[seen(120, 3), seen(80, 5)])
    archive()
    instance = told().entities[0]["attrs"][SPEED][0]["instanceId"]
    context.change_instance(TENANT, URI, SPEED, instance, seen(1, 3), actor=ACTOR, now=MAY)
    archive()
    context.change_instance(TENANT, URI, SPEED, instance, seen(2, 3), actor=ACTOR, now=MAY)
    archive()

    assert values(told()) == [2, 80]
    context.delete_instance(TENANT, URI, SPEED, instance, actor=ACTOR, now=LATER)
    assert values(told()) == [80]
    with pytest.raises(context.InstanceMissing):
        context.change_instance(TENANT, URI, SPEED, instance, seen(3, 3), actor=ACTOR, now=LATER)


def test_an_instance_is_deleted(place):
    past(speed=[seen(120, 3), seen(80, 5)])
    place()
    instance = told().entities[0]["attrs"][SPEED][0]["instanceId"]

    context.delete_instance(TENANT, URI, SPEED, instance, actor=ACTOR, now=LATER)

    assert values(told()) == [80]
    for name in (instance, "urn:ngsi-ld:Instance:99999", "urn:ngsi-ld:01234567890123456789"):
        with pytest.raises(context.InstanceMissing):
            context.delete_instance(TENANT, URI, SPEED, name, actor=ACTOR, now=LATER)


def test_an_instance_of_another_attribute_or_entity_is_not_touched(place):
    past(speed=seen(120, 3), brand=seen("Aye"))
    past("urn:b", speed=seen(1))
    place()
    instance = told().entities[0]["attrs"][SPEED][0]["instanceId"]

    with pytest.raises(context.InstanceMissing):
        context.delete_instance(TENANT, URI, BRAND, instance, actor=ACTOR, now=LATER)
    with pytest.raises(context.InstanceMissing):
        context.delete_instance(TENANT, context.EntityId("urn:b"), SPEED, instance, actor=ACTOR, now=LATER)
    with pytest.raises(context.EntityMissing):
        context.delete_instance(OTHER, URI, SPEED, instance, actor=ACTOR, now=LATER)


def test_the_history_of_an_attribute_is_deleted_by_dataset_or_as_a_whole(place):
    past(speed=[seen(1), seen(2, 1, "urn:d:gps"), seen(3, 2, "urn:d:can")], brand=seen("Aye"))
    place()

    context.delete_attribute_history(TENANT, URI, SPEED, actor=ACTOR, now=LATER)
    assert values(told()) == [2, 3]
    context.delete_attribute_history(TENANT, URI, SPEED, dataset="urn:d:gps", actor=ACTOR, now=LATER)
    assert values(told()) == [3]
    context.delete_attribute_history(TENANT, URI, SPEED, everything=True, actor=ACTOR, now=LATER)
    assert (values(told()), values(told(), "brand")) == ([], ["Aye"])
    with pytest.raises(context.AttributeMissing):
        context.delete_attribute_history(TENANT, URI, SPEED, everything=True, actor=ACTOR, now=LATER)

    past(speed=seen(7, 9))
    assert values(told()) == [7]


def test_a_deleted_history_is_told_to_nobody_and_a_new_one_begins_empty(place):
    past(speed=seen(1))
    place()

    context.delete_history(TENANT, URI, actor=ACTOR, now=LATER)

    with pytest.raises(context.EntityMissing):
        told()
    assert asked_for(vehicles()) == []
    past(brand=seen("Aye"))
    assert (values(told()), values(told(), "brand")) == ([], ["Aye"])


def test_deleting_the_history_leaves_the_present(place):
    context.create_entity(TENANT, an_entity(speed=seen(55)), actor=ACTOR, now=MAY)
    place()

    context.delete_history(TENANT, URI, actor=ACTOR, now=LATER)

    assert (values(told()), context.entity(TENANT, URI, now=LATER)["id"]) == ([], URI)


def test_that_an_attribute_was_taken_away_is_told_by_deleted_at_alone(place):
    past(speed=[seen(1), seen(2, 1, "urn:d:gps")], scope=["/japan"])
    place()

    context.end_attribute(TENANT, URI, SPEED, actor=ACTOR, now=LATER)
    context.end_attribute(TENANT, URI, context.SCOPE, actor=ACTOR, now=LATER)
    place()

    assert values(told()) == [1, 2]
    (found,) = told(context.TemporalQuery(member="deletedAt")).entities
    gone = "2026-05-03T09:00:00.000000Z"
    (speed,), (scope,) = found["attrs"][SPEED], found["scope"]
    assert {k: v for k, v in speed.items() if k != "instanceId"} == {
        "type": "Property",
        "value": context.NULL,
        "deletedAt": gone,
    }
    assert (scope["value"], scope["deletedAt"]) == ([], gone)
    with pytest.raises(context.AttributeMissing):
        context.end_attribute(TENANT, URI, SPEED, actor=ACTOR, now=LATER)
    context.end_attribute(TENANT, URI, SPEED, everything=True, actor=ACTOR, now=LATER)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("PT1H", [[100.0, at(3), at(63)], [53.0, at(63), at(123)], [40.0, at(243), at(303)]]),
        ("P1D", [[78.6, at(3), at(3 + 1440)]]),
        ("PT0S", [[78.6, at(3), at(250)]]),
        ("P1M", [[78.6, at(3), "2026-06-01T09:03:00.000000Z"]]),
    ],
)
def test_values_are_summed_up_by_periods_from_the_first_instance_on(place, period, expected):
    past(speed=[seen(120, 3), seen(80, 5), seen(100, 7), seen(53, 100), seen(40, 250), seen(7, None)])
    place()
    aggregation = context.Aggregation((Aggregate.AVG,), period)

    (found,) = told(aggregation=aggregation).entities

    tidy = [
        [value, start.replace(".000000", ""), end.replace(".000000", "")] for value, start, end in expected
    ]
    assert found["attrs"] == {SPEED: [{"type": "Property", "avg": tidy}]}


def test_every_method_has_its_sum(place):
    past(speed=[seen(2, 1), seen(4, 2), seen(4, 3), seen(6, 4)])
    place()
    every = context.Aggregation(tuple(Aggregate), "PT0S")

    (found,) = told(context.TemporalQuery(BETWEEN, moment(0), moment(60)), aggregation=every).entities

    (sums,) = found["attrs"][SPEED]
    span = [at(0).replace(".000000", ""), at(60).replace(".000000", "")]
    assert {name: cells for name, cells in sums.items() if name != "type"} == {
        "totalCount": [[4, *span]],
        "distinctCount": [[3, *span]],
        "sum": [[16.0, *span]],
        "avg": [[4.0, *span]],
        "min": [[2.0, *span]],
        "max": [[6.0, *span]],
        "stddev": [[2**0.5, *span]],
        "sumsq": [[72.0, *span]],
    }


def test_texts_are_counted_and_compared_and_not_summed(place):
    past(brand=[seen("Bee", 1), seen("Aye", 2), seen("Bee", 3)])
    place()
    every = context.Aggregation(tuple(Aggregate), "PT0S")

    (found,) = told(aggregation=every).entities

    (sums,) = found["attrs"][BRAND]
    assert {name: cells[0][0] for name, cells in sums.items() if name != "type"} == {
        "totalCount": 3,
        "distinctCount": 2,
        "min": "Aye",
        "max": "Bee",
    }


def test_acts_on_histories_leave_a_line_without_what_was_written():
    past(speed=seen(1))
    context.delete_history(TENANT, URI, actor=ACTOR, now=LATER)

    assert audit.trail(TENANT) == ["context.history-added", "context.history-deleted"]
    assert URI not in "".join(EntryRow.objects.values_list("body", flat=True))
