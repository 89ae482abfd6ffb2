"""`renkei up`: a whole node with one command; and each of its parts alone."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from renkei.cli import output
from renkei.kernel.texts import Text

RESTART_PAUSES = (0.2, 1.0, 5.0)
STEADY_AFTER = 60.0
STOP_WITHIN = 15.0

STARTED = Text(
    ja="renkei を {url} で動かします。止めるには Ctrl-C。入るには `renkei org operator-token` か `renkei org token` のトークンを使います。",
    en="renkei is starting at {url}; Ctrl-C stops it. Sign in with a token of `renkei org operator-token` or `renkei org token`.",
)
FALLEN = Text(
    ja="{name} がコード {code} で終わりました。{pause} 秒後に起動し直します。",
    en="{name} ended with code {code}; starting it again in {pause} s.",
)
GIVEN_UP = Text(
    ja="{name} がコード {code} で何度も終わるので、ノードを止めます。原因は上の記録にあります。",
    en="{name} ended with code {code} again and again, so the node stops. The lines above say why.",
)

Host = Annotated[str, typer.Option(help=output.told(ja="待ち受けるアドレス。", en="Address to listen on."))]
Port = Annotated[int, typer.Option(help=output.told(ja="待ち受けるポート。", en="Port to listen on."))]


@dataclass(slots=True)
class Part:
    """One process of the node."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    falls: int = 0
    started: float = 0.0
    next_start: float = 0.0


def up(
    host: Host = "127.0.0.1",
    port: Port = 8080,
) -> None:
    """Start the node: pages, protocol endpoints, background work, and MQTT ingestion where a broker is set."""
    prepare()
    parts = [Part("server", server_command(host, port))]
    if os.environ.get("RENKEI_MQTT_URL"):
        parts.append(Part("ingestion", [sys.executable, "-m", "renkei.config.ingestion"]))
    output.say(STARTED, url=f"http://{host}:{port}/")
    raise typer.Exit(keep_running(parts))


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
) -> None:
    """Serve pages and protocol endpoints alone."""
    command = server_command(host, port)
    os.execv(command[0], command)  # noqa: S606  the server takes this process's place


def work() -> None:
    """Run background work alone (set RENKEI_BACKGROUND=no for the server)."""
    os.execv(sys.executable, [sys.executable, "-m", "renkei.config.work"])  # noqa: S606  as above


def ingest() -> None:
    """Receive uplinks from the MQTT broker alone."""
    os.execv(sys.executable, [sys.executable, "-m", "renkei.config.ingestion"])  # noqa: S606  as above


def prepare() -> None:
    """Bring the database to this version's tables."""
    output.set_up_node()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def server_command(host: str, port: int) -> list[str]:
    """Return the command that serves this node's ASGI application."""
    options = ["--interface", "asgi", "--host", host, "--port", str(port), "--workers", "1", "--no-ws"]
    return [sys.executable, "-m", "granian", *options, "--log-level", "warning", "renkei.config.asgi:app"]


def keep_running(parts: list[Part], *, pauses: Sequence[float] = RESTART_PAUSES) -> int:
    """Run the parts until a signal comes; start a part again when it falls, and give up when it keeps falling.

    A part that falls is started again after each of `pauses` (seconds) in turn. Returns 0 after a signal, 1 when a
    part fell more often than that.
    """
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    outcome = 0
    while not stop.is_set():
        for part in parts:
            if part.process is not None and part.process.poll() is None:
                continue
            if part.process is not None and _has_fallen_too_often(part, pauses):
                outcome = 1
                stop.set()
                break
            if time.monotonic() >= part.next_start:
                part.process = subprocess.Popen(part.command)
                part.started = time.monotonic()
        stop.wait(0.2)
    _end(parts)
    return outcome


def _has_fallen_too_often(part: Part, pauses: Sequence[float]) -> bool:
    code = part.process.returncode if part.process else None
    part.process = None
    if time.monotonic() - part.started > STEADY_AFTER:
        part.falls = 0
    if part.falls >= len(pauses):
        output.say(GIVEN_UP, name=part.name, code=code)
        return True
    pause = pauses[part.falls]
    output.say(FALLEN, name=part.name, code=code, pause=f"{pause:g}")
    part.falls += 1
    part.next_start = time.monotonic() + pause
    return False


def _end(parts: list[Part]) -> None:
    running = [part.process for part in parts if part.process is not None and part.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_WITHIN
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
