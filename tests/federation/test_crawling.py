"""Crawls: what they keep, what they write, how they end, and that one node is crawled by one worker."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renkei.audit import api as audit
from renkei.federation import api as federation
from renkei.federation.errors import CrawlUnderWay, NodeMissing
from renkei.kernel.ids import NODE
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers.errors import PeerUnreachable
from tests.factories import parties as make
from tests.factories.federation import (
    EVERY,
    FAR,
    MAY,
    Shelf,
    Watch,
    crawler,
    described,
    known,
    titles,
    viewer,
)

pytestmark = pytest.mark.django_db
DOWN = PeerUnreachable(url="https://far.example", why="no route")


@pytest.fixture
def org() -> parties.Organisation:
    return make.organisation(slug="near")


@pytest.fixture
def node(org: parties.Organisation) -> federation.KnownNode:
    return known(org)


def entries(**query: Any) -> dict[str, federation.Entry]:
    """Return everything that stands in the federated catalogue, by dataset."""
    found = federation.search(federation.Query(**query), viewer=None, now=MAY, limit=100)
    return {each.described.dataset: each for each in found}


def test_what_a_catalogue_describes_is_kept_whole(node: federation.KnownNode) -> None:
    said = described(
        "urn:a",
        title="Air",
        title_ja="大気",
        description=Text(ja="測定", en="Readings"),
        themes=("environment", "http://publications.europa.eu/resource/authority/data-theme/ENVI"),
        licence="CC-BY-4.0",
        formats=("HttpData-PULL",),
        place=Place(name=Text(ja="名古屋", en="Nagoya"), box=Box(136, 35, 137, 36)),
        first=MAY - timedelta(days=30),
        last=MAY,
        issued=MAY,
        modified=MAY,
    )

    done = crawler(Shelf(pages=[[said]])).crawl_due()

    assert done == federation.Crawled(node=node.id, participant=FAR, pages=1, new=1)
    kept = entries()["urn:a"]
    assert kept.described == said
    assert (kept.provider, kept.participant, kept.base) == (
        Text(ja="遠くの研究所", en="Far laboratory"),
        FAR,
        "https://far.example/dsp",
    )
    assert (kept.standing, kept.first_seen, kept.last_seen, kept.gone_at) == (
        federation.Standing.CURRENT,
        MAY,
        MAY,
        None,
    )


def test_only_what_changed_is_written(node: federation.KnownNode) -> None:
    watch = Watch()
    shelf = Shelf(pages=[[described("urn:a"), described("urn:b")], [described("urn:c")]])
    crawler(shelf, watch=watch).crawl(node.id)
    watch.now += EVERY * 2
    shelf.pages = [
        [described("urn:a"), described("urn:b", title="Other")],
        [described("urn:c"), described("urn:d")],
    ]

    with CaptureQueriesContext(connection) as queries:
        done = crawler(shelf, watch=watch).crawl(node.id)

    assert (done.pages, done.new, done.changed, done.same, done.withdrawn) == (2, 1, 1, 2, 0)
    kept = entries()
    assert {name: (each.first_seen, each.changed_at) for name, each in kept.items()} == {
        "urn:a": (MAY, MAY),
        "urn:b": (MAY, watch.now),
        "urn:c": (MAY, MAY),
        "urn:d": (watch.now, watch.now),
    }
    assert kept["urn:b"].described.title.en == "Other"
    assert len([each for each in queries if each["sql"].startswith('INSERT INTO "federation_entry"')]) == 2


def test_a_catalogue_that_is_as_its_tag_says_is_not_read(node: federation.KnownNode) -> None:
    shelf = Shelf(pages=[[described("urn:a")], [described("urn:b")]], etag='"1"')
    watch = Watch()
    crawler(shelf, watch=watch).crawl(node.id)
    watch.now += EVERY * 2

    done = crawler(shelf, watch=watch).crawl(node.id)

    assert done == federation.Crawled(node=node.id, participant=FAR, unchanged=True)
    assert shelf.asked == [(None, ""), ("1", ""), (None, '"1"')]
    assert {each.last_seen for each in entries().values()} == {watch.now}


def test_a_tag_of_one_page_alone_is_not_taken_for_the_whole(node: federation.KnownNode) -> None:
    shelf = Shelf(pages=[[described("urn:a")], [described("urn:b")]], etag='"1"', whole=False)
    crawler(shelf).crawl(node.id)
    shelf.pages[1] = [described("urn:c")]

    done = crawler(shelf).crawl(node.id)

    assert (done.new, done.same, done.withdrawn) == (1, 1, 1)


def test_a_crawl_that_breaks_off_is_not_taken_for_a_whole_one(node: federation.KnownNode) -> None:
    """What the first page says is kept before the second fails: the old tag does not stand for that any more."""
    shelf = Shelf(pages=[[described("urn:a")], [described("urn:b")]], etag='"1"')
    crawler(shelf).crawl(node.id)
    shelf.pages, shelf.etag = [[described("urn:a", title="New")], []], '"2"'
    shelf.before = lambda after: _fail() if after else None
    broken = crawler(shelf).crawl(node.id)
    shelf.pages, shelf.etag, shelf.before = (
        [[described("urn:a")], [described("urn:b")]],
        '"1"',
        lambda _after: None,
    )

    again = crawler(shelf).crawl(node.id)

    assert broken.trouble is not None
    assert (again.unchanged, again.changed, again.same, again.withdrawn) == (False, 1, 1, 0)
    assert titles(entries().values()) == ["Readings", "Readings"]


def _fail() -> None:
    raise DOWN


def test_what_is_not_there_any_more_is_marked_and_comes_back_as_it_was_known(
    node: federation.KnownNode,
) -> None:
    watch = Watch()
    shelf = Shelf(pages=[[described("urn:a"), described("urn:b")]])
    crawler(shelf, watch=watch).crawl(node.id)
    watch.now += EVERY
    shelf.pages = [[described("urn:a")]]
    crawler(shelf, watch=watch).crawl(node.id)
    gone = entries()["urn:b"]
    shelf.pages = [[described("urn:b"), described("urn:a")]]
    crawler(shelf, watch=watch).crawl(node.id)

    back = entries()["urn:b"]
    assert (gone.standing, gone.last_seen, gone.gone_at) == (federation.Standing.WITHDRAWN, MAY, watch.now)
    assert (back.standing, back.first_seen, back.gone_at) == (federation.Standing.CURRENT, MAY, None)


def test_withdrawn_entries_are_forgotten_after_thirty_days(node: federation.KnownNode) -> None:
    shelf = Shelf(pages=[[described("urn:a"), described("urn:b")]])
    crawler(shelf).crawl(node.id)
    shelf.pages = [[described("urn:a")]]
    crawler(shelf).crawl(node.id)

    early = federation.forget_withdrawn(now=MAY + timedelta(days=30))
    late = federation.forget_withdrawn(now=MAY + timedelta(days=30, seconds=1))

    assert (early, late, list(entries())) == (0, 1, ["urn:a"])


def test_a_failure_is_kept_with_its_reason_and_puts_the_next_crawl_off(node: federation.KnownNode) -> None:
    watch = Watch()
    shelf = Shelf(pages=[[described("urn:a")]])
    crawler(shelf, watch=watch).crawl(node.id)
    shelf.trouble = DOWN
    pauses = []
    for _ in range(8):
        failed = crawler(shelf, watch=watch).crawl(node.id)
        known_now = federation.node(node.id, now=MAY)
        assert known_now.next_at is not None
        pauses.append((known_now.next_at - watch.now) / EVERY)

    assert failed.trouble is not None
    assert (failed.trouble.code, failed.trouble.text) == (
        "servers.peer-unreachable",
        Text(ja=DOWN.said("ja"), en=DOWN.said("en")),
    )
    assert (known_now.failures, known_now.trouble, known_now.entries) == (8, failed.trouble, 1)
    for measured, bare in zip(pauses, [1, 2, 4, 8, 16, 24, 24, 24], strict=True):
        assert bare * 0.9 <= measured <= bare * 1.1
    assert audit.trail(FAR) == [
        "federation.node-added",
        "federation.catalogue-crawled",
        "federation.crawl-failed",
    ]

    shelf.trouble = None
    crawler(shelf, watch=watch).crawl(node.id)
    assert federation.node(node.id, now=MAY).trouble is None
    assert audit.trail(FAR)[-1] == "federation.catalogue-crawled"


def test_entries_of_a_node_that_is_silent_for_a_day_are_stale_and_say_why(node: federation.KnownNode) -> None:
    watch = Watch()
    shelf = Shelf(pages=[[described("urn:a")]])
    crawler(shelf, watch=watch).crawl(node.id)
    shelf.trouble = DOWN
    crawler(shelf, watch=watch).crawl(node.id)

    def seen(after: timedelta) -> federation.Entry:
        (entry,) = federation.search(federation.Query(), viewer=None, now=MAY + after)
        return entry

    fresh, stale = seen(timedelta(hours=24)), seen(timedelta(hours=24, seconds=1))
    current = federation.search(
        federation.Query(current_only=True), viewer=None, now=MAY + timedelta(hours=25)
    )

    assert (fresh.standing, fresh.trouble) == (federation.Standing.CURRENT, None)
    assert (stale.standing, stale.last_seen) == (federation.Standing.STALE, MAY)
    assert stale.trouble is not None
    assert stale.trouble.code == "servers.peer-unreachable"
    assert current == ()


@pytest.mark.parametrize(
    ("bounds", "kept", "what"),
    [
        ({"datasets": 5}, 5, "5 datasets"),
        ({"pages": 3}, 6, "3 pages"),
        ({"octets": 4000}, 8, "4000 bytes"),
    ],
)
def test_an_endless_catalogue_stops_at_a_bound_that_is_named(
    node: federation.KnownNode, bounds: dict[str, int], kept: int, what: str
) -> None:
    class Endless(Shelf):
        def page(self, peer: federation.Found, **asked: Any) -> federation.CataloguePage | None:
            place = int(asked["after"] or 0)
            self.pages = [[]] * place + [[described(f"urn:{place}:{each}") for each in "ab"], []]
            return super().page(peer, **asked)

    done = crawler(Endless(), **bounds).crawl(node.id)

    assert done.trouble is not None
    assert done.trouble.code == "federation.catalogue-too-long"
    assert what in done.trouble.text.en
    assert (len(entries()), done.new) == (kept, kept)
    assert federation.node(node.id, now=MAY).crawled_at is None


def test_a_catalogue_of_exactly_the_bound_is_whole(node: federation.KnownNode) -> None:
    shelf = Shelf(pages=[[described("urn:a"), described("urn:b")]])

    assert crawler(shelf, datasets=2).crawl(node.id).trouble is None
    assert crawler(shelf, datasets=1).crawl(node.id).trouble is not None


def test_a_page_that_leads_to_itself_ends_the_crawl(node: federation.KnownNode) -> None:
    class Circle(Shelf):
        def page(self, peer: federation.Found, **asked: Any) -> federation.CataloguePage | None:
            found = super().page(peer, **{**asked, "after": None})
            assert found is not None
            return replace(found, next="again")

    done = crawler(Circle(pages=[[described("urn:a")]])).crawl(node.id)

    assert done.trouble is not None
    assert done.trouble.code == "federation.catalogue-circular"


def test_a_dataset_that_stands_twice_counts_once(node: federation.KnownNode) -> None:
    shelf = Shelf(
        pages=[[described("urn:a"), described("urn:a", title="Twin")], [described("urn:a", title="Third")]]
    )

    assert crawler(shelf).crawl(node.id).new == 1
    assert crawler(shelf).crawl(node.id).same == 1
    assert titles(entries().values()) == ["Readings"]


def test_one_worker_at_a_time_crawls_a_node(node: federation.KnownNode) -> None:
    seen: list[object] = []

    def meanwhile(_after: str | None) -> None:
        seen.append(other.crawl_due())
        with pytest.raises(CrawlUnderWay):
            other.crawl(node.id)

    other = crawler(Shelf())
    shelf = Shelf(pages=[[described("urn:a")]], before=meanwhile)

    done = crawler(shelf).crawl_due()

    assert seen == [None]
    assert done is not None
    assert done.new == 1


def test_a_worker_that_was_overtaken_writes_nothing_more(node: federation.KnownNode) -> None:
    """It was silent for longer than its lease: the other's outcome stands."""
    watch = Watch()

    def overtaken(after: str | None) -> None:
        if after is None:
            watch.now += timedelta(hours=1)
            crawler(Shelf(pages=[[described("urn:b")]]), watch=watch).crawl_due()

    slow = Shelf(pages=[[described("urn:a")]], before=overtaken)

    assert crawler(slow, watch=watch).crawl_due() is None
    assert list(entries()) == ["urn:b"]
    assert federation.node(node.id, now=watch.now).crawled_at == watch.now


