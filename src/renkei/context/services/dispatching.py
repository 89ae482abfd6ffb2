"""Workers for the queues: one thread for each endpoint that something is due for, and room kept for those that work.

An endpoint that hangs holds its thread for as long as a call may last. Therefore those that have not been heard to work
have threads of their own, many, which hold nothing but a socket while they call; endpoints that failed last have only
some of these. Who answers always finds a thread free.
"""

import logging
import threading
from collections import OrderedDict
from typing import Final

from django.db import close_old_connections, connection

from renkei.context.ports import Notifier
from renkei.context.services.announcing import wake
from renkei.context.services.delivering import Clock, drain
from renkei.context.services.lanes import Due, due_lanes

log = logging.getLogger(__name__)
PROVEN: Final = 32
"""Threads for endpoints that work; each has a connection to the database."""
UNPROVEN: Final = 256
"""Threads for all others."""
TROUBLED: Final = 64
"""Of these, threads for endpoints that failed last."""
REMEMBERED: Final = 10_000


class Deliveries:
    """Sends notifications; one instance for a process, any number of processes."""

    def __init__(self, notifier: Notifier, *, clock: Clock) -> None:
        self._notifier = notifier
        self._clock = clock
        self._busy: dict[str, bool] = {}
        """The endpoints that threads are at, and whether they are known to work."""
        self._proven: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def look(self) -> bool:
        """Start a thread for each endpoint that something is due for, as far as there is room; False, as nothing is left."""
        for due in due_lanes(now=self._clock()):
            proven = self._take(due)
            if proven is not None:
                work = threading.Thread(target=self._work, args=(due, proven), name="notices", daemon=True)
                work.start()
        return False

    def idle(self) -> bool:
        """Tell whether no thread is at work."""
        with self._lock:
            return not self._busy

    def _take(self, due: Due) -> bool | None:
        """Make room for an endpoint and tell whether it is known to work; None where there is no room."""
        with self._lock:
            if due.endpoint in self._busy:
                return None
            proven = due.endpoint in self._proven and not due.failures
            alike = sum(known == proven for known in self._busy.values())
            if alike >= (PROVEN if proven else TROUBLED if due.failures else UNPROVEN):
                return None
            self._busy[due.endpoint] = proven
            return proven

    def _work(self, due: Due, proven: bool) -> None:  # noqa: FBT001 - handed on by Thread
        taken = 0
        try:
            taken = drain(due, self._notifier, clock=self._clock, proven=proven)
        except Exception:
            log.exception("the notifications to %s failed; they will be tried again", due.endpoint)
        finally:
            self._done(due.endpoint, works=taken > 0)
            connection.close() if connection.vendor == "postgresql" else close_old_connections()
            wake.set()

    def _done(self, endpoint: str, *, works: bool) -> None:
        with self._lock:
            del self._busy[endpoint]
            self._proven.pop(endpoint, None)
            if works:
                self._proven[endpoint] = None
            while len(self._proven) > REMEMBERED:
                self._proven.popitem(last=False)
