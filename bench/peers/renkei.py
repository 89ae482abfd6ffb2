"""renkei nodes, each as `renkei up` runs it: signed tokens, SQLite that syncs every commit."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from renkei.cli.demo.nodes import NodeProcess
from renkei.client import Listing, Node
from renkei.servers.broker import free_port

PAGE = 500


@dataclass
class RenkeiPair:
    """Two nodes that negotiate with each other."""

    node: Node
    listing: Listing

    def begin(self) -> str:
        """Ask for the dataset under its offer; returns the negotiation's id."""
        return self.node.negotiate(self.listing).id

    def await_end(self, negotiation: str) -> bool:
        """Return when the consumer sees the end of the negotiation: whether it is FINALIZED."""
        ended = self.node.negotiation(negotiation, wait=10)
        while ended.state not in {"FINALIZED", "TERMINATED"}:
            ended = self.node.negotiation(negotiation, wait=10)
        return ended.state == "FINALIZED"


@contextmanager
def pair(home: Path) -> Iterator[RenkeiPair]:
    """Run two nodes until the block ends; the provider offers one dataset."""
    nodes = [NodeProcess(name, home / name, free_port()) for name in ("consumer", "provider")]
    try:
        for each in nodes:
            each.prepare()
            each.start()
        consumer, provider = say(nodes[0], "consumer"), say(nodes[1], "provider")
        with Node(nodes[0].url, consumer["token"]) as node:
            (listing,) = node.catalog(provider["did"])
            yield RenkeiPair(node, listing)
    finally:
        for each in nodes:
            each.stop()


def say(node: NodeProcess, *words: str) -> Any:
    """Run `bench.nodes.parties` on a node's own database and return what it says."""
    command = [sys.executable, "-m", "bench.nodes.parties", *words]
    made = subprocess.run(command, env=node.environment(), stdout=subprocess.PIPE, check=True)
    return json.loads(made.stdout)


@contextmanager
def provider_of(home: Path, count: int, *, own_terms: bool = False) -> Iterator[NodeProcess]:
    """Run one node whose organisation offers so many datasets, under the same terms or each under its own."""
    name = "own-terms" if own_terms else "many"
    node = NodeProcess(name, home / name, free_port())
    node.prepare()
    say(node, name, str(count))
    try:
        node.start()
        yield node
    finally:
        node.stop()


def fetch_catalogue(node: NodeProcess, tokens: Iterator[str]) -> tuple[int, int]:
    """Read the whole catalogue at the protocol's door, page by page; returns datasets and bytes."""
    found = size = 0
    url: str | None = f"{node.url}/orgs/bench/dsp/2025-1/catalog/request?limit={PAGE}"
    body = {"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@type": "CatalogRequestMessage"}
    with httpx.Client(timeout=300, trust_env=False) as client:
        while url:
            answered = client.post(url, headers={"Authorization": f"Bearer {next(tokens)}"}, json=body)
            answered.raise_for_status()
            found += len(msgspec.json.decode(answered.content).get("dataset", ()))
            size += len(answered.content)
            link = re.search(r'<([^>]*)>; rel="next"', answered.headers.get("link", ""))
            url = link[1] if link else None
    return found, size


class StartedNode:
    """One node as a process, with its database in place."""

    def __init__(self, home: Path) -> None:
        """Prepare one that is not started."""
        self._node = NodeProcess("node", home / "node", free_port())
        self._node.prepare()
        self._versions = f"{self._node.url}/orgs/bench/.well-known/dspace-version"
        say(self._node, "consumer")

    def launch(self) -> int:
        """Start it without waiting; returns the process's id."""
        log = (self._node.home / "node.log").open("ab")
        command = [sys.executable, "-m", "renkei.cli.main", "up", "--port", str(self._node.port)]
        self._node.process = subprocess.Popen(command, env=self._node.environment(), stdout=log, stderr=log)
        return self._node.process.pid

    def answers(self) -> bool:
        """Tell whether it answers with its version document."""
        try:
            return httpx.get(self._versions, timeout=2, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End it."""
        self._node.stop()
