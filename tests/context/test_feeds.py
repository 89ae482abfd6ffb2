"""The history of a type flows into a table of its own, each line once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from renkei.context import api as context
from renkei.context.models import FeedRow
from renkei.context.rules.feeding import fitting
from renkei.context.services import archiving, feeding
from renkei.kernel.ids import TableId
from renkei.lake import api as lake
from tests.factories.context import ACTOR, BRAND, CAR, OTHER, PLACE, SPEED, TENANT, URI, VEHICLE, geo
from tests.factories.context import entity as an_entity
from tests.factories.history import LATER, MAY, archive, at, moment, past, seen, told, values

# On PostgreSQL a feed waits for transactions to end, so that of the test must not be one of them.
pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = (context.FeedColumn(SPEED, "speed", "real"), context.FeedColumn(BRAND, "brand", "text"))


def publish(name: str = "vehicles", **parts: Any) -> TableId:
    return context.publish_type(TENANT, VEHICLE, COLUMNS, name=name, actor=ACTOR, now=MAY, **parts)


def feed(*, limit: int = 100) -> int:
    """Let everything flow; on PostgreSQL a feed first looks, then goes as far as it looked."""
    total = 0
    for _ in range(30):
        total += context.feed_history(now=LATER, limit=limit)
    return total


def rows(table: TableId) -> list[tuple[Any, ...]]:
    found: list[dict[str, Any]] = lake.read(table).read_all().to_pylist()
    return sorted((tuple(row.values()) for row in found), key=str)


def test_what_is_said_of_an_entity_at_one_moment_becomes_one_row():
    table = publish()
    past(speed=[seen(50, 1), seen(60, 2)], brand=seen("Aye", 1))
    past("urn:b", speed=seen(70, None))

    assert feed() == 4

    assert rows(table) == [
        ("urn:b", MAY, 70.0, None),
        (URI, moment(1), 50.0, "Aye"),
        (URI, moment(2), 60.0, None),
    ]


def test_a_table_of_a_type_has_its_columns_and_is_known_as_a_feed():
    table = publish(position=PLACE)

    names = [(column.name, column.type.value) for column in lake.table(table).columns]
    assert names == [
        ("entity", "text"),
        ("observed_at", "instant"),
        ("speed", "real"),
        ("brand", "text"),
        ("latitude", "real"),
        ("longitude", "real"),
    ]
    assert context.feeds(TENANT) == (context.Feed(table, VEHICLE, COLUMNS, PLACE, 0),)
    assert context.feeds(OTHER) == ()


def test_only_entities_of_the_type_and_of_the_tenant_flow():
    table = publish()
    past(speed=seen(1))
    past("urn:car", speed=seen(2), types=(CAR,))
    past("urn:both", speed=seen(3), types=(CAR, VEHICLE))
    past(speed=seen(4), tenant=OTHER)
    past("urn:d", speed=seen(5, 0, "urn:d:gps"))
    feed()

    assert [(row[0], row[2]) for row in rows(table)] == [("urn:both", 3.0), (URI, 1.0)]


def test_an_entity_stands_where_it_was_last_said_to_be():
    table = publish(position=PLACE)
    context.create_entity(
        TENANT, an_entity("urn:fixed", place=geo(139.7, 35.6), speed=seen(1, 1)), actor=ACTOR, now=MAY
    )
    moves = [geo(10, 50, observedAt=at(2)), geo(11, 51, observedAt=at(4))]
    past("urn:moves", place=moves, speed=[seen(n, n) for n in range(1, 6)])
    feed()

    assert next(row for row in rows(table) if row[0] == "urn:fixed")[-2:] == (35.6, 139.7)
    assert [row[2:3] + row[-2:] for row in rows(table) if row[0] == "urn:moves"] == [
        (1.0, None, None),
        (2.0, 50.0, 10.0),
        (3.0, 50.0, 10.0),
        (4.0, 51.0, 11.0),
        (5.0, 51.0, 11.0),
    ]


@pytest.mark.parametrize(
    ("value", "type_", "held"),
    [
        (5, "integer", 5),
        (5.0, "integer", 5),
        (5.5, "integer", None),
        (True, "integer", None),
        (2**70, "integer", None),
        (5, "real", 5.0),
        (10**400, "real", None),
        ("5", "real", None),
        (True, "flag", True),
        (1, "flag", None),
        ("2026-05-01T09:00:00Z", "instant", MAY),
        ("soon", "instant", None),
        ({"@type": "DateTime", "@value": "2026-05-01T09:00:00Z"}, "instant", MAY),
        ("Aye", "text", "Aye"),
        ({"a": [1]}, "text", '{"a":[1]}'),
        (5, "text", "5"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_left_out(value, type_, held):
    assert fitting({"type": "Property", "value": value}, type_) == held


def test_history_from_before_the_feed_goes_first_wherever_it_lies():
    past(speed=[seen(1, 1), seen(2, 2)])
    archive(limit=1)
    archive(limit=1)
    past(speed=seen(3, 3))
    instance = told().entities[0]["attrs"][SPEED][0]["instanceId"]
    context.change_instance(TENANT, URI, SPEED, instance, seen(10, 1), actor=ACTOR, now=LATER)

    table = publish()
    feed()

    assert [row[2] for row in rows(table)] == [10.0, 2.0, 3.0]


def test_nothing_goes_to_the_archive_before_every_feed_has_it():
    publish()
    past(speed=seen(1))

    assert archive() == 0
    feed()
    assert (archive(), values(told())) == (1, [1])


@pytest.mark.parametrize("appended", [False, True])
def test_a_batch_that_was_left_at_any_step_is_finished_once(appended):
    table = publish()
    past(speed=seen(1, 1))
    pk = FeedRow.objects.get().pk
    claimed = feeding.claim_feed(pk, limit=10) or feeding.claim_feed(pk, limit=10)
    assert claimed is not None
    if appended:
        feeding.append_feed(claimed)
    past(speed=seen(2, 2))

    feed()

    assert [row[2] for row in rows(table)] == [1.0, 2.0]


def test_a_feed_takes_so_many_lines_at_once_and_misses_none():
    table = publish()
    past(speed=[seen(n, n) for n in range(7)])

    assert feed(limit=3) == 7
    assert sorted(row[2] for row in rows(table)) == [float(n) for n in range(7)]


def test_a_batch_ends_with_all_that_was_written_of_an_entity_at_once():
    table = publish()
    for number in range(3):
        written = an_entity(f"urn:{number}", speed=seen(number, 1), brand=seen("Aye", 1))
        context.create_entity(TENANT, written, actor=ACTOR, now=MAY)

    assert feed(limit=1) == 6
    assert rows(table) == [(f"urn:{number}", moment(1), float(number), "Aye") for number in range(3)]


def test_lines_that_were_read_before_an_erasure_do_not_come_back(monkeypatch):
    table = publish()
    past(speed=seen(50, 1))
    feed()
    past(speed=seen(60, 2))
    looks = (feeding.claim_feed(FeedRow.objects.get().pk, limit=100) for _ in range(3))
    stalled = next(look for look in looks if look is not None)  # on PostgreSQL a feed first looks
    held = feeding._from_database(stalled)
    assert held

    context.erase_entity(TENANT, URI, actor=ACTOR, now=LATER)
    monkeypatch.setattr(feeding, "_from_database", lambda _: held)
    feeding.append_feed(stalled)

    assert rows(table) == []


def test_a_feed_that_is_made_while_a_batch_is_chosen_misses_nothing(monkeypatch):
    past(speed=seen(50, 1))
    look, made = archiving._last_of_batch, []

    def looked(*given: Any, **named: Any) -> Any:
        found = look(*given, **named)
        if not made:
            made.append(publish())
        return found

    monkeypatch.setattr(archiving, "_last_of_batch", looked)
    archive()
    feed()

    assert [row[2] for row in rows(made[0])] == [50.0]


def test_a_second_table_of_that_name_is_refused():
    publish()

    with pytest.raises(context.FeedExists):
        publish()
    assert publish("others") != publish("again")


def test_an_erased_entity_and_what_is_past_its_time_go_from_feeds():
    table = publish()
    past(speed=[seen(1, 0)])
    past("urn:b", speed=[seen(2, 0), seen(3, 60 * 30)])
    feed()

    assert context.erase_entity(TENANT, URI, actor=ACTOR, now=LATER) == 2
    context.keep_history_for(TENANT, days=1, actor=ACTOR, now=LATER)
    context.keep_house(now=LATER)

    assert [(row[0], row[2]) for row in rows(table)] == [("urn:b", 3.0)]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_line_that_is_committed_late_is_not_passed_by():
    table = publish()
    past("urn:slow", types=(CAR,), speed=seen(0))  # so that the name of the attribute is known to both
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            past("urn:slow", speed=seen(1))
            written.set()
            go_on.wait()
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    try:
        assert written.wait(60)
        past("urn:fast", speed=seen(2))
        feed()
        early = rows(table)
    finally:
        go_on.set()
        writer.join()
    feed()

    assert early == []
    assert [row[0] for row in rows(table)] == ["urn:fast", "urn:slow"]


def test_all_that_the_node_does_in_the_background_can_be_done_at_once():
    table = publish()
    past(speed=[seen(n, n) for n in range(3)])
    steps: list[int] = []

    done = context.compact_history(now=LATER, recent=timedelta(hours=1), progress=steps.append)

    assert done == context.Compacted(archived=3, fed=3, forgotten=0)
    assert sum(steps) == 6
    assert (len(rows(table)), values(told())) == (3, [0, 1, 2])
