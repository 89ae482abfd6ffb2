"""What a write makes of an entity: documents in, a new document out, and nothing else.

A document is never changed in place. What a write leaves alone stays the very same object in the new document, so that
`difference` finds what happened by looking only at what was replaced.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from renkei.context.errors import AttributeMissing, RequestInvalid
from renkei.context.rules.geo import check_geometry
from renkei.context.types import (
    DEFAULT,
    NULL,
    VALUE_MEMBER,
    Document,
    Happened,
    Instance,
    InstanceChange,
    Kind,
    NotUpdated,
    Updated,
)
from renkei.kernel.clock import parse_utc

_MADE_HERE = ("createdAt", "modifiedAt", "deletedAt")
_KEPT_APART = {"attrs", "createdAt", "modifiedAt", "deletedAt", "instanceId"}
Attributes = dict[str, list[Instance]]


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


def created(entity: Document, *, now: datetime) -> Document:
    """Return a new entity with its times. Raises context.request-invalid for a null in it."""
    at = instant(now)
    attrs = {
        name: [_stamped(_said(name, instance), at) for instance in instances]
        for name, instances in entity["attrs"].items()
    }
    return {**_head(entity), "createdAt": at, "modifiedAt": at, "attrs": attrs}


def replaced(before: Document, entity: Document, *, now: datetime) -> Document:
    """Return the entity that takes another's place (clause 5.6.18): it keeps the time of its creation."""
    after = created(entity, now=now)
    types = [*before["type"], *(iri for iri in after.get("type", ()) if iri not in before["type"])]
    return {**after, "id": before["id"], "type": after.get("type") or types, "createdAt": before["createdAt"]}


def appended(
    before: Document, fragment: Document, *, overwrite: bool, now: datetime
) -> tuple[Document, Updated]:
    """Add attributes to an entity (clause 5.6.3); those that are there already are replaced, or left where not `overwrite`.

    Scopes are replaced with the rest, and added where nothing may be overwritten.
    """
    scopes = _scopes(fragment, before)
    if not overwrite:
        scopes = list(dict.fromkeys([*before.get("scope", ()), *scopes]))
    return _written(before, fragment, scopes=scopes, overwrite=overwrite, now=now)


def updated(before: Document, fragment: Document, *, now: datetime) -> tuple[Document, Updated]:
    """Write attributes of an entity, whether they are there already or not (clause 5.6.2); a null takes away.

    Scopes are written where the entity has some: giving it its first is appending.
    """
    if "scope" in fragment and not before.get("scope"):
        after, answer = _written(before, fragment, scopes=[], overwrite=True, now=now)
        left = NotUpdated("scope", "the entity has no scope to update; append one")
        return after, Updated(answer.updated, (*answer.not_updated, left))
    scopes = _scopes(fragment, before)
    return _written(before, fragment, scopes=scopes, overwrite=True, now=now)


def newer_and_older(
    before: Document, fragment: Document, *, now: datetime
) -> tuple[Document, list[tuple[str, Instance]]]:
    """Part what was observed at the time of what is known, or later, from what was observed before it.

    The older instances come with their names and the times of their writing.
    """
    at, attrs, older = instant(now), {}, []
    for name, instances in fragment["attrs"].items():
        kept = []
        for given in instances:
            if _is_older(given, _found(before["attrs"], name, given.get("datasetId", DEFAULT))):
                older.append((name, _stamped(_said(name, given), at)))
            else:
                kept.append(given)
        if kept:
            attrs[name] = kept
    return {**fragment, "attrs": attrs}, older


def _is_older(given: Instance, kept: Instance | None) -> bool:
    if kept is None or "observedAt" not in kept or "observedAt" not in given:
        return False
    return parse_utc(given["observedAt"]) < parse_utc(kept["observedAt"])


def merged(
    before: Document,
    fragment: Document,
    *,
    now: datetime,
    observed_at: str | None = None,
    lang: str | None = None,
) -> Document:
    """Merge a fragment into an entity (clauses 5.6.17 and 5.5.12): members given replace, nulls take away, the rest stays.

    `observed_at` dates instances that were dated before and come without a date; `lang` says in which language a bare
    text for a LanguageProperty is.
    """
    at, attrs = instant(now), dict(before["attrs"])
    for name, instances in fragment["attrs"].items():
        for given in instances:
            _merge_one(attrs, name, given, at=at, observed_at=observed_at, lang=lang)
    return _finished(before, fragment, attrs, scopes=_scopes(fragment, before), at=at)


def patched(
    before: Document, attribute: str, given: Instance, *, kind_stated: bool, now: datetime
) -> Document:
    """Change members of one instance (clause 5.6.4): what is given replaces what was there, a null takes it away.

    Raises context.attribute-missing, and context.request-invalid where another kind is stated.
    """
    dataset, at = given.get("datasetId", DEFAULT), instant(now)
    kept = _instance(before, attribute, dataset)
    if kind_stated and given["type"] != kept["type"]:
        raise RequestInvalid(
            why=f"{attribute} is a {kept['type']}, and a patch does not make it a {given['type']}"
        )
    _check_patch(attribute, kept, given)
    attrs = dict(before["attrs"])
    if _takes_away(given, kept):
        _take(attrs, attribute, dataset)
    else:
        _put(attrs, attribute, _overlaid(kept, {**given, "type": kept["type"]}, at))
    return {**before, "modifiedAt": at, "attrs": attrs}


