"""Writes to histories through the temporal API (clauses 5.6.11 to 5.6.16): they make no present.

A line that lies in the archive, or is on its way there, is not changed in its place: it is declared void, and where it
was changed rather than deleted, a new line takes over its id. The archive's row is locked for it, so that no batch is
claimed or settled meanwhile.
"""

import hashlib
from datetime import datetime

import msgspec
from django.db import connection, transaction

from renkei.audit import api as audit
from renkei.context import rows
from renkei.context.errors import AttributeMissing, EntityMissing, InstanceMissing
from renkei.context.queries.history.window import Condition
from renkei.context.services.instances import (
    INSTANCE,
    insert_lines,
    overlaid,
    put_instance,
    scope_line,
    write_instances,
)
from renkei.context.services.names import name_ids
from renkei.context.services.past import (
    Held,
    Past,
    datasets_archived,
    held,
    last_archived,
    locked_past,
    on_its_way,
    void,
)
from renkei.context.types import DEFAULT, SCOPE, Document, EntityId, Instance, Kind
from renkei.kernel.ids import Actor, OrgId

_TRIES = 5
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class _BegunMeanwhileError(Exception):
    """Another writer began the history of this entity meanwhile."""


def add_history(tenant: OrgId, entity: Document, *, actor: Actor, now: datetime) -> bool:
    """Add instances to the history of an entity (clause 5.6.11), and say whether that history is new.

    Raises context.request-invalid for a null among them.
    """
    for _ in range(_TRIES - 1):
        try:
            return _add_history(tenant, entity, actor=actor, now=now)
        except _BegunMeanwhileError:
            continue
    return _add_history(tenant, entity, actor=actor, now=now)


@transaction.atomic
def _add_history(tenant: OrgId, entity: Document, *, actor: Actor, now: datetime) -> bool:
    past = locked_past(tenant, entity["id"])
    row = _begun(tenant, entity, now=now) if past is None else _extended(past, entity, now=now)
    written = write_instances(tenant, row, past, entity["attrs"], now=now)
    if entity.get(SCOPE) and (past is None or past.scopes != entity[SCOPE]):
        insert_lines([scope_line(tenant, row, entity[SCOPE], now=now)])
    _record("context.history-added", tenant, entity["id"], entity, instances=written, actor=actor, now=now)
    return past is None


@transaction.atomic
def append_history(tenant: OrgId, uri: EntityId, fragment: Document, *, actor: Actor, now: datetime) -> None:
    """Add instances of attributes to a history that is there (clause 5.6.12).

    Raises context.entity-missing, context.request-invalid.
    """
    past = _past(tenant, uri)
    _extended(past, fragment, now=now)
    written = write_instances(tenant, past.row, past, fragment["attrs"], now=now)
    _record("context.history-added", tenant, uri, fragment, instances=written, actor=actor, now=now)


