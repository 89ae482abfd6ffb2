"""Two nodes that come to an agreement and look after each other's logs from then on, over real HTTP."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from renkei.wire import tlog
from tests.journeys.stage import PATIENCE, Member, Node, negotiate, running

pytestmark = pytest.mark.journey


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Node]]:
    with running("provider", "consumer", home=tmp_path) as pair:
        yield pair


def get(node: Node, path: str) -> bytes:
    answered = httpx.get(f"{node.url}{path}", trust_env=False)
    assert answered.status_code == 200, answered.text
    return answered.content


def origin(node: Node) -> str:
    return get(node, "/audit/head").decode().splitlines()[0]


def said_of(witness: Node, log: Node) -> tlog.Witnessed:
    key = get(log, "/audit/key").decode().strip()
    path = tlog.witnessed_path(origin(log), key=key, address=log.url)
    return tlog.read_witnessed(get(witness, path), address=witness.url)


def seen(witness: Node, log: Node) -> tlog.Witnessed:
    """Wait until one node has seen the other's log, and return what it says."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        stated = said_of(witness, log)
        if stated.heads:
            return stated
        Event().wait(0.1)
    raise AssertionError("the log was never looked at")


def renkei(node: Node, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command on a node's own database."""
    return subprocess.run(
        [sys.executable, "-m", "renkei.cli.main", "audit", *map(str, words), "--lang", "en"],
        env=node.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def said(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_agreement_makes_both_nodes_witnesses_and_an_auditor_can_take_the_proof_away(
    nodes: list[Node], tmp_path: Path
) -> None:
    provider, consumer = nodes
    offered = provider.say("provider", "far", "yes")
    member = Member(consumer, consumer.say("consumer", "near")["token"])
    agreement = member.settled(f"/negotiations/{negotiate(member, offered)}", "FINALIZED")["agreement"]

    # Each has the other's head in its own log, and says so to anybody.
    for witness, log in ((provider, consumer), (consumer, provider)):
        stated = seen(witness, log)
        key = get(log, "/audit/key").decode().strip()
        head, _ = tlog.open_cosigned(stated.heads[0].checkpoint, vkey=key, witness=stated.witness)
        assert head.size > 0
        assert witness.say("trail", origin(log)) == ["audit.head-witnessed"]

    # A third party verifies the provider's log with the consumer as its witness.
    verified = said(
        renkei(
            consumer,
            *("verify", provider.url, "--keep", tmp_path / "kept.json"),
            *("--witness", consumer.url, "--json"),
        )
    )
    assert len(verified["witnesses"][0]["sizes"]) == 1

    # The provider's auditor takes everything about the agreement away and verifies it with the kept key, offline.
    member.settled(
        f"/transfers/{member.ask('POST', '/transfers', agreement=agreement, format='HttpData-PULL')['id']}",
        "STARTED",
    )
    out = tmp_path / "export.json"
    written = renkei(
        provider, "export", "--subject", agreement, "--org", "far", "--out", out, "--witness", consumer.url
    )
    assert written.returncode == 0, written.stderr
    checked = said(renkei(consumer, "verify", "--export", out, "--keep", tmp_path / "kept.json", "--json"))
    actions = {each["action"] for each in checked["proven"]}
    assert {
        "exchange.agreement-in-force",
        "exchange.negotiation-finalized",
        "exchange.transfer-started",
        "audit.head-witnessed",
    } <= actions
    assert [each["node"] for each in checked["confirmed"]] == [consumer.url]
    assert checked["witnessed"] == [origin(consumer)]


def test_a_node_whose_log_was_rebuilt_is_found_out_at_the_next_agreement(nodes: list[Node]) -> None:
    provider, consumer = nodes
    offered = provider.say("provider", "far", "yes")
    member = Member(consumer, consumer.say("consumer", "near")["token"])
    member.settled(f"/negotiations/{negotiate(member, offered)}", "FINALIZED")
    seen(consumer, provider)

    provider.stop()
    provider.say("rewrite", "log")
    provider.start()
    member.settled(f"/negotiations/{negotiate(member, offered)}", "FINALIZED")

    deadline = time.monotonic() + PATIENCE
    accused: list[dict[str, Any]] = []
    while not accused and time.monotonic() < deadline:
        accused = said(renkei(consumer, "witness", "list", "--json"))["contradictions"]
    assert [each["code"] for each in accused] == ["tlog.log-rewritten"]
    kept, shown = accused[0]["kept"], accused[0]["shown"]
    assert kept["vkey"] == shown["vkey"]
    for head in (kept, shown):  # both bear the log's own signature: it cannot deny them
        tlog.open_checkpoint(head["checkpoint"], vkey=head["vkey"])
    assert consumer.say("trail", origin(provider))[-1] == "audit.peer-log-contradicted"
