"""Whether data that are being sent may still be sent: an agreement that ends breaks the answer off at once.

Two look: the sender between two parts, and a watcher beside it, since a reader that takes nothing keeps the sender waiting
for as long as it likes. The watcher wakes every second, and exactly when the agreement is known to end. An answer that
is broken off is never whole: its connection is aborted before the last byte that was announced, or before the last
chunk, so that the reader can tell.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Final

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.servers.door import in_room

LOOK_AGAIN = 1.0
"""Seconds between two looks at the agreement."""
_PAST: Final = 0.001
"""Seconds after the end at which it is looked: the end itself may still belong to the time of use."""


class Watch:
    """Looks now and then, and when the agreement ends, whether what was granted is granted still."""

    def __init__(
        self,
        granted: exchange.Access | None,
        *,
        clock: Callable[[], datetime] = utc_now,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Watch over an access; nothing is looked at where there is none."""
        self._granted, self._clock, self._pause = granted, clock, pause
        self._next = time.monotonic() + self._wait()

    async def over(self, sending: Coroutine[Any, Any, None]) -> None:
        """Let data be sent until they are, or may no longer: then raise what `exchange.access_by_transfer` raises."""
        if self._granted is None:
            await sending
            return
        work = asyncio.ensure_future(sending)
        watcher = asyncio.ensure_future(self._keep_looking())
        try:
            await asyncio.wait({work, watcher}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                await watcher
            await work
        finally:
            work.cancel()
            watcher.cancel()
            await asyncio.gather(work, watcher, return_exceptions=True)

    async def look(self) -> None:
        """Raise what `exchange.access_by_transfer` raises, when it is time to look."""
        if self._granted is not None and time.monotonic() >= self._next:
            await self._look_now(self._granted)

    async def _keep_looking(self) -> None:
        while self._granted is not None:
            await self._pause(self._wait())
            await self._look_now(self._granted)

    async def _look_now(self, granted: exchange.Access) -> None:
        await in_room(
            lambda: exchange.access_by_transfer(
                granted.transfer.id, purpose=granted.purpose, now=self._clock()
            )
        )
        self._next = time.monotonic() + self._wait()

    def _wait(self) -> float:
        """Return the seconds until the next look."""
        ends = self._granted.agreement.ends_at if self._granted else None
        if ends is None:
            return LOOK_AGAIN
        left = (ends - self._clock()).total_seconds()
        return min(LOOK_AGAIN, left + _PAST) if left >= 0 else LOOK_AGAIN