def put(before: Document, attribute: str, instances: list[Instance], *, now: datetime) -> Document:
    """Replace instances of an attribute that are there (clause 5.6.19). Raises context.attribute-missing."""
    at, attrs = instant(now), dict(before["attrs"])
    for given in instances:
        kept = _instance(before, attribute, given.get("datasetId", DEFAULT))
        _put(attrs, attribute, _stamped(_said(attribute, given), at, since=kept["createdAt"]))
    return {**before, "modifiedAt": at, "attrs": attrs}


def without(
    before: Document, attribute: str, *, dataset: str = DEFAULT, everything: bool = False, now: datetime
) -> Document:
    """Take an instance of an attribute away, or all of them (clause 5.6.5). Raises context.attribute-missing."""
    if attribute == "scope" and before.get("scope"):
        return {**{k: v for k, v in before.items() if k != "scope"}, "modifiedAt": instant(now)}
    attrs = dict(before["attrs"])
    if everything and attribute in attrs:
        del attrs[attribute]
    else:
        _instance(before, attribute, dataset)
        _take(attrs, attribute, dataset)
    return {**before, "modifiedAt": instant(now), "attrs": attrs}


def stripped(before: Document, gone: set[str], *, now: datetime) -> Document:
    """Take whole attributes away, by their IRIs."""
    if not gone:
        return before
    attrs = {name: instances for name, instances in before["attrs"].items() if name not in gone}
    return {**before, "modifiedAt": instant(now), "attrs": attrs}


def difference(before: Document | None, after: Document | None) -> tuple[InstanceChange, ...]:
    """Return what happened to each instance between two documents of which one was made from the other."""
    old: Attributes = before["attrs"] if before else {}
    new: Attributes = after["attrs"] if after else {}
    changes: list[InstanceChange] = []
    for name in new if not old else dict.fromkeys([*old, *new]):
        was, now = old.get(name, ()), new.get(name, ())
        if was is not now:
            changes += _differences(name, was, now)
    return tuple(changes)


def _differences(name: str, was: Iterable[Instance], now: Iterable[Instance]) -> list[InstanceChange]:
    former = {instance.get("datasetId", DEFAULT): instance for instance in was}
    changes = []
    for instance in now:
        dataset = instance.get("datasetId", DEFAULT)
        kept = former.pop(dataset, None)
        if kept is None:
            changes.append(InstanceChange(name, dataset, Happened.CREATED, None, instance))
        elif kept is not instance:
            changes.append(InstanceChange(name, dataset, Happened.UPDATED, kept, instance))
    changes += [
        InstanceChange(name, dataset, Happened.DELETED, kept, None) for dataset, kept in former.items()
    ]
    return changes


def _written(
    before: Document, fragment: Document, *, scopes: list[str], overwrite: bool, now: datetime
) -> tuple[Document, Updated]:
    at, attrs = instant(now), dict(before["attrs"])
    done: dict[str, None] = {}
    left: list[NotUpdated] = []
    for name, instances in fragment["attrs"].items():
        for given in instances:
            kept = _found(attrs, name, given.get("datasetId", DEFAULT))
            why = _why_not(kept, given, overwrite=overwrite)
            if why:
                left.append(NotUpdated(name, why))
                continue
            done[name] = None
            if is_null(given):
                _take(attrs, name, given.get("datasetId", DEFAULT))
            else:
                _put(attrs, name, _stamped(given, at, since=kept["createdAt"] if kept else None))
    new = [iri for iri in fragment.get("type", ()) if iri not in before["type"]]
    if not done and not new and scopes == before.get("scope", []):
        return before, Updated((), tuple(left))
    result = Updated(tuple(name for name in done if all(n.attribute != name for n in left)), tuple(left))
    return _finished(before, fragment, attrs, scopes=scopes, at=at), result


def _scopes(fragment: Document, before: Document) -> list[str]:
    scopes: list[str] = fragment["scope"] if "scope" in fragment else before.get("scope", [])
    return scopes


def _why_not(kept: Instance | None, given: Instance, *, overwrite: bool) -> str:
    if kept is None and is_null(given):
        return "there is no such instance to take away"
    if kept is not None and not overwrite:
        return "it is there already, and noOverwrite was asked for"
    return ""


def _finished(
    before: Document, fragment: Document, attrs: Attributes, *, scopes: list[str], at: str
) -> Document:
    types = [*before["type"], *(iri for iri in fragment.get("type", ()) if iri not in before["type"])]
    after = {**before, "type": types, "modifiedAt": at, "attrs": attrs}
    if scopes and scopes != [NULL]:
        after["scope"] = scopes
    else:
        after.pop("scope", None)
    if "expiresAt" in fragment:
        after["expiresAt"] = fragment["expiresAt"]
    if after.get("expiresAt") == NULL:
        del after["expiresAt"]
    return after


