"""Entities with a history in the order asked for (clause 4.23): by what was last said of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from renkei.context.queries.history.gathering import Head, gather
from renkei.context.queries.history.lines import documents
from renkei.context.rules.asking import ENTITY_MEMBERS
from renkei.context.rules.geo import distance, shape_of
from renkei.context.rules.looking import targets
from renkei.context.types import Chosen, Direction, Document, Order, TemporalQuery
from renkei.kernel.ids import OrgId

_MOST_LINES = 1_000_000
_LATEST = TemporalQuery(member="modifiedAt", last=1)
_SORTS = {"n": 0, "b": 1, "s": 2, "u": 2, "o": 3}


def in_order(tenant: OrgId, found: Iterable[Head], orders: Sequence[Order]) -> list[Head]:
    """Return entities in order; those that lack what is ordered by come last, the others of one rank in theirs."""
    heads = list(found)
    wanted = frozenset(order.path.attribute for order in orders) - ENTITY_MEMBERS
    by_row: Mapping[int, Document] = {head.row: {**head.document, "attrs": {}} for head in heads}
    if wanted:
        latest = gather(tenant, heads, Chosen(only=wanted), _LATEST, limit=_MOST_LINES)
        by_row = documents({head.row: head.document for head in heads}, latest.lines)
    for order in reversed(orders):
        far = order.direction in {Direction.DESC, Direction.FARTHEST}
        placed = [(key, head) for head in heads if (key := _key(order, by_row[head.row])) is not None]
        others = [head for head in heads if _key(order, by_row[head.row]) is None]
        placed.sort(key=lambda pair: pair[0], reverse=far)
        heads = [head for _, head in placed] + others
    return heads


def _key(order: Order, document: Document) -> Any:
    if order.origin is not None:
        return _distance(order, document)
    keys = [
        (_SORTS[sort], number if text is None else text)
        for values in targets(order.path, document)
        for sort, number, text in values
    ]
    if not keys:
        return None
    return max(keys) if order.direction is Direction.DESC else min(keys)


def _distance(order: Order, document: Document) -> float | None:
    origin = shape_of(msgspec.json.encode(order.origin))
    shapes = [
        shape_of(msgspec.json.encode(instance["value"]))
        for instance in document["attrs"].get(order.path.attribute, ())
        if instance["type"] == "GeoProperty"
    ]
    metres = [distance(origin, shape) for shape in shapes if shape is not None]
    return min(metres, default=None)
