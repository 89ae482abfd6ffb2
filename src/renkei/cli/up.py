"""`renkei up`: a whole node with one command; and each of its parts alone."""

import json
import os
import sys
from typing import Annotated

import typer

from renkei.cli import output
from renkei.kernel.texts import Text

STARTED = Text(
    ja="renkei を {url} で動かします。止めるには Ctrl-C。入るには `renkei org operator-token` か `renkei org token` のトークンを使います。",
    en="renkei is starting at {url}; Ctrl-C stops it. Sign in with a token of `renkei org operator-token` or `renkei org token`.",
)
Host = Annotated[str, typer.Option(help=output.told(ja="待ち受けるアドレス。", en="Address to listen on."))]
Port = Annotated[int, typer.Option(help=output.told(ja="待ち受けるポート。", en="Port to listen on."))]


def up(
    host: Host = "127.0.0.1",
    port: Port = 8080,
) -> None:
    """Start the node: pages, protocol endpoints, background work, and MQTT ingestion where a broker is set."""
    prepare()
    parts = {"server": server_command(host, port)}
    if os.environ.get("RENKEI_MQTT_URL"):
        parts["ingestion"] = [sys.executable, "-m", "renkei.config.ingestion"]
    output.say(STARTED, url=f"http://{host}:{port}/")
    os.environ["RENKEI_LANG"] = output.lang()
    # Who keeps the parts running lives as long as they do, and needs none of what was loaded here.
    command = [sys.executable, "-m", "renkei.cli.keeping", json.dumps(parts)]
    os.execv(command[0], command)  # noqa: S606  as with `serve` below


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
