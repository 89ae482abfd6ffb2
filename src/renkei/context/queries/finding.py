"""Entities that are asked for, page by page (clause 5.7.2).

What drives a question is decided by a look at the index (`driving`): a comparison that no more than some thousand entities
meet is asked first, and the rest of the question is put to these alone. Where every comparison is met by many, the rows
of one are gone through in the order of the answer, the rest of the question put to each, until the page is full.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from renkei.context.queries import ordering, places
from renkei.context.queries.conditions import Asked, is_asked, names_in
from renkei.context.queries.dialects import dialect
from renkei.context.queries.driving import Choice, choose, without
from renkei.context.queries.limits import IN_ORDER, SECONDS, Limited, limited
from renkei.context.queries.naming import numbers_of
from renkei.context.queries.parts import NEVER, Part, both, marks
from renkei.context.rows import at
from renkei.context.types import Document, EntityId, EntityQuery, Found, Page
from renkei.kernel.ids import OrgId


def find(tenant: OrgId, query: EntityQuery, page: Page, *, now: datetime, seconds: float = SECONDS) -> Found:
    """Return a page of the entities asked for: in their order, else in that in which they were created.

    It takes no longer than `seconds`.

    Raises context.query-too-complex, context.query-malformed.
    """
    asked = _asked(tenant, query)
    if _condition(query, asked, now) == NEVER:
        return _nothing(page)
    with limited(seconds=seconds, planner_without=IN_ORDER) as cursor:
        choice = choose(cursor, query, asked)
        if choice is None:
            return _nothing(page)
        if query.geo is None and not query.order and choice.along is not None:
            rows, total = _along(cursor, query, page, choice=choice, asked=asked, now=now)
        else:
            rows, total = _among(cursor, query, page, choice=choice, asked=asked, now=now)
    documents: list[Document] = [msgspec.json.decode(row) for row in rows[: page.limit]]
    return Found(documents, more=len(rows) > page.limit, total=total)


def count(tenant: OrgId, query: EntityQuery, *, now: datetime) -> int:
    """Return how many entities are asked for. Raises as `find`."""
    return find(tenant, query, Page(limit=0, counted=True), now=now).total or 0


def ids(tenant: OrgId, query: EntityQuery, *, now: datetime) -> list[EntityId]:
    """Return the ids of all entities asked for, in the order in which they were created. Raises as `find`."""
    found: list[EntityId] = []
    while True:
        page = find(tenant, query, Page(limit=1000, offset=len(found)), now=now)
        found += [EntityId(entity["id"]) for entity in page.entities]
        if not page.more:
            return found


def exist(tenant: OrgId, uris: Sequence[EntityId], *, now: datetime) -> frozenset[EntityId]:
    """Return those of some ids under which there is an entity."""
    return frozenset(EntityId(entity["id"]) for entity in _named(tenant, uris, now))


def named(tenant: OrgId, uris: Sequence[EntityId], *, now: datetime) -> dict[EntityId, Document]:
    """Return the entities of some ids, those that there are."""
    return {EntityId(entity["id"]): entity for entity in _named(tenant, uris, now)}


def _named(tenant: OrgId, uris: Sequence[EntityId], now: datetime) -> list[Document]:
    words = dialect()
    alive = _alive(tenant, now)
    found: list[Document] = []
    unique = list(dict.fromkeys(uris))
    with limited() as cursor:
        for start in range(0, len(unique), 500):
            part = marks(unique[start : start + 500])
            cursor.execute(
                f"SELECT {words.document()} FROM context_entity e WHERE {alive.sql} AND e.uri IN ({part.sql})",  # noqa: S608
                [*alive.parameters, *part.parameters],
            )
            found += [msgspec.json.decode(row[0]) for row in cursor.fetchall()]
    return found


def _asked(tenant: OrgId, query: EntityQuery) -> Asked:
    return Asked(tenant, numbers_of(tenant, names_in(query)), dialect())


def _alive(tenant: OrgId, now: datetime) -> Part:
    sql = "e.tenant = %s AND e.present IS NOT NULL AND (e.expires_at IS NULL OR e.expires_at > %s)"
    return Part(sql, (tenant, at(now)))


def _condition(query: EntityQuery, asked: Asked, now: datetime) -> Part:
    return both([_alive(asked.tenant, now), is_asked(query, asked)])


def _nothing(page: Page) -> Found:
    return Found((), more=False, total=0 if page.counted else None)


def _among(
    cursor: Limited, query: EntityQuery, page: Page, *, choice: Choice, asked: Asked, now: datetime
) -> tuple[list[str], int | None]:
    """Return the documents of a page, one more where there is one, and how many there are where that was asked."""
    among = choice.among or (choice.along and choice.along.select())
    first = [Part(asked.words.among("e.id", among.sql), among.parameters)] if among else []
    where = both([*first, _condition(query, asked, now)])
    if query.geo is not None:
        return places.find(cursor, query, page, where, asked)
    total = None
    if page.counted:
        cursor.execute(f"SELECT count(*) FROM context_entity e WHERE {where.sql}", where.parameters)  # noqa: S608
        total = int(cursor.fetchone()[0])
    return ordering.page_of(cursor, query.order, page, where, asked), total


def _along(
    cursor: Limited, query: EntityQuery, page: Page, *, choice: Choice, asked: Asked, now: datetime
) -> tuple[list[str], int | None]:
    """Return what `_among` does, by going along the rows of an index, which stand in the order of the entities."""
    assert choice.along is not None  # noqa: S101 - the caller looked
    rest = is_asked(replace(query, q=without(query.q, choice.term)), replace(asked, entity="d.entity_id"))
    where = both([choice.along.where, rest, Part("e.id = d.entity_id"), _alive(asked.tenant, now)])
    rows = f"FROM {choice.along.table} d CROSS JOIN context_entity e WHERE {where.sql}"
    total = None
    if page.counted:
        cursor.execute(f"SELECT count(DISTINCT d.entity_id) {rows}", where.parameters)
        total = int(cursor.fetchone()[0])
    cursor.execute(
        f"SELECT {asked.words.document()} FROM (SELECT d.entity_id AS id {rows} GROUP BY d.entity_id "  # noqa: S608
        "ORDER BY d.entity_id LIMIT %s OFFSET %s) x JOIN context_entity e ON e.id = x.id ORDER BY x.id",
        [*where.parameters, page.limit + 1, page.offset],
    )
    return [row[0] for row in cursor.fetchall()], total
