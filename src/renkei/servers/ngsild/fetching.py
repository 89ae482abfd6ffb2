"""Contexts of strangers, fetched over the guarded client: a few at a time, soon given up, not asked for again at once."""

import threading
import time
from collections.abc import Callable
from typing import Final

from renkei.context import api as context
from renkei.kernel.refusals import Refusal
from renkei.servers.outgoing import Outgoing
from renkei.wire.ngsild.gathering import LARGEST_DOCUMENT, read_document

SECONDS: Final = 5.0
"""For a context to be there whole: whoever named it waits, and holds a thread of the node meanwhile."""
AT_ONCE: Final = 3
"""Contexts that are fetched at the same time, so that there are threads left for those who need none."""
NOT_AGAIN: Final = 10.0
"""Seconds for which one that could not be fetched is not asked for again, where finding that out took long."""
LONG: Final = 0.5
"""Seconds; a failure that comes sooner, such as a refused connection, keeps nobody waiting and may be over at once."""
_MOST_FAILURES: Final = 1000
_ACCEPT: Final = "application/ld+json, application/json;q=0.9"


class GuardedSource:
    """Fetches contexts for the room (`context.ContextSource`). One instance serves all threads of a process."""

    def __init__(
        self, outgoing: Outgoing, *, inside_peers: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`inside_peers` says that plain http is spoken; else a context at http is fetched by https."""
        self._outgoing = outgoing
        self._inside_peers = inside_peers
        self._clock = clock
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._failed: dict[str, tuple[float, str]] = {}

    def fetch(self, url: str) -> str:
        """Return the document at an address. Raises context.ld-context-unavailable, context.ld-context-invalid."""
        self._check_failed(url)
        if not self._free.acquire(timeout=1):
            raise context.LdContextUnavailable(url=url, why="too many others are being fetched")
        begun = self._clock()
        try:
            return self._fetched(url)
        except context.LdContextUnavailable as refusal:
            if self._clock() - begun >= LONG:
                self._remember(url, str(refusal.facts["why"]))
            raise
        finally:
            self._free.release()

    def _fetched(self, url: str) -> str:
        asked = url if self._inside_peers else "https://" + url.partition("://")[2]
        try:
            answer = self._outgoing.get_public(asked, accept=_ACCEPT, limit=LARGEST_DOCUMENT, seconds=SECONDS)
        except Refusal as refusal:
            raise context.LdContextUnavailable(url=url, why=refusal.text.fill(**refusal.facts).en) from None
        document = read_document(answer.body)
        if not isinstance(document, dict) or "@context" not in document:
            raise context.LdContextInvalid(why=f"the document at {url} holds no @context")
        return answer.body.decode()

    def _check_failed(self, url: str) -> None:
        until, why = self._failed.get(url, (0.0, ""))
        if self._clock() < until:
            raise context.LdContextUnavailable(url=url, why=why)

    def _remember(self, url: str, why: str) -> None:
        if len(self._failed) >= _MOST_FAILURES:
            self._failed.clear()
        self._failed[url] = (self._clock() + NOT_AGAIN, why)
