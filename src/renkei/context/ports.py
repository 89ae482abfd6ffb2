"""What the room needs from outside: who carries notifications, and who fetches the contexts that requests name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from renkei.context.types import Endpoint, Notice


class ReceiverTroubledError(Exception):
    """A notification was not taken; `why` says so in the words of this node."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ReceiverUnavailable(ReceiverTroubledError):
    """The endpoint does not answer, or is busy: nothing that goes there has a chance now."""


class ReceiverFaulted(ReceiverUnavailable):
    """The endpoint answers, yet could not take this one now; what is at fault may be the one as well as the other."""


class ReceiverRefused(ReceiverTroubledError):
    """The endpoint, or this node's guard, wants this one not, now or later."""


class NothingToTell(Exception):
    """Whoever carries a notification has found that nothing of it may be told."""


Send = Callable[[Notice], None]
"""Hands one notification over. Raises ReceiverUnavailable, ReceiverFaulted, ReceiverRefused, NothingToTell."""


class Notifier(Protocol):
    """Carries notifications; safe in any number of threads and processes."""

    def opened(self, endpoint: Endpoint) -> AbstractContextManager[Send]:
        """Hold one connection to an endpoint, made with the first notification, until the block ends."""
        ...


class ContextSource(Protocol):
    """Fetches a JSON-LD context from where it is published."""

    def fetch(self, url: str) -> str:
        """Return the document at an address: a JSON object with an `@context`.

        Raises `context.ld-context-unavailable`, and `context.ld-context-invalid` for anything else that was found there.
        """
        ...
