"""What is added to histories through the temporal API, and changed in them (clauses 5.6.11, 5.6.12 and 5.6.14).

No present comes of it. A line that lies in the archive, or is on its way there, is not changed in its place: it is
declared void, and a new line takes over its id. The archive's row is locked for it, so that no batch is claimed or
settled meanwhile.
"""

from datetime import datetime

import msgspec
from django.db import connection, transaction

from renkei.context import rows
from renkei.context.services.instances import (
    insert_lines,
    overlaid,
    put_instance,
    scope_line,
    write_instances,
)
from renkei.context.services.past import (
    Past,
    known_line,
    known_past,
    locked_past,
    record,
    touch,
)
from renkei.context.types import SCOPE, Document, EntityId, Instance
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
    record("context.history-added", tenant, entity["id"], entity, instances=written, actor=actor, now=now)
    return past is None


@transaction.atomic
def append_history(tenant: OrgId, uri: EntityId, fragment: Document, *, actor: Actor, now: datetime) -> None:
    """Add instances of attributes to a history that is there (clause 5.6.12).

    Raises context.entity-missing, context.request-invalid.
    """
    past = known_past(tenant, uri)
    _extended(past, fragment, now=now)
    written = write_instances(tenant, past.row, past, fragment["attrs"], now=now)
    record("context.history-added", tenant, uri, fragment, instances=written, actor=actor, now=now)


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
    past = known_past(tenant, uri)
    found = known_line(past, attribute, instance)
    made = overlaid(_decode(found.body), given, attribute)
    put_instance(past, found, attribute, made, now=now)
    touch(past, now=now)
    record(
        "context.history-changed", tenant, uri, [attribute, instance, made], instances=1, actor=actor, now=now
    )


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
