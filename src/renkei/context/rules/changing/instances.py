"""One instance of an attribute in a write: merged, patched, stamped with its times, laid in its place.

What is handed in is never changed, but for the table of attributes that a write makes for itself.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from renkei.context.errors import RequestInvalid
from renkei.context.rules.geo import check_geometry
from renkei.context.types import DEFAULT, NULL, VALUE_MEMBER, Instance, Kind
from renkei.kernel.clock import parse_utc

Attributes = dict[str, list[Instance]]
_MADE_HERE = ("createdAt", "modifiedAt", "deletedAt")
_KEPT_APART = {"attrs", "createdAt", "modifiedAt", "deletedAt", "instanceId"}
_MERGED = frozenset({Kind.PROPERTY, Kind.LANGUAGE, Kind.JSON})
"""Kinds whose values are merged member by member; those of the others are replaced."""


def instant(at: datetime) -> str:
    """Write a time as this room writes `createdAt` and `modifiedAt`: UTC, always with microseconds, so that texts sort."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def is_null(instance: Instance) -> bool:
    """Tell whether an instance says that it is to be taken away (clause 4.5.0)."""
    if "type" not in instance:
        return False
    value = instance.get(VALUE_MEMBER[instance["type"]])
    if value == NULL:
        return True
    return instance["type"] == Kind.LANGUAGE and isinstance(value, dict) and value == {"@none": NULL}


def said(name: str, instance: Instance) -> Instance:
    """Return an instance that says something. Raises context.request-invalid for a null."""
    if is_null(instance):
        raise RequestInvalid(why=f"{name} has the value {NULL}, which only takes away what is there already")
    return instance


def is_older(given: Instance, kept: Instance | None) -> bool:
    """Tell whether something was observed before what is known."""
    if kept is None or "observedAt" not in kept or "observedAt" not in given:
        return False
    return parse_utc(given["observedAt"]) < parse_utc(kept["observedAt"])


def merge_one(
    attrs: Attributes, name: str, given: Instance, *, at: str, observed_at: str | None, lang: str | None
) -> None:
    """Merge one instance into the attributes of an entity (clause 5.5.12). Raises context.request-invalid."""
    dataset = given.get("datasetId", DEFAULT)
    kept = found(attrs, name, dataset)
    if is_null(given):
        if kept is not None:
            take(attrs, name, dataset)
        return
    if kept is None:
        _check_value(name, given, why="is not there yet")
        put(attrs, name, stamped(_without_nulls(given), at))
        return
    given = _as_before(kept, {"type": kept["type"], **given}, lang)
    if observed_at and "observedAt" in kept and "observedAt" not in given:
        given = {**given, "observedAt": observed_at}
    if given["type"] != kept["type"]:
        _check_value(name, given, why=f"is a {kept['type']} so far")
        put(attrs, name, stamped(_without_nulls(given), at, since=kept["createdAt"]))
        return
    member = VALUE_MEMBER[kept["type"]]
    if member in given and kept["type"] in _MERGED:
        given = {**given, member: _merged_value(kept.get(member), given[member])}
    put(attrs, name, overlaid(kept, given, at))


def _check_value(name: str, given: Instance, *, why: str) -> None:
    if VALUE_MEMBER.get(given.get("type", "")) not in given:
        raise RequestInvalid(why=f"{name} {why}, so that it needs a value")


def _without_nulls(given: Instance) -> Instance:
    """Return an instance that takes no other's place: there is nothing that a null within its value could take away."""
    member = VALUE_MEMBER[given["type"]]
    return {**given, member: _merged_value(None, given[member])} if given["type"] in _MERGED else given


