"""The two nodes of the demo: processes of their own, with databases, ports and secrets of their own."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

READY_WITHIN = 60.0


class DemoBroken(Exception):
    """The demo cannot go on; the text says why."""


@dataclass(slots=True)
class NodeProcess:
    """One node: where it lives, where it listens, and how to command it."""

    name: str
    home: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The node's public address."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the environment in which this node's processes and commands run."""
        foreign = ("RENKEI_", "PYTHONDONTWRITEBYTECODE")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {
            **inherited,
            "RENKEI_HOME": str(self.home),
            "RENKEI_PUBLIC_URL": self.url,
            "RENKEI_INSIDE_PEERS": "yes",
            "DJANGO_SETTINGS_MODULE": "renkei.config.settings",
            **self.settings,
        }

    def prepare(self) -> None:
        """Make the node's database."""
        self.home.mkdir(parents=True)
        self._run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"])

    def start(self) -> None:
        """Start the node and wait until it answers."""
        log = (self.home / "node.log").open("ab")
        self.process = subprocess.Popen(self.start_command(), env=self.environment(), stdout=log, stderr=log)
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                httpx.get(f"{self.url}/audit/head", timeout=2.0, trust_env=False).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            return
        raise DemoBroken(f"the {self.name} node did not start; its log is {self.home / 'node.log'}")

    def start_command(self) -> list[str]:
        """Return what runs the node: `renkei up`."""
        return [sys.executable, "-m", "renkei.cli.main", "up", "--port", str(self.port)]

    def stop(self) -> None:
        """End the node's processes in good order."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(30.0)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def command(self, *words: str) -> Any:
        """Run one `renkei` command on this node and return what it says as JSON.

        Raises DemoBroken with the command and its words when it fails.
        """
        return json.loads(self.words(*words, "--json"))

    def words(self, *words: str) -> str:
        """Run one `renkei` command on this node and return what it says. Raises DemoBroken as `command` does."""
        return self._run([sys.executable, "-m", "renkei.cli.main", *words])

    def _run(self, command: list[str]) -> str:
        outcome = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        if outcome.returncode != 0:
            raise DemoBroken(
                f"{' '.join(command[2:])} ended with {outcome.returncode}: {outcome.stderr.strip()}"
            )
        return outcome.stdout
