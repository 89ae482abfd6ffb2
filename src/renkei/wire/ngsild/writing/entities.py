"""Documents to JSON, ready to be encoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from renkei.context.types import Document, Instance
from renkei.wire.ngsild.terms import Terms
from renkei.wire.ngsild.writing.instances import WRITERS, normalize, write_instances
from renkei.wire.ngsild.writing.view import PLAIN, Form, View


@dataclass(frozen=True, slots=True)
class Join:
    """Entities that are shown within those that point to them (`join=inline`, clause 4.5.23)."""

    entities: Mapping[str, Document]
    """By URI; one that is not there is not shown."""
    levels: int
    """How deep, `joinLevel`."""


NO_JOIN = Join(entities={}, levels=0)
_SYSTEM = ("createdAt", "modifiedAt", "deletedAt")


def write_entity(
    document: Document, context: Terms, view: View = PLAIN, *, join: Join = NO_JOIN
) -> dict[str, Any]:
    """Return an entity in the form wanted: `id`, `type`, `scope`, then the attributes as they are stored.

    Entities of the `join` stand within the relationships that point to them.
    """
    if view is PLAIN and join is NO_JOIN:
        return _write_plain(document, context)
    written = write_head(document, context, view)
    write = WRITERS[view.form]
    for iri, instances in document["attrs"].items():
        if not view.shows_attribute(iri):
            continue
        kept = view.keep(instances)
        if not kept:
            continue
        shown = write_instances(kept, context, view, write)
        if join.levels > 0:
            shown = _write_links(kept, shown, context, view.within(iri), join)
        name = context.compact(iri)
        written[iri if name in written else name] = shown
    return written


def write_entities(
    documents: Sequence[Document],
    context: Terms,
    view: View = PLAIN,
    *,
    join: Join = NO_JOIN,
) -> list[dict[str, Any]]:
    """Return several entities, in order."""
    return [write_entity(one, context, view, join=join) for one in documents]


def add_context(written: dict[str, Any], contexts: str | Sequence[str]) -> dict[str, Any]:
    """Return the same for `application/ld+json`: with the `@context` it is to be read by (clause 6.3.5)."""
    return {**written, "@context": contexts if isinstance(contexts, str) else list(contexts)}


def _write_plain(document: Document, context: Terms) -> dict[str, Any]:
    """The common case, without a question per attribute."""
    written = write_head(document, context, PLAIN)
    compact = context.compact
    for iri, instances in document["attrs"].items():
        name = compact(iri)
        if name in written:
            name = iri
        if len(instances) == 1:
            written[name] = normalize(instances[0], context, PLAIN)
        elif instances:
            written[name] = [normalize(one, context, PLAIN) for one in instances]
    return written


def write_head(document: Document, context: Terms, view: View) -> dict[str, Any]:
    """Return what is not an attribute."""
    written: dict[str, Any] = {}
    everything = view.pick is None and view.omit is None
    if everything or view.shows("id"):
        written["id"] = document["id"]
    if everything or view.shows("type"):
        written["type"] = write_types_of(document["type"], context)
    scopes = document.get("scope")
    if scopes and (everything or view.shows("scope")):
        written["scope"] = scopes[0] if len(scopes) == 1 else scopes
    if "expiresAt" in document and (everything or view.shows("expiresAt")):
        written["expiresAt"] = document["expiresAt"]
    for member in _SYSTEM if view.sys_attrs else ():
        if member in document and (everything or view.shows(member)):
            written[member] = document[member]
    return written


def write_types_of(types: Sequence[str], context: Terms) -> str | list[str]:
    """Return the types of an entity: one as a text, several as an array."""
    return context.compact(types[0]) if len(types) == 1 else [context.compact(iri) for iri in types]


def _write_links(instances: list[Instance], shown: Any, context: Terms, view: View, join: Join) -> Any:
    """Return an attribute with the entities that it points to (clause 4.5.23.2)."""
    if len(instances) == 1 and not _is_by_dataset(shown):
        return _write_link(instances[0], shown, context, view, join)
    if isinstance(shown, list):
        pairs = zip(instances, shown, strict=True)
        return [_write_link(one, each, context, view, join) for one, each in pairs]
    each_shown = zip(instances, shown["dataset"].items(), strict=True)
    return {
        "dataset": {name: _write_link(one, each, context, view, join) for one, (name, each) in each_shown}
    }


def _is_by_dataset(shown: Any) -> bool:
    return isinstance(shown, dict) and shown.keys() == {"dataset"}


def _write_link(instance: Instance, shown: Any, context: Terms, view: View, join: Join) -> Any:
    targets = targets_of(instance)
    deeper = Join(entities=join.entities, levels=join.levels - 1)
    within = {
        uri: write_entity(join.entities[uri], context, view, join=deeper)
        for uri in targets
        if uri in join.entities
    }
    if not within:
        return shown
    many = instance["type"] == "ListRelationship"
    if view.form is Form.SIMPLIFIED:
        mixed = [within.get(uri, uri) for uri in targets]
        return {"entityList": mixed} if many else mixed if len(mixed) > 1 else mixed[0]
    found = list(within.values())
    shown["entityList" if many else "entity"] = found if many or len(targets) > 1 else found[0]
    return shown


def targets_of(instance: Instance) -> list[str]:
    """Return the URIs that an instance points to; none where it is no relationship."""
    if instance["type"] == "Relationship":
        target = instance.get("object")
        return target if isinstance(target, list) else [target] if isinstance(target, str) else []
    if instance["type"] == "ListRelationship" and isinstance(instance.get("objectList"), list):
        return [link["object"] for link in instance["objectList"]]
    return []
