"""A real HTTP server on the loopback address that answers as it is told, and remembers what it was asked."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Loopback:
    """The server's address, what it was asked, and how it answers."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Callable[["Conversation", Asked], None]] = field(default_factory=dict)

    def says(
        self, path: str, *, status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        """Answer a path in an orderly way."""
        self.answers[path] = lambda conversation, _asked: conversation.answer(status, body, headers or {})

    def does(self, path: str, act: Callable[["Conversation", Asked], None]) -> None:
        """Answer a path in any way."""
        self.answers[path] = act


class Conversation(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    loopback: Loopback

    def do_GET(self) -> None:
        self._meet()

    def do_POST(self) -> None:
        self._meet()

    def log_request(self, *_args: Any) -> None:
        """Keep the tests' output clean."""

    def log_error(self, *_args: Any) -> None:
        """Keep the tests' output clean."""

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Answer in an orderly way."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def vanish(self) -> None:
        """Break the connection off."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _meet(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, self.rfile.read(length))
        self.loopback.asked.append(asked)
        act = self.loopback.answers.get(self.path)
        if act is None:
            self.answer(404, b"", {})
        else:
            act(self, asked)


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Run the server until the block ends."""
    kind = type("LoopbackConversation", (Conversation,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    running = Loopback(url=f"http://127.0.0.1:{server.server_port}")
    kind.loopback = running
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
