"""What a write makes of a document.

A document is never changed in place. What a write leaves alone stays the very same object in the new document, so that
`differences.difference` finds what happened by looking only at what was replaced.
"""

from datetime import datetime

from renkei.context.errors import AttributeMissing, RequestInvalid
from renkei.context.rules.changing.instances import (
    Attributes,
    check_patch,
    found,
    instant,
    is_null,
    is_older,
    merge_one,
    overlaid,
    said,
    stamped,
    take,
    takes_away,
)
from renkei.context.rules.changing.instances import put as put_instance
from renkei.context.types import DEFAULT, NULL, Document, Instance, NotUpdated, Updated


def created(entity: Document, *, now: datetime) -> Document:
    """Return a new entity with its times. Raises context.request-invalid for a null in it."""
    at = instant(now)
    attrs = {
        name: [stamped(said(name, instance), at) for instance in instances]
        for name, instances in entity["attrs"].items()
    }
    return {**_head(entity), "createdAt": at, "modifiedAt": at, "attrs": attrs}


def replaced(before: Document, entity: Document, *, now: datetime) -> Document:
    """Return the entity that takes another's place (clause 5.6.18): it keeps the time of its creation."""
    after = created(entity, now=now)
    types = after.get("type") or before["type"]
    return {**after, "id": before["id"], "type": types, "createdAt": before["createdAt"]}


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
            if is_older(given, found(before["attrs"], name, given.get("datasetId", DEFAULT))):
                older.append((name, stamped(said(name, given), at)))
            else:
                kept.append(given)
        if kept:
            attrs[name] = kept
    return {**fragment, "attrs": attrs}, older


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
            merge_one(attrs, name, given, at=at, observed_at=observed_at, lang=lang)
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
    check_patch(attribute, kept, given)
    attrs = dict(before["attrs"])
    if takes_away(given, kept):
        take(attrs, attribute, dataset)
    else:
        put_instance(attrs, attribute, overlaid(kept, {**given, "type": kept["type"]}, at))
    return {**before, "modifiedAt": at, "attrs": attrs}


def put(before: Document, attribute: str, instances: list[Instance], *, now: datetime) -> Document:
    """Replace instances of an attribute that are there (clause 5.6.19). Raises context.attribute-missing."""
    at, attrs = instant(now), dict(before["attrs"])
    for given in instances:
        kept = _instance(before, attribute, given.get("datasetId", DEFAULT))
        put_instance(attrs, attribute, stamped(said(attribute, given), at, since=kept["createdAt"]))
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
        take(attrs, attribute, dataset)
    return {**before, "modifiedAt": instant(now), "attrs": attrs}


def stripped(before: Document, gone: set[str], *, now: datetime) -> Document:
    """Take whole attributes away, by their IRIs."""
    if not gone:
        return before
    attrs = {name: instances for name, instances in before["attrs"].items() if name not in gone}
    return {**before, "modifiedAt": instant(now), "attrs": attrs}


def _written(
    before: Document, fragment: Document, *, scopes: list[str], overwrite: bool, now: datetime
) -> tuple[Document, Updated]:
    at, attrs = instant(now), dict(before["attrs"])
    done: dict[str, None] = {}
    left: list[NotUpdated] = []
    for name, instances in fragment["attrs"].items():
        for given in instances:
            kept = found(attrs, name, given.get("datasetId", DEFAULT))
            why = _why_not(kept, given, overwrite=overwrite)
            if why:
                left.append(NotUpdated(name, why))
                continue
            done[name] = None
            if is_null(given):
                take(attrs, name, given.get("datasetId", DEFAULT))
            else:
                put_instance(attrs, name, stamped(given, at, since=kept["createdAt"] if kept else None))
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


def _head(entity: Document) -> Document:
    return {name: entity[name] for name in ("id", "type", "scope", "expiresAt") if entity.get(name)}


def _instance(entity: Document, name: str, dataset: str) -> Instance:
    instance = found(entity["attrs"], name, dataset)
    if instance is None:
        raise AttributeMissing(entity=entity["id"], attribute=name, dataset=dataset or "-")
    return instance
