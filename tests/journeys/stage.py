"""Nodes as processes of their own, and members who work through them."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from renkei.cli.demo.nodes import NodeProcess
from renkei.servers.broker import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


class Node(NodeProcess):
    """A node with a database of its own, which can be commanded and killed."""

    def say(self, *words: str) -> Any:
        """Run `tests.journeys.members` on this node's database."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.journeys.members", *words],
            env=self.environment() | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
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

    def until(self, path: str, wanted: Callable[[Any], Any]) -> Any:
        """Ask until the answer is as wanted."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.ask("GET", path)
            if wanted(found):
                return found
            threading.Event().wait(0.1)
        raise AssertionError(f"{path} is still {found}")

    def settled(self, path: str, *states: str) -> Any:
        """Wait until a process has come to one of these states."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.ask("GET", f"{path}?wait=2")
            if found["state"] in states:
                return found
        raise AssertionError(f"{path} is still {found}")


@contextmanager
def running(*names: str, home: Path, **settings: str) -> Iterator[list[Node]]:
    """Run nodes, all with the same settings, until the block ends."""
    nodes = [Node(name, home / name, free_port(), settings) for name in names]
    try:
        for node in nodes:
            node.prepare()
            node.start()
        yield nodes
    finally:
        for node in nodes:
            node.stop()


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
