"""How the notifications of a tenant's subscriptions fare: the figures of all of them with a steady number of questions."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q

from renkei.context.models import LaneRow, NotificationRow, SubscriptionRow
from renkei.context.queries.subscriptions import as_fact
from renkei.context.rules.subscribing.delivery import queue_of
from renkei.context.types import Circuit, Fares, Health, Page, Subscribed
from renkei.kernel.ids import OrgId


def subscriptions_health(tenant: OrgId, page: Page, *, now: datetime) -> Health:
    """Return a part of a tenant's subscriptions, oldest first, each with its backlog and the state of its endpoint."""
    listed = SubscriptionRow.objects.filter(tenant=tenant).order_by("id")
    total = listed.count() if page.counted else None
    rows = list(listed[page.offset : page.offset + page.limit + 1])
    more, rows = len(rows) > page.limit, rows[: page.limit]
    counts = _backlogs(row.pk for row in rows)
    known = [
        as_fact(row, now=now, waiting=counts.get(row.pk, (0, 0))[0], given_up=counts.get(row.pk, (0, 0))[1])
        for row in rows
    ]
    return Health(_with_circuits(known, now=now), more, total)


def _backlogs(rows: Iterable[int]) -> dict[int, tuple[int, int]]:
    counted = (
        NotificationRow.objects.filter(subscription__in=list(rows))
        .values("subscription")
        .annotate(
            waiting=Count("id", filter=Q(failed_at__isnull=True)),
            given_up=Count("id", filter=Q(failed_at__isnull=False)),
        )
        .values_list("subscription", "waiting", "given_up")
    )
    return {row: (waiting, given_up) for row, waiting, given_up in counted}


def _with_circuits(known: list[Subscribed], *, now: datetime) -> list[Fares]:
    queues = {each.subscription.id: queue_of(each.subscription.endpoint.uri) for each in known}
    lanes = {lane.endpoint: lane for lane in LaneRow.objects.filter(endpoint__in=set(queues.values()))}
    found = []
    for each in known:
        lane = lanes.get(queues[each.subscription.id])
        failures = lane.failures if lane else 0
        retry_at = lane.retry_at if lane else None
        opened = retry_at is not None and retry_at > now
        circuit = Circuit.OPEN if opened else Circuit.TRYING if failures else Circuit.CLOSED
        found.append(Fares(each, circuit, failures, retry_at if opened else None))
    return found
