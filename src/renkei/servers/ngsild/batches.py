"""`/entityOperations`: many entities in one request (clauses 6.14 to 6.17, 6.31)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from renkei.context import api as context
from renkei.kernel.refusals import Refusal
from renkei.servers.ngsild.door import Answer, Asked, Endpoint
from renkei.servers.ngsild.entities import WRITING, options
from renkei.servers.ngsild.problems import problem
from renkei.wire.ngsild.asked import read_merging, words_of
from renkei.wire.ngsild.reading import (
    read_entities,
    read_entity,
    read_fragment,
    read_identified,
    read_ids,
)
from renkei.wire.ngsild.terms import Terms
from renkei.wire.ngsild.writing import write_batch_result

Read = Callable[[Any, Terms], context.Document]


def create(asked: Asked) -> Answer:
    """`POST /entityOperations/create` (clause 5.6.7)."""
    entities, refused = _read(asked, read_entity)
    done = context.create_entities(asked.tenant, entities, actor=asked.actor, now=asked.now)
    return batch_answer(done, refused, created=True)


def upsert(asked: Asked) -> Answer:
    """`POST /entityOperations/upsert` (clause 5.6.8)."""
    entities, refused = _read(asked, read_entity)
    done = context.upsert_entities(
        asked.tenant, entities, update="update" in options(asked), actor=asked.actor, now=asked.now
    )
    return batch_answer(done, refused, created=True)


def update(asked: Asked) -> Answer:
    """`POST /entityOperations/update` (clause 5.6.9)."""
    entities, refused = _read(asked, read_fragment)
    overwrite = "noOverwrite" not in options(asked)
    done = context.update_entities(
        asked.tenant, entities, overwrite=overwrite, actor=asked.actor, now=asked.now
    )
    return batch_answer(done, refused)


def merge(asked: Asked) -> Answer:
    """`POST /entityOperations/merge` (clause 5.6.20)."""
    observed_at, lang = read_merging(words_of(asked.query.multi_items()))
    entities, refused = _read(asked, read_identified)
    done = context.merge_entities(
        asked.tenant,
        entities,
        observed_at=observed_at,
        lang=lang,
        actor=asked.actor,
        now=asked.now,
    )
    return batch_answer(done, refused)


def delete(asked: Asked) -> Answer:
    """`POST /entityOperations/delete` (clause 5.6.10)."""
    items = asked.body()
    read = read_ids(items)
    uris = [uri for uri in read if not isinstance(uri, Refusal)]
    refused = [_refused(item, one) for item, one in zip(items, read, strict=True) if isinstance(one, Refusal)]
    done = context.delete_entities(asked.tenant, uris, actor=asked.actor, now=asked.now)
    return batch_answer(done, refused)


Refused = Sequence[context.EntityError]


def _read(asked: Asked, read: Read) -> tuple[list[context.Document], Refused]:
    """Read each item of a batch; one that cannot be read leaves the others alone."""
    items = asked.read_each()
    found = read_entities([item for item, _ in items], [used for _, used in items], read=read)
    entities: list[context.Document] = []
    refused: list[context.EntityError] = []
    for (item, _), one in zip(items, found, strict=True):
        if isinstance(one, Refusal):
            refused.append(_refused(item, one))
        elif "id" not in one:
            refused.append(_refused(item, context.RequestInvalid(why="each entity of a batch has an id")))
        else:
            entities.append(one)
    return entities, refused


def _refused(item: Any, refusal: Refusal) -> context.EntityError:
    named = item.get("id") if isinstance(item, dict) else item
    return context.EntityError(context.EntityId(named if isinstance(named, str) else ""), refusal)


def batch_answer(done: context.BatchResult, refused: Refused = (), *, created: bool = False) -> Answer:
    """Answer what became of each entity of a batch (clause 6.3.17): 207 where some were refused."""
    if refused or done.errors:
        told = replace(done, errors=(*refused, *done.errors))
        return Answer(207, write_batch_result(told, describe=problem))
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
