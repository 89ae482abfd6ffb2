"""The types and attributes that entities have (clauses 5.7.5 to 5.7.10)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from renkei.context.errors import AttributeUnknown, TypeUnknown
from renkei.context.queries.dialects import dialect
from renkei.context.queries.limits import limited
from renkei.context.queries.naming import numbers_of
from renkei.context.rows import at
from renkei.context.types import AttributeInfo, TypeInfo
from renkei.kernel.ids import OrgId

_ALIVE = "e.tenant = %s AND e.present IS NOT NULL AND (e.expires_at IS NULL OR e.expires_at > %s)"
_USED = (
    "SELECT n.iri FROM context_name n WHERE n.tenant = %s AND EXISTS (SELECT 1 FROM {table} x "  # noqa: S608 - fixed texts
    "JOIN context_entity e ON e.id = x.entity_id WHERE x.name_id = n.id AND " + _ALIVE + ") ORDER BY n.id"
)
_PAIRS = (
    "SELECT x.of, x.has FROM (SELECT t.name_id AS of_id, n.iri AS of, v.name_id AS has_id, y.iri AS has "  # noqa: S608 - fixed texts
    "FROM context_name y JOIN context_value v ON v.name_id = y.id JOIN context_type t ON t.entity_id = v.entity_id "
    "JOIN context_name n ON n.id = t.name_id JOIN context_entity e ON e.id = v.entity_id "
    "WHERE y.tenant = %s AND "
    + _ALIVE
    + "{more} GROUP BY t.name_id, n.iri, v.name_id, y.iri) x ORDER BY x.of_id, x.has_id"
)


def types(tenant: OrgId, *, now: datetime) -> list[TypeInfo]:
    """Return the types of entities, without their attributes."""
    return [TypeInfo(iri, entities=0) for iri in _used(tenant, "context_type", now)]


def types_with_attributes(tenant: OrgId, *, now: datetime) -> list[TypeInfo]:
    """Return the types of entities with the names of the attributes that entities of the type have."""
    having: dict[str, list[AttributeInfo]] = {iri: [] for iri in _used(tenant, "context_type", now)}
    for of, has in _pairs(tenant, now):
        having.setdefault(of, []).append(AttributeInfo(has))
    return [TypeInfo(iri, entities=0, attributes=tuple(attributes)) for iri, attributes in having.items()]


def type_info(tenant: OrgId, iri: str, *, now: datetime) -> TypeInfo:
    """Return a type: how many entities have it, their attributes and of which kinds these are.

    Raises context.type-unknown.
    """
    number = numbers_of(tenant, [iri]).get(iri)
    among = "EXISTS (SELECT 1 FROM context_type t WHERE t.entity_id = e.id AND t.name_id = %s)"
    with limited() as cursor:
        entities = _count(cursor, among, tenant, number, now) if number is not None else 0
        if not entities:
            raise TypeUnknown(iri=iri)
        kinds = _kinds(cursor, among, tenant, number, now)
    attributes = tuple(AttributeInfo(name, kinds=tuple(of)) for name, of in kinds.items())
    return TypeInfo(iri, entities, attributes)


def attributes(tenant: OrgId, *, now: datetime) -> list[AttributeInfo]:
    """Return the attributes of entities, by name alone."""
    return [AttributeInfo(iri) for iri in _used(tenant, "context_value", now)]


def attributes_with_types(tenant: OrgId, *, now: datetime) -> list[AttributeInfo]:
    """Return the attributes of entities with the types of the entities that have them."""
    having: dict[str, list[str]] = {iri: [] for iri in _used(tenant, "context_value", now)}
    for of, has in _pairs(tenant, now):
        having.setdefault(has, []).append(of)
    return [AttributeInfo(iri, types=tuple(of)) for iri, of in having.items()]


def attribute_info(tenant: OrgId, iri: str, *, now: datetime) -> AttributeInfo:
    """Return an attribute: how many entities have it, of which types these are, and of which kinds it is.

    Raises context.attribute-unknown.
    """
    number = numbers_of(tenant, [iri]).get(iri)
    among = "EXISTS (SELECT 1 FROM context_value v WHERE v.entity_id = e.id AND v.name_id = %s)"
    with limited() as cursor:
        count = _count(cursor, among, tenant, number, now) if number is not None else 0
        if not count:
            raise AttributeUnknown(iri=iri)
        kinds = _kinds(cursor, among, tenant, number, now, only=iri)
    of = [type_iri for type_iri, _ in _pairs(tenant, now, having=number)]
    return AttributeInfo(iri, count, tuple(kinds.get(iri, ())), tuple(of))


def _used(tenant: OrgId, table: str, now: datetime) -> list[str]:
    with limited() as cursor:
        cursor.execute(_USED.format(table=table), [tenant, tenant, at(now)])
        return [row[0] for row in cursor.fetchall()]


def _pairs(tenant: OrgId, now: datetime, *, having: int | None = None) -> list[tuple[str, str]]:
    """Return each type with each attribute that its entities have, in the order in which the names came up."""
    more, parameters = (
        ("", [tenant, tenant, at(now)])
        if having is None
        else (" AND v.name_id = %s", [tenant, tenant, at(now), having])
    )
    with limited() as cursor:
        cursor.execute(_PAIRS.format(more=more), parameters)
        return list(cursor.fetchall())


def _count(cursor: Any, among: str, tenant: OrgId, number: int | None, now: datetime) -> int:
    cursor.execute(
        f"SELECT count(*) FROM context_entity e WHERE {_ALIVE} AND {among}",  # noqa: S608 - fixed texts
        [tenant, at(now), number],
    )
    return int(cursor.fetchone()[0])


def _kinds(
    cursor: Any, among: str, tenant: OrgId, number: int | None, now: datetime, *, only: str | None = None
) -> dict[str, list[str]]:
    """Return attributes of some entities with the kinds that they have, in the order of the names."""
    words = dialect()
    items = ", ".join(
        (words.members("e.present", "a", within="attrs"), words.elements("a", "i"), words.members("i", "k"))
    )
    more, parameters = (
        ("", [tenant, at(now), number])
        if only is None
        else (" AND a.key = %s", [tenant, at(now), number, only])
    )
    cursor.execute(
        f"SELECT DISTINCT a.key, {words.text('k')} FROM context_entity e, {items} "  # noqa: S608 - fixed texts
        f"WHERE {_ALIVE} AND {among} AND k.key = 'type'{more}",
        parameters,
    )
    rows: Iterable[tuple[str, str]] = cursor.fetchall()
    found: dict[str, list[str]] = {}
    for name, kind in sorted(rows):
        found.setdefault(name, []).append(kind)
    order = numbers_of(tenant, found)
    return {name: found[name] for name in sorted(found, key=lambda name: order.get(name, 0))}
