"""Entities read: one, many, and what is taken away by a question (clauses 5.6.21, 5.7.1, 5.7.2)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from renkei.context import api as context
from renkei.servers.ngsild.batches import batch_answer
from renkei.servers.ngsild.door import Answer, Asked, Endpoint, Later, said, with_context
from renkei.servers.ngsild.naming import uri_of
from renkei.servers.ngsild.negotiation import GEO_JSON, JSON, JSON_LD
from renkei.servers.ngsild.paging import page_headers, read_page
from renkei.servers.ngsild.questions import LOCATION, asks_for_something, read_query
from renkei.wire.ngsild.asked import (
    Joined,
    JoinKind,
    flag,
    read_join,
    read_view,
    words_of,
    words_of_query,
)
from renkei.wire.ngsild.asked.views import name_of
from renkei.wire.ngsild.asked.words import Words
from renkei.wire.ngsild.jsonld import Context
from renkei.wire.ngsild.writing import (
    NO_JOIN,
    Join,
    View,
    targets_of,
    write_entities,
    write_entity,
    write_feature,
    write_features,
)

SHOWN = frozenset(
    {"attrs", "pick", "omit", "options", "format", "lang", "datasetId", "geometryProperty", "local"}
    | {"join", "joinLevel", "containedBy", "via"}
)
NARROWED = frozenset(
    {"id", "idPattern", "type", "q", "csf", "scopeQ", "georel", "geometry", "coordinates", "geoproperty"}
    | {"expandValues", "jsonKeys", "local"}
)
PAGED = frozenset({"limit", "offset", "count", "orderBy", "orderFrom", "orderGeometry", "entityMap"})
OFFERED = (JSON, JSON_LD, GEO_JSON)


def retrieve(asked: Asked) -> Later:
    """`GET /entities/{id}` (clause 5.7.1)."""
    kind, used = asked.accepted(OFFERED), asked.context()
    words = words_of(asked.query.multi_items())
    view, joined = read_view(words, used), read_join(words)

    def answer(found: context.Document) -> Answer:
        linked, join = _linked(asked, [found], joined, view)
        shown = _shown([found], view, asked)
        if kind == GEO_JSON:
            place = _place_of(words, used)
            feature = write_feature(shown[0], used, view, geometry_property=place, join=join)
            return _geo_json(asked, used, feature)
        if joined is not None and joined.kind is JoinKind.FLAT and linked:
            return said(asked, _flat([found], linked, used, view), used)
        return said(asked, write_entity(found, used, view, join=join), used)

    return Later(context.Sought(asked.tenant, uri_of(asked.path["id"]), asked.now), answer)


def _shown(found: list[context.Document], view: View, asked: Asked) -> list[context.Document]:
    """Refuse an entity of which nothing that was asked for is there (clause 5.7.1.4)."""
    (entity,) = found
    named = view.attrs if view.attrs is not None else None
    if named is not None and not any(name in entity["attrs"] for name in named):
        raise context.AttributeMissing(
            entity=asked.path["id"], attribute=", ".join(sorted(named))[:200], dataset="-"
        )
    if (view.pick is not None or view.omit is not None) and not _anything(entity, view):
        raise context.AttributeMissing(entity=asked.path["id"], attribute="pick, omit", dataset="-")
    return found


def _anything(entity: context.Document, view: View) -> bool:
    head = any(view.shows(member) for member in ("id", "type", "scope") if member in entity)
    return head or any(view.shows_attribute(iri) for iri in entity["attrs"])


def find(asked: Asked) -> Answer:
    """`GET /entities` (clause 5.7.2)."""
    asked.accepted(OFFERED)
    return _found(asked, words_of(asked.query.multi_items()), asked.context(), [])


def find_by_body(asked: Asked) -> Answer:
    """`POST /entityOperations/query` (clause 6.23)."""
    payload, used = asked.read()
    words, entities = words_of_query(payload)
    return _found(asked, {**words_of(asked.query.multi_items()), **words}, used, entities)


def _found(asked: Asked, words: Words, used: Context, entities: list[dict[str, Any]]) -> Answer:
    kind = asked.accepted(OFFERED)
    view, joined, page = read_view(words, used), read_join(words), read_page(words)
    query = read_query(words, used, entities)
    if not asks_for_something(query, words):
        raise context.RequestInvalid(
            why="a question names a type, attributes, q, a place, or local=true: ids alone are not enough"
        )
    found = context.find(asked.tenant, query, page, now=asked.now)
    headers = page_headers(asked, page, more=found.more, total=found.total)
    linked, join = _linked(asked, found.entities, joined, view)
    if kind == GEO_JSON:
        place = _place_of(words, used)
        features = write_features(found.entities, used, view, geometry_property=place, join=join)
        return _geo_json(asked, used, features, headers)
    if joined is not None and joined.kind is JoinKind.FLAT:
        return said(asked, _flat(found.entities, linked, used, view), used, headers=headers)
    return said(asked, write_entities(found.entities, used, view, join=join), used, headers=headers)


def _linked(
    asked: Asked, entities: Sequence[context.Document], joined: Joined | None, view: View
) -> tuple[dict[context.EntityId, context.Document], Join]:
    """Return the entities that these point to (clause 4.5.23); a relationship that is not shown is not followed."""
    if joined is None:
        return {}, NO_JOIN
    found = context.linked(
        asked.tenant,
        [_as_seen(entity, view) for entity in entities],
        levels=joined.levels,
        contained_by=[context.EntityId(uri) for uri in joined.contained_by],
        now=asked.now,
    )
    if joined.kind is JoinKind.FLAT:
        return found, NO_JOIN
    known = {str(entity["id"]): entity for entity in entities}
    known |= {str(uri): entity for uri, entity in found.items()}
    return found, Join(known, joined.levels)


def _as_seen(entity: context.Document, view: View) -> context.Document:
    seen = {iri: instances for iri, instances in entity["attrs"].items() if view.shows_attribute(iri)}
    return {**entity, "attrs": seen}


def _flat(
    entities: Sequence[context.Document],
    linked: dict[context.EntityId, context.Document],
    used: Context,
    view: View,
) -> list[dict[str, Any]]:
    """Return entities and those that they point to in one list, each linked one as what points to it shows it."""
    views: dict[str, View] = {}
    level = [(entity, view) for entity in entities]
    while level:
        reached: dict[str, View] = {}
        for entity, seen in level:
            reached |= {
                uri: within
                for uri, within in _targets(entity, seen).items()
                if uri in linked and uri not in views
            }
        views |= reached
        level = [(linked[context.EntityId(uri)], within) for uri, within in reached.items()]
    others = [write_entity(linked[context.EntityId(uri)], used, within) for uri, within in views.items()]
    return [*write_entities(entities, used, view), *others]


def _targets(entity: context.Document, view: View) -> dict[str, View]:
    """Return the ids that an entity points to, each with the view of what is shown there."""
    return {
        uri: view.within(iri)
        for iri, instances in entity["attrs"].items()
        if view.shows_attribute(iri)
        for instance in instances
        for uri in targets_of(instance)
    }


def _place_of(words: Words, used: Context) -> str:
    """Return the GeoProperty that is to be the geometry of GeoJSON."""
    named = words.get("geometryProperty")
    return name_of("geometryProperty", named, used) if named else LOCATION


def _geo_json(
    asked: Asked, used: Context, value: dict[str, Any], headers: dict[str, str] | None = None
) -> Answer:
    """Answer in GeoJSON (clauses 4.5.16, 4.5.17); `Prefer: body=json` leaves the context to the `Link` header."""
    wished = asked.call.headers.get("prefer", "")
    if "body=json" not in wished or "body=json-ld" in wished:
        return Answer(200, with_context(value, used), GEO_JSON, headers or {})
    linked = said(replace(asked, call=_as_json(asked)), value, used, headers=headers)
    return replace(linked, media_type=GEO_JSON)


def _as_json(asked: Asked) -> Any:
    return replace(asked.call, headers={**asked.call.headers, "accept": JSON})


def purge(asked: Asked) -> Answer:
    """`DELETE /entities` (clause 5.6.21): entities that a question finds, or the attributes of them that it names."""
    used, words = asked.context(), words_of(asked.query.multi_items())
    if "keep" in words and "drop" in words:
        raise context.RequestInvalid(why="keep and drop do not go together")
    query = read_query(words, used)
    if query == context.EntityQuery() and not flag(words, "local"):
        raise context.RequestInvalid(why="a purge says what of: id, type, q, a place, or local=true")
    kept, dropped = (
        frozenset(name_of(name, word, used) for word in words[name].split(",")) if name in words else None
        for name in ("keep", "drop")
    )
    done = context.purge_entities(
        asked.tenant, query, keep=kept, drop=dropped, actor=asked.actor, now=asked.now
    )
    return batch_answer(done)


ENDPOINTS = (
    Endpoint("GET", "entities", find, takes=SHOWN | NARROWED | PAGED),
    Endpoint("DELETE", "entities", purge, takes=NARROWED | {"keep", "drop", "attrs", "datasetId"}),
    Endpoint("GET", "entities/{id}", retrieve, takes=SHOWN | {"type"}, quick=True),
    Endpoint("POST", "entityOperations/query", find_by_body, takes=SHOWN | PAGED, scope=None, reads=True),
)
