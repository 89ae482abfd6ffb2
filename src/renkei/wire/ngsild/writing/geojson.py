"""Entities as GeoJSON (clauses 4.5.16 and 4.5.17; RFC 7946)."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from renkei.context.types import Document
from renkei.wire.ngsild.terms import Terms
from renkei.wire.ngsild.writing.entities import NO_JOIN, Join, add_context, write_entity
from renkei.wire.ngsild.writing.view import PLAIN, View

Contexts = str | Sequence[str]


def write_feature(
    document: Document,
    context: Terms,
    view: View = PLAIN,
    *,
    geometry_property: str,
    contexts: Contexts | None = None,
    join: Join = NO_JOIN,
) -> dict[str, Any]:
    """Return an entity as a Feature, its place that of the GeoProperty named (IRI), null where it has none.

    `contexts` is left out where the client wants it so (`Prefer: body=json`, clause 6.3.15).
    """
    properties = write_entity(document, context, view, join=join)
    properties.pop("id", None)
    feature = {
        "id": document["id"],
        "type": "Feature",
        "geometry": _find_place(document, geometry_property, view),
        "properties": properties,
    }
    return feature if contexts is None else add_context(feature, contexts)


def write_features(
    documents: Sequence[Document],
    context: Terms,
    view: View = PLAIN,
    *,
    geometry_property: str,
    contexts: Contexts | None = None,
    join: Join = NO_JOIN,
) -> dict[str, Any]:
    """Return entities as a FeatureCollection; the `@context` stands once, at the collection."""
    collection = {
        "type": "FeatureCollection",
        "features": [
            write_feature(one, context, view, geometry_property=geometry_property, join=join)
            for one in documents
        ],
    }
    return collection if contexts is None else add_context(collection, contexts)


def _find_place(document: Document, iri: str, view: View) -> dict[str, Any] | None:
    """Return the geometry of the default instance, else of the first of a dataset that is shown."""
    places: list[tuple[bool, dict[str, Any]]] = [
        ("datasetId" in one, one["value"])
        for one in view.keep(document["attrs"].get(iri, []))
        if one["type"] == "GeoProperty" and isinstance(one.get("value"), dict)
    ]
    return min(places, key=itemgetter(0), default=(False, None))[1]
