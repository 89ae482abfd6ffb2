"""The doors behind a real HTTP server, in this process, so that they see the test's database."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
from django.db import connections
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.servers import (
    audit,
    dcat,
    did,
    dsp,
    duties,
    files,
    inbox,
    members,
    pull,
    query,
    receipt_page,
    sharing,
)
from renkei.servers.courier import DspCourier
from renkei.servers.did import shared_documents
from renkei.servers.ngsild import api as ngsild
from renkei.servers.outgoing import shared_outgoing
from renkei.servers.push import HttpPusher

DOORS: list[BaseRoute] = [
    *audit.ROUTES,
    *dcat.ROUTES,
    *did.ROUTES,
    *dsp.ROUTES,
    *duties.ROUTES,
    *inbox.ROUTES,
    *members.ROUTES,
    *pull.ROUTES,
    *ngsild.ROUTES,
    *receipt_page.ROUTES,
    *query.ROUTES,
    *sharing.ROUTES,
    Mount("/files", app=files.app),
]


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(settings: Any, routes: Sequence[BaseRoute] = DOORS) -> Iterator[str]:
    """Serve the doors under an address of their own, which becomes the node's public address, and return it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings.RENKEI = replace(settings.RENKEI, public_url=url, inside_peers=True)
    shared_outgoing.cache_clear()  # made from the settings of whoever called first
    shared_documents.cache_clear()
    server = Server(
        Starlette(routes=list(routes)), "127.0.0.1", port, interface=Interfaces.ASGI, log_enabled=False
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve()), daemon=True)
    thread.start()
    _await(url)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(10)


def _await(url: str) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            httpx.get(f"{url}/nothing-here", trust_env=False)
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            threading.Event().wait(0.01)
        else:
            return


@contextmanager
def delivering() -> Iterator[None]:
    """Send what the exchange has to say, and push what it owes, as a node does in the background."""
    stop = threading.Event()
    courier, pusher = DspCourier(), HttpPusher()

    def keep_sending() -> None:
        try:
            while not stop.is_set():
                exchange.wake.clear()
                sent = exchange.deliver_due(courier, now=utc_now())
                if not exchange.push_due(pusher, now=utc_now()) + sent:
                    exchange.wake.wait(0.1)
        finally:
            connections.close_all()

    thread = threading.Thread(target=keep_sending, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        exchange.wake.set()
        thread.join(10)
