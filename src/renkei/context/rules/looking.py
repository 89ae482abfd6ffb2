"""What a document holds at a path of the query language (clause 4.9)."""

from collections.abc import Iterator
from typing import Any

from renkei.context.rules.asking import ENTITY_MEMBERS, INSTANCE_MEMBERS
from renkei.context.rules.indexing import Comparable, scalars, values_of
from renkei.context.types import VALUE_MEMBER, Document, Instance, Path

ANY = "*"
"""The step within a value that stands for every key."""


def is_there(path: Path, doc: Document) -> bool:
    """Say whether a document has anything at a path."""
    return next(targets(path, doc), None) is not None


def targets(path: Path, doc: Document) -> Iterator[list[Comparable]]:
    """Yield what can be compared of each element that a path leads to; texts in full.

    Each instance of an attribute is an element of its own. A list stands for each of its elements, at the end of the
    path and on the way. A LanguageProperty without a language stands for its texts in all of them.
    """
    if path.attribute in ENTITY_MEMBERS:
        if not path.subs and not path.members and doc.get(path.attribute):
            yield list(_of_entity(path.attribute, doc))
        return
    instances, member = _instances(path, doc)
    for instance in instances:
        if member is not None:
            if not path.members and member in instance:
                yield list(scalars(instance[member]))
        elif not path.members:
            yield list(values_of(instance))
        elif within := _within(_content(instance), path.members):
            yield [value for one in within for value in scalars(one)]


def _of_entity(member: str, doc: Document) -> Iterator[Comparable]:
    for sort, number, text in scalars(doc[member]):
        yield ("u", None, text) if member in {"id", "type"} else (sort, number, text)


def _instances(path: Path, doc: Document) -> tuple[list[Instance], str | None]:
    """Return the instances that a path leads to, and the member of theirs that it ends at."""
    instances: list[Instance] = doc["attrs"].get(path.attribute, [])
    for place, sub in enumerate(path.subs):
        if sub in INSTANCE_MEMBERS:
            return (instances, sub) if place == len(path.subs) - 1 else ([], sub)
        instances = [deeper for one in instances for deeper in one.get("attrs", {}).get(sub, ())]
    return instances, None


def _content(instance: Instance) -> Any:
    return instance.get(VALUE_MEMBER[instance["type"]])


def _within(value: Any, members: tuple[str, ...]) -> list[Any]:
    found = [value]
    for member in members:
        objects = [
            one
            for each in found
            for one in (each if isinstance(each, list) else (each,))
            if isinstance(one, dict)
        ]
        if member == ANY:
            found = [value for one in objects for value in one.values()]
        else:
            found = [one[member] for one in objects if member in one]
    return found