def _as_before(kept: Instance, given: Instance, lang: str | None) -> Instance:
    """Read a bare text as what the attribute was before: it cannot say so itself (clause 5.5.12)."""
    if given["type"] != Kind.PROPERTY or not isinstance(given.get("value"), str):
        return given
    rest = {k: v for k, v in given.items() if k not in {"type", "value"}}
    if kept["type"] == Kind.LANGUAGE and lang:
        return {"type": Kind.LANGUAGE.value, "languageMap": {lang: given["value"]}, **rest}
    return given


def _merged_value(kept: Any, given: Any) -> Any:
    """Merge JSON values as RFC 7396 does, with the standard's null in the place of JSON's."""
    if not isinstance(given, dict):
        return given
    merged = dict(kept) if isinstance(kept, dict) else {}
    for name, value in given.items():
        if value == NULL:
            merged.pop(name, None)
        else:
            merged[name] = _merged_value(merged.get(name), value)
    return merged


def overlaid(kept: Instance, given: Mapping[str, Any], at: str) -> Instance:
    """Return an instance with the members that are given in place of its own; a null takes a member away."""
    made = {**kept, **{name: value for name, value in given.items() if name not in _KEPT_APART}}
    for name in [name for name, value in made.items() if value == NULL]:
        del made[name]
    if "attrs" in given:
        subs: Attributes = dict(kept.get("attrs", {}))
        for name, instances in given["attrs"].items():
            subs.pop(name, None)
            told = _told(instances, at)
            if told:
                subs[name] = told
        made["attrs"] = subs
        if not subs:
            del made["attrs"]
    made["modifiedAt"] = at
    return made


def check_patch(attribute: str, kept: Instance, given: Instance) -> None:
    """Refuse values of another kind than the instance has: a patch that states no kind was read as anything."""
    own = VALUE_MEMBER[kept["type"]]
    stray = next((member for member in VALUE_MEMBER.values() if member != own and member in given), None)
    if stray:
        raise RequestInvalid(why=f"{attribute} is a {kept['type']} and has no {stray}")
    if kept["type"] == Kind.GEO and given.get(own, NULL) != NULL:
        check_geometry(given[own], where=attribute)


def takes_away(given: Instance, kept: Instance) -> bool:
    """Tell whether a patch that states no kind takes an instance away."""
    return VALUE_MEMBER[kept["type"]] in given and is_null({**given, "type": kept["type"]})


def stamped(given: Instance, at: str, since: str | None = None) -> Instance:
    """Return an instance, and those within it, with the times of their writing; a null in it takes nothing away."""
    made = {name: value for name, value in given.items() if name not in _MADE_HERE and value != NULL}
    made["createdAt"] = since or at
    made["modifiedAt"] = at
    if "attrs" in made:
        subs = {name: _told(instances, at) for name, instances in made.pop("attrs").items()}
        kept = {name: told for name, told in subs.items() if told}
        if kept:
            made["attrs"] = kept
    return made


def _told(instances: list[Instance], at: str) -> list[Instance]:
    return [stamped(instance, at) for instance in instances if not is_null(instance)]


def found(attrs: Attributes, name: str, dataset: str) -> Instance | None:
    """Return the instance of a dataset, where there is one."""
    for instance in attrs.get(name, ()):
        if instance.get("datasetId", DEFAULT) == dataset:
            return instance
    return None


def put(attrs: Attributes, name: str, instance: Instance) -> None:
    """Lay an instance in the place of the one of its dataset, else after the others."""
    dataset = instance.get("datasetId", DEFAULT)
    others = attrs.get(name, [])
    places = [i for i, other in enumerate(others) if other.get("datasetId", DEFAULT) == dataset]
    if places:
        attrs[name] = [*others[: places[0]], instance, *others[places[0] + 1 :]]
    else:
        attrs[name] = [*others, instance]


def take(attrs: Attributes, name: str, dataset: str) -> None:
    """Take the instance of a dataset away, and with the last one the attribute."""
    left = [instance for instance in attrs[name] if instance.get("datasetId", DEFAULT) != dataset]
    if left:
        attrs[name] = left
    else:
        del attrs[name]
