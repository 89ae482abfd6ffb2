"""Long lists are read part by part."""

from datetime import timedelta

import pytest

from renkei.exchange import api as exchange
from renkei.exchange.errors import PlaceUnknown
from tests.factories.exchange import MAY, table

pytestmark = pytest.mark.django_db
LISTS = {
    "negotiations": exchange.negotiations,
    "agreements": exchange.agreements,
    "transfers": exchange.transfers,
    "provisions": exchange.provisions,
}


def filled(count):
    at = table()
    for _ in range(count):
        at.transferred()
    return at


def in_parts(read, **asked):
    found, after = [], None
    while True:
        part = read(after=after, **asked)
        found.extend(part)
        after = part.next
        if after is None:
            return found


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_parts_hold_each_item_once_in_the_lists_order(name, limit):
    at = filled(5)  # all at the same moment, so that the order is by id

    whole = LISTS[name](org=at.consumer.id)

    assert len(whole) == 5
    assert whole.next is None
    assert in_parts(LISTS[name], org=at.consumer.id, limit=limit) == list(whole)


QUERIES = {"negotiations": 2, "agreements": 1, "transfers": 2, "provisions": 1}
"""Of processes the second looks up what waits in the outbox."""


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("count", [1, 3])
def test_a_part_takes_the_same_queries_however_long_it_is(name, count, django_assert_num_queries):
    at = filled(count)

    with django_assert_num_queries(QUERIES[name]):
        found = LISTS[name](org=at.consumer.id, limit=2)
    if found.next:
        with django_assert_num_queries(QUERIES[name]):
            LISTS[name](org=at.consumer.id, limit=2, after=found.next)


@pytest.mark.parametrize(
    "after", ["", "x", "2026-05-01T00:00:00Z", "no-time key", "2026-05-01T00:00:00Z \x00"]
)
@pytest.mark.parametrize("name", LISTS)
def test_a_place_that_no_part_has_named_is_refused(name, after):
    with pytest.raises(PlaceUnknown):
        LISTS[name](org=None, after=after)


def test_what_changes_meanwhile_is_neither_lost_nor_seen_twice():
    at = filled(3)
    first = exchange.transfers(org=at.consumer.id, limit=1)
    exchange.complete_transfer(
        org=at.consumer.id, transfer=in_parts(exchange.transfers, org=at.consumer.id)[2].id,
        actor=at.consumer.actor, now=MAY + timedelta(days=1),
    )  # fmt: skip

    rest = in_parts(lambda after: exchange.transfers(org=at.consumer.id, limit=1, after=after or first.next))

    assert len({each.id for each in (*first, *rest)}) == 3


def test_negotiations_that_wait_for_a_decision_can_be_read_apart():
    at = table(automatic=False)
    for _ in range(3):
        at.request()
    at.deliver()
    exchange.refuse(
        org=at.provider.id,
        negotiation=exchange.negotiations(org=at.provider.id)[0].id,
        reason="no",
        actor=at.provider.actor,
        now=MAY,
    )

    due = exchange.negotiations(org=at.provider.id, due=True)
    others = exchange.negotiations(org=at.provider.id, due=False)

    assert [each.decision_due for each in (*due, *others)] == [True, True, False]
    assert exchange.negotiations(org=at.consumer.id, due=True) == ()


@pytest.mark.parametrize("count", [1, 3])
def test_the_figures_count_what_goes_on_in_five_queries(count, django_assert_num_queries):
    at = filled(count)

    with django_assert_num_queries(5):
        now = exchange.figures(org=at.provider.id, now=MAY)
    assert now == exchange.Figures(agreements=count, transfers=count)
    assert exchange.figures(org=None, now=MAY) == exchange.Figures(2 * count, 2 * count)
    assert exchange.figures(org=at.provider.id, now=MAY.replace(year=2030)).agreements == 0
