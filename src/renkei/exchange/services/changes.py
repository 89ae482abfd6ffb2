"""How this process learns at once that something was committed: an event for the outbox, a call for long polls.

Both are only quicker than looking again: other processes' commits are seen by looking.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from django.db import transaction

wake = threading.Event()
"""Set when a message was put into the outbox by this process."""
wake_pushes = threading.Event()
"""Set when the peer has taken a message of this process, after which a push may be due."""


class Changes:
    """Tells those who wait for a negotiation or a transfer that it was changed, and nobody else: many may wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, set[Callable[[], object]]] = defaultdict(set)

    @contextmanager
    def listened(self, process: str, listener: Callable[[], object]) -> Iterator[None]:
        """Call `listener` at each change of a process, in whatever thread made it; it must neither block nor raise."""
        with self._lock:
            self._listeners[process].add(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners[process].remove(listener)
                if not self._listeners[process]:
                    del self._listeners[process]

    def tell(self, process: str) -> None:
        """Wake whoever waits for this process."""
        with self._lock:
            listeners = list(self._listeners.get(process, ()))
        for listener in listeners:
            listener()


changed = Changes()


def announce_change(process: str) -> None:
    """Tell those who wait for a process, once the transaction commits."""
    transaction.on_commit(partial(changed.tell, process))


def announce_message(process: str) -> None:
    """Tell whoever sends messages, and those who wait for the process, once the transaction commits."""
    transaction.on_commit(wake.set)
    announce_change(process)
