"""Subscriptions with an interval: told by the clock of all entities that they ask for, changed or not (clause 5.8.6)."""

import logging
from datetime import datetime
from typing import Final

import msgspec
from django.db import transaction
from django.db.models import Q

from renkei.context.models import NotificationRow, SubscriptionRow
from renkei.context.queries.finding import find
from renkei.context.rules.subscribing.delivery import next_of, queue_of
from renkei.context.rules.subscribing.reading import read_subscription
from renkei.context.rules.subscribing.showing import present
from renkei.context.services.announcing import wake
from renkei.context.types import Document, Page, Subscription
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal

log = logging.getLogger(__name__)
AT_ONCE: Final = 100
"""Subscriptions in one look."""
ENTITIES: Final = 1000
"""Entities in one notification; more make several."""
_encode = msgspec.json.Encoder().encode


def tell_by_the_clock(*, now: datetime) -> int:
    """Put the notifications that are due by the clock into the outbox, and return for how many subscriptions.

    What an endpoint has not taken since the last time is replaced: it would only hear what is past. One that no entity
    fits is told nothing. Each subscription is taken by one statement that only one process wins.
    """
    due = SubscriptionRow.objects.filter(next_at__lte=now, is_active=True)
    due = due.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now)).order_by("next_at")
    return sum(_tell(row, now=now) for row in due[:AT_ONCE])


def _tell(row: SubscriptionRow, *, now: datetime) -> bool:
    subscription = read_subscription(row.uri, row.body)
    if subscription.interval is None or row.next_at is None:
        return False
    parts = _entities(OrgId(row.tenant), subscription, now=now)
    with transaction.atomic():
        following = next_of(row.next_at, subscription.interval, now=now)
        mine = SubscriptionRow.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=following)
        if not mine:
            return False
        NotificationRow.objects.filter(subscription=row, failed_at__isnull=True).delete()
        queue = queue_of(subscription.endpoint.uri)
        NotificationRow.objects.bulk_create(
            NotificationRow(
                subscription=row,
                endpoint=queue,
                body=_encode([present(document, subscription.shown) for document in part]).decode(),
                made_at=now,
                due_at=now,
            )
            for part in parts
        )
        transaction.on_commit(wake.set)
    return True


def _entities(tenant: OrgId, subscription: Subscription, *, now: datetime) -> list[list[Document]]:
    """Return all entities asked for, in parts; none where the question costs too much."""
    parts: list[list[Document]] = []
    while True:
        try:
            found = find(tenant, subscription.query, Page(ENTITIES, offset=ENTITIES * len(parts)), now=now)
        except Refusal as refusal:
            log.warning("the subscription %s was not told: %s", subscription.id, refusal)
            return []
        if found.entities:
            parts.append(list(found.entities))
        if not found.more:
            return parts
