"""Workers that meet: a node is crawled once, and own catalogues end up as they are."""

import threading

import pytest

from renkei.audit import api as audit
from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.ids import NODE
from tests.exchange.test_races import at_once
from tests.factories import exchange as deals
from tests.factories import parties as make
from tests.factories.federation import FAR, MAY, Shelf, crawler, described, known, titles

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 5


def test_of_workers_that_set_off_together_one_crawls_the_node() -> None:
    """Whoever has it stays at its first page until all others have looked."""
    known(make.organisation(slug="near"))
    looked = threading.Semaphore(0)

    def wait_for_the_others(_after: str | None) -> None:
        for _ in range(WORKERS - 1):
            assert looked.acquire(timeout=30)

    def work() -> federation.Crawled | None:
        done = crawler(Shelf(pages=[[described("urn:a")]], before=wait_for_the_others)).crawl_due()
        looked.release()
        return done

    found = at_once(*[work] * WORKERS)

    assert sorted(each is None for each in found) == [False] + [True] * (WORKERS - 1)
    assert audit.trail(FAR) == ["federation.node-added", "federation.catalogue-crawled"]


def test_own_catalogues_that_several_workers_read_end_up_as_they_are() -> None:
    owner = make.organisation(slug="owner")
    first, second = (deals.offer(of=deals.dataset(owner=owner, name=name)) for name in ("first", "second"))

    def index() -> int:
        return federation.index_own(base_of=lambda org: f"https://near.example/{org.slug}", now=MAY)

    index()
    found = at_once(
        lambda: exchange.withdraw_offer(offer=first.id, actor=NODE, now=MAY), *[index] * (WORKERS - 1)
    )
    index()

    assert not any(isinstance(each, Exception) for each in found)
    standing = federation.search(federation.Query(current_only=True), viewer=None, now=MAY)
    assert (titles(standing), [each.described.dataset for each in standing]) == (
        ["Outdoor readings"],
        [second.dataset],
    )
    assert index() == 0
