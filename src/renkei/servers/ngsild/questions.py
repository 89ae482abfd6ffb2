"""Which entities are asked for: words to `EntityQuery` and `Page` (clauses 5.7.2, 6.4.3.2, 6.23)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from renkei.context.api import (
    Direction,
    EntityId,
    EntityQuery,
    GeoQuery,
    Order,
    RequestInvalid,
    Selector,
    check_geometry,
    is_pattern,
    parse_geo,
    parse_path,
    parse_q,
    parse_scopes,
    parse_types,
)
from renkei.wire.ngsild.asked.views import name_of, read_attributes, read_members
from renkei.wire.ngsild.asked.words import MOST_NAMED, Words, flag
from renkei.wire.ngsild.core import NGSI_LD
from renkei.wire.ngsild.reading.broken import BrokenRuleError
from renkei.wire.ngsild.reading.values import check_uri
from renkei.wire.ngsild.terms import Terms
from renkei.wire.ngsild.writing.view import read_datasets

LOCATION = NGSI_LD + "location"


def read_query(words: Words, terms: Terms, entities: list[dict[str, Any]] | None = None) -> EntityQuery:
    """Return which entities are asked for. Raises context.query-malformed, context.request-invalid.

    `csf` chooses among other sources, of which none is asked: it is read, and changes nothing.
    """
    if "csf" in words:
        parse_q(words["csf"], expand=terms.expand, parameter="csf")
    return EntityQuery(
        selectors=_selectors(words, terms, entities or []),
        attributes=_attributes(words, terms),
        datasets=tuple(read_datasets(words["datasetId"])) if words.get("datasetId") else (),
        q=parse_q(words["q"], expand=terms.expand, vocabulary=_vocabulary(words, terms))
        if "q" in words
        else None,
        geo=read_geo(words, terms),
        scopes=parse_scopes(words["scopeQ"]) if "scopeQ" in words else None,
        order=_order(words, terms),
    )


def asks_for_something(query: EntityQuery, words: Words) -> bool:
    """Tell whether a question narrows what is asked for enough to be answered (clause 5.7.2.4): ids alone do not."""
    by_type = any(selector.types for selector in query.selectors)
    return bool(by_type or query.attributes or query.q or query.geo or flag(words, "local"))


def _selectors(words: Words, terms: Terms, entities: list[dict[str, Any]]) -> tuple[Selector, ...]:
    if entities:
        selectors = tuple(_selector(_flat(one), terms) for one in entities)
        if sum(len(selector.ids) for selector in selectors) > MOST_NAMED:
            raise RequestInvalid(why=f"/entities name more than {MOST_NAMED} ids")
        return selectors
    named = Selector() if not {"id", "idPattern", "type"} & set(words) else _selector(words, terms)
    return () if named == Selector() else (named,)


def _flat(entity: Mapping[str, Any]) -> dict[str, str]:
    """Return an EntitySelector (clause 5.2.33) as words."""
    words: dict[str, str] = {}
    for name in ("id", "idPattern", "type"):
        value = entity.get(name)
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = ",".join(value)
        if value is not None and not isinstance(value, str):
            raise RequestInvalid(why=f"/entities/{name} is a text")
        if value is not None:
            words[name] = value
    if not words:
        raise RequestInvalid(why="each of /entities has a type, an id or an idPattern")
    return words


def _selector(words: Words, terms: Terms) -> Selector:
    pattern = words.get("idPattern")
    if pattern is not None and not is_pattern(pattern):
        raise RequestInvalid(why="idPattern is a regular expression (RE2)")
    types = words.get("type")
    return Selector(
        ids=_ids(words["id"]) if "id" in words else (),
        pattern=pattern,
        types=parse_types(types, expand=terms.expand) if types and types != "*" else None,
    )


def _ids(text: str) -> tuple[EntityId, ...]:
    try:
        return tuple(EntityId(check_uri(uri.strip())) for uri in text.split(","))
    except BrokenRuleError as broken:
        raise broken.under("id").as_refusal() from None


def _attributes(words: Words, terms: Terms) -> tuple[str, ...]:
    """Return the attributes of which an entity must have one: those of `attrs`, else those picked."""
    named = read_attributes(words, terms)
    if named or "pick" not in words:
        return named
    picked = read_members("pick", words["pick"], terms) or {}
    return tuple(iri for iri in picked if ":" in iri) if all(":" in iri for iri in picked) else ()


def _vocabulary(words: Words, terms: Terms) -> frozenset[str]:
    names = [name for name in words.get("expandValues", "").split(",") if name]
    return frozenset(name_of("expandValues", name, terms) for name in names)


def read_geo(words: Words, terms: Terms) -> GeoQuery | None:
    """Return the question about places, where there is one. Raises context.query-malformed."""
    named = [name for name in ("georel", "geometry", "coordinates") if name in words]
    if not named:
        return None
    if len(named) < 3:
        raise RequestInvalid(why="georel, geometry and coordinates come together")
    about = words.get("geoproperty")
    return parse_geo(
        georel=words["georel"],
        geometry=words["geometry"],
        coordinates=words["coordinates"],
        attribute=name_of("geoproperty", about, terms) if about else LOCATION,
    )


def _order(words: Words, terms: Terms) -> tuple[Order, ...]:
    if "orderBy" not in words:
        return ()
    origin = _origin(words)
    return tuple(_key(key.strip(), terms, origin) for key in words["orderBy"].split(","))


def _origin(words: Words) -> Mapping[str, Any] | None:
    if "orderFrom" not in words:
        return None
    try:
        coordinates = msgspec.json.decode(words["orderFrom"])
    except msgspec.DecodeError:
        raise RequestInvalid(why="orderFrom is the coordinates of a geometry, in JSON") from None
    geometry = {"type": words.get("orderGeometry", "Point"), "coordinates": coordinates}
    check_geometry(geometry, where="orderFrom")
    return geometry


def _key(text: str, terms: Terms, origin: Mapping[str, Any] | None) -> Order:
    path, _, direction = text.partition(";")
    if direction not in {"", *Direction}:
        raise RequestInvalid(why="the direction of orderBy is asc, desc, dist-asc or dist-desc")
    way = Direction(direction) if direction else Direction.ASC
    far = way in {Direction.NEAREST, Direction.FARTHEST}
    if far and origin is None:
        raise RequestInvalid(
            why="ordering by distance needs orderFrom, the coordinates that it is measured from"
        )
    named = parse_path(path, expand=terms.expand, parameter="orderBy")
    return Order(named, way, origin if far else None)
