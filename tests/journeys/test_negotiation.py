"""From a catalogue to data, between real nodes over real HTTP: through good days, kills and silence."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.stage import Member, Node, negotiate, running

pytestmark = pytest.mark.journey


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Node]]:
    """A provider's node and a consumer's."""
    with running("provider", "consumer", home=tmp_path) as pair:
        yield pair


@pytest.fixture
def one_node(tmp_path: Path) -> Iterator[Node]:
    with running("only", home=tmp_path) as (node,):
        yield node


def read(consumer: Member, agreement: str) -> list[dict[str, Any]]:
    """Open a transfer and pull the rows."""
    opened = consumer.ask("POST", "/transfers", agreement=agreement, format="HttpData-PULL")
    address = consumer.settled(f"/transfers/{opened['id']}", "STARTED")["dataAddress"]
    answered = httpx.get(
        address["endpoint"],
        params={"format": "jsonl"},
        headers={"Authorization": f"Bearer {address['token']}"},
        trust_env=False,
    )
    assert answered.status_code == 200, answered.text
    return [json.loads(line) for line in answered.text.splitlines()]


def test_a_consumer_finds_negotiates_and_reads_data_of_another_node(nodes: list[Node]) -> None:
    provider, consumer = nodes
    offered = provider.say("provider", "far", "yes")
    member = Member(consumer, consumer.say("consumer", "near")["token"])

    by_did = member.ask("POST", "/catalog", provider=offered["did"])
    by_address = member.ask("POST", "/catalog", provider=f"{provider.url}/orgs/far")
    agreed = member.settled(f"/negotiations/{negotiate(member, offered)}", "FINALIZED", "TERMINATED")
    rows = read(member, agreed["agreement"])

    assert by_did == by_address
    assert [listing["id"] for listing in by_did["listings"]] == [offered["dataset"]]
    assert agreed["state"] == "FINALIZED"
    assert len(rows) == int(offered["rows"])
    assert "latitude" not in rows[0]
    (theirs,) = provider.say("states", "negotiations")
    assert (theirs["role"], theirs["state"]) == ("provider", "FINALIZED")


def test_two_members_of_one_node_deal_as_strangers_do(one_node: Node) -> None:
    offered = one_node.say("provider", "here", "yes")
    member = Member(one_node, one_node.say("consumer", "there")["token"])

    agreed = member.settled(f"/negotiations/{negotiate(member, offered)}", "FINALIZED", "TERMINATED")

    assert len(read(member, agreed["agreement"])) == int(offered["rows"])
    assert sorted((each["role"], each["state"]) for each in one_node.say("states", "negotiations")) == [
        ("consumer", "FINALIZED"),
        ("provider", "FINALIZED"),
    ]


def test_another_purpose_ends_with_the_providers_words_at_the_consumer(nodes: list[Node]) -> None:
    provider, consumer = nodes
    offered = provider.say("provider", "far", "yes")
    member = Member(consumer, consumer.say("consumer", "near")["token"])
    (listing,) = member.ask("POST", "/catalog", provider=offered["did"])["listings"]
    policy = json.loads(json.dumps(listing["offers"][0]["policy"]).replace('"research"', '"advertising"'))

    begun = member.ask(
        "POST", "/negotiations", provider=offered["did"], dataset=offered["dataset"], offer=policy
    )
    ended = member.settled(f"/negotiations/{begun['id']}", "FINALIZED", "TERMINATED")

    assert (ended["state"], ended["code"]) == ("TERMINATED", "exchange.purpose-not-offered")
    assert any("research" in reason for reason in ended["reasons"])


def test_a_provider_that_is_down_is_waited_for(nodes: list[Node]) -> None:
    provider, consumer = nodes
    offered = provider.say("provider", "far", "yes")
    member = Member(consumer, consumer.say("consumer", "near")["token"])
    agreement = member.settled(f"/negotiations/{negotiate(member, offered)}", "FINALIZED")["agreement"]
    provider.kill()

    opened = member.ask("POST", "/transfers", agreement=agreement, format="HttpData-PULL")
    waiting = member.ask("GET", f"/transfers/{opened['id']}")
    provider.start()
    started = member.settled(f"/transfers/{opened['id']}", "STARTED")

    assert waiting["state"] == "REQUESTED"
    assert started["dataAddress"]["token"]
    assert [each["state"] for each in provider.say("states", "transfers")] == ["STARTED"]


def test_kills_on_both_sides_lose_nothing_and_do_nothing_twice(nodes: list[Node]) -> None:
    provider, consumer = nodes
    offered = provider.say("provider", "far", "yes")
    member = Member(consumer, consumer.say("consumer", "near")["token"])
    begun = []

    for victim in (provider, consumer, provider, consumer):
        begun += [negotiate(member, offered) for _ in range(3)]
        victim.kill()
        victim.start()

    ends = [member.settled(f"/negotiations/{pid}", "FINALIZED", "TERMINATED") for pid in begun]
    assert [end["state"] for end in ends] == ["FINALIZED"] * len(begun)
    assert len({end["agreement"] for end in ends}) == len(begun)
    theirs = provider.say("states", "negotiations")
    assert sorted(each["state"] for each in theirs) == ["FINALIZED"] * len(begun)
    trails = [provider.say("trail", each["id"]) for each in theirs]
    assert trails == [trails[0]] * len(begun)
    assert trails[0]
    assert len(trails[0]) == len(set(trails[0]))
