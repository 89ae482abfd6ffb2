"""A peer's HTTP server on loopback, in a thread, that behaves as badly as told."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass
class FarServer:
    """What the server was asked, and how to reach it."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    over: Event = field(default_factory=Event)
    """Set when the test is over, so that no handler hangs."""

    def url(self, path: str = "/", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        """Return an address on this server."""
        return f"{scheme}://{host}:{self.port}{path}"


Answering = Callable[[BaseHTTPRequestHandler, FarServer], None]


def answer(body: object = None, *, status: int = 200, headers: dict[str, str] | None = None) -> Answering:
    """Answer with a JSON body, or with bytes as they are."""

    def write(request: BaseHTTPRequestHandler, _server: FarServer) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | (headers or {})).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    return write


def hang(_request: BaseHTTPRequestHandler, server: FarServer) -> None:
    """Never answer."""
    server.over.wait(30)


def drip(request: BaseHTTPRequestHandler, server: FarServer) -> None:
    """Answer without an end, a byte at a time."""
    request.send_response(200)
    request.send_header("Content-Length", "1000000")
    request.end_headers()
    while not server.over.wait(0.02):
        request.wfile.write(b"x")


def drip_headers(request: BaseHTTPRequestHandler, server: FarServer) -> None:
    """Begin to answer, and send one header after the other without an end."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not server.over.wait(0.02):
        request.wfile.write(b"X: y\r\n")


def vanish(request: BaseHTTPRequestHandler, _server: FarServer) -> None:
    """Break off in the middle of an answer."""
    request.send_response(200)
    request.send_header("Content-Length", "100")
    request.end_headers()
    request.wfile.write(b"half")
    request.close_connection = True


def endless(request: BaseHTTPRequestHandler, server: FarServer) -> None:
    """Answer in chunks that never end, without stating a size."""
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    while not server.over.is_set():
        request.wfile.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


def babble(request: BaseHTTPRequestHandler, _server: FarServer) -> None:
    """Answer with something that is not HTTP."""
    request.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    request.close_connection = True


@contextmanager
def far_server(answering: Answering, *, tls: ssl.SSLContext | None = None) -> Iterator[FarServer]:
    """Run a server that answers every request in this way."""
    state = FarServer()
    listener = _Listener(("127.0.0.1", 0), _handler(answering, state))
    if tls is not None:
        listener.socket = tls.wrap_socket(listener.socket, server_side=True)
    state.port = listener.server_address[1]
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        listener.shutdown()
        listener.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that leaves is what these tests are about."""


def _handler(answering: Answering, state: FarServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            state.connections += 1
            super().setup()

        def do_GET(self) -> None:
            state.asked.append(f"{self.command} {self.path}")
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            if len(body) < length:
                return  # whoever called died while it did: nothing was taken
            state.bodies.append(body)
            answering(self, state)

        do_POST = do_GET  # noqa: N815 - as above

        def log_message(self, *_parts: object) -> None:
            return

    return Handler
