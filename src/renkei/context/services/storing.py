"""A changed document into its row, the indexes beside it and its history: many at a time, in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from renkei.context import rows
from renkei.context.rules import indexing
from renkei.context.rules.changing import instant
from renkei.context.services.names import name_ids
from renkei.context.types import Document, EntityChange, Happened, Instance, InstanceChange, Kind
from renkei.kernel.clock import parse_utc
from renkei.kernel.ids import OrgId

_BESIDE = ("context_type", "context_scope", "context_instance")
_BY_NAME = ("context_value", "context_place")
"""Tables beside entities whose indexes begin with the name."""
_encode = msgspec.json.Encoder().encode
_COLUMNS = ("tenant", "uri", "present", "types", "scopes", "created_at", "modified_at", "expires_at")
_NOBODY_WAS_FASTER = (
    "ON CONFLICT (tenant, uri) DO UPDATE SET present = excluded.present, types = excluded.types, "
    "scopes = excluded.scopes, modified_at = excluded.modified_at, expires_at = excluded.expires_at "
    "WHERE context_entity.present IS NULL RETURNING uri, id"
)
_KINDS = ("text", "text", "jsonb", "jsonb", "jsonb", "timestamptz", "timestamptz", "timestamptz")
_SET = "present = {}, types = {}, scopes = {}, modified_at = {}, expires_at = {}"
_UPDATE = f"UPDATE context_entity SET {_SET.format(*['%s'] * 5)} WHERE id = %s"  # noqa: S608 - only marks
_UPDATE_MANY = (
    f"UPDATE context_entity SET {_SET.format(*(f'new.c{place}' for place in range(5)))} "  # noqa: S608 - only marks
    f"FROM {rows.unnested((*_KINDS[2:5], *_KINDS[6:], 'bigint'))} AS new(c0, c1, c2, c3, c4, row) "
    "WHERE context_entity.id = new.row"
)


class Overtaken(Exception):
    """Another writer created one of the entities meanwhile: look again."""


@dataclass(frozen=True, slots=True)
class Known:
    """An entity as it is stored: its row, and its present where it has one."""

    row: int
    present: Document | None


def known(tenant: OrgId, uris: Iterable[str]) -> dict[str, Known]:
    """Return the rows of these entities, locked until the caller's transaction ends; in one order, for all writers."""
    wanted = sorted(set(uris))
    with rows.statements() as cursor:
        if rows.is_postgresql():
            cursor.execute(
                "SELECT uri, id, present::text FROM context_entity WHERE tenant = %s "
                "AND uri = ANY(%s::text[]) ORDER BY uri FOR UPDATE",
                [tenant, rows.array(wanted)],
            )
            found = cursor.fetchall()
        else:
            found = []
            for start in range(0, len(wanted), 1000):
                part = wanted[start : start + 1000]
                marks = ", ".join(["%s"] * len(part))
                cursor.execute(
                    f"SELECT uri, id, present FROM context_entity WHERE tenant = %s AND uri IN ({marks})",  # noqa: S608
                    [tenant, *part],
                )
                found += cursor.fetchall()
    return {uri: Known(row, msgspec.json.decode(present) if present else None) for uri, row, present in found}


def store(tenant: OrgId, before: Mapping[str, Known], changes: Sequence[EntityChange]) -> None:
    """Write what became of entities, and one line of history for each instance that changed.

    Several changes of one entity follow one another in `changes`; of one that was deleted on the way nothing is left but
    what came after that. Raises Overtaken.
    """
    ended = {change.entity for change in changes if change.after is None}
    changes = _since_last_end(changes)
    last: dict[str, EntityChange] = {change.entity: change for change in changes}
    ids = dict(_names(tenant, changes))
    with rows.statements() as cursor:
        gone = [before[uri].row for uri in sorted(ended) if uri in before]
        pairs = _attributes_of(tenant, before, gone)
        for table in _BY_NAME:
            rows.delete_pairs(cursor, table, pairs)
        for table in _BESIDE:
            rows.delete_of(cursor, table, "entity_id", gone)
        rows.delete_of(cursor, "context_entity", "id", gone)
        before = {uri: entity for uri, entity in before.items() if uri not in ended}
        row_of = {uri: entity.row for uri, entity in before.items()}
        kept = {uri: change.after for uri, change in last.items() if change.after is not None}
        row_of |= _entities(cursor, tenant, before, kept)
        beside = _Beside()
        for uri, after in kept.items():
            beside.gather(row_of[uri], before[uri].present if uri in before else None, after, ids)
        beside.write(cursor, tenant)
        _history(cursor, [change for change in changes if change.entity in kept], row_of, ids)


