"""A throw-away MQTT broker on the loopback for tests, benches and the demo: Mosquitto where there is one, else amqtt."""

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Literal

HOST = "127.0.0.1"
START_SECONDS = 20.0
_MOSQUITTO = """\
listener {port} {host}
allow_anonymous true
persistence false
log_type error
max_inflight_messages 0
max_queued_messages 0
set_tcp_nodelay true
"""
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker."""

    host: str
    port: int
    kind: Literal["mosquitto", "amqtt"]
    pid: int

    @property
    def url(self) -> str:
        """Return its address in the form of RENKEI_MQTT_URL."""
        return f"mqtt://{self.host}:{self.port}"


def find_mosquitto() -> str | None:
    """Return the path of Mosquitto, also where Debian puts it outside an ordinary user's PATH."""
    return shutil.which("mosquitto") or shutil.which(
        "mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
    )


@contextmanager
def throw_away_broker(*, kind: Literal["mosquitto", "amqtt"] | None = None) -> Iterator[Broker]:
    """Run a broker without passwords on a free loopback port, and stop it at the end.

    Raises RuntimeError when it does not start, or when Mosquitto was asked for and is not there.
    """
    program = find_mosquitto() if kind != "amqtt" else None
    if kind == "mosquitto" and program is None:
        raise RuntimeError("Mosquitto is not installed")
    with tempfile.TemporaryDirectory(prefix="renkei-broker-") as folder:
        process, port = _start(program, Path(folder))
        try:
            yield Broker(HOST, port, "mosquitto" if program else "amqtt", process.pid)
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(program: str | None, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(_ATTEMPTS):
        port = free_port()
        process = subprocess.Popen(
            _command(program, port, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if _answers(process, port):
            return process, port
        process.kill()
        process.wait()
    raise RuntimeError("the MQTT broker did not start")


def _command(program: str | None, port: int, folder: Path) -> list[str]:
    if program is None:
        return [sys.executable, "-m", "renkei.servers.embedded_broker", HOST, str(port)]
    written = folder / "mosquitto.conf"
    written.write_text(_MOSQUITTO.format(port=port, host=HOST))
    return [program, "-c", str(written)]


def free_port() -> int:
    """Return a port that is free now; another program may still take it first, so the caller tries again."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    until = monotonic() + START_SECONDS
    while monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return True
        sleep(0.02)
    return False
