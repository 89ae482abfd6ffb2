"""Entities that are past their time (`expiresAt`): nobody sees them any more, and in the background they are deleted."""

from datetime import datetime
from itertools import groupby
from typing import Final

from django.db import connection

from renkei.context import rows
from renkei.context.services.acting import Act, Make, Write, do, has_expired
from renkei.context.types import EntityChange, EntityId
from renkei.kernel.ids import NODE, OrgId

AT_ONCE: Final = 500
"""Entities that go at once."""
_EXPIRED = (
    "SELECT tenant, uri FROM (SELECT tenant, uri FROM context_entity WHERE expires_at <= %s AND present IS NOT NULL "
    "ORDER BY expires_at LIMIT %s) expired ORDER BY tenant, uri"
)


def removing(now: datetime) -> Make:
    """Return what leaves nothing of an entity that is past its time, and any other as it is."""
    return lambda before: None if has_expired(before, now) else before


def remove_expired(*, now: datetime, limit: int = AT_ONCE) -> int:
    """Delete entities that are past their time, with their history, and return how many went; none when none is left.

    It is the same act as when somebody deletes them: with its line in the log, and told to whoever subscribed to it. One
    that was given more time meanwhile, or was made anew, stays.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, [rows.at(now), limit])
        found = [(OrgId(tenant), EntityId(uri)) for tenant, uri in cursor.fetchall()]
    gone, make = 0, removing(now)
    for tenant, of_tenant in groupby(found, key=lambda one: one[0]):
        writes = [Write(uri, make, sees_expired=True) for _, uri in of_tenant]
        outcomes = do(Act(tenant, writes, NODE, now))
        gone += sum(isinstance(one, EntityChange) and one.before is not one.after for one in outcomes)
    return gone
