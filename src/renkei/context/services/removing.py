"""What is taken out of histories through the temporal API (clauses 5.6.13, 5.6.15 and 5.6.16).

A line that lies in the archive, or is on its way there, is not deleted in its place: it is declared void. The archive's
row is locked for it, so that no batch is claimed or settled meanwhile.
"""

from datetime import datetime

import msgspec
from django.db import connection, transaction

from renkei.context import rows
from renkei.context.errors import AttributeMissing, EntityMissing
from renkei.context.queries.history.window import Condition
from renkei.context.services.instances import insert_lines
from renkei.context.services.names import name_ids
from renkei.context.services.past import (
    Past,
    datasets_archived,
    known_line,
    known_past,
    last_archived,
    on_its_way,
    record,
    touch,
    void,
)
from renkei.context.types import DEFAULT, SCOPE, EntityId, Kind
from renkei.kernel.ids import Actor, OrgId

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@transaction.atomic
def delete_instance(
    tenant: OrgId, uri: EntityId, attribute: str, instance: str, *, actor: Actor, now: datetime
) -> None:
    """Delete one instance of a history (clause 5.6.15). Raises context.entity-missing, context.instance-missing."""
    past = known_past(tenant, uri)
    found = known_line(past, attribute, instance)
    if found.in_place:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM context_instance WHERE id = %s", [found.instance])
    else:
        void(past, instance=found.instance)
    touch(past, now=now)
    record("context.history-deleted", tenant, uri, [attribute, instance], instances=1, actor=actor, now=now)


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
    past = known_past(tenant, uri)
    wanted = None if everything else dataset
    archived = datasets_archived(past, attribute)
    is_archived = bool(archived) if wanted is None else wanted in archived
    lines = _of_attribute(past, attribute, wanted)
    deleted, moving = _delete(past, lines), _moving(past, lines)
    if is_archived or moving:
        void(past, attribute=attribute, dataset=wanted, until=_last_instance(past))
    elif not deleted:
        raise AttributeMissing(entity=uri, attribute=attribute, dataset=dataset or "-")
    touch(past, now=now)
    record(
        "context.history-deleted", tenant, uri, [attribute, wanted], instances=deleted, actor=actor, now=now
    )


@transaction.atomic
def delete_history(tenant: OrgId, uri: EntityId, *, actor: Actor, now: datetime) -> None:
    """Delete the history of an entity (clause 5.6.16); its present, where it has one, stays.

    What lies in the archive is seen by nobody from then on and goes with its next sweep; `erase_entity` takes it away at
    once. Raises context.entity-missing.
    """
    past = known_past(tenant, uri)
    if past.archive is not None:
        void(past, until=_last_instance(past))
    deleted = _delete(past, Condition("i.entity_id = %s", (past.row,)))
    if not past.has_present:
        with connection.cursor() as cursor:
            rows.delete_of(cursor, "context_instance", "entity_id", [past.row])
            rows.delete_of(cursor, "context_entity", "id", [past.row])
    record("context.history-deleted", tenant, uri, [], instances=deleted, actor=actor, now=now)


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
    past = known_past(tenant, uri)
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
    touch(past, now=now)
    record(
        "context.history-added",
        tenant,
        uri,
        [attribute, sorted(ended)],
        instances=len(ended),
        actor=actor,
        now=now,
    )


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
