"""How long it takes from accepting an offer to the first byte of the data, between two nodes as processes.

    python -m bench.negotiation [--rounds 50]

Each round the consumer's client agrees to an automatic offer, asks for a transfer and reads over HTTP pull: six signed
messages between the nodes, and six calls of the client. The yardstick, in the same rounds, is six bare signed messages
between two granian processes with one SQLite commit for each.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from renkei.cli.demo.nodes import NodeProcess
from renkei.client import Listing, Node
from renkei.servers.broker import free_port

HOPS = 6
"""Messages of an automatic negotiation (4) and of a transfer's start (2)."""
WARM_UP = 3


def main() -> int:
    """Print medians and 95th percentiles beside the yardstick's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="renkei-bench-") as folder,
        _nodes(Path(folder)) as (ours, theirs),
    ):
        consumer, provider = _parties(ours, "consumer"), _parties(theirs, "provider")
        with _relays(Path(folder)) as (near, far), Node(ours.url, consumer["token"]) as node:
            (listing,) = node.catalog(provider["did"])
            for _ in range(WARM_UP):
                _round(node, listing)
                _relay(near, far)
            spent = _spent(ours, theirs)
            taken = [(*_round(node, listing), _relay(near, far)) for _ in range(options.rounds)]
            spent = _spent(ours, theirs) - spent
    agreed, opened, bare = zip(*taken, strict=True)
    whole = [sum(pair) for pair in zip(agreed, opened, strict=True)]
    print(f"two nodes on this machine, {psutil.cpu_count()} cores, {options.rounds} rounds")
    _print("negotiate until FINALIZED", agreed)
    _print("transfer request until first byte", opened)
    _print("offer accepted to first byte", whole)
    _print(f"yardstick, {HOPS} signed messages", bare)
    print(f"{'ratio of the medians':36} {statistics.median(whole) / statistics.median(bare):8.1f}")
    print(f"{'processor time of both nodes':36} {spent / options.rounds * 1000:8.1f} ms a round")
    return 0


def _round(node: Node, listing: Listing) -> tuple[float, float]:
    begun = time.perf_counter()
    agreement = node.agree(listing, purpose="research")
    agreed = time.perf_counter()
    next(iter(agreement.parts()))
    return agreed - begun, time.perf_counter() - agreed


def _relay(near: str, far: str) -> float:
    begun = time.perf_counter()
    httpx.post(f"{near}/relay", params={"to": far, "hops": str(HOPS)}, timeout=60.0).raise_for_status()
    return time.perf_counter() - begun


def _print(name: str, seconds: tuple[float, ...] | list[float]) -> None:
    middle, late = statistics.median(seconds) * 1000, statistics.quantiles(seconds, n=20)[-1] * 1000
    print(f"{name:36} {middle:8.1f} ms median {late:8.1f} ms p95")


@contextmanager
def _nodes(folder: Path) -> Iterator[tuple[NodeProcess, NodeProcess]]:
    nodes = [NodeProcess(name, folder / name, free_port()) for name in ("consumer", "provider")]
    try:
        for node in nodes:
            node.prepare()
            node.start()
        yield nodes[0], nodes[1]
    finally:
        for node in nodes:
            node.stop()


def _parties(node: NodeProcess, role: str) -> dict[str, str]:
    command = [sys.executable, "-m", "bench.nodes.parties", role]
    made = subprocess.run(command, env=node.environment(), stdout=subprocess.PIPE, check=True)
    names: dict[str, str] = json.loads(made.stdout)
    return names


@contextmanager
def _relays(folder: Path) -> Iterator[tuple[str, str]]:
    ports = [free_port(), free_port()]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--log-level", "warning"]
    running = [
        subprocess.Popen(
            [*command, "--port", str(port), "bench.nodes.relay:app"],
            env={**os.environ, "BENCH_DATABASE": str(folder / f"relay-{port}.sqlite3")},
        )
        for port in ports
    ]
    try:
        for port in ports:
            _await_port(port)
        yield f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
    finally:
        for process in running:
            process.terminate()
            process.wait(30.0)


def _await_port(port: int) -> None:
    for _ in range(400):
        try:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=2.0)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nobody listens on port {port}")


def _spent(*nodes: NodeProcess) -> float:
    """Return the processor time of all processes of the nodes so far, in seconds."""
    spent = 0.0
    for node in nodes:
        assert node.process is not None
        above = psutil.Process(node.process.pid)
        for process in [above, *above.children(recursive=True)]:
            spent += process.cpu_times().user + process.cpu_times().system
    return spent


if __name__ == "__main__":
    sys.exit(main())
