"""History moves to the archive once, wherever the process dies, and readers see each line once meanwhile."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renkei.audit import api as audit
from renkei.context import api as context
from renkei.context.models import ArchiveRow, EntityRow, InstanceRow, VoidRow
from renkei.context.services import archiving, keeping
from renkei.context.types import Aggregate
from renkei.kernel.ids import TableId
from renkei.lake import api as lake
from tests.factories.context import ACTOR, OTHER, SPEED, TENANT, URI
from tests.factories.context import entity as an_entity
from tests.factories.history import LATER, MAY, archive, moment, past, seen, told, values

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def rows(tenant: str = TENANT) -> list[dict[str, Any]]:
    table = TableId(ArchiveRow.objects.get(pk=tenant).table)
    found: list[dict[str, Any]] = lake.read(table).read_all().to_pylist()
    return sorted(found, key=lambda row: row["instance"])


def claimed() -> ArchiveRow:
    before = archiving.closed_before(now=LATER, recent=HOUR)
    found = archiving.claim_batch(TENANT, before=before, limit=100, now=LATER)
    assert found is not None
    return found


def test_an_instance_becomes_a_row_with_every_column():
    past(speed=seen(120.5, 3, "urn:d:gps", unitCode="KMH"))
    instance = InstanceRow.objects.get()

    assert archive() == 1

    (row,) = rows()
    assert row == {
        "entity": URI,
        "entity_row": EntityRow.objects.get().pk,
        "attribute": SPEED,
        "dataset": "urn:d:gps",
        "instance": instance.pk,
        "kind": "Property",
        "sort": "n",
        "number": 120.5,
        "text": None,
        "body": instance.body,
        "observed_at": moment(3),
        "created_at": MAY,
        "modified_at": MAY,
        "deleted_at": None,
        "told_at": moment(3),
        "batch": 1,
    }
    assert (InstanceRow.objects.count(), archive()) == (0, 0)
    assert audit.trail(TENANT)[-1] == "context.history-archived"


def test_only_closed_hours_that_are_not_recent_any_more_go():
    past(speed=seen(1), now=MAY)
    past(speed=seen(2, 59), now=moment(59))
    past(speed=seen(3, 60), now=moment(60))
    now = moment(60 + 60 + 30)

    assert context.archive_history(now=now, recent=HOUR) == 2
    assert [row["number"] for row in rows()] == [1.0, 2.0]
    assert values(told()) == [1, 2, 3]


def test_each_tenant_has_an_archive_of_its_own():
    past(speed=seen(1))
    past(speed=seen(2), tenant=OTHER)

    assert context.archive_history(now=LATER, recent=HOUR) == 2

    assert ([row["number"] for row in rows()], [row["number"] for row in rows(OTHER)]) == ([1.0], [2.0])
    assert (values(told()), values(told(tenant=OTHER))) == ([1], [2])


def test_a_batch_takes_so_many_and_leaves_the_rest_for_the_next():
    past(speed=[seen(n, n) for n in range(5)])

    assert [archive(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert values(told()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_a_batch_that_was_left_at_any_step_is_finished_and_read_once_all_the_time(steps):
    past(speed=[seen(1, 1), seen(2, 2)])
    batch = claimed()
    assert values(told()) == [1, 2]
    for act in [
        lambda: archiving.mark_entities(batch, now=LATER),
        lambda: archiving.append_batch(batch),
        lambda: archiving.append_batch(batch),
    ][:steps]:
        act()
        assert values(told()) == [1, 2]

    past(speed=seen(3, 3))
    assert archive(limit=100) == 2
    assert values(told()) == [1, 2, 3]
    assert archive(limit=100) == 1

    assert ([row["number"] for row in rows()], values(told())) == ([1.0, 2.0, 3.0], [1, 2, 3])


def test_settling_twice_deletes_once():
    past(speed=seen(1))
    batch = claimed()
    archiving.mark_entities(batch, now=LATER)
    archiving.append_batch(batch)

    assert [archiving.settle_batch(batch, now=LATER) for _ in range(2)] == [1, 0]


def test_a_line_that_appears_late_with_an_earlier_number_stays_for_a_later_batch():
    past(speed=[seen(1, 1), seen(2, 2)])
    late = InstanceRow.objects.order_by("id").first()
    InstanceRow.objects.filter(pk=late.pk).delete()
    batch = claimed()
    archiving.mark_entities(batch, now=LATER)
    archiving.append_batch(batch)
    late.save(force_insert=True)

    archiving.settle_batch(batch, now=LATER)

    assert values(told()) == [1, 2]
    assert (archive(), values(told())) == (1, [1, 2])


def test_lines_of_an_entity_deleted_meanwhile_do_not_go():
    past(speed=seen(1))
    past("urn:b", speed=seen(2))
    batch = claimed()
    archiving.mark_entities(batch, now=LATER)
    context.delete_history(TENANT, URI, actor=ACTOR, now=LATER)

    archiving.append_batch(batch)
    archiving.settle_batch(batch, now=LATER)

    assert [row["entity"] for row in rows()] == ["urn:b"]


@pytest.mark.parametrize("appended", [False, True])
def test_a_line_that_is_on_its_way_can_be_changed_and_deleted(appended):
    past(speed=[seen(1, 1), seen(2, 2)], brand=[seen("Aye", 1), seen("Bee", 2, "urn:d")])
    first, second = (one["instanceId"] for one in told().entities[0]["attrs"][SPEED])
    batch = claimed()
    archiving.mark_entities(batch, now=LATER)
    if appended:
        archiving.append_batch(batch)

    context.change_instance(TENANT, URI, SPEED, first, seen(10, 1), actor=ACTOR, now=LATER)
    context.delete_instance(TENANT, URI, SPEED, second, actor=ACTOR, now=LATER)
    context.delete_attribute_history(TENANT, URI, "https://example.org/brand", actor=ACTOR, now=LATER)
    assert (values(told()), values(told(), "brand")) == ([10], ["Bee"])

    archiving.append_batch(batch)
    assert (values(told()), values(told(), "brand")) == ([10], ["Bee"])
    archiving.settle_batch(batch, now=LATER)
    assert (values(told()), values(told(), "brand")) == ([10], ["Bee"])
    assert told().entities[0]["attrs"][SPEED][0]["instanceId"] == first


def test_a_sweep_takes_out_what_does_not_count_any_more_and_changes_no_answer():
    past(speed=[seen(1, 1), seen(2, 2), seen(3, 3)], brand=seen("Aye"))
    past("urn:b", speed=seen(9))
    archive()
    first, second, _ = (one["instanceId"] for one in told().entities[0]["attrs"][SPEED])
    context.change_instance(TENANT, URI, SPEED, first, seen(10, 1), actor=ACTOR, now=MAY)
    context.delete_instance(TENANT, URI, SPEED, second, actor=ACTOR, now=LATER)
    context.delete_attribute_history(TENANT, URI, "https://example.org/brand", actor=ACTOR, now=LATER)
    context.delete_history(TENANT, context.EntityId("urn:b"), actor=ACTOR, now=LATER)

    assert keeping.sweep(TENANT, now=LATER) == 4

    assert [row["number"] for row in rows()] == [3.0]
    assert values(told()) == [10, 3]
    context.change_instance(TENANT, URI, SPEED, first, seen(11, 1), actor=ACTOR, now=LATER)
    assert values(told()) == [11, 3]
    assert VoidRow.objects.filter(moved_to__isnull=True).count() == 0


def test_nothing_is_swept_while_a_batch_is_under_way():
    past(speed=seen(1))
    claimed()

    assert keeping.sweep(TENANT, now=LATER) == 0


def test_a_present_deleted_with_its_history_is_swept_out_of_the_archive():
    context.create_entity(TENANT, an_entity(speed=seen(1)), actor=ACTOR, now=MAY)
    archive()
    context.delete_entity(TENANT, URI, actor=ACTOR, now=LATER)
    context.create_entity(TENANT, an_entity(speed=seen(2)), actor=ACTOR, now=LATER)

    assert values(told()) == [2]
    assert (keeping.sweep(TENANT, now=LATER), rows()) == (1, [])
    assert values(told()) == [2]


def test_history_past_its_time_goes_from_the_database_and_the_archive():
    past(speed=[seen(1, 0), seen(2, 60 * 24)])
    archive()
    past(speed=[seen(3, 1), seen(4, 60 * 24 + 1)], now=LATER)
    context.keep_history_for(TENANT, days=2, actor=ACTOR, now=LATER)

    context.keep_house(now=LATER + timedelta(hours=1))

    assert values(told()) == [2, 4]
    assert [row["number"] for row in rows()] == [2.0]


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_history_is_kept_for_a_sensible_number_of_days(days):
    with pytest.raises(context.RetentionInvalid):
        context.keep_history_for(TENANT, days=days, actor=ACTOR, now=LATER)


def test_history_that_is_to_stay_for_ever_stays():
    past(speed=seen(1))
    context.keep_history_for(TENANT, days=1, actor=ACTOR, now=MAY)
    context.keep_history_for(TENANT, days=None, actor=ACTOR, now=MAY)

    context.keep_house(now=LATER + timedelta(days=1000))

    assert values(told()) == [1]


def test_an_erased_entity_is_gone_everywhere_and_others_are_not():
    past(speed=seen(1))
    past("urn:b", speed=seen(2))
    archive()
    past(speed=seen(3, 5))

    assert context.erase_entity(TENANT, URI, actor=ACTOR, now=LATER) == 2

    assert [row["entity"] for row in rows()] == ["urn:b"]
    with pytest.raises(context.EntityMissing):
        told()
    with pytest.raises(context.EntityMissing):
        context.erase_entity(TENANT, URI, actor=ACTOR, now=LATER)
    assert values(told(uri="urn:b")) == [2]


def test_an_erasure_finishes_the_batch_that_may_hold_the_entity_first(monkeypatch):
    past(speed=seen(1))
    past("urn:b", speed=seen(2))
    batch = claimed()
    archiving.mark_entities(batch, now=LATER)
    in_hand = archiving._lines_after(batch, 0)

    context.erase_entity(TENANT, URI, actor=ACTOR, now=LATER)
    served = iter([in_hand, []])
    monkeypatch.setattr(archiving, "_lines_after", lambda *_: next(served))
    archiving.append_batch(batch)

    assert [row["entity"] for row in rows()] == ["urn:b"]


def test_an_erasure_that_was_cut_off_is_finished_later(monkeypatch):
    past(speed=seen(1))
    archive()

    def cut(*_: Any, **__: Any) -> None:
        raise lake.DiskFull

    with monkeypatch.context() as patched:
        patched.setattr(lake, "erase", cut)
        with pytest.raises(lake.DiskFull):
            context.erase_entity(TENANT, URI, actor=ACTOR, now=LATER)
    assert len(rows()) == 1

    context.keep_house(now=LATER)

    assert rows() == []


@pytest.mark.django_db(transaction=True)
def test_two_compactors_at_once_move_each_instance_once():
    for number in range(6):
        past(f"urn:{number}", speed=[seen(n, n) for n in range(20)])
    started = threading.Barrier(3)

    moved: list[int] = []

    def work() -> None:
        started.wait()
        while done := archive(limit=15):
            moved.append(done)
        moved.append(0)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    started.wait()
    seen_once = [values(told(uri="urn:3")) == list(range(20)) for _ in range(30)]
    for thread in threads:
        thread.join()
    while archive(limit=15):
        pass

    assert moved.count(0) == 2
    assert all(seen_once)
    assert [row["instance"] for row in rows()] == sorted({row["instance"] for row in rows()})
    assert (len(rows()), InstanceRow.objects.count()) == (120, 0)


ENTITIES = ("urn:a", "urn:b")
INSTANCES = st.tuples(
    st.sampled_from(ENTITIES),
    st.sampled_from(("speed", "brand")),
    st.one_of(st.integers(-5, 5), st.floats(-9, 9, width=32), st.sampled_from(["Aye", "Bee"]), st.booleans()),
    st.one_of(st.none(), st.integers(0, 12)),
    st.sampled_from(("", "urn:d")),
)
WHEN = st.integers(-1, 13).map(moment)
RELATIONS = st.one_of(
    st.none(),
    st.tuples(st.sampled_from((context.TimeRelation.BEFORE, context.TimeRelation.AFTER)), WHEN, st.none()),
    st.tuples(st.just(context.TimeRelation.BETWEEN), WHEN, WHEN),
)
QUESTIONS = st.tuples(
    RELATIONS,
    st.sampled_from(("observedAt", "createdAt", "modifiedAt")),
    st.one_of(st.none(), st.integers(1, 4)),
    st.integers(1, 12),
    st.sampled_from((None, "PT0S", "PT3M", "P1M")),
)


@given(
    written=st.lists(st.lists(INSTANCES, min_size=1, max_size=6), min_size=1, max_size=2),
    moved=st.integers(1, 10),
    questions=st.lists(QUESTIONS, min_size=1, max_size=6),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_wherever_a_history_lies_the_answers_are_the_same(written, moved, questions):
    here, there = f"{TENANT}:{_fresh()}", f"{TENANT}:{_fresh()}"
    for number, instances in enumerate(written):
        for uri, name, value, minutes, dataset in instances:
            for tenant in (here, there):
                now = moment(number)
                past(uri, tenant=tenant, now=now, **{name: seen(value, minutes, dataset)})
        archive(there, limit=moved)

    for relation, member, last, limit, period in questions:
        temporal = context.TemporalQuery(*(relation or (None, None, None)), member, last)
        aggregation = context.Aggregation(tuple(Aggregate), period) if period else None
        one, other = (_answers(tenant, temporal, limit, aggregation) for tenant in (here, there))
        assert one == other


_made = iter(range(10**9))


def _fresh() -> int:
    return next(_made)


def _answers(tenant: Any, temporal: Any, limit: int, aggregation: Any) -> Any:
    query = context.EntityQuery(selectors=(context.Selector(pattern="^urn:"),))
    found = context.query_history(
        tenant, query, temporal, context.Page(10), limit=limit, aggregation=aggregation
    )
    return [_plain(entity) for entity in found.entities], found.told


def _plain(entity: Any) -> Any:
    """Return an entity without the numbers that differ between two copies, rounded where sums are."""
    attrs = {
        name: [
            {key: _rounded(value) for key, value in one.items() if key != "instanceId"} for one in instances
        ]
        for name, instances in sorted(entity["attrs"].items())
    }
    return entity["id"], attrs


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value
