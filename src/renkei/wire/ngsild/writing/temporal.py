"""The history of entities to JSON (clauses 4.5.6 to 4.5.9 and 4.5.19)."""

from enum import StrEnum
from typing import Any

from renkei.context.types import DEFAULT, NULL, Document, Instance
from renkei.wire.ngsild.terms import Terms
from renkei.wire.ngsild.writing.entities import write_head
from renkei.wire.ngsild.writing.instances import WRITERS, normalize, simplify
from renkei.wire.ngsild.writing.view import PLAIN, View


class TemporalForm(StrEnum):
    """The temporal representations; the values are those of `options` and `format`."""

    NORMALIZED = "normalized"
    VALUES = "temporalValues"
    AGGREGATED = "aggregatedValues"


_SERIES = {
    "Property": "values",
    "GeoProperty": "values",
    "Relationship": "objects",
    "LanguageProperty": "languageMaps",
    "VocabProperty": "vocabs",
    "JsonProperty": "jsons",
    "ListProperty": "valueLists",
    "ListRelationship": "objectLists",
}
"""The member of a simplified attribute that holds its pairs of value and moment (clause 4.5.9)."""


def write_temporal_entity(
    document: Document,
    context: Terms,
    view: View = PLAIN,
    *,
    form: TemporalForm = TemporalForm.NORMALIZED,
    member: str = "observedAt",
) -> dict[str, Any]:
    """Return an entity with the history of its attributes, instances in the order given.

    `member` is the time that the values are shown with. Where aggregated, each instance holds what was summed up
    already: its type and, by method, triples of value, start and end. A `scope` that is a history comes as instances.
    """
    history = document["attrs"]
    if _is_history(document.get("scope")):
        history = {"scope": document["scope"], **history}
        document = {name: given for name, given in document.items() if name != "scope"}
    written = write_head(document, context, view)
    for iri, instances in history.items():
        if not (view.shows("scope") if iri == "scope" else view.shows_attribute(iri)):
            continue
        kept = view.keep(instances)
        shown = _write_history(kept, context, view, form, member)
        if shown:
            name = iri if iri == "scope" else context.compact(iri)
            written[iri if name in written else name] = shown
    for iri, kind in document.get(
        "outside", {}
    ).items():  # so that the client knows to ask on (clause 6.3.10)
        if view.shows_attribute(iri):
            nothing = {"type": kind, _SERIES[kind]: []} if form is TemporalForm.VALUES else []
            written[context.compact(iri)] = nothing
    return written


def _is_history(scope: Any) -> bool:
    return isinstance(scope, list) and bool(scope) and isinstance(scope[0], dict)


def _write_history(
    instances: list[Instance], context: Terms, view: View, form: TemporalForm, member: str
) -> Any:
    if form is TemporalForm.VALUES:
        return _write_series(instances, context, view, member)
    if form is TemporalForm.AGGREGATED:
        written = [normalize(one, context, view) for one in instances]
        return written[0] if len(written) == 1 else written
    write = WRITERS[view.form]
    shown = [write(one, context, view) for one in instances]
    for one, each in zip(instances, shown, strict=True):
        if member in ("createdAt", "modifiedAt", "deletedAt") and member in one and isinstance(each, dict):
            each[member] = one[member]
    return shown


def _write_series(instances: list[Instance], context: Terms, view: View, member: str) -> Any:
    """Return pairs of value and moment by kind and dataset; what lacks the moment has no place in time."""
    series: dict[tuple[str, str], list[list[Any]]] = {}
    for one in instances:
        if member not in one:
            continue
        key = (one["type"], one.get("datasetId", DEFAULT))
        series.setdefault(key, []).append([_write_value(one, context, view), one[member]])
    written = []
    for (kind, dataset), pairs in series.items():
        translated = kind == "LanguageProperty" and view.lang is not None
        shown_kind = "Property" if translated else kind
        shown = {"type": shown_kind, _SERIES[shown_kind]: pairs}
        written.append(shown if dataset == DEFAULT else {**shown, "datasetId": dataset})
    return written[0] if len(written) == 1 else written


def _write_value(instance: Instance, context: Terms, view: View) -> Any:
    """Return a value; of one that was taken away, the null of its kind."""
    if instance["type"] == "ListRelationship" and instance.get("objectList") == NULL:
        return NULL
    return simplify(instance, context, view)
