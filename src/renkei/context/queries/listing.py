"""All entities of a type, part by part, for whoever has to look at each of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from renkei.context.rows import at, is_postgresql
from renkei.context.types import Document, EntityId
from renkei.kernel.ids import OrgId

PART = 500
"""Entities read in one statement."""
_PRESENT = (
    "SELECT entity.id, {present} FROM context_entity entity WHERE entity.tenant = %s AND entity.present IS NOT NULL "
    "AND (entity.expires_at IS NULL OR entity.expires_at > %s) AND {which} ORDER BY entity.id LIMIT %s"
)
_OF_TYPE = (
    "entity.id > %s AND entity.id IN (SELECT type.entity_id FROM context_type type "
    "JOIN context_name name ON name.id = type.name_id WHERE name.tenant = %s AND name.iri = %s)"
)


def entities_of_type(
    tenant: OrgId, iri: str, *, ids: Sequence[EntityId] | None = None, now: datetime
) -> Iterator[Document]:
    """Yield a tenant's entities of a type, the oldest first; with `ids` only those among these."""
    after = 0
    while True:
        found = _part(tenant, iri, after=after, ids=ids, now=now)
        for _, document in found:
            yield document
        if len(found) < PART:
            return
        after = found[-1][0]


def ids_of_type(tenant: OrgId, iri: str, *, now: datetime) -> list[EntityId]:
    """Return the ids of all of a tenant's entities of a type, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PRESENT.format(present="entity.uri", which=_OF_TYPE), [tenant, at(now), 0, tenant, iri, 1 << 62]
        )
        return [EntityId(uri) for _, uri in cursor.fetchall()]


def _part(
    tenant: OrgId, iri: str, *, after: int, ids: Sequence[EntityId] | None, now: datetime
) -> list[tuple[int, Document]]:
    which = _OF_TYPE
    values: list[Any] = [after, tenant, iri]
    if ids is not None:
        if not ids:
            return []
        which += f" AND entity.uri IN ({', '.join(['%s'] * len(ids))})"
        values += ids
    present = "entity.present::text" if is_postgresql() else "entity.present"
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT.format(present=present, which=which), [tenant, at(now), *values, PART])
        rows = cursor.fetchall()
    return [(row, msgspec.json.decode(document)) for row, document in rows]
