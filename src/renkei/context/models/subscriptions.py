"""Who is told of what: subscriptions, and the outbox of notifications with its endpoints."""

from datetime import datetime
from typing import ClassVar

from django.db import models


class SubscriptionRow(models.Model):
    """A subscription, as its subscriber wrote it, and how its notifications fare."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=64)
    uri = models.CharField(max_length=2000)
    body = models.JSONField()
    """Its members in expanded form; see `rules.subscribing.reading`."""
    revision = models.CharField(max_length=64, default="")
    """Another one after each change, so that what was read of it before is known to be old."""
    is_active = models.BooleanField(default=True)
    expires_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    modified_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    next_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """When it is next due, for one with a time interval."""
    times_sent = models.BigIntegerField(default=0)
    times_failed = models.BigIntegerField(default=0)
    last_notification: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True
    )
    last_success: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    last_failure: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=255, default="")

    class Meta:
        db_table = "context_subscription"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "uri"], name="context_subscription_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_at"], condition=models.Q(next_at__isnull=False), name="context_subscription_due"
            ),
        ]


class WatchRow(models.Model):
    """That a tenant has or had subscriptions, and a mark that is another one after each change of any of them.

    Every write of an entity reads it, so that it knows of the subscriptions that other processes took.
    """

    tenant = models.CharField(max_length=64, primary_key=True)
    mark = models.CharField(max_length=64)

    class Meta:
        db_table = "context_watch"


class NotificationRow(models.Model):
    """A notification on its way: written with the change that it tells of, gone when its endpoint has taken it."""

    id = models.BigAutoField(primary_key=True)
    # No constraint: whoever writes an entity is not to wait for, nor to fail over, a subscription being deleted.
    subscription = models.ForeignKey(SubscriptionRow, on_delete=models.CASCADE, db_constraint=False)
    endpoint = models.CharField(max_length=500)
    """The queue that it stands in: where it goes."""
    body = models.TextField()
    """The entities told of, as they were at the time, in expanded form, as JSON."""
    made_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    due_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    """From when on it may be sent; it is given up a stated time after that."""
    attempts = models.IntegerField(default=0)
    failed_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """When it was given up; it waits for a redelivery by command."""

    class Meta:
        db_table = "context_notification"
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "due_at", "id"],
                condition=models.Q(failed_at__isnull=True),
                name="context_notification_queue",
            ),
            models.Index(
                fields=["failed_at"],
                condition=models.Q(failed_at__isnull=False),
                name="context_notification_failed",
            ),
        ]


class LaneRow(models.Model):
    """An endpoint that somebody is sending to, or that is in trouble."""

    objects: "ClassVar[models.Manager[LaneRow]]"
    endpoint = models.CharField(max_length=500, primary_key=True)
    lease = models.CharField(max_length=64)
    """Whose turn it is; empty for nobody's."""
    leased_until: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    """In a row."""
    retry_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """Until then nobody calls it."""

    class Meta:
        db_table = "context_lane"
