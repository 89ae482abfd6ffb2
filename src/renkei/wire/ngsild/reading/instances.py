"""Attributes into lists of instances (clauses 4.5.1 to 4.5.5 and 4.5.18 to 4.5.24)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from renkei.context.types import NULL, VALUE_MEMBER, Instance, Kind
from renkei.wire.ngsild.reading.broken import BrokenRuleError
from renkei.wire.ngsild.reading.geometry import check_geometry, looks_like_geometry
from renkei.wire.ngsild.reading.values import (
    Check,
    brief,
    check_dataset,
    check_languages,
    check_moment,
    check_text,
    check_uri,
    expand_name,
    expand_words,
)
from renkei.wire.ngsild.terms import Terms


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed of attributes in one sort of body."""

    nulls: bool = False
    """Whether `urn:ngsi-ld:null` may stand for a value, to take it away."""
    partial: bool = False
    """Whether an instance may lack its value, to change only what is said about it."""
    repeats: bool = False
    """Whether a dataset may have several instances, at several times."""


WHOLE = Rules()
PATCH = Rules(nulls=True)
MERGE = Rules(nulls=True, partial=True)
HISTORY = Rules(repeats=True)


def read_attributes(
    payload: dict[str, Any], context: Terms, *, rules: Rules, besides: Mapping[str, Any]
) -> dict[str, list[Instance]]:
    """Return the attributes of an entity, by IRI, as they stand; `besides` are the members that are none."""
    found: dict[str, list[Instance]] = {}
    for name, given in payload.items():
        if name in besides:
            continue
        try:
            iri = expand_name(name, context)
            instances = read_attribute_instances(given, context, rules=rules)
        except BrokenRuleError as broken:
            raise broken.under(name) from None
        if iri in found:
            raise BrokenRuleError("stands for the same attribute as another name", name)
        found[iri] = instances
    return found


def read_attribute_instances(given: Any, context: Terms, *, rules: Rules) -> list[Instance]:
    """Return the instances of one attribute, however it is represented."""
    if type(given) is dict:
        if len(given) == 1 and type(given.get("dataset")) is dict:
            return _read_by_dataset(given["dataset"], context, rules)
        return [read_instance(given, context, rules)]
    if type(given) is list and could_be_instances(given):
        return _read_many(given, context, rules)
    if given is None or given == []:
        raise BrokenRuleError(f"must have a value, not {brief(given)}")
    return [_read_bare(given, rules)]


def could_be_instances(given: list[Any]) -> bool:
    """Return whether an array is taken for instances of an attribute, and not for a value."""
    return any(
        type(inner) is dict
        and (
            inner.get("type") in _MEMBER_OF
            if type(inner.get("type")) is str
            else not _VALUES.isdisjoint(inner)
        )
        for inner in given
    )


def _read_many(given: list[Any], context: Terms, rules: Rules) -> list[Instance]:
    found: list[Instance] = []
    datasets = set()
    for place, inner in enumerate(given):
        if type(inner) is not dict:
            raise BrokenRuleError(f"must be an instance of the attribute, not {brief(inner)}", str(place))
        try:
            instance = read_instance(inner, context, rules)
        except BrokenRuleError as broken:
            raise broken.under(str(place)) from None
        dataset = instance.get("datasetId")
        if dataset in datasets and not rules.repeats:
            raise BrokenRuleError(
                f"is a second instance {f'of {dataset}' if dataset else 'by default'}", str(place)
            )
        datasets.add(dataset)
        found.append(instance)
    return found


def _read_by_dataset(given: dict[str, Any], context: Terms, rules: Rules) -> list[Instance]:
    """Return the instances of a simplified attribute that has several: `{"dataset": {"@none": 1, "urn:…": 2}}`."""
    if not given:
        raise BrokenRuleError("must have a value", "dataset")
    found = []
    for dataset, value in given.items():
        try:
            found.append(_read_one_of(dataset, value, context, rules))
        except BrokenRuleError as broken:
            raise broken.under("dataset", dataset) from None
    return found


def _read_one_of(dataset: str, given: Any, context: Terms, rules: Rules) -> Instance:
    instance = read_instance(given, context, rules) if type(given) is dict else _read_bare(given, rules)
    if instance.get("datasetId", dataset) != dataset:
        raise BrokenRuleError(f"must be {brief(dataset)}, as it stands before it", "datasetId")
    if dataset != "@none":
        instance["datasetId"] = check_dataset(dataset, context)
    return instance


def _read_bare(given: Any, rules: Rules) -> Instance:
    if given is None:
        raise BrokenRuleError("must have a value, not null")
    if given == NULL and not rules.nulls:
        raise BrokenRuleError(f"must have a value, and {NULL} takes one away")
    return {"type": "Property", "value": given}


def read_instance(given: dict[str, Any], context: Terms, rules: Rules) -> Instance:
    """Return one instance, normalized or concise, or a bare object as the value of a Property."""
    kind: Any = given.get("type")
    member = _MEMBER_OF.get(kind) if type(kind) is str else None
    if member is None:
        kind, member = _infer(given, rules)
        if member is None:
            return {"type": kind, "value": given}
    instance: Instance = {"type": kind} if kind else {}

    for name, value in given.items():
        if name in _PASSED_OVER:
            continue
        try:
            if name == member:
                instance[name] = _read_value(kind, value, context, rules)
            elif name in _METADATA:
                gone = value == NULL and rules.nulls and name != "datasetId"
                instance[name] = value if gone else _METADATA[name](value, context)
            else:
                _read_sub(instance, name, value, context, rules)
        except BrokenRuleError as broken:
            raise broken.under(name) from None
    if member not in instance and not (rules.partial and len(instance) > (1 if kind else 0)):
        raise BrokenRuleError(f"must have the member {member}")
    return instance