@transaction.atomic
def change_instance(
    tenant: OrgId,
    uri: EntityId,
    attribute: str,
    instance: str,
    given: Instance,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Change members of one instance of a history (clause 5.6.14); what is given replaces what was there.

    Raises context.entity-missing, context.instance-missing, context.request-invalid.
    """
    past = _past(tenant, uri)
    found = _held(past, attribute, instance)
    made = overlaid(_decode(found.body), given, attribute)
    put_instance(past, found, attribute, made, now=now)
    _touch(past, now=now)
    _record(
        "context.history-changed", tenant, uri, [attribute, instance, made], instances=1, actor=actor, now=now
    )


@transaction.atomic
def delete_instance(
    tenant: OrgId, uri: EntityId, attribute: str, instance: str, *, actor: Actor, now: datetime
) -> None:
    """Delete one instance of a history (clause 5.6.15). Raises context.entity-missing, context.instance-missing."""
    past = _past(tenant, uri)
    found = _held(past, attribute, instance)
    if found.in_place:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM context_instance WHERE id = %s", [found.instance])
    else:
        void(past, instance=found.instance)
    _touch(past, now=now)
    _record("context.history-deleted", tenant, uri, [attribute, instance], instances=1, actor=actor, now=now)


@transaction.atomic
def delete_attribute_history(
    tenant: OrgId,
    uri: EntityId,
    attribute: str,
    *,
    dataset: str = DEFAULT,
    everything: bool = False,
    actor: Actor,
    now: datetime,
) -> None:
    """Delete the history of an attribute: of one dataset, or of all where `everything` (clause 5.6.13).

    Raises context.entity-missing, context.attribute-missing.
    """
    past = _past(tenant, uri)
    wanted = None if everything else dataset
    archived = datasets_archived(past, attribute)
    is_archived = bool(archived) if wanted is None else wanted in archived
    lines = _of_attribute(past, attribute, wanted)
    deleted, moving = _delete(past, lines), _moving(past, lines)
    if is_archived or moving:
        void(past, attribute=attribute, dataset=wanted, until=_last_instance(past))
    elif not deleted:
        raise AttributeMissing(entity=uri, attribute=attribute, dataset=dataset or "-")
    _touch(past, now=now)
    _record(
        "context.history-deleted", tenant, uri, [attribute, wanted], instances=deleted, actor=actor, now=now
    )


@transaction.atomic
def delete_history(tenant: OrgId, uri: EntityId, *, actor: Actor, now: datetime) -> None:
    """Delete the history of an entity (clause 5.6.16); its present, where it has one, stays.

    What lies in the archive is seen by nobody from then on and goes with its next sweep; `erase_entity` takes it away at
    once. Raises context.entity-missing.
    """
    past = _past(tenant, uri)
    if past.archive is not None:
        void(past, until=_last_instance(past))
    deleted = _delete(past, Condition("i.entity_id = %s", (past.row,)))
    if not past.has_present:
        with connection.cursor() as cursor:
            rows.delete_of(cursor, "context_instance", "entity_id", [past.row])
            rows.delete_of(cursor, "context_entity", "id", [past.row])
    _record("context.history-deleted", tenant, uri, [], instances=deleted, actor=actor, now=now)


@transaction.atomic
def end_attribute(
    tenant: OrgId,
    uri: EntityId,
    attribute: str,
    *,
    dataset: str = DEFAULT,
    everything: bool = False,
    actor: Actor,
    now: datetime,
) -> None:
    """Write into the history of an entity without a present that an attribute was taken away.

    Raises context.entity-missing where it has a present, whose attributes are taken away there, or no history; and
    context.attribute-missing.
    """
    past = _past(tenant, uri)
    if past.has_present:
        raise EntityMissing(entity=uri)
    if attribute == SCOPE:
        ended = {DEFAULT: Kind.PROPERTY.value} if past.scopes else {}
    else:
        kinds = _kinds_now(past, attribute)
        ended = {one: kind for one, kind in kinds.items() if everything or one == dataset}
    if not ended:
        raise AttributeMissing(entity=uri, attribute=attribute, dataset=dataset or "-")
    name, at = name_ids(tenant, [attribute])[attribute], rows.at(now)
    insert_lines(
        [
            (past.row, name, one, _encode({"type": kind}).decode(), None, None, at, at, at)
            for one, kind in ended.items()
        ]
    )
    if attribute == SCOPE:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE context_entity SET scopes = %s WHERE id = %s", ["[]", past.row])
    _touch(past, now=now)
    _record(
        "context.history-added",
        tenant,
        uri,
        [attribute, sorted(ended)],
        instances=len(ended),
        actor=actor,
        now=now,
    )


def _past(tenant: OrgId, uri: str) -> Past:
    past = locked_past(tenant, uri)
    if past is None:
        raise EntityMissing(entity=uri)
    return past


def _begun(tenant: OrgId, entity: Document, *, now: datetime) -> int:
    at = rows.at(now)
    values = [
        tenant,
        entity["id"],
        _encode(entity["type"]).decode(),
        _encode(entity.get(SCOPE, [])).decode(),
        at,
        at,
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO context_entity (tenant, uri, types, scopes, created_at, modified_at) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (tenant, uri) DO NOTHING RETURNING id",
            values,
        )
        found = cursor.fetchone()
    if found is None:
        raise _BegunMeanwhileError
    return int(found[0])


def _extended(past: Past, given: Document, *, now: datetime) -> int:
    """Let a history speak of further types and of other scopes; those of a present are its own."""
    if past.has_present:
        return past.row
    types = [*past.types, *(iri for iri in given.get("type", ()) if iri not in past.types)]
    scopes = given.get(SCOPE) or past.scopes
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE context_entity SET types = %s, scopes = %s, modified_at = %s WHERE id = %s",
            [_encode(types).decode(), _encode(scopes).decode(), rows.at(now), past.row],
        )
    return past.row


def _touch(past: Past, *, now: datetime) -> None:
    if not past.has_present:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE context_entity SET modified_at = %s WHERE id = %s", [rows.at(now), past.row]
            )


def _held(past: Past, attribute: str, instance: str) -> Held:
    number = instance.removeprefix(INSTANCE)
    known = instance.startswith(INSTANCE) and number.isascii() and number.isdigit() and len(number) < 19
    found = held(past, attribute, int(number)) if known else None
    if found is None or found.deleted:
        raise InstanceMissing(entity=past.uri, attribute=attribute, instance=instance)
    return found


def _of_attribute(past: Past, attribute: str, dataset: str | None) -> Condition:
    name = name_ids(past.tenant, [attribute])[attribute]
    if dataset is None:
        return Condition("i.entity_id = %s AND i.name_id = %s", (past.row, name))
    return Condition("i.entity_id = %s AND i.name_id = %s AND i.dataset = %s", (past.row, name, dataset))


def _moving(past: Past, lines: Condition) -> bool:
    """Tell whether some of these lines are on their way to the archive."""
    way = on_its_way(past)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM context_instance i WHERE {lines.text} AND {way.text} LIMIT 1",  # noqa: S608 - only marks
            [*lines.parameters, *way.parameters],
        )
        return cursor.fetchone() is not None


def _delete(past: Past, lines: Condition) -> int:
    """Delete those of these lines that are not on their way to the archive; return how many went."""
    way = on_its_way(past)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM context_instance WHERE id IN (SELECT i.id FROM context_instance i "  # noqa: S608 - only marks
            f"WHERE {lines.text} AND NOT ({way.text}))",
            [*lines.parameters, *way.parameters],
        )
        return int(cursor.rowcount)


def _last_instance(past: Past) -> int:
    """Return the last instance there has been, here or in the archive; what is written from now on comes after it."""
    archived = past.archive.moved_to if past.archive else 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM context_instance")
        return max(int(cursor.fetchone()[0]), archived)


def _kinds_now(past: Past, attribute: str) -> dict[str, str]:
    """Return the datasets of an attribute that was not taken away yet, each with its kind."""
    last = {dataset: (body, deleted) for dataset, body, deleted in last_archived(past, attribute)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.dataset, i.body, i.deleted_at IS NOT NULL FROM context_instance i WHERE i.id IN "
            "(SELECT MAX(j.id) FROM context_instance j JOIN context_name n ON n.id = j.name_id "
            "WHERE j.entity_id = %s AND n.iri = %s GROUP BY j.dataset)",
            [past.row, attribute],
        )
        for dataset, body, deleted in cursor.fetchall():
            last[dataset] = (body, bool(deleted))
    return {dataset: _decode(body)["type"] for dataset, (body, deleted) in last.items() if not deleted}


def _record(
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
