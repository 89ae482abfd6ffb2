"""Subscriptions: taken, changed, ended (clause 5.8)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from renkei.audit import api as audit
from renkei.context.errors import SubscriptionExists, SubscriptionMissing
from renkei.context.models import LaneRow, NotificationRow, SubscriptionRow
from renkei.context.queries.subscriptions import as_fact
from renkei.context.rules.subscribing.delivery import queue_of
from renkei.context.rules.subscribing.reading import check_end, merged, read_subscription
from renkei.context.services.announcing import wake
from renkei.context.types import Subscribed, Subscription
from renkei.kernel.ids import Actor, OrgId, new_id

_MARK = (
    "INSERT INTO context_watch (tenant, mark) VALUES (%s, %s) "
    "ON CONFLICT (tenant) DO UPDATE SET mark = excluded.mark"
)


@transaction.atomic
def create_subscription(
    tenant: OrgId, name: str | None, members: Mapping[str, Any], *, actor: Actor, now: datetime
) -> Subscribed:
    """Take a subscription, under this name or a new one; members are those of `rules.subscribing.reading`.

    Nothing is sent at once: one with an interval is due when that has passed for the first time. Raises
    context.request-invalid, subscription-exists.
    """
    taken = read_subscription(name or f"urn:ngsi-ld:Subscription:{new_id().rpartition(':')[2]}", members)
    check_end(taken, now=now)
    row = SubscriptionRow(tenant=tenant, uri=taken.id, created_at=now)
    _fill(row, taken, now=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise SubscriptionExists(subscription=taken.id) from None
    _record("created", row, actor=actor, now=now)
    _mark(tenant)
    return as_fact(row, now=now)


@transaction.atomic
def update_subscription(
    tenant: OrgId, name: str, fragment: Mapping[str, Any], *, actor: Actor, now: datetime
) -> Subscribed:
    """Change members of a subscription, each as a whole; null takes one away (clause 5.8.2).

    What waits for its endpoint follows it to a new one. Raises context.request-invalid, subscription-missing.
    """
    row = _locked(tenant, name)
    taken = read_subscription(name, merged(row.body, fragment))
    if "expiresAt" in fragment:
        check_end(taken, now=now)
    was = queue_of(read_subscription(name, row.body).endpoint.uri)
    _fill(row, taken, now=now)
    row.save()
    if was != queue_of(taken.endpoint.uri):
        waiting = NotificationRow.objects.filter(subscription=row, failed_at__isnull=True)
        waiting.update(endpoint=queue_of(taken.endpoint.uri))
        transaction.on_commit(wake.set)
    _record("updated", row, actor=actor, now=now)
    _mark(tenant)
    return as_fact(row, now=now)


@transaction.atomic
def delete_subscription(tenant: OrgId, name: str, *, actor: Actor, now: datetime) -> None:
    """End a subscription, with all that waits to be sent for it (clause 5.8.5). Raises context.subscription-missing."""
    row = _locked(tenant, name)
    _record("deleted", row, actor=actor, now=now)
    row.delete()
    _mark(tenant)


@transaction.atomic
def redeliver(tenant: OrgId, name: str, *, actor: Actor, now: datetime) -> int:
    """Have the notifications of a subscription that were given up sent after all, and return how many those are.

    What still waits is tried at once as well. Raises context.subscription-missing.
    """
    row = _locked(tenant, name)
    queue = queue_of(read_subscription(name, row.body).endpoint.uri)
    failed = NotificationRow.objects.filter(subscription=row, failed_at__isnull=False)
    count = failed.update(failed_at=None, due_at=now, attempts=0, endpoint=queue)
    LaneRow.objects.filter(endpoint=queue).update(retry_at=None)
    _record("redelivered", row, actor=actor, now=now, count=count)
    transaction.on_commit(wake.set)
    return count


def _fill(row: SubscriptionRow, taken: Subscription, *, now: datetime) -> None:
    row.body, row.revision = dict(taken.members), new_id()
    row.is_active, row.expires_at, row.modified_at = taken.is_active, taken.expires_at, now
    if taken.interval is None:
        row.next_at = None
    elif row.next_at is None:
        row.next_at = now + taken.interval
    else:
        row.next_at = min(row.next_at, now + taken.interval)


def _locked(tenant: OrgId, name: str) -> SubscriptionRow:
    row = SubscriptionRow.objects.select_for_update().filter(tenant=tenant, uri=name).first()
    if row is None:
        raise SubscriptionMissing(subscription=name)
    return row


def _mark(tenant: OrgId) -> None:
    """Let every process know; last of all, since all who change subscriptions of a tenant wait here for one another."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [tenant, new_id()])


def _record(
    what: str, row: SubscriptionRow, *, actor: Actor, now: datetime, count: int | None = None
) -> None:
    facts: dict[str, audit.Fact] = {} if count is None else {"notifications": count}
    audit.record_many(
        [audit.Recording(f"context.subscription-{what}", actor=actor, subject=row.uri, at=now, facts=facts)]
    )
