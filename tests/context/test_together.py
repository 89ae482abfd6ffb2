"""Acts that come at the same time: they share a transaction, and none is the worse for it."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from renkei.context import api as context
from renkei.context.rows import array
from renkei.context.services.acting import Act, Planned, Write
from renkei.context.services.sharing import LeftUndone, Sharing
from renkei.context.services.storing import Overtaken
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal
from tests.factories.context import ACTOR, OTHER, SPEED, TENANT, URI, entity, fragment, prop

AWKWARD = [
    '"',
    "\\",
    '\\"',
    "{}",
    "{a,b}",
    ",",
    "",
    " ",
    "NULL",
    "null",
    "\n\t",
    "'",
    "%s",
    "日本語",
    "\U0001f680",
]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do works in threads of their own; return what each returned or raised."""

    def run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(run, works))


def creating(now: datetime, uri: str = URI, tenant: OrgId = TENANT, **attrs: Any) -> Planned[None]:
    return context.create_entity.plan(tenant, entity(uri, **attrs), actor=ACTOR, now=now)


def patching(now: datetime, value: int, uri: str = URI) -> Planned[None]:
    return context.patch_attribute.plan(
        TENANT, context.EntityId(uri), SPEED, prop(value), kind_stated=False, actor=ACTOR, now=now
    )


def breaking(now: datetime) -> Planned[None]:
    """Return an act with a bug in it."""

    def make(_: context.Document | None) -> context.Document:
        raise ZeroDivisionError

    return Planned(Act(TENANT, [Write(context.EntityId("urn:x:broken"), make)], ACTOR, now), lambda _: None)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_create_the_same_entity_one_is_told_that_it_is_there(now: datetime):
    def create(speed: int) -> None:
        context.create_entity(TENANT, entity(speed=prop(speed)), actor=ACTOR, now=now)

    for turn in range(10):
        outcomes = at_once(*[lambda speed=speed: create(speed) for speed in range(4)])
        refused = [outcome.code for outcome in outcomes if outcome is not None]
        assert refused == ["context.entity-exists"] * 3, turn
        winner = outcomes.index(None)
        assert context.entity(TENANT, URI, now=now)["attrs"][SPEED][0]["value"] == winner
        context.delete_entity(TENANT, URI, actor=ACTOR, now=now)


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_updates_of_one_entity_none_is_lost(now: datetime):
    context.create_entity(TENANT, entity(), actor=ACTOR, now=now)

    def add(number: int) -> context.Updated:
        given = fragment(speed=prop(number, datasetId=f"urn:d:{number}"))
        return context.append_attributes(TENANT, URI, given, actor=ACTOR, now=now)

    assert (
        at_once(*[lambda number=number: add(number) for number in range(200)])
        == [context.Updated((SPEED,), ())] * 200
    )
    kept = context.entity(TENANT, URI, now=now)["attrs"][SPEED]
    assert sorted(instance["value"] for instance in kept) == list(range(200))
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM context_instance ORDER BY number")
        assert [row[0] for row in cursor.fetchall()] == list(range(200))


@pytest.mark.django_db(transaction=True)
def test_an_act_with_a_bug_fails_alone(now: datetime):
    answers = context.do_together(
        [creating(now, "urn:x:1", speed=prop(1)), breaking(now), creating(now, "urn:x:2", speed=prop(2))]
    )

    assert [type(answer) for answer in answers] == [type(None), ZeroDivisionError, type(None)]
    for number in (1, 2):
        found = context.entity(TENANT, context.EntityId(f"urn:x:{number}"), now=now)
        assert found["attrs"][SPEED][0]["value"] == number


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_stands_in_its_place_and_the_rest_is_done(now: datetime):
    answers = context.do_together(
        [
            creating(now, speed=prop(1)),
            creating(now, speed=prop(2)),
            patching(now, 3),
            patching(now, 4, "urn:x:no"),
        ]
    )

    assert [answers[0], answers[2]] == [None, None]
    assert [answers[1].code, answers[3].code] == ["context.entity-exists", "context.entity-missing"]
    assert context.entity(TENANT, URI, now=now)["attrs"][SPEED][0]["value"] == 3


@pytest.mark.django_db(transaction=True)
def test_tenants_that_write_together_see_nothing_of_each_other(now: datetime):
    assert context.do_together(
        [creating(now, speed=prop(1)), creating(now, tenant=OTHER, speed=prop(2))]
    ) == [
        None,
        None,
    ]

    found = [context.entity(tenant, URI, now=now)["attrs"][SPEED][0]["value"] for tenant in (TENANT, OTHER)]
    assert found == [1, 2]


def test_when_the_thread_that_does_the_acts_ends_the_others_are_told_so():
    def together(acts: Sequence[str]) -> list[str]:
        assert len(acts) == 2
        raise SystemExit

    sharing = Sharing(together, again=Overtaken)

    def do(act: str) -> type[BaseException] | str:
        try:
            return sharing.do(act)
        except (SystemExit, LeftUndone) as ended:
            return type(ended)

    with ThreadPoolExecutor(2) as pool, sharing._turn:
        answers = [pool.submit(do, act) for act in ("one", "other")]
        while len(sharing._queue) < 2:
            threading.Event().wait(0.001)

    assert {answer.result() for answer in answers} == {SystemExit, LeftUndone}


@pytest.mark.django_db(transaction=True)
def test_acts_within_a_transaction_of_the_callers_fall_with_it(now: datetime):
    @transaction.atomic
    def create_and_fail() -> None:
        context.create_entity(TENANT, entity(speed=prop(1)), actor=ACTOR, now=now)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        create_and_fail()

    with pytest.raises(context.EntityMissing):
        context.entity(TENANT, URI, now=now)


@pytest.mark.django_db(transaction=True)
def test_many_acts_cost_as_many_statements_as_one(now: datetime):
    context.do_together([creating(now, f"urn:x:{number}", speed=prop(0)) for number in range(16)])
    context.do_together([patching(now, 1, "urn:x:0")])

    counts = []
    for many in (1, 16):
        with CaptureQueriesContext(connection) as asked:
            context.do_together([patching(now, many + number, f"urn:x:{number}") for number in range(many)])
        counts.append(len(asked))

    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_texts_with_marks_of_the_database_are_kept_as_they_are(now: datetime):
    context.do_together(
        [creating(now, f"urn:x:{number}", brand=prop(text)) for number, text in enumerate(AWKWARD)]
    )
    context.do_together(
        [
            context.append_attributes.plan(
                TENANT, context.EntityId(f"urn:x:{number}"), fragment(street=prop(text)), actor=ACTOR, now=now
            )
            for number, text in enumerate(AWKWARD)
        ]
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM context_value ORDER BY id")
        assert [row[0] for row in cursor.fetchall()] == AWKWARD * 2
    for number, text in enumerate(AWKWARD):
        found = context.entity(TENANT, context.EntityId(f"urn:x:{number}"), now=now)
        assert [instances[0]["value"] for instances in found["attrs"].values()] == [text] * 2


def test_an_array_is_written_as_postgresql_reads_it():
    assert array([1, 2.5, None, 'a"b\\c', "NULL"]) == '{1,2.5,NULL,"a\\"b\\\\c","NULL"}'
