"""The temporal questions: one entity's history, and that of all entities that a question means."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice

import msgspec

from renkei.context.errors import EntityMissing
from renkei.context.queries.history.aggregating import aggregated
from renkei.context.queries.history.finding import head_of, heads_that_fit
from renkei.context.queries.history.gathering import Gathered, Head, Series, gather
from renkei.context.queries.history.lines import Line, documents, moment_of
from renkei.context.queries.history.ordering import in_order
from renkei.context.rules.cutting import kept_until
from renkei.context.types import (
    SCOPE,
    Aggregation,
    Chosen,
    Document,
    EntityId,
    EntityQuery,
    History,
    Page,
    TemporalQuery,
    TimeRelation,
    Told,
)
from renkei.kernel.ids import OrgId

EVERYTHING = Chosen()


def retrieve_history(
    tenant: OrgId,
    uri: EntityId,
    temporal: TemporalQuery,
    *,
    shown: Chosen = EVERYTHING,
    aggregation: Aggregation | None = None,
    limit: int,
) -> History:
    """Return the history of one entity (clause 5.7.3), at most about `limit` instances of it.

    An entity without an instance that is asked for comes without attributes. Raises context.entity-missing, and
    context.request-invalid for periods that cannot be.
    """
    head = head_of(tenant, uri)
    if head is None:
        raise EntityMissing(entity=uri)
    return _told(tenant, [head], temporal, shown, aggregation=aggregation, limit=limit)


def query_history(
    tenant: OrgId,
    query: EntityQuery,
    temporal: TemporalQuery,
    page: Page,
    *,
    shown: Chosen = EVERYTHING,
    aggregation: Aggregation | None = None,
    limit: int,
) -> History:
    """Return the history of the entities that are meant (clause 5.7.4), at most about `limit` instances in all."""
    found = heads_that_fit(tenant, query, temporal)
    if query.order:
        found = iter(in_order(tenant, found, query.order))
    if page.counted:
        every = list(found)
        total, heads = len(every), every[page.offset : page.offset + page.limit]
        more = page.offset + page.limit < total
    else:
        heads = list(islice(found, page.offset, page.offset + page.limit + 1))
        total, more = None, len(heads) > page.limit
        heads = heads[: page.limit]
    told = _told(tenant, heads, temporal, shown, aggregation=aggregation, limit=limit)
    return History(told.entities, more, total, told.told)


def _told(
    tenant: OrgId,
    heads: Sequence[Head],
    temporal: TemporalQuery,
    shown: Chosen,
    *,
    aggregation: Aggregation | None,
    limit: int,
) -> History:
    if aggregation is not None:
        return History(aggregated(tenant, heads, temporal, shown, aggregation))
    found = gather(tenant, heads, shown, temporal, limit=limit)
    if not found.complete and _one_moment(found, temporal):
        found = _whole_moment(tenant, heads, shown, temporal, found)
    kept, told = _cut(found, temporal, limit)
    ascending = list(reversed(kept)) if temporal.last is not None else kept
    if temporal.member == "observedAt":  # scopes are not observed; the entity has those that hold now
        ascending = [line for line in ascending if line.attribute != SCOPE]
    made = documents({head.row: head.document for head in heads}, ascending)
    if told is not None:
        _name_others(made, found.series)
    return History(tuple(made[head.row] for head in heads), told=told)


def _one_moment(found: Gathered, temporal: TemporalQuery) -> bool:
    return found.lines[0].moment(temporal.member) == found.lines[-1].moment(temporal.member)


def _whole_moment(
    tenant: OrgId, heads: Sequence[Head], shown: Chosen, temporal: TemporalQuery, found: Gathered
) -> Gathered:
    """Return all lines of the first moment, which has more than an answer has room for, and some after it."""
    at = moment_of(found.lines[0].moment(temporal.member))
    most = len(found.lines)
    while True:
        most *= 4
        wider = gather(tenant, heads, shown, temporal, limit=most)
        if wider.complete or moment_of(wider.lines[-1].moment(temporal.member)) != at:
            return wider


def _cut(found: Gathered, temporal: TemporalQuery, limit: int) -> tuple[Sequence[Line], Told | None]:
    """Leave out what has no room, and say of which time nothing is left out."""
    moments = [line.moment(temporal.member) for line in found.lines]
    kept = found.lines[: kept_until(moments, limit)]
    if found.complete and len(kept) == len(found.lines):
        return kept, None
    first, last = moment_of(moments[0]), moment_of(moments[len(kept) - 1])
    return kept, Told(_asked_from(temporal) or first, last, temporal.last)


def _asked_from(temporal: TemporalQuery) -> datetime | None:
    """Return the end of the range asked for at which the answer begins."""
    if temporal.last is None:
        return None if temporal.relation is TimeRelation.BEFORE else temporal.at
    if temporal.relation is TimeRelation.BETWEEN:
        return temporal.until
    return temporal.at if temporal.relation is TimeRelation.BEFORE else None


def _name_others(made: Mapping[int, Document], series: Series) -> None:
    """Name the attributes whose instances all lie outside the range told, so that a reader knows to ask on."""
    for (row, attribute), body in sorted(series.items()):
        if attribute != SCOPE and attribute not in made[row]["attrs"]:
            made[row].setdefault("outside", {})[attribute] = msgspec.json.decode(body)["type"]