def test_a_node_that_is_removed_meanwhile_leaves_nothing(node: federation.KnownNode) -> None:
    shelf = Shelf(
        pages=[[described("urn:a")], [described("urn:b")]],
        before=lambda after: after and federation.remove_node(node=node.id, actor=NODE, now=MAY),
    )

    assert crawler(shelf).crawl_due() is None
    assert (entries(), federation.nodes(None, now=MAY)) == ({}, ())


def test_a_node_is_due_again_after_its_pause_and_not_before(node: federation.KnownNode) -> None:
    watch = Watch()
    work = crawler(Shelf(), watch=watch)
    assert work.crawl_due() is not None
    watch.now += EVERY * 0.9 - timedelta(seconds=1)
    assert work.crawl_due() is None
    watch.now += EVERY * 0.2 + timedelta(seconds=1)
    assert work.crawl_due() is not None


def test_whoever_asks_for_a_node_gets_it_crawled_soon(node: federation.KnownNode) -> None:
    work = crawler(Shelf())
    work.crawl_due()

    asked = federation.ask_soon(node=node.id, actor=NODE, now=MAY)

    assert asked.next_at == MAY
    assert work.crawl_due() is not None
    assert audit.trail(FAR)[-1] == "federation.crawl-asked"


def test_a_node_that_is_not_known_is_not_crawled() -> None:
    with pytest.raises(NodeMissing):
        crawler(Shelf()).crawl(federation.NodeId("urn:none"))


def test_a_long_text_is_cut_with_a_mark_and_odd_characters_are_left_out(node: federation.KnownNode) -> None:
    said = described(
        "urn:a", title="x" * 600, description=Text(ja="あ\x01い\ud800", en="y" * 6000), themes=("t",) * 60
    )

    crawler(Shelf(pages=[[said]])).crawl(node.id)

    kept = entries()["urn:a"].described
    assert (kept.title.en, kept.description.ja) == ("x" * 499 + "…", "あい")
    assert (len(kept.description.en), len(kept.themes)) == (5000, 50)


def test_a_private_node_is_searched_by_the_one_who_asks_alone(org: parties.Organisation) -> None:
    other = make.organisation(slug="other")
    private = known(org, shared=False)
    crawler(Shelf(pages=[[described("urn:a")]])).crawl(private.id)

    def found(who: parties.Organisation) -> list[str]:
        return titles(federation.search(federation.Query(), viewer=viewer(who), now=MAY))

    assert (found(org), found(other)) == (["Readings"], [])
    assert [len(federation.nodes(viewer(who), now=MAY)) for who in (org, other)] == [1, 0]
