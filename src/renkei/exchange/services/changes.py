"""How this process learns at once that something was committed: an event for the outbox, a counter for long polls.

Both are only quicker than looking again: other processes' commits are seen by looking.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import transaction

wake = threading.Event()
"""Set when a message was put into the outbox by this process."""
wake_pushes = threading.Event()
"""Set when the peer has taken a message of this process, after which a push may be due."""


class Changes:
    """Counts commits that changed a negotiation, an agreement or a transfer, and lets readers wait for the next."""

    def __init__(self) -> None:
        self._count = 0
        self._moved = threading.Condition()
        self._listeners: set[Callable[[], object]] = set()

    @property
    def count(self) -> int:
        """How many there were so far; read it before the look that may have to wait."""
        return self._count

    def wait(self, seen: int, *, timeout: float) -> int:
        """Return the count as soon as it is no longer `seen`, at the latest after `timeout` seconds."""
        with self._moved:
            self._moved.wait_for(lambda: self._count != seen, timeout)
            return self._count

    @contextmanager
    def listened(self, listener: Callable[[], object]) -> Iterator[None]:
        """Call `listener` at each change, in whatever thread made it; it must neither block nor raise."""
        with self._moved:
            self._listeners.add(listener)
        try:
            yield
        finally:
            with self._moved:
                self._listeners.remove(listener)

    def tell(self) -> None:
        """Count one more and wake whoever waits."""
        with self._moved:
            self._count += 1
            self._moved.notify_all()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()


changed = Changes()


def announce_change() -> None:
    """Tell those who wait for a process, once the transaction commits."""
    transaction.on_commit(changed.tell)


def announce_message() -> None:
    """Tell whoever sends messages, and those who wait, once the transaction commits."""
    transaction.on_commit(wake.set)
    announce_change()
