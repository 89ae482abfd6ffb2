"""How many negotiations and transfers the participants of one site may open.

Each participant is bounded by the exchange. But whoever owns a domain can make participants of it without end, at no
cost; so what all of a domain's participants open together is bounded too. The bound is of one process of the node, in
memory: it is to hold up a flood, not to count fairly.
"""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from renkei.kernel.ids import ParticipantId
from renkei.servers.dsp.errors import SiteTooBusy

PER_HOUR: Final = 36_000
"""Openings by all participants of one site, ten times what one of them may open."""
AT_ONCE: Final = 3_600
"""Openings that may come at a stroke after an hour's silence."""
KEPT: Final = 10_000
"""Sites that are remembered, the longest silent dropped first."""


class Pace:
    """Lets each site open so many processes an hour, by a bucket that fills steadily."""

    def __init__(
        self,
        *,
        per_hour: int = PER_HOUR,
        at_once: int = AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` in seconds."""
        self._per_second, self._at_once, self._clock = per_hour / 3600, at_once, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, peer: ParticipantId) -> None:
        """Count one opening by a participant. Raises SiteTooBusy when its site has opened too much."""
        site, now = site_of(peer), self._clock()
        with self._lock:
            left, seen = self._buckets.pop(site, (float(self._at_once), now))
            left = min(self._at_once, left + (now - seen) * self._per_second)
            self._buckets[site] = (max(left - 1, 0) if left >= 1 else left, now)
            while len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
        if left < 1:
            raise SiteTooBusy(site=site)


def site_of(participant: str) -> str:
    """Return the domain whose owner can make participants like this one; for anything but `did:web`, the method.

    Two labels of the name count, and three under a country's short second label (`co.jp`, `ac.jp`, `com.au`).
    """
    method, _, rest = participant.removeprefix("did:").partition(":")
    if method != "web":
        return method[:255]
    host = unquote(rest.partition(":")[0]).lower()
    name = host if host.startswith("[") else host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        labels = name.rstrip(".").split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])


openings = Pace()
"""The one of this process."""
