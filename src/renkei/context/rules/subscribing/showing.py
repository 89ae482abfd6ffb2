"""What a notification shows of an entity that changed (clauses 5.3.1, 5.8.6, 4.5.0).

An entity is shown as it is now. What was taken away is shown with the value `NULL` and, like an entity that was
deleted, with `deletedAt`; before-values stand beside the new ones as `previousValue` and so on where a subscription
asks for changes.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from renkei.context.rules.subscribing.watching import Watcher, is_deleted
from renkei.context.types import (
    NULL,
    VALUE_MEMBER,
    Document,
    EntityChange,
    Instance,
    InstanceChange,
    Kind,
    Shown,
    Trigger,
)

PREVIOUS = {
    "value": "previousValue",
    "object": "previousObject",
    "languageMap": "previousLanguageMap",
    "vocab": "previousVocab",
    "json": "previousJson",
    "valueList": "previousValueList",
    "objectList": "previousObjectList",
}
"""The member that holds the value before, by the one that holds the value."""
_OF_ENTITY = ("id", "type", "scope", "createdAt", "modifiedAt", "expiresAt")


def look_of(watcher: Watcher) -> tuple[Any, ...]:
    """Return what `shown` depends on, so that those who look alike share what they are shown."""
    tells_deletions = Trigger.ATTRIBUTE_DELETED in watcher.triggers
    return watcher.subscription.shown, tells_deletions, watcher.subscription.watched


def shown(change: EntityChange, watcher: Watcher, *, at: str) -> Document:
    """Return what a subscriber is shown of a change; `at` is when it happened, as stamps are written."""
    if change.after is None:
        return _deleted(change, watcher, at=at)
    look = watcher.subscription.shown
    document = {name: value for name, value in change.after.items() if name != "attrs"}
    changed = {(each.attribute, each.dataset): each for each in change.instances}
    taken = _taken(change, watcher) if Trigger.ATTRIBUTE_DELETED in watcher.triggers else {}
    attributes: dict[str, list[Instance]] = {}
    for name, instances in change.after.get("attrs", {}).items():
        if _is_shown(name, look):
            attributes[name] = [_with_change(each, changed.get(_key(name, each)), look) for each in instances]
    for name, gone in taken.items():
        if _is_shown(name, look):
            kept = attributes.get(name, [])
            attributes[name] = kept + _nulls(gone, look, at=at, whole=not kept, of_entity=False)
    return document | {"attrs": _of_datasets(attributes, look.datasets)}


def present(document: Document, look: Shown) -> Document:
    """Return what a subscriber is shown of an entity that did not change."""
    attributes = {name: each for name, each in document.get("attrs", {}).items() if _is_shown(name, look)}
    return document | {"attrs": _of_datasets(attributes, look.datasets)}


def newest(shown_before: Sequence[Document]) -> list[Document]:
    """Return the last that was shown of each entity, where several notifications are sent as one."""
    last: dict[str, Document] = {}
    for document in shown_before:
        last.pop(document["id"], None)
        last[document["id"]] = document
    return list(last.values())


def _deleted(change: EntityChange, watcher: Watcher, *, at: str) -> Document:
    """Return what is left to show of a deleted entity: its attributes only to those who watch deletions or changes."""
    before, look = change.before or {}, watcher.subscription.shown
    document = {name: before[name] for name in _OF_ENTITY if name in before} | {"deletedAt": at}
    if Trigger.ATTRIBUTE_DELETED not in watcher.triggers and not look.changes:
        return document | {"attrs": {}}
    attributes = {
        name: _nulls(gone, look, at=at, whole=True, of_entity=True)
        for name, gone in _taken(change, watcher).items()
        if _is_shown(name, look)
    }
    return document | {"attrs": _of_datasets(attributes, look.datasets)}


def _taken(change: EntityChange, watcher: Watcher) -> dict[str, list[InstanceChange]]:
    taken: dict[str, list[InstanceChange]] = defaultdict(list)
    for each in change.instances:
        if is_deleted(each) and watcher.watches(each.attribute, each.dataset):
            taken[each.attribute].append(each)
    return taken


def _nulls(
    gone: list[InstanceChange], look: Shown, *, at: str, whole: bool, of_entity: bool
) -> list[Instance]:
    """Say that instances were taken away; where the whole attribute was, and nothing else is told, with one alone."""
    by_dataset = {each.dataset: each for each in gone}
    if whole and not look.changes and not look.datasets and "" in by_dataset:
        gone = [by_dataset[""]]
    return [_null(each.before or {}, look, at=at, of_entity=of_entity) for each in gone]


def _null(before: Instance, look: Shown, *, at: str, of_entity: bool) -> Instance:
    kind = before.get("type", Kind.PROPERTY)
    member = VALUE_MEMBER[kind]
    # A language map says so in its own way, but for one whose whole entity is gone.
    nothing: Any = {"@none": NULL} if kind == Kind.LANGUAGE and not of_entity else NULL
    instance: Instance = {"type": kind, member: nothing, "deletedAt": at}
    instance |= {name: before[name] for name in ("datasetId", "createdAt", "modifiedAt") if name in before}
    if look.changes and member in before:
        instance[PREVIOUS[member]] = before[member]
    return instance


def _with_change(instance: Instance, change: InstanceChange | None, look: Shown) -> Instance:
    if not look.changes or change is None or change.before is None:
        return instance
    member = VALUE_MEMBER[change.before["type"]]
    return {**instance, PREVIOUS[member]: change.before[member]} if member in change.before else instance


def _key(name: str, instance: Instance) -> tuple[str, str]:
    return name, instance.get("datasetId", "")


def _is_shown(name: str, look: Shown) -> bool:
    if look.attributes and name not in look.attributes:
        return False
    return (not look.pick or name in look.pick) and name not in look.omit


def _of_datasets(
    attributes: dict[str, list[Instance]], datasets: Collection[str]
) -> dict[str, list[Instance]]:
    if not datasets:
        return attributes
    kept = {
        name: [each for each in instances if (each.get("datasetId") or "@none") in datasets]
        for name, instances in attributes.items()
    }
    return {name: instances for name, instances in kept.items() if instances}
