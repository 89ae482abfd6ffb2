"""How notifications leave the outbox."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Event
from typing import Any

import pytest
from django.db import connection

from renkei.context import api as context
from renkei.context.models import LaneRow, NotificationRow
from renkei.context.services.delivering import KEPT, PATIENCE, TRIES, drain
from renkei.context.services.lanes import LEASE, due_lanes, take
from tests.factories.context import ACTOR, BRAND, SPEED, TENANT, URI, entity, fragment, prop, rel
from tests.factories.subscriptions import HOOK, NAME, Carrier, members

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Watch:
    return Watch(now)


def subscribe(clock: Watch, name: str = NAME, **given: Any) -> None:
    context.create_subscription(TENANT, name, members(**given), actor=ACTOR, now=clock())


def create(clock: Watch, uri: str = URI, **attrs: Any) -> None:
    context.create_entity(TENANT, entity(uri, **(attrs or {"speed": prop(1)})), actor=ACTOR, now=clock())


def update(clock: Watch, **attrs: Any) -> None:
    context.update_attributes(TENANT, URI, fragment(**attrs), actor=ACTOR, now=clock())


def deliver(carrier: Carrier, clock: Watch) -> int:
    return sum(drain(due, carrier, clock=clock) for due in due_lanes(now=clock()))


def fares(clock: Watch, name: str = NAME) -> context.Subscribed:
    return context.subscription(TENANT, name, now=clock())


def failing(kind: type[Exception], *, until: int = 10**9) -> Callable[[context.Notice], None]:
    """Refuse the first so many notifications."""
    tries = iter(range(until))

    def do(_notice: context.Notice) -> None:
        if next(tries, None) is not None:
            raise kind("no")

    return do


def test_what_is_taken_is_counted_and_gone(clock: Watch):
    subscribe(clock)
    create(clock, "urn:x:1")
    create(clock, "urn:x:2")
    carrier = Carrier()

    assert deliver(carrier, clock) == 2
    assert carrier.told() == [["urn:x:1"], ["urn:x:2"]]
    known = fares(clock)
    assert (known.times_sent, known.times_failed, known.failing) == (2, 0, False)
    assert (known.last_notification, known.last_success, known.last_failure) == (clock(), clock(), None)
    assert not NotificationRow.objects.exists()
    assert not LaneRow.objects.exists()


def test_one_turn_takes_all_that_waits_on_one_connection(clock: Watch):
    subscribe(clock)
    for number in range(120):
        create(clock, f"urn:x:{number}")
    carrier = Carrier()

    assert deliver(carrier, clock) == 120
    assert carrier.opened_at == [HOOK]
    assert carrier.told() == [[f"urn:x:{number}"] for number in range(120)]


def test_an_endpoint_that_fails_is_left_alone_longer_each_time_then_tried_with_one(clock: Watch):
    subscribe(clock)
    create(clock, "urn:x:1")
    create(clock, "urn:x:2")
    tried: list[datetime] = []

    def refuse(_notice: context.Notice) -> None:
        tried.append(clock())
        raise context.ReceiverUnavailable("no")

    began = clock()
    while clock() < began + timedelta(seconds=70):
        deliver(Carrier(refuse), clock)
        clock.now += SECOND / 4

    gaps = [(later - sooner).total_seconds() for sooner, later in pairwise(tried)]
    assert len(gaps) >= 5
    assert all(0.75 * 2**n <= gap <= 2**n + 0.25 for n, gap in enumerate(gaps))
    known = fares(clock)
    assert (known.times_failed, known.failing, known.last_error, known.waiting) == (len(tried), True, "no", 2)

    clock.now += timedelta(seconds=70)
    works = Carrier()
    assert deliver(works, clock) == 2
    assert fares(clock).failing is False


def test_the_pause_that_a_subscriber_asks_for_is_kept(clock: Watch):
    subscribe(clock, notification={"endpoint": {"uri": HOOK, "cooldown": 30_000}})
    create(clock)
    deliver(Carrier(failing(context.ReceiverUnavailable)), clock)

    clock.now += 29 * SECOND
    assert due_lanes(now=clock()) == []
    clock.now += SECOND
    assert deliver(Carrier(), clock) == 1


def test_what_a_receiver_refuses_is_set_aside_and_holds_nobody_up(clock: Watch):
    subscribe(clock)
    create(clock, "urn:x:1")
    create(clock, "urn:x:2")
    carrier = Carrier(failing(context.ReceiverRefused, until=1))

    assert deliver(carrier, clock) == 1
    assert carrier.told() == [["urn:x:2"]]
    known = fares(clock)
    assert (known.times_sent, known.times_failed, known.given_up) == (2, 1, 1)


def test_one_that_is_answered_with_a_fault_makes_room_for_the_next(clock: Watch):
    subscribe(clock)
    create(clock, "urn:x:poison")
    create(clock, "urn:x:2")

    def choke(notice: context.Notice) -> None:
        if notice.entities[0]["id"] == "urn:x:poison":
            raise context.ReceiverFaulted("500")

    carrier = Carrier(choke)
    for _ in range(8):
        deliver(carrier, clock)
        clock.now += SECOND

    assert carrier.told() == [["urn:x:2"]]
    NotificationRow.objects.update(attempts=TRIES - 1, due_at=clock())
    clock.now += timedelta(minutes=10)
    deliver(carrier, clock)
    assert fares(clock).given_up == 1


def test_what_could_not_be_sent_for_a_day_waits_for_a_redelivery(clock: Watch):
    subscribe(clock)
    create(clock, "urn:x:old")
    clock.now += PATIENCE - timedelta(hours=1)
    create(clock, "urn:x:young")
    clock.now += timedelta(hours=1)
    deliver(Carrier(failing(context.ReceiverUnavailable)), clock)
    assert (fares(clock).given_up, fares(clock).waiting) == (1, 1)

    assert context.redeliver(TENANT, NAME, actor=ACTOR, now=clock()) == 1
    carrier = Carrier()
    deliver(carrier, clock)
    assert sorted(carrier.told()) == [["urn:x:old"], ["urn:x:young"]]


def test_what_was_given_up_is_forgotten_after_its_time(clock: Watch):
    subscribe(clock)
    create(clock)
    deliver(Carrier(failing(context.ReceiverRefused)), clock)

    assert context.forget_given_up(now=clock() + KEPT - SECOND) == 0
    assert context.forget_given_up(now=clock() + KEPT) == 1


def test_throttled_notifications_become_one_with_the_newest_of_each_entity(clock: Watch):
    subscribe(clock, throttling=15)
    create(clock)
    carrier = Carrier()
    assert deliver(carrier, clock) == 1

    for speed in (2, 3):
        clock.now += SECOND
        update(clock, speed=prop(speed))
    create(clock, "urn:x:2")
    assert deliver(carrier, clock) == 0
    clock.now += 12 * SECOND
    assert deliver(carrier, clock) == 0

    clock.now += SECOND
    assert deliver(carrier, clock) == 1
    last = carrier.notices[-1].entities
    assert [(one["id"], one["attrs"][SPEED][0]["value"]) for one in last] == [(URI, 3), ("urn:x:2", 1)]
    assert not NotificationRow.objects.exists()


def test_a_throttled_backlog_is_one_notification(clock: Watch):
    subscribe(clock, throttling=15)
    for number in range(3):
        create(clock, f"urn:x:{number}")
    carrier = Carrier()

    assert deliver(carrier, clock) == 1
    assert carrier.told() == [["urn:x:0", "urn:x:1", "urn:x:2"]]


def test_who_was_paused_or_has_expired_meanwhile_gets_nothing(clock: Watch):
    subscribe(clock)
    subscribe(clock, NAME + "2", expiresAt="2026-05-01T09:00:05Z")
    create(clock)
    context.update_subscription(TENANT, NAME, {"isActive": False}, actor=ACTOR, now=clock())
    clock.now += 5 * SECOND
    carrier = Carrier()

    assert deliver(carrier, clock) == 0
    assert not NotificationRow.objects.exists()


def test_a_deleted_subscription_takes_what_waits_along(clock: Watch):
    subscribe(clock)
    create(clock)
    context.delete_subscription(TENANT, NAME, actor=ACTOR, now=clock())

    assert not NotificationRow.objects.exists()


def test_what_waits_follows_its_subscription_to_a_new_endpoint(clock: Watch):
    subscribe(clock)
    create(clock)
    deliver(Carrier(failing(context.ReceiverUnavailable)), clock)
    other = {"endpoint": {"uri": "https://other.example/hook"}}
    context.update_subscription(TENANT, NAME, {"notification": other}, actor=ACTOR, now=clock())
    carrier = Carrier()

    assert deliver(carrier, clock) == 1
    assert carrier.opened_at == ["https://other.example/hook"]


def test_a_lane_has_one_worker_until_its_lease_runs_out(clock: Watch):
    subscribe(clock)
    create(clock)
    (due,) = due_lanes(now=clock())
    assert take(due, now=clock()) is not None

    assert take(due, now=clock()) is None
    assert due_lanes(now=clock() + LEASE - SECOND) == []
    clock.now += LEASE
    assert deliver(Carrier(), clock) == 1


def test_linked_entities_come_along_as_they_are_when_it_is_sent(clock: Watch):
    subscribe(clock, notification={"join": "inline", "joinLevel": 2})
    context.create_entity(
        TENANT, entity("urn:x:b", "https://example.org/Boat", parked=rel("urn:x:c")), actor=ACTOR, now=clock()
    )
    context.create_entity(
        TENANT, entity("urn:x:c", "https://example.org/Boat", brand=prop("c")), actor=ACTOR, now=clock()
    )
    create(clock, URI, parked=rel("urn:x:b"))
    carrier = Carrier()
    deliver(carrier, clock)

    (notice,) = carrier.notices
    assert sorted(notice.linked) == ["urn:x:b", "urn:x:c"]
    assert notice.linked["urn:x:c"]["attrs"][BRAND][0]["value"] == "c"


@pytest.fixture
def _free(transactional_db: None) -> Iterator[None]:
    yield
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_endpoints_that_hang_hold_up_nobody_else(clock: Watch):
    live, hanging = "https://live.example/hook", [f"https://hang{n}.example/hook" for n in range(40)]
    for uri in [*hanging, live]:
        subscribe(clock, f"{NAME}{uri}", notification={"endpoint": {"uri": uri}})
    over, arrived = Event(), Event()

    def do(notice: context.Notice) -> None:
        if notice.subscription.endpoint.uri == live:
            arrived.set()
            return
        over.wait(20)
        raise context.ReceiverUnavailable("it hangs")

    create(clock, "urn:x:first")
    deliveries = context.Deliveries(Carrier(do), clock=clock)
    wake = context.wake_notices
    try:
        for _ in range(40):
            wake.clear()
            deliveries.look()
            if arrived.wait(0.05):
                break
            clock.now += SECOND
        taken = arrived.is_set()
    finally:
        over.set()
        while not deliveries.idle():
            wake.wait(0.05)
    assert taken


def test_an_erased_entity_is_told_of_no_more(clock: Watch):
    subscribe(clock)
    both = [entity("urn:x:1", speed=prop(1)), entity("urn:x:2", speed=prop(2))]
    context.create_entities(TENANT, both, actor=ACTOR, now=clock())
    create(clock, "urn:x:3")

    for uri in ("urn:x:1", "urn:x:3"):
        context.erase_entity(TENANT, context.EntityId(uri), actor=ACTOR, now=clock())

    assert [row.body.count("urn:x:") for row in NotificationRow.objects.filter(body__contains="created")] == [
        1
    ]
    assert "urn:x:2" in NotificationRow.objects.order_by("id")[0].body
