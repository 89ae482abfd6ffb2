"""Subscriptions as they are, and how their notifications fare."""

from datetime import datetime

from django.db.models import Count, Q

from renkei.context.errors import SubscriptionMissing
from renkei.context.models import LaneRow, NotificationRow, SubscriptionRow
from renkei.context.rules.subscribing.delivery import queue_of
from renkei.context.rules.subscribing.reading import read_subscription
from renkei.context.types import Page, Status, Subscribed
from renkei.kernel.ids import OrgId


def subscription(tenant: OrgId, name: str, *, now: datetime) -> Subscribed:
    """Return a subscription (clause 5.8.3), with how many notifications wait. Raises context.subscription-missing."""
    row = SubscriptionRow.objects.filter(tenant=tenant, uri=name).first()
    if row is None:
        raise SubscriptionMissing(subscription=name)
    counts = NotificationRow.objects.filter(subscription=row).aggregate(
        waiting=Count("id", filter=Q(failed_at__isnull=True)),
        given_up=Count("id", filter=Q(failed_at__isnull=False)),
    )
    return as_fact(row, now=now, waiting=counts["waiting"], given_up=counts["given_up"])


def is_being_told(known: Subscribed, *, now: datetime) -> bool:
    """Tell whether somebody is sending to the endpoint of a subscription at this moment."""
    queue = queue_of(known.subscription.endpoint.uri)
    return LaneRow.objects.filter(endpoint=queue, leased_until__gt=now).exists()


def subscriptions(tenant: OrgId, page: Page, *, now: datetime) -> tuple[list[Subscribed], bool, int | None]:
    """Return a part of the subscriptions, oldest first, whether there are more, and how many in all if asked.

    Source: clause 5.8.4.
    """
    listed = SubscriptionRow.objects.filter(tenant=tenant).order_by("id")
    total = listed.count() if page.counted else None
    part = list(listed[page.offset : page.offset + page.limit + 1])
    return [as_fact(row, now=now) for row in part[: page.limit]], len(part) > page.limit, total


def subscriptions_named(tenant: OrgId, beginning: str) -> int:
    """Return how many of a tenant's subscriptions have names that begin so."""
    return SubscriptionRow.objects.filter(tenant=tenant, uri__startswith=beginning).count()


def as_fact(
    row: SubscriptionRow, *, now: datetime, waiting: int | None = None, given_up: int | None = None
) -> Subscribed:
    """Return what a row says."""
    known = read_subscription(row.uri, row.body)
    return Subscribed(
        subscription=known,
        status=_status(row, now=now),
        created_at=row.created_at,
        modified_at=row.modified_at,
        times_sent=row.times_sent,
        times_failed=row.times_failed,
        last_notification=row.last_notification,
        last_success=row.last_success,
        last_failure=row.last_failure,
        last_error=row.last_error,
        waiting=waiting,
        given_up=given_up,
    )


def _status(row: SubscriptionRow, *, now: datetime) -> Status:
    if row.expires_at is not None and row.expires_at <= now:
        return Status.EXPIRED
    return Status.ACTIVE if row.is_active else Status.PAUSED
