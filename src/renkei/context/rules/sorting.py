"""Documents in an order asked for (clause 4.23), where all of them are at hand."""

from collections.abc import Iterable, Sequence
from typing import Any

from renkei.context.rules.indexing import scalars, values_of
from renkei.context.types import Direction, Document, Order, Path

_SORTS = {"n": 0, "b": 1, "s": 2, "u": 3, "o": 4}


def in_order(documents: Iterable[Document], order: Sequence[Order]) -> list[Document]:
    """Sort by the keys given, the first one first; what has no value at a path comes last, whichever way it goes."""
    found = list(documents)
    for each in reversed(order):
        keyed = [(_key(each.path, document), document) for document in found]
        there = [(key, document) for key, document in keyed if key is not None]
        there.sort(key=lambda pair: pair[0], reverse=each.direction is Direction.DESC)
        found = [document for _, document in there] + [document for key, document in keyed if key is None]
    return found


def _key(path: Path, document: Document) -> tuple[Any, ...] | None:
    """Return what a document is sorted by: the first value of the attribute, or of a member of it or of the entity."""
    if path.attribute in document:
        values = list(scalars(document[path.attribute]))
    else:
        instances = document["attrs"].get(path.attribute, ())
        member = path.subs[0] if path.subs else None
        found = (scalars(one.get(member)) if member else values_of(one) for one in instances)
        values = [value for part in found for value in part]
    if not values:
        return None
    sort, number, text = values[0]
    return _SORTS[sort], number if number is not None else 0.0, text or ""
