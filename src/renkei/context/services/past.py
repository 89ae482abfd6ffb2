"""An entity's past under a lock: where its lines lie, and how they are taken out of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from renkei.audit import api as audit
from renkei.context import rows
from renkei.context.errors import EntityMissing, InstanceMissing
from renkei.context.models import ArchiveRow, VoidRow
from renkei.context.queries.history import archive as archived_lines
from renkei.context.queries.history.lines import INSTANCE
from renkei.context.queries.history.state import State, voids_of
from renkei.context.queries.history.window import Condition, every, one_of
from renkei.kernel.ids import Actor, OrgId, TableId


@dataclass(frozen=True, slots=True)
class Past:
    """An entity that has a history; locked, and with it the archive of its tenant, until the transaction ends."""

    tenant: OrgId
    row: int
    uri: str
    types: list[str]
    scopes: list[str]
    has_present: bool
    is_archived: bool
    archive: ArchiveRow | None


@dataclass(frozen=True, slots=True)
class Held:
    """A line, and whether it can be changed in its place."""

    instance: int
    body: str
    dataset: str
    created_at: Any
    deleted: bool
    in_place: bool


Key = tuple[str, str, datetime]
"""Attribute, dataset and the moment of the observation."""


def locked_past(tenant: OrgId, uri: str) -> Past | None:
    """Return an entity under a lock; the entity first and the archive after it, as everybody takes them."""
    as_text = ("types::text", "scopes::text") if rows.is_postgresql() else ("types", "scopes")
    lock = " FOR UPDATE" if rows.is_postgresql() else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {', '.join(as_text)}, present IS NOT NULL, archived_at IS NOT NULL FROM context_entity "  # noqa: S608
            f"WHERE tenant = %s AND uri = %s{lock}",
            [tenant, uri],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    row, types, scopes, present, is_archived = found
    archive = ArchiveRow.objects.select_for_update().filter(pk=tenant).first()
    return Past(
        tenant,
        row,
        uri,
        msgspec.json.decode(types),
        msgspec.json.decode(scopes),
        bool(present),
        bool(is_archived),
        archive,
    )


def known_past(tenant: OrgId, uri: str) -> Past:
    """Return an entity that has a history, under a lock. Raises context.entity-missing."""
    past = locked_past(tenant, uri)
    if past is None:
        raise EntityMissing(entity=uri)
    return past


def touch(past: Past, *, now: datetime) -> None:
    """Note when a history was changed; a present has a time of its own."""
    if not past.has_present:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE context_entity SET modified_at = %s WHERE id = %s", [rows.at(now), past.row]
            )


def void(past: Past, *, moved_to: int | None = None, **what: Any) -> None:
    """Declare lines void that may lie in the archive or be on their way there, and let readers begin anew."""
    VoidRow.objects.create(tenant=past.tenant, entity=past.row, moved_to=moved_to, **what)
    if past.archive is not None:
        past.archive.state += 1
        past.archive.save(update_fields=["state"])


def on_its_way(past: Past) -> Condition:
    """Return the condition that a line `i` in the database is part of the batch under way."""
    archive = past.archive
    if archive is None or archive.claimed_to is None:
        return Condition("1 = 0")
    return Condition(
        "i.id <= %s AND i.created_at < %s", (archive.claimed_to, rows.at(archive.claimed_before))
    )


def held(past: Past, attribute: str, instance: int) -> Held | None:
    """Return one line by its id; of one that was changed, the line that bears the id now."""
    for _ in range(1000):
        moved = VoidRow.objects.filter(entity=past.row, instance=instance).values_list("moved_to").first()
        if moved is None:
            break
        if moved[0] is None:
            return None
        instance = moved[0]
    return _in_database(past, attribute, instance) or _in_archive(past, attribute, instance)


def known_line(past: Past, attribute: str, instance: str) -> Held:
    """Return the line that goes by an instance id. Raises context.instance-missing."""
    number = instance.removeprefix(INSTANCE)
    known = instance.startswith(INSTANCE) and number.isascii() and number.isdigit() and len(number) < 19
    found = held(past, attribute, int(number)) if known else None
    if found is None or found.deleted:
        raise InstanceMissing(entity=past.uri, attribute=attribute, instance=instance)
    return found


def observed_then(past: Past, attributes: Sequence[str], moments: Sequence[datetime]) -> dict[Key, Held]:
    """Return the lines of attributes that were observed at these moments, by attribute, dataset and moment."""
    found: dict[Key, Held] = {}
    for start in range(0, len(moments), 500):
        part = moments[start : start + 500]
        found |= _archived_then(past, attributes, part) | _recent_then(past, attributes, part)
    return found


def _recent_then(past: Past, attributes: Sequence[str], moments: Sequence[datetime]) -> dict[Key, Held]:
    way, named = on_its_way(past), one_of("n.iri", attributes, mark="%s")
    then = one_of("i.observed_at", [rows.at(moment) for moment in moments], mark="%s")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.id, n.iri, i.dataset, i.observed_at, i.body, i.created_at, "  # noqa: S608 - only marks
            f"CASE WHEN {way.text} THEN 1 ELSE 0 END FROM context_instance i "
            "JOIN context_name n ON n.id = i.name_id WHERE i.entity_id = %s AND n.tenant = %s "
            f"AND i.deleted_at IS NULL AND {named.text} AND {then.text} ORDER BY i.id",
            [*way.parameters, past.row, past.tenant, *named.parameters, *then.parameters],
        )
        told = cursor.fetchall()
    found: dict[Key, Held] = {}
    gone = set(voids_of([past.row]).instances)
    for instance, attribute, dataset, observed, body, created, moving in told:
        if instance in gone or (moving and _is_void(past, attribute, dataset, instance)):
            continue
        held_now = Held(instance, body, dataset, rows.moment(created), deleted=False, in_place=not moving)
        found[(attribute, dataset, _known(rows.moment(observed)))] = held_now
    return found


def _archived_then(past: Past, attributes: Sequence[str], moments: Sequence[datetime]) -> dict[Key, Held]:
    told = _asked(
        past,
        [
            one_of("i.attribute", attributes, mark="?"),
            one_of("i.observed_at", moments, mark="?"),
            Condition("i.deleted_at IS NULL"),
        ],
        "i.instance, i.attribute, i.dataset, i.observed_at, i.body, i.created_at",
        "ORDER BY i.instance",
    )
    return {
        (attribute, dataset, observed): Held(instance, body, dataset, created, deleted=False, in_place=False)
        for instance, attribute, dataset, observed, body, created in told
    }


def _known(moment: datetime | None) -> datetime:
    if moment is None:
        raise AssertionError("what was looked up by a moment has none")
    return moment


def _in_database(past: Past, attribute: str, instance: int) -> Held | None:
    way = on_its_way(past)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.body, i.dataset, i.created_at, i.deleted_at IS NOT NULL, "  # noqa: S608 - only marks
            f"CASE WHEN {way.text} THEN 1 ELSE 0 END FROM context_instance i "
            "JOIN context_name n ON n.id = i.name_id WHERE i.id = %s AND i.entity_id = %s AND n.iri = %s",
            [*way.parameters, instance, past.row, attribute],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    body, dataset, created, deleted, moving = found
    if moving and _is_void(past, attribute, dataset, instance):
        return None
    return Held(instance, body, dataset, rows.moment(created), bool(deleted), not moving)


def _is_void(past: Past, attribute: str, dataset: str, instance: int) -> bool:
    return any(
        one.until >= instance and one.attribute in {"", attribute} and one.dataset in {None, dataset}
        for one in voids_of([past.row]).attributes
    )


def _in_archive(past: Past, attribute: str, instance: int) -> Held | None:
    found = _asked(
        past,
        [Condition("i.attribute = ? AND i.instance = ?", (attribute, instance))],
        "i.body, i.dataset, i.created_at, i.deleted_at IS NOT NULL",
    )
    if not found:
        return None
    body, dataset, created, deleted = found[0]
    return Held(instance, body, dataset, created, bool(deleted), in_place=False)


def datasets_archived(past: Past, attribute: str) -> set[str]:
    """Return the datasets of an attribute of which there are lines in the archive."""
    found = _asked(past, [Condition("i.attribute = ?", (attribute,))], "DISTINCT i.dataset")
    return {row[0] for row in found}


def last_archived(past: Past, attribute: str) -> list[tuple[str, str, bool]]:
    """Return of each dataset of an attribute the last line in the archive: dataset, body, whether it was taken away."""
    found = _asked(
        past,
        [Condition("i.attribute = ?", (attribute,))],
        "i.dataset, arg_max(i.body, i.instance), arg_max(i.deleted_at IS NOT NULL, i.instance)",
        "GROUP BY i.dataset",
    )
    return [(dataset, body, bool(deleted)) for dataset, body, deleted in found]


def _asked(past: Past, conditions: Sequence[Condition], columns: str, tail: str = "") -> list[Any]:
    """Ask the archive about lines of this entity that count."""
    archive = past.archive
    if archive is None or not past.is_archived:
        return []
    settled = archive.batch if archive.claimed_to is None else archive.batch - 1
    state = State(TableId(archive.table), settled, archive.state)
    where = every(
        [
            Condition("i.entity = ? AND i.entity_row = ? AND i.batch <= ?", (past.uri, past.row, settled)),
            *archived_lines.void(voids_of([past.row])),
            *conditions,
        ]
    )
    with archived_lines.opened(state) as opened:
        found: list[Any] = opened.duck.execute(
            f"SELECT {columns} FROM {opened.relation} i WHERE {where.text} {tail}",  # noqa: S608 - only marks
            list(where.parameters),
        ).fetchall()
    return found


def record(
    action: str, tenant: OrgId, uri: str, told: object, *, instances: int, actor: Actor, now: datetime
) -> None:
    """Write the act into the log; of what was written it keeps a hash."""
    ordered = msgspec.json.Encoder(order="sorted").encode([uri, told])
    audit.record(
        action,
        actor=actor,
        subject=tenant,
        at=now,
        instances=instances,
        sha256=hashlib.sha256(ordered).hexdigest(),
    )
