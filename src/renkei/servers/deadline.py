"""A time by which a whole call has to be over, however many parts it comes in.

A timeout of one read begins anew with each byte, so that a peer who sends its headers a byte at a time would hold a
thread for days. What is read within a deadline is therefore never waited for beyond it.
"""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

_set = threading.local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let every read and write of this thread end by then, as if the peer had fallen silent.

    Within another one, the earlier of the two holds.
    """
    before: float | None = getattr(_set, "until", None)
    until = time.monotonic() + seconds
    _set.until = until if before is None else min(before, until)
    try:
        yield
    finally:
        _set.until = before


def left(timeout: float | None) -> float | None:
    """Return how many seconds may be waited: at most `timeout`, and not beyond the deadline.

    Raises httpcore.ReadTimeout when it has passed.
    """
    until: float | None = getattr(_set, "until", None)
    if until is None:
        return timeout
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the whole call took too long")
    return seconds if timeout is None else min(timeout, seconds)


class Timed(httpcore.NetworkStream):
    """A connection whose reads and writes heed the deadline of the thread that makes them."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come."""
        return self._stream.read(max_bytes, left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._stream.write(buffer, left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Go on with TLS."""
        return Timed(self._stream.start_tls(ssl_context, server_hostname, left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        """Return what is known of the connection."""
        return self._stream.get_extra_info(info)
