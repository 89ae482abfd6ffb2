"""Subscriptions for tests, and somebody who carries their notifications."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from renkei.context import api as context
from tests.factories.context import VEHICLE

NAME = "urn:ngsi-ld:Subscription:1"
HOOK = "https://receiver.example/hook"
CONTEXT = "https://example.org/context.jsonld"


def members(**given: Any) -> dict[str, Any]:
    """Return members of a subscription to all vehicles; `notification` is added to, everything else replaced."""
    told = {"endpoint": {"uri": HOOK}, **given.pop("notification", {})}
    made = {"entities": [{"type": [[VEHICLE]]}], "notification": told, "@context": CONTEXT, **given}
    return {name: value for name, value in made.items() if value is not None}


class Carrier:
    """Takes notifications and keeps them, unless told what to do instead."""

    def __init__(self, do: Callable[[context.Notice], None] | None = None) -> None:
        self.notices: list[context.Notice] = []
        self.opened_at: list[str] = []
        self._do = do
        self._lock = threading.Lock()

    @contextmanager
    def opened(self, endpoint: context.Endpoint) -> Iterator[context.Send]:
        """Count connections."""
        self.opened_at.append(endpoint.uri)
        yield self._send

    def _send(self, notice: context.Notice) -> None:
        if self._do is not None:
            self._do(notice)
        with self._lock:
            self.notices.append(notice)

    def told(self) -> list[list[str]]:
        """Return the ids of the entities of each notification."""
        return [[entity["id"] for entity in notice.entities] for notice in self.notices]
