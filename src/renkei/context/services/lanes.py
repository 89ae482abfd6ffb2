"""Whose turn it is at which endpoint.

A lane is the queue of one endpoint. One worker of all processes has it at a time, by a lease that it wins with one
statement and renews with each record of what it sent; when it dies the lease runs out. After a failure nobody calls the
endpoint until a pause is over, which doubles with each failure in a row; then one notification is tried, and only if
that is taken the rest follow.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from renkei.context.rows import at
from renkei.kernel.ids import new_id

LEASE: Final = timedelta(seconds=60)
"""Longer than one call may take."""
_DUE = """
WITH RECURSIVE queue(name) AS (
    SELECT min(endpoint) FROM context_notification WHERE failed_at IS NULL
    UNION ALL
    SELECT (SELECT min(endpoint) FROM context_notification WHERE failed_at IS NULL AND endpoint > queue.name)
    FROM queue WHERE queue.name IS NOT NULL
)
SELECT queue.name, coalesce(lane.lease, ''), coalesce(lane.failures, 0) FROM queue
LEFT JOIN context_lane AS lane ON lane.endpoint = queue.name
WHERE queue.name IS NOT NULL
    AND (lane.leased_until IS NULL OR lane.leased_until <= %s) AND (lane.retry_at IS NULL OR lane.retry_at <= %s)
    AND EXISTS (
        SELECT 1 FROM context_notification AS waiting
        WHERE waiting.endpoint = queue.name AND waiting.failed_at IS NULL AND waiting.due_at <= %s
    )
"""
"""The queues are stepped through by their index, so that a long one costs no more than a short one."""
_TAKE = (
    "INSERT INTO context_lane (endpoint, lease, leased_until, failures) VALUES (%s, %s, %s, 0) "
    "ON CONFLICT (endpoint) DO UPDATE SET lease = excluded.lease, leased_until = excluded.leased_until "
    "WHERE context_lane.lease = %s"
)
_KEEP = "UPDATE context_lane SET leased_until = %s, failures = 0, retry_at = NULL WHERE endpoint = %s AND lease = %s"
_REST = (
    "UPDATE context_lane SET lease = '', leased_until = NULL, failures = %s, retry_at = %s "
    "WHERE endpoint = %s AND lease = %s"
)
_FREE = "UPDATE context_lane SET lease = '', leased_until = NULL WHERE endpoint = %s AND lease = %s AND failures > 0"
_FORGET = "DELETE FROM context_lane WHERE endpoint = %s AND lease = %s"


@dataclass(frozen=True, slots=True)
class Due:
    """A lane that nobody has and in which something is due."""

    endpoint: str
    lease: str
    """The last one, to be outbid."""
    failures: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane that is ours."""

    endpoint: str
    lease: str
    failures: int

    def keep(self, *, now: datetime) -> bool:
        """Renew the lease after something was taken; False when it was lost."""
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [at(now + LEASE), self.endpoint, self.lease])
            return bool(cursor.rowcount == 1)

    def rest(self, *, failures: int, until: datetime) -> None:
        """Let nobody call the endpoint for a while."""
        with connection.cursor() as cursor:
            cursor.execute(_REST, [failures, at(until), self.endpoint, self.lease])

    def leave(self) -> None:
        """Let others have it."""
        with connection.cursor() as cursor:
            cursor.execute(_FREE, [self.endpoint, self.lease])
            if cursor.rowcount == 0:
                cursor.execute(_FORGET, [self.endpoint, self.lease])


def due_lanes(*, now: datetime) -> list[Due]:
    """Return the lanes in which something can be sent now."""
    moment = at(now)
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [moment, moment, moment])
        return [Due(*found) for found in cursor.fetchall()]


def take(due: Due, *, now: datetime) -> Lane | None:
    """Take a lane for ourselves; None when somebody else was faster."""
    lease = new_id()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [due.endpoint, lease, at(now + LEASE), due.lease])
        return Lane(due.endpoint, lease, due.failures) if cursor.rowcount == 1 else None
