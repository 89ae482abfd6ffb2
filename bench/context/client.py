"""A lean HTTP/1.1 client: several kept connections in one thread, each of which asks again as soon as it has its answer.

It knows only what the bench needs of HTTP (a `content-length`, no chunks) so that it costs a fraction of what it measures;
`bench.context.bare` shows its own ceiling.
"""

import select
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_PATIENCE = 120.0
_LENGTH = b"\r\ncontent-length:"
_NO_BODY = (b"204", b"304")


class ClientBroken(Exception):
    """The server hung up, or said what this client does not understand."""


@dataclass(slots=True)
class Outcome:
    """What came of many requests: how long they took together and each, in seconds, and how they were answered."""

    seconds: float = 0.0
    taken: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    last: bytes = b""
    """The last answer, head and body."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.taken) / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """Return how long this share of the answers took at most, in milliseconds."""
        ordered = sorted(self.taken)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0

    def other_than(self, *expected: str) -> dict[str, int]:
        """Return the statuses that were not expected, and how often they came."""
        return {status: count for status, count in self.statuses.items() if status not in expected}


class _Connection:
    __slots__ = ("begun", "received", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.begun = 0.0

    def ask(self, request: bytes) -> None:
        self.received = b""
        self.begun = time.perf_counter()
        self.socket.sendall(request)

    def has_answer(self) -> bool:
        part = self.socket.recv(262_144)
        if not part:
            raise ClientBroken("the server hung up")
        self.received += part
        return _is_whole(self.received)


def _is_whole(received: bytes) -> bool:
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return False
    stated = received.find(_LENGTH, 0, end)
    if stated < 0:
        if received[9:12] in _NO_BODY:
            return True
        raise ClientBroken(f"an answer of unknown length: {received[:end][:300]!r}")
    length = int(received[stated + len(_LENGTH) : received.index(b"\r\n", stated + 2)])
    return len(received) >= end + 4 + length


def drive(port: int, requests: Iterable[bytes], *, connections: int, seconds: float | None = None) -> Outcome:
    """Send requests over so many connections, until they end or for so many seconds, and wait for every answer."""
    waiting = iter(requests)
    outcome, poll = Outcome(), select.epoll()
    open_ = [_Connection(port) for _ in range(connections)]
    by_number = {each.socket.fileno(): each for each in open_}
    try:
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        begun = time.perf_counter()
        _exchange(poll, by_number, waiting, outcome, until=begun + seconds if seconds else None)
        outcome.seconds = time.perf_counter() - begun
    finally:
        poll.close()
        for each in open_:
            each.socket.close()
    return outcome


def _exchange(
    poll: select.epoll,
    connections: dict[int, _Connection],
    waiting: Iterator[bytes],
    outcome: Outcome,
    *,
    until: float | None,
) -> None:
    busy = 0
    for each in connections.values():
        request = next(waiting, None)
        if request is not None:
            each.ask(request)
            busy += 1
    while busy:
        ready = poll.poll(_PATIENCE)
        if not ready:
            raise ClientBroken(f"no answer within {_PATIENCE:.0f} s")
        for number, _ in ready:
            each = connections[number]
            if not each.has_answer():
                continue
            now = time.perf_counter()
            outcome.taken.append(now - each.begun)
            outcome.statuses[each.received[9:12].decode()] += 1
            outcome.last = each.received
            request = next(waiting, None) if until is None or now < until else None
            if request is None:
                busy -= 1
            else:
                each.ask(request)


def ask(port: int, request: bytes) -> tuple[int, bytes, bytes]:
    """Send one request; return its status, head and body."""
    received = drive(port, [request], connections=1).last
    head, _, body = received.partition(b"\r\n\r\n")
    return int(received[9:12]), head, body