def _since_last_end(changes: Sequence[EntityChange]) -> list[EntityChange]:
    """Return the changes of each entity after it was last deleted."""
    left: list[EntityChange] = []
    ended: set[str] = set()
    for change in reversed(changes):
        if change.after is None:
            ended.add(change.entity)
        elif change.entity not in ended:
            left.append(change)
    return left[::-1]


def add_history(tenant: OrgId, changes: Sequence[EntityChange], *, now: datetime) -> None:
    """Write lines of history of entities whose present stays as it is, in the caller's transaction."""
    if not changes:
        return
    row_of = {uri: entity.row for uri, entity in known(tenant, (one.entity for one in changes)).items()}
    ids = name_ids(tenant, dict.fromkeys(one.attribute for change in changes for one in change.instances))
    at = {"modifiedAt": instant(now)}
    dated = [EntityChange(one.entity, one.before, at, one.instances) for one in changes]
    with rows.statements() as cursor:
        _history(cursor, dated, row_of, ids)


def _attributes_of(tenant: OrgId, before: Mapping[str, Known], gone: Sequence[int]) -> list[tuple[int, int]]:
    """Return the pairs of row and name that entities had a value for."""
    wanted = set(gone)
    having = {one.row: one.present["attrs"] for one in before.values() if one.row in wanted and one.present}
    ids = name_ids(tenant, dict.fromkeys(name for attributes in having.values() for name in attributes))
    return [(row, ids[name]) for row, attributes in having.items() for name in attributes]


def _names(tenant: OrgId, changes: Sequence[EntityChange]) -> dict[str, int]:
    wanted: dict[str, None] = {}
    for change in changes:
        if change.after is not None:
            wanted.update(dict.fromkeys(change.after["type"]))
            wanted.update((instance.attribute, None) for instance in change.instances)
    return name_ids(tenant, wanted)


def _entities(
    cursor: Any, tenant: OrgId, before: Mapping[str, Known], kept: Mapping[str, Document]
) -> dict[str, int]:
    """Write the rows of entities; return those of the new ones. Raises Overtaken."""
    new: list[tuple[Any, ...]] = []
    old: list[tuple[Any, ...]] = []
    for uri, entity in kept.items():
        documents = (
            _encode(entity).decode(),
            _encode(entity["type"]).decode(),
            _encode(indexing.scopes_of(entity)).decode(),
        )
        modified, expires = rows.at_instant(entity["modifiedAt"]), rows.at(_expiry(entity))
        if uri in before:
            old.append((*documents, modified, expires, before[uri].row))
        else:
            created = rows.at_instant(entity["createdAt"])
            new.append((tenant, uri, *documents, created, modified, expires))
    _update(cursor, old)
    made = _insert(cursor, sorted(new)) if new else {}
    if len(made) < len(new):
        raise Overtaken
    return made


def _update(cursor: Any, old: Sequence[tuple[Any, ...]]) -> None:
    if not rows.is_postgresql():
        cursor.executemany(_UPDATE, old)
    elif old:
        cursor.execute(_UPDATE_MANY, rows.arrays(old))


def _insert(cursor: Any, new: Sequence[tuple[Any, ...]]) -> dict[str, int]:
    """Insert rows of entities, in the order of their URIs, and return the number of each that nobody else made."""
    head = f"INSERT INTO context_entity ({', '.join(_COLUMNS)})"
    if rows.is_postgresql():
        taken = f"SELECT * FROM {rows.unnested(_KINDS)}"  # noqa: S608 - only marks
        cursor.execute(f"{head} {taken} {_NOBODY_WAS_FASTER}", rows.arrays(new))
        return dict(cursor.fetchall())
    made: dict[str, int] = {}
    marks = ", ".join(["%s"] * len(_COLUMNS))
    for row in new:
        cursor.execute(f"{head} VALUES ({marks}) {_NOBODY_WAS_FASTER}", row)
        made.update(cursor.fetchall())
    return made


def _expiry(entity: Document) -> datetime | None:
    return parse_utc(entity["expiresAt"]) if "expiresAt" in entity else None


