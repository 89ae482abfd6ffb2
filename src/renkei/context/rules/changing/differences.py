"""What happened to each instance between two documents of which one was made from the other."""

from collections.abc import Iterable

from renkei.context.rules.changing.instances import Attributes
from renkei.context.types import DEFAULT, Document, Happened, Instance, InstanceChange


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
