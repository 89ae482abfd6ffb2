"""From a catalogue to data, between real nodes over real HTTP: through good days, kills and silence."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from renkei.cli.demo.nodes import NodeProcess, free_port

pytestmark = pytest.mark.journey
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


class Node(NodeProcess):
    """A node with a database of its own, which can be commanded and killed."""

    def say(self, *words: str) -> Any:
        """Run `tests.journeys.members` on this node's database."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.journeys.members", *words],
            env=self.environment() | {"PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def kill(self) -> None:
        """End every process of the node as a power cut would."""
        assert self.process is not None
        family = psutil.Process(self.process.pid)
        for process in [family, *family.children(recursive=True)]:
            process.kill()
        self.process.wait(10)


@dataclass
class Member:
    """An organisation at work through its own node's member API."""

    node: Node
    token: str

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """Call the API and return the answer; a refusal fails the test with its words."""
        answered = httpx.request(
            method,
            f"{self.node.url}/api/v1{path}",
            json=body or None,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
            trust_env=False,
        )
        assert answered.status_code < 300, answered.text
        return answered.json()

    def settled(self, path: str, *states: str) -> Any:
        """Wait until a process has come to one of these states."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.ask("GET", f"{path}?wait=2")
            if found["state"] in states:
                return found
        raise AssertionError(f"{path} is still {found}")


@contextmanager
def running(*names: str, home: Path) -> Iterator[list[Node]]:
    """Run nodes until the block ends."""
    nodes = [Node(name, home / name, free_port()) for name in names]
    try:
        for node in nodes:
            node.prepare()
            node.start()
        yield nodes
    finally:
        for node in nodes:
            node.stop()


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Node]]:
    """A provider's node and a consumer's."""
    with running("provider", "consumer", home=tmp_path) as pair:
        yield pair


@pytest.fixture
def one_node(tmp_path: Path) -> Iterator[Node]:
    with running("only", home=tmp_path) as (node,):
        yield node


def negotiate(consumer: Member, offered: dict[str, str], *, purpose: str = "research") -> str:
    begun = consumer.ask(
        "POST",
        "/negotiations",
        provider=offered["did"],
        dataset=offered["dataset"],
        offer=offered["offer"],
        purpose=purpose,
    )
    return str(begun["id"])


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