def _merge_one(
    attrs: Attributes, name: str, given: Instance, *, at: str, observed_at: str | None, lang: str | None
) -> None:
    dataset = given.get("datasetId", DEFAULT)
    kept = _found(attrs, name, dataset)
    if is_null(given):
        if kept is not None:
            _take(attrs, name, dataset)
        return
    if kept is None:
        if VALUE_MEMBER.get(given.get("type", "")) not in given:
            raise RequestInvalid(why=f"{name} is not there yet, so that it needs a value")
        _put(attrs, name, _stamped(given, at))
        return
    given = _as_before(kept, {"type": kept["type"], **given}, lang)
    if observed_at and "observedAt" in kept and "observedAt" not in given:
        given = {**given, "observedAt": observed_at}
    if given["type"] != kept["type"]:
        _put(attrs, name, _stamped(given, at, since=kept["createdAt"]))
        return
    member = VALUE_MEMBER[kept["type"]]
    if member in given and kept["type"] in {Kind.PROPERTY, Kind.LANGUAGE, Kind.JSON}:
        given = {**given, member: _merged_value(kept.get(member), given[member])}
    _put(attrs, name, _overlaid(kept, given, at))


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
    if not isinstance(kept, dict) or not isinstance(given, dict):
        return given
    merged = dict(kept)
    for name, value in given.items():
        if value == NULL:
            merged.pop(name, None)
        else:
            merged[name] = _merged_value(merged.get(name), value)
    return merged


def _overlaid(kept: Instance, given: Mapping[str, Any], at: str) -> Instance:
    """Return an instance with the members that are given in place of its own; a null takes a member away."""
    made = {**kept, **{name: value for name, value in given.items() if name not in _KEPT_APART}}
    for name in [name for name, value in made.items() if value == NULL]:
        del made[name]
    if "attrs" in given:
        subs: Attributes = dict(kept.get("attrs", {}))
        for name, instances in given["attrs"].items():
            subs.pop(name, None)
            told = [_stamped(instance, at) for instance in instances if not is_null(instance)]
            if told:
                subs[name] = told
        made["attrs"] = subs
        if not subs:
            del made["attrs"]
    made["modifiedAt"] = at
    return made


def _check_patch(attribute: str, kept: Instance, given: Instance) -> None:
    """Refuse values of another kind than the instance has: a patch that states no kind was read as anything."""
    own = VALUE_MEMBER[kept["type"]]
    stray = next((member for member in VALUE_MEMBER.values() if member != own and member in given), None)
    if stray:
        raise RequestInvalid(why=f"{attribute} is a {kept['type']} and has no {stray}")
    if kept["type"] == Kind.GEO and given.get(own, NULL) != NULL:
        check_geometry(given[own], where=attribute)


def _takes_away(given: Instance, kept: Instance) -> bool:
    return VALUE_MEMBER[kept["type"]] in given and is_null({**given, "type": kept["type"]})


def _stamped(given: Instance, at: str, since: str | None = None) -> Instance:
    made = {name: value for name, value in given.items() if name not in _MADE_HERE}
    made["createdAt"] = since or at
    made["modifiedAt"] = at
    if "attrs" in made:
        made["attrs"] = {
            name: [_stamped(instance, at) for instance in instances]
            for name, instances in made["attrs"].items()
        }
    return made


def _said(name: str, instance: Instance) -> Instance:
    if is_null(instance):
        raise RequestInvalid(why=f"{name} has the value {NULL}, which only takes away what is there already")
    return instance


def _head(entity: Document) -> Document:
    return {name: entity[name] for name in ("id", "type", "scope", "expiresAt") if entity.get(name)}


def _found(attrs: Attributes, name: str, dataset: str) -> Instance | None:
    for instance in attrs.get(name, ()):
        if instance.get("datasetId", DEFAULT) == dataset:
            return instance
    return None


def _instance(entity: Document, name: str, dataset: str) -> Instance:
    found = _found(entity["attrs"], name, dataset)
    if found is None:
        raise AttributeMissing(entity=entity["id"], attribute=name, dataset=dataset or "-")
    return found


def _put(attrs: Attributes, name: str, instance: Instance) -> None:
    dataset = instance.get("datasetId", DEFAULT)
    others = attrs.get(name, [])
    places = [i for i, other in enumerate(others) if other.get("datasetId", DEFAULT) == dataset]
    if places:
        attrs[name] = [*others[: places[0]], instance, *others[places[0] + 1 :]]
    else:
        attrs[name] = [*others, instance]


def _take(attrs: Attributes, name: str, dataset: str) -> None:
    left = [instance for instance in attrs[name] if instance.get("datasetId", DEFAULT) != dataset]
    if left:
        attrs[name] = left
    else:
        del attrs[name]
