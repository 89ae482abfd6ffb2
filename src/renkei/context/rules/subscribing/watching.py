"""Which subscriptions a change concerns: found by id, type and attribute, not by asking each (clause 5.8.6)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from renkei.context.types import (
    Document,
    EntityChange,
    EntityQuery,
    Happened,
    InstanceChange,
    Selector,
    Subscription,
    Trigger,
)

Fits = Callable[[EntityQuery, Document], bool]
"""Whether a document fits a query; `rules.fitting` tells."""
_ANY = "*"
_TRIGGER = {
    Happened.CREATED: Trigger.ATTRIBUTE_CREATED,
    Happened.UPDATED: Trigger.ATTRIBUTE_UPDATED,
    Happened.DELETED: Trigger.ATTRIBUTE_DELETED,
}
_OF_UPDATES = frozenset(_TRIGGER.values())


@dataclass(frozen=True, slots=True, eq=False)
class Watcher:
    """A subscription that is active, ready to be asked about changes."""

    row: int
    """Its number in the tables."""
    subscription: Subscription
    queue: str
    """Where its notifications wait."""
    triggers: frozenset[Trigger]
    """With those that `entityUpdated` stands for."""
    plain: bool
    """Whether ids and types are all that it asks of an entity."""

    def watches(self, attribute: str, dataset: str) -> bool:
        """Tell whether it looks at an instance at all."""
        watched, datasets = self.subscription.watched, self.subscription.shown.datasets
        if watched and attribute not in watched:
            return False
        return not datasets or (dataset or "@none") in datasets

    def triggered(self, change: EntityChange) -> bool:
        """Tell whether what happened is something that it wants to be told of."""
        of_entity = _of_entity(change)
        if of_entity in self.triggers and not self.subscription.watched:
            return True
        return any(
            (of_entity in self.triggers or _TRIGGER[instance.happened] in self.triggers)
            and self.watches(instance.attribute, instance.dataset)
            for instance in change.instances
        )


def watcher(row: int, subscription: Subscription, *, queue: str) -> Watcher:
    """Make a subscription ready to be asked about changes."""
    triggers = subscription.triggers
    if Trigger.ENTITY_UPDATED in triggers:
        triggers |= _OF_UPDATES
    query = subscription.query
    plain = query.q is None and query.geo is None and query.scopes is None
    plain = plain and all(selector.pattern is None for selector in query.selectors)
    return Watcher(row, subscription, queue, triggers, plain)


class Watching:
    """All active subscriptions of a tenant."""

    def __init__(self, watchers: Iterable[Watcher]) -> None:
        self._found: dict[tuple[str, str | None], list[Watcher]] = defaultdict(list)
        for each in watchers:
            for key in _keys(each.subscription):
                self._found[key].append(each)
        self._found = dict(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def told(self, change: EntityChange, *, fits: Fits, now: datetime) -> Iterator[Watcher]:
        """Find those who are to be told of a change, each once.

        A deleted entity is judged by what it was, every other by what it is now.
        """
        document = change.after or change.before
        if document is None:
            return
        for each in self._near(change, document):
            subscription = each.subscription
            if subscription.interval is not None or _is_over(subscription, now=now):
                continue
            if not each.triggered(change):
                continue
            if (each.plain and _selected(subscription.query.selectors, change.entity, document)) or (
                not each.plain and fits(subscription.query, document)
            ):
                yield each

    def _near(self, change: EntityChange, document: Document) -> Iterable[Watcher]:
        attributes = {None, *(instance.attribute for instance in change.instances)}
        found: dict[int, Watcher] = {}
        for name in (_id_key(change.entity), *document["type"], _ANY):
            for attribute in attributes:
                for each in self._found.get((name, attribute), ()):
                    found[each.row] = each
        return found.values()


def _is_over(subscription: Subscription, *, now: datetime) -> bool:
    return subscription.expires_at is not None and subscription.expires_at <= now


def _of_entity(change: EntityChange) -> Trigger:
    if change.before is None:
        return Trigger.ENTITY_CREATED
    return Trigger.ENTITY_DELETED if change.after is None else Trigger.ENTITY_UPDATED


def _keys(subscription: Subscription) -> set[tuple[str, str | None]]:
    names = {name for selector in subscription.query.selectors for name in _names(selector)} or {_ANY}
    return {(name, attribute) for name in names for attribute in (subscription.watched or {None})}


def _names(selector: Selector) -> Iterable[str]:
    if selector.ids:
        return [_id_key(name) for name in selector.ids]
    if selector.types is not None:
        return [group[0] for group in selector.types.groups]
    return [_ANY]


def _id_key(entity: str) -> str:
    """Tell ids from types, which are IRIs as well."""
    return f"#{entity}"


def _selected(selectors: tuple[Selector, ...], entity: str, document: Document) -> bool:
    if not selectors:
        return True
    types = document["type"]
    return any(
        (not each.ids or entity in each.ids)
        and (each.types is None or any(all(t in types for t in group) for group in each.types.groups))
        for each in selectors
    )


def is_deleted(instance: InstanceChange) -> bool:
    """Tell whether an instance was taken away."""
    return instance.happened is Happened.DELETED
