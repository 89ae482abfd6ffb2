"""`/entities` and below: entities written one at a time (clauses 6.4 to 6.7)."""

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from renkei.context import api as context
from renkei.servers.ngsild.door import BASE, Answer, Asked, Endpoint, Later
from renkei.servers.ngsild.naming import dataset_of, name_of, uri_of
from renkei.servers.ngsild.negotiation import PATCHES
from renkei.wire.ngsild.asked import read_merging, words_of
from renkei.wire.ngsild.reading import (
    read_attribute,
    read_entity,
    read_fragment,
    read_merge,
    read_replacement,
)
from renkei.wire.ngsild.writing import write_update_result

WRITING = frozenset({"local", "options", "format", "via"})
NO_BODY = Answer(204)


def create(asked: Asked) -> Later:
    """`POST /entities` (clause 5.6.1)."""
    payload, used = asked.read()
    entity = read_entity(payload, used)
    made = Answer(201, headers={"Location": f"{BASE}/entities/{quote(entity['id'], safe=':')}"})
    planned = context.create_entity.plan(asked.tenant, entity, actor=asked.actor, now=asked.now)
    return Later(planned, lambda _: made)


def replace(asked: Asked) -> Later:
    """`PUT /entities/{id}` (clause 5.6.18)."""
    uri = _uri(asked)
    payload, used = asked.read()
    entity = read_fragment(_named(payload, uri), used)
    return Later(
        context.replace_entity.plan(
            asked.tenant, uri, {**entity, "id": uri}, actor=asked.actor, now=asked.now
        ),
        _no_body,
    )


def merge(asked: Asked) -> Later:
    """`PATCH /entities/{id}` (clause 5.6.17)."""
    uri = _uri(asked)
    payload, used = asked.read(PATCHES)
    observed_at, lang = read_merging(words_of(asked.query.multi_items()))
    return Later(
        context.merge_entity.plan(
            asked.tenant,
            uri,
            read_merge(_named(payload, uri), used),
            observed_at=observed_at,
            lang=lang,
            actor=asked.actor,
            now=asked.now,
        ),
        _no_body,
    )


def delete(asked: Asked) -> Later:
    """`DELETE /entities/{id}` (clause 5.6.6)."""
    return Later(
        context.delete_entity.plan(asked.tenant, _uri(asked), actor=asked.actor, now=asked.now), _no_body
    )


def append(asked: Asked) -> Later:
    """`POST /entities/{id}/attrs` (clause 5.6.3)."""
    uri = _uri(asked)
    payload, used = asked.read()
    return Later(
        context.append_attributes.plan(
            asked.tenant,
            uri,
            read_fragment(_named(payload, uri), used),
            overwrite="noOverwrite" not in options(asked),
            actor=asked.actor,
            now=asked.now,
        ),
        _updated,
    )


def update(asked: Asked) -> Later:
    """`PATCH /entities/{id}/attrs` (clause 5.6.2)."""
    uri = _uri(asked)
    payload, used = asked.read(PATCHES)
    given = read_fragment(_named(payload, uri), used)
    return Later(
        context.update_attributes.plan(asked.tenant, uri, given, actor=asked.actor, now=asked.now), _updated
    )


def patch_attribute(asked: Asked) -> Later:
    """`PATCH /entities/{id}/attrs/{name}` (clause 5.6.4)."""
    uri = _uri(asked)
    payload, used = asked.read(PATCHES)
    name = name_of(asked.path["name"], used)
    given, *others = read_attribute(payload, used, name=asked.path["name"])
    if others:
        raise context.RequestInvalid(why="a patch is about one instance of an attribute")
    stated = isinstance(payload, dict) and "type" in payload
    return Later(
        context.patch_attribute.plan(
            asked.tenant, uri, name, given, kind_stated=stated, actor=asked.actor, now=asked.now
        ),
        _no_body,
    )


def put_attribute(asked: Asked) -> Later:
    """`PUT /entities/{id}/attrs/{name}` (clause 5.6.19)."""
    uri = _uri(asked)
    payload, used = asked.read()
    name = name_of(asked.path["name"], used)
    if asked.path["name"] == "scope":
        raise context.RequestInvalid(why="scope is no attribute that could be replaced; update the entity")
    given = read_replacement(payload, used, name=asked.path["name"])
    return Later(
        context.put_attribute.plan(asked.tenant, uri, name, given, actor=asked.actor, now=asked.now), _no_body
    )


def delete_attribute(asked: Asked) -> Answer:
    """`DELETE /entities/{id}/attrs/{name}` (clause 5.6.5); of an entity of which only the history is known, that it ended."""
    uri = _uri(asked)
    named = partial(
        _taken_away,
        asked,
        uri,
        name_of(asked.path["name"], asked.context()),
        dataset_of(asked.query.get("datasetId")),
    )
    try:
        named(context.delete_attribute)
    except context.EntityMissing:
        named(context.end_attribute)
    return NO_BODY


def _taken_away(
    asked: Asked, uri: context.EntityId, name: str, dataset: str, act: Callable[..., None]
) -> None:
    act(
        asked.tenant,
        uri,
        name,
        dataset=dataset,
        everything=asked.query.get("deleteAll") == "true",
        actor=asked.actor,
        now=asked.now,
    )


def options(asked: Asked) -> frozenset[str]:
    """Return the words of the parameter `options`."""
    return frozenset(word for value in asked.query.getlist("options") for word in value.split(","))


def _uri(asked: Asked) -> context.EntityId:
    return uri_of(asked.path["id"])


def _no_body(_: None) -> Answer:
    return NO_BODY


def _updated(done: context.Updated) -> Answer:
    return Answer(207, write_update_result(done)) if done.not_updated else NO_BODY


def _named(payload: object, uri: str) -> object:
    """Refuse a body that names another entity than the path."""
    if isinstance(payload, dict) and payload.get("id", uri) != uri:
        raise context.RequestInvalid(why="the id in the body is not the one in the path")
    return payload


ENDPOINTS = (
    Endpoint("POST", "entities", create, takes=WRITING, quick=True),
    Endpoint("PUT", "entities/{id}", replace, takes=WRITING, quick=True),
    Endpoint("PATCH", "entities/{id}", merge, takes=WRITING | {"observedAt", "lang", "type"}, quick=True),
    Endpoint("DELETE", "entities/{id}", delete, takes=WRITING | {"type"}, quick=True),
    Endpoint("POST", "entities/{id}/attrs", append, takes=WRITING | {"type"}, quick=True),
    Endpoint("PATCH", "entities/{id}/attrs", update, takes=WRITING | {"type"}, quick=True),
    Endpoint("PATCH", "entities/{id}/attrs/{name}", patch_attribute, takes=WRITING | {"type"}, quick=True),
    Endpoint("PUT", "entities/{id}/attrs/{name}", put_attribute, takes=WRITING | {"type"}, quick=True),
    Endpoint(
        "DELETE",
        "entities/{id}/attrs/{name}",
        delete_attribute,
        takes=WRITING | {"datasetId", "deleteAll", "type"},
    ),
)
