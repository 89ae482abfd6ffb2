"""The federated catalogue over the member API, with the client, and from the command line."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from renkei.cli.main import app
from renkei.cli.node import rows
from renkei.client import Node, Refused
from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.clock import utc_now
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.servers.dsp.addresses import base_url
from tests.factories import exchange as deals
from tests.factories import parties as make
from tests.factories.federation import FAR, Shelf, Watch, crawler, described, known
from tests.servers.loopback import loopback
from tests.servers.running import delivering, running
from tests.servers.test_members import Member
from tests.servers.test_peers import did, document, page, publish, versions

pytestmark = pytest.mark.django_db(transaction=True)
NAGOYA = Place(name=Text(ja="名古屋", en="Nagoya"), box=Box(136, 34, 137, 36))


@pytest.fixture
def address(settings: Any) -> Iterator[str]:
    with running(settings) as url:
        yield url


@pytest.fixture
def consumer(address: str) -> Member:
    org = make.organisation(slug="consumer")
    return Member(org, address, make.token(org=org, now=utc_now()).secret)


@pytest.fixture
def own(address: str) -> exchange.Dataset:
    """A dataset of another member of this node."""
    published = deals.dataset(owner=make.organisation(slug="provider"), place=NAGOYA)
    deals.offer(of=published, said=deals.terms(deals.PURPOSES, deals.CELL, deals.GROUP), now=utc_now())
    federation.index_own(base_of=base_url, now=utc_now())
    return published


@pytest.fixture
def far(consumer: Member) -> federation.KnownNode:
    """A known node with one dataset."""
    node = known(consumer.org, now=utc_now())
    said = described("urn:far", title="Far noise", title_ja="遠くの騒音")
    crawler(Shelf(pages=[[said]]), watch=Watch(utc_now())).crawl(node.id)
    return node


def test_a_member_finds_what_its_own_node_and_others_offer(
    consumer: Member, own: exchange.Dataset, far: federation.KnownNode
) -> None:
    found = consumer.ask("/catalog/search").json()["items"]
    (entry,) = consumer.ask("/catalog/search?text=屋外&box=136,35,138,37&theme=environment").json()["items"]

    assert [each["dataset"] for each in found] == ["urn:far", own.id]
    assert (entry["providerName"]["en"], entry["standing"]) == ("provider laboratory", "current")
    assert entry["place"] == {"name": {"ja": "名古屋", "en": "Nagoya"}, "box": [136, 34, 137, 36]}
    assert entry["offers"][0]["terms"][0] == {
        "ja": exchange.describe_terms(entry["offers"][0]["policy"])[0].ja,
        "en": exchange.describe_terms(entry["offers"][0]["policy"])[0].en,
    }


def test_a_question_that_cannot_be_read_is_refused_by_its_part(consumer: Member) -> None:
    refusals = {
        asked: consumer.ask(f"/catalog/search?{asked}").json()["facts"]["name"]
        for asked in (
            "box=1,2,3",
            "since=soon",
            "until=2026-99-01",
            "current=maybe",
            "after=x",
            "theme=" + "t" * 400,
        )
    }

    assert list(refusals.values()) == ["box", "since", "until", "current", "after", "theme"]


def test_the_known_nodes_are_told_with_how_their_crawls_went(
    consumer: Member, far: federation.KnownNode
) -> None:
    (told,) = consumer.ask("/nodes").json()["items"]

    assert (told["participant"], told["name"], told["entries"]) == (
        FAR,
        {"ja": "遠くの研究所", "en": "Far laboratory"},
        1,
    )
    assert (told["shared"], told["stale"], told["failures"], told["trouble"]) == (True, False, 0, None)


def test_the_client_searches_and_agrees_to_what_it_finds(consumer: Member, own: exchange.Dataset) -> None:
    with Node(consumer.node, consumer.secret) as node, delivering():
        (found,) = node.search(
            "LoRaWAN readings",
            box=(136, 35, 138, 37),
            since=date(2020, 1, 1),
            until="2030-01-01",
            provider="provider lab",
            licence="CC-BY-4.0",
            current_only=True,
        )
        agreement = node.agree(found, purpose="research")

    assert (found.id, found.standing, found.title) == (own.id, "current", own.title)
    assert agreement.signed.dataset == own.id
    assert repr(found).startswith(f"<FoundListing {own.id}")


def test_the_client_reads_on_as_far_as_it_is_asked_to(consumer: Member) -> None:
    node = known(consumer.org, now=utc_now())
    said = [described(f"urn:{each:03}") for each in range(120)]
    crawler(Shelf(pages=[said]), watch=Watch(utc_now())).crawl(node.id)

    with Node(consumer.node, consumer.secret) as client:
        found = client.search(most=110)
        nodes = client.known_nodes()

    assert [each.id for each in found] == [f"urn:{each:03}" for each in range(119, 9, -1)]
    assert [each.entries for each in nodes] == [120]


def test_the_client_tells_a_refusal(consumer: Member) -> None:
    with Node(consumer.node, consumer.secret) as node, pytest.raises(Refused) as refused:
        node.search(since="soon")

    assert refused.value.code == "federation.query-unreadable"


@pytest.fixture
def desk(consumer: Member, monkeypatch: pytest.MonkeyPatch) -> Member:
    monkeypatch.setenv("RENKEI_NODE", consumer.node)
    monkeypatch.setenv("RENKEI_TOKEN", consumer.secret)
    return consumer


def run(*words: str, lang: str = "en") -> Any:
    return CliRunner().invoke(app, [*words, "--lang", lang])


def test_a_search_from_the_command_line_speaks_both_languages(
    desk: Member, own: exchange.Dataset, far: federation.KnownNode
) -> None:
    english, japanese = run("catalog", "search", "noise"), run("catalog", "search", "遠く", "騒音", lang="ja")
    as_json = json.loads(run("catalog", "search", "--theme", "environment", "--current", "--json").stdout)
    nothing = run("catalog", "search", "zzz")
    refused = run("catalog", "search", "--box", "1,2")

    assert ("Far noise" in english.stdout, "current" in english.stdout) == (True, True)
    assert ("遠くの騒音" in japanese.stdout, "現行" in japanese.stdout) == (True, True)
    assert [each["dataset"] for each in as_json] == [own.id]
    assert (nothing.exit_code, nothing.stdout.strip()) == (0, "(none)")
    assert (refused.exit_code, "federation.query-unreadable" in refused.stderr) == (2, True)


def test_an_operator_adds_crawls_lists_and_removes_a_node(desk: Member) -> None:
    with loopback() as far:
        publish(far, "/orgs/far/did.json", document(far))
        publish(far, "/orgs/far/.well-known/dspace-version", versions(serviceId=did(far)))
        publish(far, "/orgs/far/dsp/2025-1/catalog/request", page(far))

        added = json.loads(run("node", "add", f"{far.url}/orgs/far", "--org", "consumer", "--json").stdout)
        twice = run("node", "add", did(far), "--org", "consumer")
        crawled = run("node", "crawl", added["id"])
        listed = json.loads(run("node", "list", "--json").stdout)
        found = run("catalog", "search", "通信")
        far.answers.clear()
        failed = run("node", "crawl", added["id"])
        removed = run("node", "remove", added["id"], lang="ja")

    assert (added["participant"], added["shared"]) == (did(far), True)
    assert (twice.exit_code, "federation.node-taken" in twice.stderr) == (5, True)
    assert (crawled.exit_code, [each["entries"] for each in listed]) == (0, [1])
    assert "urn:d" in found.stdout
    assert (failed.exit_code, "404" in failed.stdout) == (6, True)
    assert (removed.exit_code, "404" in removed.stdout) == (0, True)
    assert run("node", "list").stdout.strip() == "(none)"
    assert run("node", "remove", added["id"]).exit_code == 4


def test_the_operators_list_of_nodes_costs_two_queries_however_long_it_is(
    django_assert_num_queries: Any,
) -> None:
    askers = [make.organisation(slug=f"asker-{number}") for number in range(4)]
    for number, org in enumerate(askers):
        known(org, participant=f"did:web:far-{number}.example")

    with django_assert_num_queries(2):
        listed = rows(federation.nodes(None, now=utc_now()))

    assert sorted(each["asks"] for each in listed) == [org.slug for org in askers]


def test_a_node_whose_identity_is_not_proven_is_not_added(desk: Member) -> None:
    with loopback() as far:
        publish(far, "/orgs/far/did.json", document(far))
        publish(far, "/trap/.well-known/dspace-version", versions(serviceId=did(far)))

        refused = run("node", "add", f"{far.url}/trap", "--org", "consumer", "--private")

    assert refused.exit_code != 0
    assert federation.nodes(None, now=utc_now()) == ()
