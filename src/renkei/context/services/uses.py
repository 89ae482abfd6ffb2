"""How often contexts are used: counted in memory, written together, so that a request that uses one writes nothing."""

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from renkei.context.models import StoredContextRow
from renkei.kernel.ids import OrgId

WRITTEN_EVERY: Final = timedelta(minutes=1)
_MOST: Final = 10_000
"""Contexts whose uses are held in memory at most."""

_lock = threading.Lock()
_uses: dict[tuple[OrgId, str], tuple[int, datetime]] = {}
_begun: list[datetime] = []
"""When the first of the uses held in memory was counted, if there are any."""


def count_uses(tenant: OrgId, urls: Iterable[str], *, now: datetime) -> None:
    """Count one use of each of these contexts; about once a minute all that were counted are written."""
    with _lock:
        for url in urls:
            count, _ = _uses.get((tenant, url), (0, now))
            _uses[(tenant, url)] = (count + 1, now)
        if not _begun:
            _begun.append(now)
        due = now - _begun[0] >= WRITTEN_EVERY or len(_uses) > _MOST
    if due:
        write_uses()


def write_uses() -> None:
    """Write what was counted in this process so far."""
    with _lock:
        written = dict(_uses)
        _uses.clear()
        _begun.clear()
    for (tenant, url), (count, at) in written.items():
        StoredContextRow.objects.filter(tenant=tenant, url=url).update(
            used=F("used") + count, last_used_at=at
        )


def drop_uses(tenant: OrgId, url: str) -> None:
    """Forget what was counted of a context that is gone: another one at its address starts anew."""
    with _lock:
        _uses.pop((tenant, url), None)


def forget() -> None:
    """Forget what was counted, as after another database was put in this one's place."""
    with _lock:
        _uses.clear()
        _begun.clear()
