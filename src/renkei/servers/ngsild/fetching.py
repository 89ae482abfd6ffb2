"""Contexts of strangers, fetched over the guarded client: a few at a time, soon given up, not asked for again at once."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from renkei.context import api as context
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal
from renkei.servers.outgoing import Outgoing
from renkei.wire.ngsild.gathering import LARGEST_DOCUMENT, read_document

SECONDS: Final = 5.0
"""For a context to be there whole: whoever named it waits, and holds a thread of the node meanwhile."""
AT_ONCE: Final = 6
"""Contexts that are fetched at the same time, so that there are threads left for those who wait for other nodes."""
AT_ONCE_FOR_ONE: Final = 2
"""Of them for one tenant, so that one who names slow hosts keeps nobody else from fetching."""
NOT_AGAIN: Final = 10.0
"""Seconds for which one that could not be fetched is not asked for again, where finding that out took long."""
LONG: Final = 0.5
"""Seconds; a failure that comes sooner, such as a refused connection, keeps nobody waiting and may be over at once."""
_MOST_FAILURES: Final = 1000
_ACCEPT: Final = "application/ld+json, application/json;q=0.9"


class GuardedSource:
    """Fetches contexts. One instance serves all threads of a process."""

    def __init__(
        self, outgoing: Outgoing, *, inside_peers: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`inside_peers` says that plain http is spoken; else a context at http is fetched by https."""
        self._outgoing = outgoing
        self._inside_peers = inside_peers
        self._clock = clock
        self._fetching: Counter[OrgId] = Counter()
        self._room = threading.Condition()
        self._failed: dict[str, tuple[float, str]] = {}

    def fetch(self, url: str, *, tenant: OrgId) -> str:
        """Return the document at an address. Raises context.ld-context-unavailable, context.ld-context-invalid."""
        self._check_failed(url)
        with self._turn(url, tenant):
            begun = self._clock()
            try:
                return self._fetched(url)
            except context.LdContextUnavailable as refusal:
                if self._clock() - begun >= LONG:
                    self._remember(url, str(refusal.facts["why"]))
                raise

    @contextmanager
    def _turn(self, url: str, tenant: OrgId) -> Iterator[None]:
        """Wait a second, if need be, until few enough are being fetched. Raises context.ld-context-unavailable."""
        with self._room:
            if not self._room.wait_for(lambda: self._has_room(tenant), timeout=1):
                raise context.LdContextUnavailable(url=url, why="too many others are being fetched")
            self._fetching[tenant] += 1
        try:
            yield
        finally:
            with self._room:
                self._fetching[tenant] -= 1
                self._fetching += Counter()  # which keeps those alone that fetch
                self._room.notify_all()

    def _has_room(self, tenant: OrgId) -> bool:
        return self._fetching.total() < AT_ONCE and self._fetching[tenant] < AT_ONCE_FOR_ONE

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


@dataclass(frozen=True, slots=True)
class SourceOf:
    """Fetches contexts for one tenant (`context.ContextSource`)."""

    tenant: OrgId
    shared: GuardedSource

    def fetch(self, url: str) -> str:
        """Return the document at an address. Raises what `GuardedSource.fetch` raises."""
        return self.shared.fetch(url, tenant=self.tenant)
