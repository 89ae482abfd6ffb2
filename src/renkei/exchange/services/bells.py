"""How this process learns at once that something was committed: an event for the outbox, a counter for long polls.

Both are only quicker than looking again: other processes' commits are seen by looking.
"""

import threading

from django.db import transaction

wake = threading.Event()
"""Set when a message was put into the outbox by this process."""


class Changes:
    """Counts commits that changed a negotiation, an agreement or a transfer, and lets readers wait for the next."""

    def __init__(self) -> None:
        self._count = 0
        self._moved = threading.Condition()

    @property
    def count(self) -> int:
        """How many there were so far; read it before the look that may have to wait."""
        return self._count

    def wait(self, seen: int, *, timeout: float) -> int:
        """Return the count as soon as it is no longer `seen`, at the latest after `timeout` seconds."""
        with self._moved:
            self._moved.wait_for(lambda: self._count != seen, timeout)
            return self._count

    def tell(self) -> None:
        """Count one more and wake whoever waits."""
        with self._moved:
            self._count += 1
            self._moved.notify_all()


changed = Changes()


def ring(*, outbox: bool) -> None:
    """Tell of a change when the transaction commits; with `outbox` also whoever sends messages."""
    if outbox:
        transaction.on_commit(wake.set)
    transaction.on_commit(changed.tell)
