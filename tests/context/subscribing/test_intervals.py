"""Subscriptions that are told by the clock."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from renkei.context import api as context
from renkei.context.models import NotificationRow, SubscriptionRow
from renkei.context.services.delivering import drain
from renkei.context.services.lanes import due_lanes
from tests.factories.context import ACTOR, CAR, TENANT, entity, prop
from tests.factories.subscriptions import NAME, Carrier, members

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def subscribe(now: datetime, **given: Any) -> None:
    told = members(timeInterval=10, **given)
    context.create_subscription(TENANT, NAME, told, actor=ACTOR, now=now)


def create(now: datetime, uri: str, *types: str) -> None:
    context.create_entity(TENANT, entity(uri, *types, speed=prop(1)), actor=ACTOR, now=now)


def told(now: datetime) -> list[list[str]]:
    """Have what is due by the clock told, delivered, and return the entities of each notification."""
    context.tell_by_the_clock(now=now)
    carrier = Carrier()
    for due in due_lanes(now=now):
        drain(due, carrier, clock=lambda: now)
    return carrier.told()


def test_all_that_fits_is_told_each_time_the_interval_has_passed(now: datetime):
    create(now, "urn:x:1")
    create(now, "urn:x:2")
    create(now, "urn:x:car", CAR)
    subscribe(now)

    assert told(now) == []
    assert told(now + 9 * SECOND) == []
    assert told(now + 10 * SECOND) == [["urn:x:1", "urn:x:2"]]
    assert told(now + 11 * SECOND) == []
    assert told(now + 20 * SECOND) == [["urn:x:1", "urn:x:2"]]


def test_what_was_missed_is_not_made_up_for_and_the_rhythm_is_kept(now: datetime):
    create(now, "urn:x:1")
    subscribe(now)

    assert len(told(now + 47 * SECOND)) == 1
    assert told(now + 49 * SECOND) == []
    assert len(told(now + 50 * SECOND)) == 1


def test_nothing_piles_up_where_nobody_takes_it(now: datetime):
    create(now, "urn:x:1")
    subscribe(now)
    for turn in range(1, 6):
        context.tell_by_the_clock(now=now + turn * 10 * SECOND)

    assert NotificationRow.objects.count() == 1


def test_who_fits_nothing_is_told_nothing(now: datetime):
    subscribe(now)

    assert told(now + 10 * SECOND) == []


@pytest.mark.parametrize(
    "given", [{"isActive": False}, {"expiresAt": "2026-05-01T09:00:05Z"}], ids=["paused", "expired"]
)
def test_who_is_not_active_is_told_nothing(now: datetime, given: dict[str, Any]):
    create(now, "urn:x:1")
    subscribe(now, **given)

    assert told(now + 10 * SECOND) == []


def test_one_process_tells_of_a_moment(now: datetime):
    create(now, "urn:x:1")
    subscribe(now)
    later = now + 10 * SECOND
    before = SubscriptionRow.objects.get()
    assert context.tell_by_the_clock(now=later) == 1

    from renkei.context.services import intervals

    assert intervals._tell(before, now=later) is False
    assert NotificationRow.objects.count() == 1


def test_an_interval_that_is_changed_or_taken_away_counts_at_once(now: datetime):
    create(now, "urn:x:1")
    subscribe(now)
    context.update_subscription(TENANT, NAME, {"timeInterval": 2}, actor=ACTOR, now=now)
    assert len(told(now + 2 * SECOND)) == 1

    later = now + 3 * SECOND
    context.update_subscription(TENANT, NAME, {"timeInterval": None}, actor=ACTOR, now=later)
    assert told(now + 10 * SECOND) == []
    create(now + 11 * SECOND, "urn:x:2")
    assert told(now + 11 * SECOND) == [["urn:x:2"]]
