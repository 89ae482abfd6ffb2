"""Instances of attributes to JSON, in each representation."""

from collections.abc import Callable, Mapping
from typing import Any

from renkei.context.types import NULL, VALUE_MEMBER, Instance
from renkei.wire.ngsild.reading.geometry import looks_like_geometry
from renkei.wire.ngsild.reading.instances import could_be_instances
from renkei.wire.ngsild.terms import Terms
from renkei.wire.ngsild.writing.view import DATASET_BY_DEFAULT, Form, View, best_language

_MEMBER_OF = {str(kind): member for kind, member in VALUE_MEMBER.items()}
_WORDS = ("vocab", "previousVocab", "objectType", "valueType")


def normalize(instance: Instance, context: Terms, view: View) -> dict[str, Any]:
    """Return an instance in normalized form (clause 4.5.1)."""
    written = instance.copy()
    if not view.sys_attrs:
        written.pop("createdAt", None)
        written.pop("modifiedAt", None)
        written.pop("deletedAt", None)
    kind = written.get("type")
    if kind == "VocabProperty" or "objectType" in written or "valueType" in written:
        _compact_words(written, context)
    elif kind == "LanguageProperty":
        _write_languages(written, view)

    subs = written.pop("attrs", None)
    if subs:
        for iri, instances in subs.items():
            name = context.compact(iri)
            written[iri if name in written else name] = write_instances(instances, context, view, normalize)
    return written


def concise(instance: Instance, context: Terms, view: View) -> Any:
    """Return an instance in concise form (clause 4.5.3): no type, and a bare value where that says it all."""
    written = instance.copy()
    subs = written.pop("attrs", None)
    written = normalize(written, context, view)
    kind = written["type"]
    member = _MEMBER_OF[kind]
    value = written.get(member)
    place = looks_like_geometry(value)
    if not (kind == "Property" and place) and (kind != "GeoProperty" or place):
        del written["type"]
    for iri, instances in (subs or {}).items():
        name = context.compact(iri)
        written[iri if name in written else name] = write_instances(instances, context, view, concise)
    if len(written) > 1 or member not in written:
        return written
    if kind == "GeoProperty" or (kind == "Property" and _is_plain(value)):
        return value
    return written


def _is_plain(value: Any) -> bool:
    """Return whether a value stands for itself and cannot be taken for an attribute or several."""
    if isinstance(value, list):
        return bool(value) and not could_be_instances(value)
    return not isinstance(value, dict)


def simplify(instance: Instance, context: Terms, view: View) -> Any:
    """Return only what an instance says (clause 4.5.4)."""
    kind = instance["type"]
    member = _MEMBER_OF[kind]
    value = instance.get(member)
    if kind == "LanguageProperty":
        written = {"languageMap": value}
        _write_languages(written, view)
        return written.get("value", written)
    if kind == "VocabProperty":
        return {"vocab": _compact(value, context)}
    if kind == "ListRelationship" and isinstance(value, list):
        return {"objectList": [link["object"] for link in value]}
    return {member: value} if kind in ("JsonProperty", "ListProperty", "ListRelationship") else value


Write = Callable[[Instance, Terms, View], Any]
WRITERS: Mapping[Form, Write] = {Form.NORMALIZED: normalize, Form.CONCISE: concise, Form.SIMPLIFIED: simplify}


def write_instances(instances: list[Instance], context: Terms, view: View, write: Write) -> Any:
    """Return an attribute: one instance as it is, several as an array, or by dataset where simplified."""
    if write is simplify and (len(instances) > 1 or "datasetId" in instances[0]):
        return {
            "dataset": {
                one.get("datasetId", DATASET_BY_DEFAULT): simplify(one, context, view) for one in instances
            }
        }
    if len(instances) == 1:
        return write(instances[0], context, view)
    if write is concise:
        return [_as_object(one, concise(one, context, view)) for one in instances]
    return [write(one, context, view) for one in instances]


def _as_object(instance: Instance, written: Any) -> dict[str, Any]:
    """Return an instance among several: a bare value would not be taken for one of them."""
    if isinstance(written, dict) and not (instance["type"] == "GeoProperty" and "coordinates" in written):
        return written
    return {"value": written}


def _compact_words(written: dict[str, Any], context: Terms) -> None:
    for member in _WORDS:
        if member in written:
            written[member] = _compact(written[member], context)


def _compact(given: Any, context: Terms) -> Any:
    if isinstance(given, list):
        return [context.compact(word) for word in given]
    return given if given == NULL or not isinstance(given, str) else context.compact(given)


def _write_languages(written: dict[str, Any], view: View) -> None:
    """Put the language wanted in place of a language map, or the map of one that was taken away (clause 4.5.18)."""
    by_tag = written.get("languageMap")
    if by_tag == NULL:
        by_tag = written["languageMap"] = {DATASET_BY_DEFAULT: NULL}
    if view.lang is None or not isinstance(by_tag, dict) or not by_tag:
        return
    tag = best_language(by_tag, view.lang)
    del written["languageMap"]
    if "type" in written:
        written["type"] = "Property"
    written["value"] = by_tag[tag]
    written["lang"] = tag