def _read_sub(instance: Instance, name: str, value: Any, context: Terms, rules: Rules) -> None:
    """Add an attribute of the attribute."""
    if name in _VALUES:
        raise BrokenRuleError(f"must not stand in a {instance.get('type')}")
    subs = instance.setdefault("attrs", {})
    iri = expand_name(name, context)
    if iri in subs:
        raise BrokenRuleError("stands for the same attribute as another name")
    whole = PATCH if rules.partial else rules  # they are not merged, but replaced
    subs[iri] = read_attribute_instances(value, context, rules=whole)


def _infer(given: dict[str, Any], rules: Rules) -> tuple[str, str | None]:
    """Return the kind of an instance without one, and its value member; no member where the object is the value."""
    if looks_like_geometry(given):
        check_geometry(given)
        return Kind.GEO.value, None
    values = [name for name in given if name in _VALUES]
    if len(values) > 1:
        raise BrokenRuleError(f"must have one of {' and '.join(values)}")
    if values and "type" in given:
        raise BrokenRuleError(f"must be a kind of attribute, not {brief(given['type'])}", "type")
    if values:
        kind = _KIND_BY_MEMBER[values[0]]
        if kind == Kind.PROPERTY and looks_like_geometry(given["value"]):
            kind = Kind.GEO
        return kind.value, values[0]
    if not given:
        raise BrokenRuleError("must have a value, not an empty object")
    if rules.partial and "type" not in given and _only_describes(given):
        return "", ""
    if "type" not in given and not _METADATA.keys().isdisjoint(given):
        raise BrokenRuleError("must have a value")
    return Kind.PROPERTY.value, None


def _only_describes(given: dict[str, Any]) -> bool:
    """Return whether an object says something about a value, and is none itself: only metadata and attributes."""
    return all(
        name in _METADATA or name in _PASSED_OVER or (type(inner) is dict and could_be_instances([inner]))
        for name, inner in given.items()
    )


def _read_value(kind: str, value: Any, context: Terms, rules: Rules) -> Any:
    if value is None:
        raise BrokenRuleError("must be a value, not null")
    if value == NULL or (kind == Kind.LANGUAGE and value == _NO_LANGUAGES):
        if rules.nulls:
            return NULL
        if kind != Kind.JSON:
            raise BrokenRuleError(f"must be a value, and {NULL} takes one away")
    check = _CHECKS.get(kind)
    return value if check is None else check(value, context)


def _check_object(given: Any, context: Terms) -> Any:  # noqa: ARG001  every value is read alike
    if type(given) is list and given:
        for place, inner in enumerate(given):
            try:
                check_uri(inner)
            except BrokenRuleError as broken:
                raise broken.under(str(place)) from None
        return given
    return check_uri(given)


def _check_objects(given: Any, context: Terms) -> list[dict[str, str]]:  # noqa: ARG001  every value is read alike
    if type(given) is not list:
        raise BrokenRuleError(f"must be an array, not {brief(given)}")
    found = []
    for place, inner in enumerate(given):
        uri = inner.get("object") if type(inner) is dict and len(inner) == 1 else inner
        try:
            found.append({"object": check_uri(uri)})
        except BrokenRuleError as broken:
            raise broken.under(str(place)) from None
    return found


def _check_list(given: Any, context: Terms) -> list[Any]:  # noqa: ARG001  every value is read alike
    if type(given) is not list:
        raise BrokenRuleError(f"must be an array, not {brief(given)}")
    return given


def _check_map(given: Any, context: Terms) -> dict[str, Any]:  # noqa: ARG001  every value is read alike
    if type(given) is not dict:
        raise BrokenRuleError(f"must be an object of texts by language, not {brief(given)}")
    return check_languages(given)


def _check_place(given: Any, context: Terms) -> dict[str, Any]:  # noqa: ARG001  every value is read alike
    return check_geometry(given)


_NO_LANGUAGES = {"@none": NULL}
_MEMBER_OF: dict[str, str] = {str(kind): member for kind, member in VALUE_MEMBER.items()}
_VALUES = frozenset(_MEMBER_OF.values())
_KIND_BY_MEMBER = {member: Kind(kind) for kind, member in VALUE_MEMBER.items() if kind != Kind.GEO}
_CHECKS: dict[str, Callable[[Any, Terms], Any]] = {
    "Relationship": _check_object,
    "GeoProperty": _check_place,
    "LanguageProperty": _check_map,
    "VocabProperty": expand_words,
    "ListProperty": _check_list,
    "ListRelationship": _check_objects,
}
_METADATA: dict[str, Check] = {
    "observedAt": check_moment,
    "unitCode": check_text,
    "datasetId": check_dataset,
    "valueType": expand_words,
    "objectType": expand_words,
    "expiresAt": check_moment,
}
_PASSED_OVER = frozenset(
    {
        "type",
        "createdAt",
        "modifiedAt",
        "deletedAt",
        "instanceId",
        "entity",
        "entityList",
        *(f"previous{member[0].upper()}{member[1:]}" for member in _VALUES),
    }
)
"""Members that a broker makes; of a client they say nothing (clause 4.8)."""
