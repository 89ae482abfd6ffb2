"""Entities that others point to (clause 4.5.23)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from renkei.context.errors import TooManyLinked
from renkei.context.queries.finding import named
from renkei.context.rules.indexing import values_of
from renkei.context.types import Document, EntityId, Kind
from renkei.kernel.ids import OrgId

MOST: Final = 10_000
"""Linked entities in one answer, each counted as often as it would be shown within others."""
_LINKS: Final = frozenset({Kind.RELATIONSHIP, Kind.LIST_RELATIONSHIP})


def linked(
    tenant: OrgId,
    documents: Sequence[Document],
    *,
    levels: int,
    contained_by: Iterable[EntityId] = (),
    now: datetime,
) -> dict[EntityId, Document]:
    """Return the entities that some point to, and those that these point to in turn, so many levels deep.

    Nearest first. One read of the database for each level; an entity met again is not gone through again, one of
    `contained_by` not at all. Raises context.too-many-linked.
    """
    at_hand = {EntityId(document["id"]): document for document in documents}
    closed = frozenset(contained_by)
    found: dict[EntityId, Document] = {}
    level: Iterable[Document] = documents
    for _ in range(levels):
        wanted = dict.fromkeys(uri for document in level for uri in targets(document))
        new = [uri for uri in wanted if uri not in found and uri not in closed]
        if len(found) + len(new) > MOST:
            raise TooManyLinked(most=MOST)
        read = named(tenant, [uri for uri in new if uri not in at_hand], now=now)
        met = {uri: document for uri in new if (document := at_hand.get(uri) or read.get(uri))}
        if not met:
            break
        found |= met
        level = met.values()
    _check_shown(documents, found, levels)
    return found


def targets(document: Document) -> list[EntityId]:
    """Return the ids that an entity points to."""
    return [
        EntityId(text)
        for instances in document["attrs"].values()
        for instance in instances
        if instance["type"] in _LINKS
        for _, _, text in values_of(instance)
        if text is not None
    ]


def _check_shown(documents: Sequence[Document], found: dict[EntityId, Document], levels: int) -> None:
    """Refuse what would be shown within one another too often: links in circles multiply with every level."""
    pointed = {uri: [to for to in targets(document) if to in found] for uri, document in found.items()}
    shown = dict.fromkeys(found, 0)
    for _ in range(levels - 1):
        shown = {uri: sum(1 + shown[to] for to in pointed[uri]) for uri in found}
        if sum(shown.values()) > MOST * MOST:
            raise TooManyLinked(most=MOST)
    if sum(1 + shown[to] for one in documents for to in targets(one) if to in found) > MOST:
        raise TooManyLinked(most=MOST)
