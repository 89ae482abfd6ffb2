"""The yardstick: the server that a node runs on, with an application that does nothing but answer as many bytes.

What the client reaches here is its own ceiling and that of the server together.
"""

import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import httpx

from renkei.cli.up import server_command
from renkei.servers.broker import free_port

BODY = b"x" * 700
"""About an entity of the bench."""
Message = MutableMapping[str, Any]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer a request."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


@contextmanager
def served() -> Iterator[int]:
    """Serve it as a node is served, until the block ends; yields the port."""
    port = free_port()
    process = subprocess.Popen([*server_command("127.0.0.1", port)[:-1], "bench.context.bare:app"])
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/", timeout=2, trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()