@dataclass(slots=True)
class _Beside:
    """Rows beside entities that are to go and to come."""

    stale: list[tuple[int, int]] = field(default_factory=list)
    left: list[tuple[int, int]] = field(default_factory=list)
    values: list[tuple[Any, ...]] = field(default_factory=list)
    places: list[tuple[Any, ...]] = field(default_factory=list)
    retyped: list[int] = field(default_factory=list)
    types: list[tuple[int, int]] = field(default_factory=list)
    rescoped: list[int] = field(default_factory=list)
    scopes: list[tuple[Any, ...]] = field(default_factory=list)

    def gather(self, row: int, was: Document | None, after: Document, ids: Mapping[str, int]) -> None:
        """Add what the change from one document to the next comes to."""
        old = was["attrs"] if was else {}
        for name, instances in after["attrs"].items():
            if old.get(name) is instances:
                continue
            self._drop(row, ids[name], old.get(name, ()))
            number = ids[name]
            values = [one for instance in instances for one in indexing.comparables(instance)]
            several = len(values) > 1
            self.values += [(row, number, *one, several) for one in values]
            for instance in instances:
                if instance["type"] == Kind.GEO:
                    self.places += _place(row, number, instance)
        for name in [name for name in old if name not in after["attrs"]]:
            self._drop(row, ids[name], old[name])
        if was is None or was["type"] != after["type"]:
            self.retyped += [row] if was else []
            self.types += [(row, ids[iri]) for iri in after["type"]]
        if was is None or was.get("scope") != after.get("scope"):
            self.rescoped += [row] if was else []
            self.scopes += [(row, scope) for scope in indexing.scopes_of(after)]

    def _drop(self, row: int, name: int, instances: Sequence[Instance]) -> None:
        if instances:
            self.stale.append((row, name))
        if any(instance["type"] == Kind.GEO for instance in instances):
            self.left.append((row, name))

    def write(self, cursor: Any, tenant: OrgId) -> None:
        """Delete and insert."""
        rows.delete_pairs(cursor, "context_value", self.stale)
        rows.delete_pairs(cursor, "context_place", self.left)
        rows.delete_of(cursor, "context_type", "entity_id", self.retyped)
        rows.delete_of(cursor, "context_scope", "entity_id", self.rescoped)
        value = ("entity_id", "name_id", "sort", "number", "text", "several")
        rows.insert(cursor, "context_value", value, self.values)
        box = ("entity_id", "name_id", "west", "south", "east", "north", "strip", "geometry")
        rows.insert(cursor, "context_place", box, self.places)
        rows.insert(cursor, "context_type", ("entity_id", "name_id"), self.types)
        scopes = [(tenant, *scope) for scope in self.scopes]
        rows.insert(cursor, "context_scope", ("tenant", "entity_id", "scope"), scopes)


def _place(row: int, name: int, instance: Instance) -> list[tuple[Any, ...]]:
    around = indexing.box(instance["value"])
    if around is None:
        return []
    return [(row, name, *around, indexing.strip(around), _encode(instance["value"]).decode())]


def _history(
    cursor: Any,
    changes: Sequence[EntityChange],
    row_of: Mapping[str, int],
    ids: Mapping[str, int],
) -> None:
    columns = (
        "entity_id",
        "name_id",
        "dataset",
        "body",
        "number",
        "observed_at",
        "created_at",
        "modified_at",
        "deleted_at",
    )
    rows.insert(
        cursor,
        "context_instance",
        columns,
        [
            (row_of[change.entity], ids[one.attribute], one.dataset, *_remembered(one, at))
            for change in changes
            if change.after is not None
            for at in (rows.at_instant(change.after["modifiedAt"]),)
            for one in change.instances
        ],
    )


def _remembered(change: InstanceChange, at: Any) -> tuple[Any, ...]:
    """Return body, number, and the times: observed, created, modified, deleted."""
    if change.happened is Happened.DELETED or change.after is None:
        was = change.before or {}
        said = {"type": was.get("type", Kind.PROPERTY.value), "deletedAt": None}
        return _encode(said).decode(), None, None, at, at, at
    instance = change.after
    observed = instance.get("observedAt")
    return (
        _encode(instance).decode(),
        indexing.number_of(instance),
        rows.at(parse_utc(observed)) if observed else None,
        at,
        at,
        None,
    )


def told(changes: Sequence[EntityChange]) -> bytes:
    """Return what the audit log keeps the hash of: each entity's id and document after the act, a line for each."""
    ordered = msgspec.json.Encoder(order="sorted").encode
    return b"\n".join(ordered([change.entity, change.after]) for change in changes)
