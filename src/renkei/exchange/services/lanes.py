"""Keeps a peer that is slow from holding up more than one of those who send.

A call may last half a minute. Where several messages wait for the same slow address, each sender would take one and all
would stand there, with everybody else's messages behind them. So while a call to an address lasts long, or the last one
failed, nobody else calls it. This is known within one process, whose senders are its threads.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from renkei.exchange.ports import PeerUnavailable

LONG: Final = 1.0
"""Seconds from which on a call lasts long."""
KEPT: Final = 1000
"""Addresses in trouble that are remembered, the oldest dropped first."""


class Lanes:
    """Knows which addresses are being called, and which are in trouble."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds."""
        self._clock = clock
        self._calls: list[tuple[str, float]] = []
        self._troubled: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def closed(self) -> set[str]:
        """Return the addresses that nobody else should call at this moment."""
        now = self._clock()
        with self._lock:
            return {
                address for address, began in self._calls if address in self._troubled or now - began >= LONG
            }

    @contextmanager
    def calling(self, address: str) -> Iterator[None]:
        """Say that an address is being called until the block ends; PeerUnavailable tells that it is in trouble."""
        call, troubled = (address, self._clock()), False
        with self._lock:
            self._calls.append(call)
        try:
            yield
        except PeerUnavailable:
            troubled = True
            raise
        finally:
            self._over(call, troubled=troubled)

    def _over(self, call: tuple[str, float], *, troubled: bool) -> None:
        address = call[0]
        with self._lock:
            self._calls.remove(call)
            self._troubled.pop(address, None)
            if troubled:
                self._troubled[address] = None
            while len(self._troubled) > KEPT:
                self._troubled.popitem(last=False)


lanes = Lanes()
"""Those of this process."""
