"""Looks names up, within the time that the call has.

The system's resolver knows no time limit: a name server that never answers keeps it waiting for half a minute and more.
So a look-up runs in a thread of its own, which whoever asked leaves behind when the time is over. There are only so
many such threads, and who asks for a name that is being looked up waits for the same answer: a hostile name server
can neither hold up those who send nor let threads pile up.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LookUp = Callable[[str, int], Sequence[Any]]
"""Answers as `socket.getaddrinfo` does."""

AT_ONCE: Final = 32
"""Names looked up at the same time; what comes on top is told to try again later."""


def ask_system(host: str, port: int) -> Sequence[Any]:
    """Look a name up as the system does, however long that takes. Raises OSError, UnicodeError."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Names:
    """Knows the addresses of names. One instance serves all threads."""

    def __init__(self, look_up: LookUp = ask_system, *, at_once: int = AT_ONCE) -> None:
        self._look_up = look_up
        self._at_once = at_once
        self._pending: dict[tuple[str, int], Future[list[Address]]] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int, *, seconds: float | None) -> list[Address]:
        """Return the addresses of a name, in the order given, each once.

        Raises httpcore.ConnectError when there are none or too many names are being looked up, httpcore.ConnectTimeout
        when they are not known in time.
        """
        try:
            return self._asked(host, port).result(seconds)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time") from None
        except (OSError, UnicodeError) as why:
            raise httpcore.ConnectError(f"the name {host} cannot be resolved: {why}") from why

    def _asked(self, host: str, port: int) -> Future[list[Address]]:
        with self._lock:
            pending = self._pending.get((host, port))
            if pending is not None:
                return pending
            if len(self._pending) >= self._at_once:
                raise httpcore.ConnectError("too many names are being looked up at this moment")
            pending = self._pending[host, port] = Future()
        threading.Thread(target=self._resolve, args=(host, port, pending), daemon=True).start()
        return pending

    def _resolve(self, host: str, port: int, answer: Future[list[Address]]) -> None:
        try:
            found = self._look_up(host, port)
            texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
            addresses = [ipaddress.ip_address(text) for text in texts]
        except Exception as why:  # noqa: BLE001 - handed to whoever asked
            self._forget(host, port)
            answer.set_exception(why)
        else:
            self._forget(host, port)
            answer.set_result(addresses)

    def _forget(self, host: str, port: int) -> None:
        with self._lock:
            del self._pending[host, port]
