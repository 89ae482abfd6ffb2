"""`/entityOperations`: many entities in one request (clauses 6.14 to 6.17, 6.31)."""

from collections.abc import Callable, Sequence

from renkei.context import api as context
from renkei.kernel.refusals import Refusal
from renkei.servers.ngsild.door import Answer, Asked, Endpoint, problem
from renkei.servers.ngsild.entities import WRITING, options
from renkei.wire.ngsild.jsonld import Context
from renkei.wire.ngsild.reading import read_entity, read_fragment, read_identified, read_ids

Read = Callable[[object, Context], context.Document]


def create(asked: Asked) -> Answer:
    """`POST /entityOperations/create` (clause 5.6.7)."""
    entities, refused = _read(asked, read_entity)
    done = context.create_entities(asked.tenant, entities, actor=asked.actor, now=asked.now)
    return _answer(done, refused, created=True)


def upsert(asked: Asked) -> Answer:
    """`POST /entityOperations/upsert` (clause 5.6.8)."""
    entities, refused = _read(asked, read_entity)
    done = context.upsert_entities(
        asked.tenant, entities, update="update" in options(asked), actor=asked.actor, now=asked.now
    )
    return _answer(done, refused, created=True)


def update(asked: Asked) -> Answer:
    """`POST /entityOperations/update` (clause 5.6.9)."""
    entities, refused = _read(asked, read_fragment)
    overwrite = "noOverwrite" not in options(asked)
    done = context.update_entities(
        asked.tenant, entities, overwrite=overwrite, actor=asked.actor, now=asked.now
    )
    return _answer(done, refused)


def merge(asked: Asked) -> Answer:
    """`POST /entityOperations/merge` (clause 5.6.20)."""
    entities, refused = _read(asked, read_identified)
    done = context.merge_entities(
        asked.tenant,
        entities,
        observed_at=asked.query.get("observedAt"),
        lang=asked.query.get("lang"),
        actor=asked.actor,
        now=asked.now,
    )
    return _answer(done, refused)


def delete(asked: Asked) -> Answer:
    """`POST /entityOperations/delete` (clause 5.6.10)."""
    read = read_ids(asked.body())
    uris = [item for item in read if not isinstance(item, Refusal)]
    done = context.delete_entities(asked.tenant, uris, actor=asked.actor, now=asked.now)
    return _answer(done, [("", item) for item in read if isinstance(item, Refusal)])


Refused = Sequence[tuple[str, Refusal]]


def _read(asked: Asked, read: Read) -> tuple[list[context.Document], Refused]:
    """Read each item of a batch; one that cannot be read leaves the others alone."""
    entities: list[context.Document] = []
    refused: list[tuple[str, Refusal]] = []
    for item, used in asked.read_each():
        named = item.get("id") if isinstance(item, dict) else None
        uri = named if isinstance(named, str) else ""
        if isinstance(used, Refusal):
            refused.append((uri, used))
            continue
        try:
            entities.append(_identified(read(item, used)))
        except Refusal as refusal:
            refused.append((uri, refusal))
    return entities, refused


def _identified(entity: context.Document) -> context.Document:
    if "id" not in entity:
        raise context.RequestInvalid(why="each entity of a batch has an id")
    return entity


def _answer(done: context.BatchResult, refused: Refused, *, created: bool = False) -> Answer:
    errors = [*refused, *((error.entity, error.refusal) for error in done.errors)]
    if errors:
        told = [{"entityId": uri, "error": problem(refusal)} for uri, refusal in errors]
        return Answer(207, {"success": [*done.created, *done.updated], "errors": told})
    if created and done.created:
        return Answer(201, list(done.created))
    return Answer(204)


ENDPOINTS = (
    Endpoint("POST", "entityOperations/create", create, takes=WRITING),
    Endpoint("POST", "entityOperations/upsert", upsert, takes=WRITING),
    Endpoint("POST", "entityOperations/update", update, takes=WRITING),
    Endpoint("POST", "entityOperations/merge", merge, takes=WRITING | {"observedAt", "lang"}),
    Endpoint("POST", "entityOperations/delete", delete, takes=WRITING),
)
