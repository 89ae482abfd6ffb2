"""Entities as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from renkei.context import rows
from renkei.context.errors import EntityMissing
from renkei.context.types import Document, EntityId
from renkei.kernel.ids import OrgId

_ALIVE = (
    "FROM context_entity WHERE tenant = %s AND present IS NOT NULL "
    "AND (expires_at IS NULL OR expires_at > %s) AND uri"
)


@dataclass(frozen=True, slots=True)
class Sought:
    """An entity that a caller wants to see."""

    tenant: OrgId
    uri: EntityId
    now: datetime

    @staticmethod
    def together(several: "Sequence[Sought]") -> list[Any]:
        """Return the entities of callers who know nothing of each other; in the place of one that is missing, why."""
        by_tenant: dict[OrgId, list[Sought]] = {}
        for each in several:
            by_tenant.setdefault(each.tenant, []).append(each)
        found = {tenant: _alive(tenant, of_tenant) for tenant, of_tenant in by_tenant.items()}
        return [_seen(each, found[each.tenant].get(each.uri)) for each in several]


def entity(tenant: OrgId, uri: EntityId, *, now: datetime) -> Document:
    """Return an entity (clause 5.7.1). Raises context.entity-missing."""
    (found,) = Sought.together([Sought(tenant, uri, now)])
    if isinstance(found, EntityMissing):
        raise found
    return found  # type: ignore[no-any-return]  # a document, or why there is none


def _seen(sought: Sought, found: bytes | str | None) -> Document | EntityMissing:
    if found is None:
        return EntityMissing(entity=sought.uri)
    document: Document = msgspec.json.decode(found)  # for each a document of its own, which it may change
    return document


def _alive(tenant: OrgId, several: Sequence[Sought]) -> dict[str, str]:
    now, uris = max(each.now for each in several), list(dict.fromkeys(each.uri for each in several))
    with rows.statements() as cursor:
        if rows.is_postgresql():
            sql = f"SELECT uri, present::text {_ALIVE} = ANY(%s::text[])"
            cursor.execute(sql, [tenant, now, rows.array(uris)])
        else:
            sql = f"SELECT uri, present {_ALIVE} IN ({', '.join(['%s'] * len(uris))})"
            cursor.execute(sql, [tenant, rows.at(now), *uris])
        return dict(cursor.fetchall())
