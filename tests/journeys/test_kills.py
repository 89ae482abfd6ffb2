"""Each step of a negotiation and of a transfer's start, with the receiver's node killed before it and the sender's after it."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.stage import Member, Node, running

pytestmark = pytest.mark.journey


@dataclass
class Side:
    """One organisation on a node of its own, which is killed and started again."""

    node: Node
    slug: str
    member: Member
    pids: dict[str, str] = field(default_factory=dict)
    """Its own id of the negotiation and of the transfer."""

    def take(self, step: str, **given: Any) -> str:
        """Take a step by hand; what it says to the peer waits in the node's database."""
        return str(self.node.say("take", step, self.slug, json.dumps(given)))


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Node]]:
    with running("provider", "consumer", home=tmp_path) as pair:
        yield pair


def pass_on(sender: Side, receiver: Side, kind: str, step: str, **given: Any) -> None:
    """Take a step while the receiver's node is dead, kill the sender's too, and start both again."""
    receiver.node.kill()
    sender.pids[kind] = sender.take(step, **given)
    sender.node.kill()
    with ThreadPoolExecutor() as starting:
        list(starting.map(lambda side: side.node.start(), (sender, receiver)))


def reached(side: Side, kind: str, state: str) -> None:
    side.member.settled(f"/{kind}/{side.pids[kind]}", state)


def arrived(side: Side, kind: str) -> None:
    """Wait until the peer's opening has arrived."""
    for _ in range(600):
        found = side.member.ask("GET", f"/{kind}")["items"]
        if found:
            side.pids[kind] = found[0]["id"]
            return
        threading.Event().wait(0.1)
    raise AssertionError(f"no {kind} arrived")


def test_every_step_survives_the_kill_of_the_receiver_before_it_and_of_the_sender_after_it(
    nodes: list[Node],
) -> None:
    offered = nodes[0].say("provider", "far", "by-hand")
    provider = Side(nodes[0], "far", Member(nodes[0], offered["token"]))
    consumer = Side(nodes[1], "near", Member(nodes[1], nodes[1].say("consumer", "near")["token"]))
    (listing,) = consumer.member.ask("POST", "/catalog", provider=offered["did"])["listings"]

    pass_on(
        consumer,
        provider,
        "negotiations",
        "request",
        provider=offered["did"],
        address=f"{provider.node.url}/orgs/far/dsp/2025-1",
        dataset=offered["dataset"],
        offer=listing["offers"][0]["policy"],
        by_hand=True,
    )
    arrived(provider, "negotiations")
    for sender, receiver, step, state in (
        (provider, consumer, "agree", "AGREED"),
        (consumer, provider, "verify", "VERIFIED"),
        (provider, consumer, "finalize", "FINALIZED"),
    ):
        pass_on(sender, receiver, "negotiations", step, negotiation=sender.pids["negotiations"])
        reached(receiver, "negotiations", state)
    agreement = consumer.member.ask("GET", f"/negotiations/{consumer.pids['negotiations']}")["agreement"]
    pass_on(consumer, provider, "transfers", "transfer", agreement=agreement, format="HttpData-PULL")
    arrived(provider, "transfers")
    pass_on(provider, consumer, "transfers", "start", transfer=provider.pids["transfers"])
    reached(consumer, "transfers", "STARTED")

    for side in (provider, consumer):
        assert [each["state"] for each in side.node.say("states", "negotiations")] == ["FINALIZED"]
        assert [each["state"] for each in side.node.say("states", "transfers")] == ["STARTED"]
        assert [each["id"] for each in side.member.ask("GET", "/agreements")["items"]] == [agreement]
        for pid in side.pids.values():
            trail = side.node.say("trail", pid)
            assert trail
            assert len(trail) == len(set(trail))
