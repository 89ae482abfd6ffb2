"""Histories for tests: instances written through the temporal API, moved to the archive when a test says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

from renkei.context import api as context
from renkei.context.services import archiving
from renkei.kernel.ids import OrgId
from tests.factories.context import ACTOR, TENANT, URI, VEHICLE

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
LATER = MAY + timedelta(days=2)
EVERYTHING = context.TemporalQuery()
MOST = 1000


def at(minutes: float) -> str:
    """Return a time so many minutes after MAY, as a client writes it."""
    return (MAY + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(minutes: float) -> datetime:
    """Return a time so many minutes after MAY."""
    return MAY + timedelta(minutes=minutes)


def seen(value: Any, minutes: float | None = 0, dataset: str = "", **members: Any) -> context.Instance:
    """Return a Property that was observed so many minutes after MAY."""
    made: context.Instance = {"type": "Property", "value": value, **members}
    if minutes is not None:
        made["observedAt"] = at(minutes)
    if dataset:
        made["datasetId"] = dataset
    return made


def past(
    uri: str = URI,
    *,
    tenant: OrgId = TENANT,
    types: tuple[str, ...] = (VEHICLE,),
    scope: list[str] | None = None,
    now: datetime = MAY,
    **attrs: Any,
) -> bool:
    """Add to the history of an entity; attributes are named by the last word of their IRI."""
    entity: context.Document = {"id": uri, "type": list(types), "attrs": named(attrs)}
    if scope:
        entity["scope"] = scope
    return context.add_history(tenant, entity, actor=ACTOR, now=now)


def named(attrs: dict[str, Any]) -> dict[str, list[context.Instance]]:
    """Return attributes by their IRIs."""
    return {
        f"https://example.org/{name}": given if isinstance(given, list) else [given]
        for name, given in attrs.items()
    }


def told(
    temporal: context.TemporalQuery = EVERYTHING,
    *,
    uri: str = URI,
    tenant: OrgId = TENANT,
    limit: int = MOST,
    **asked: Any,
) -> context.History:
    """Retrieve the history of an entity."""
    return context.retrieve_history(tenant, context.EntityId(uri), temporal, limit=limit, **asked)


def values(found: context.History, name: str = "speed") -> list[Any]:
    """Return what an attribute of the one entity found said, in the order told."""
    (entity,) = found.entities
    return [
        instance.get("value", instance.get("object"))
        for instance in entity["attrs"].get(f"https://example.org/{name}", [])
    ]


def asked_for(
    query: context.EntityQuery,
    temporal: context.TemporalQuery = EVERYTHING,
    *,
    limit: int = 20,
    **asked: Any,
) -> list[str]:
    """Return the ids of the entities that a question means."""
    found = context.query_history(TENANT, query, temporal, context.Page(limit), limit=MOST, **asked)
    return [entity["id"] for entity in found.entities]


def archive(tenant: OrgId = TENANT, *, now: datetime = LATER, limit: int = 50_000) -> int:
    """Move one batch of what is older than an hour."""
    before = archiving.closed_before(now=now, recent=timedelta(hours=1))
    return archiving.archive_tenant(tenant, now=now, before=before, limit=limit)
