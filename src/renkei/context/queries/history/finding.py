"""Which entities a question about history means: by who they are, and by what was said of them in its time."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from renkei.context import rows
from renkei.context.queries.history import archive, hot
from renkei.context.queries.history.gathering import Head, gather
from renkei.context.queries.history.lines import documents, text_of
from renkei.context.queries.history.state import (
    State,
    Voids,
    archived_now,
    at_one_moment,
    voids_of,
)
from renkei.context.queries.history.window import Condition, every, one_of
from renkei.context.rules.fitting import matches
from renkei.context.rules.geo import lies_so
from renkei.context.rules.looking_back import Bound, attributes_of, bounds_of
from renkei.context.rules.selecting import has_scopes, is_selected
from renkei.context.types import (
    Chosen,
    Document,
    EntityQuery,
    Selector,
    TemporalQuery,
    TypeSelection,
)
from renkei.kernel.ids import OrgId

_CHUNK = 500
_MOST_LINES = 1_000_000
MARK = hot.MARK


def head_of(tenant: OrgId, uri: str) -> Head | None:
    """Return an entity that has a history, or None."""
    found = _heads(tenant, [Condition("e.uri = %s", (uri,))], after=0, limit=1)
    return found[0] if found else None


def heads_that_fit(tenant: OrgId, query: EntityQuery, temporal: TemporalQuery) -> Iterator[Head]:
    """Yield each entity that a question means, in the order of their rows.

    An entity is meant when one of its instances within the time asked for has what is asked of attributes and datasets,
    and for each condition of `q`, and the place asked for, there is one that meets it (clause 5.7.4).
    """
    lines = Chosen(
        only=frozenset(query.attributes) or None,
        datasets=frozenset(query.datasets) or None,
    )
    asked = [*_selected(tenant, query.selectors), _has_line(tenant, lines, temporal)]
    after = 0
    while True:
        chunk = _heads(tenant, asked, after=after, limit=_CHUNK)
        named = [head for head in chunk if _is_named(query, head.document)]
        yield from _said(tenant, query, temporal, _with_lines(tenant, named, lines, temporal))
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1].row


def _heads(tenant: OrgId, asked: Sequence[Condition], *, after: int, limit: int) -> list[Head]:
    where = every([Condition("e.tenant = %s AND e.id > %s", (tenant, after)), *asked])
    types, scopes = ("e.types::text", "e.scopes::text") if rows.is_postgresql() else ("e.types", "e.scopes")
    found = hot.fetched(
        f"SELECT e.id, e.uri, {types}, {scopes}, e.created_at, e.modified_at, e.archived_at "  # noqa: S608
        f"FROM context_entity e WHERE {where.text} ORDER BY e.id LIMIT {limit}",
        where.parameters,
    )
    return [_head(row) for row in found]


def _head(row: Any) -> Head:
    number, uri, types, scopes, created, modified, archived = row
    document: Document = {"id": uri, "type": msgspec.json.decode(types)}
    held = msgspec.json.decode(scopes)
    if held:
        document["scope"] = held
    document |= {"createdAt": text_of(created), "modifiedAt": text_of(modified)}
    return Head(number, document, archived is not None)


def _selected(tenant: OrgId, selectors: Sequence[Selector]) -> list[Condition]:
    """Return the condition that an entity is one of those selected; a pattern is looked at afterwards."""
    groups = [_selected_by(tenant, selector) for selector in selectors]
    if not groups or not all(groups):
        return []
    each = [every(group) for group in groups]
    return [
        Condition(
            " OR ".join(f"({one.text})" for one in each),
            tuple(value for one in each for value in one.parameters),
        )
    ]


def _selected_by(tenant: OrgId, selector: Selector) -> list[Condition]:
    found = []
    if selector.ids:
        found.append(one_of("e.uri", selector.ids, mark=MARK))
    if selector.types is not None:
        found.append(_of_types(tenant, selector.types))
    return found


def _of_types(tenant: OrgId, types: TypeSelection) -> Condition:
    groups = [every([_of_type(tenant, iri) for iri in group]) for group in types.groups]
    return Condition(
        " OR ".join(f"({group.text})" for group in groups),
        tuple(value for group in groups for value in group.parameters),
    )


def _of_type(tenant: OrgId, iri: str) -> Condition:
    """Look up those that have a present by the index of types, and the others by what their history speaks of."""
    speaks = (
        "types @> jsonb_build_array(%s::text)"
        if rows.is_postgresql()
        else "EXISTS (SELECT 1 FROM json_each(types) WHERE value = %s)"
    )
    return Condition(
        "e.id IN (SELECT t.entity_id FROM context_type t JOIN context_name n ON n.id = t.name_id "  # noqa: S608
        "WHERE n.tenant = %s AND n.iri = %s UNION ALL "
        f"SELECT id FROM context_entity WHERE tenant = %s AND present IS NULL AND {speaks})",
        (tenant, iri, tenant, iri),
    )


def _has_line(tenant: OrgId, lines: Chosen, temporal: TemporalQuery) -> Condition:
    """Return the condition that an entity has a line as asked for in the database, or any in the archive."""
    where = every(hot.of_lines(tenant, lines, temporal))
    return Condition(
        "e.archived_at IS NOT NULL OR EXISTS "  # noqa: S608 - only marks
        f"(SELECT 1 FROM context_instance i WHERE i.entity_id = e.id AND {where.text})",
        where.parameters,
    )


def _is_named(query: EntityQuery, document: Document) -> bool:
    if query.selectors and not any(is_selected(selector, document) for selector in query.selectors):
        return False
    return query.scopes is None or has_scopes(query.scopes, document.get("scope", ()))


def _with_lines(
    tenant: OrgId, heads: Sequence[Head], lines: Chosen, temporal: TemporalQuery
) -> Sequence[Head]:
    """Return those of which there is a line as asked for; of those with an archive that is not known yet."""
    unknown = {head.row: str(head.document["id"]) for head in heads if head.archived}
    if not unknown:
        return heads

    def read(state: State | None) -> tuple[State | None, Voids, set[int]]:
        voids = voids_of(list(unknown))
        found = hot.series(hot.conditions(tenant, list(unknown), lines, temporal, voids))
        return state, voids, {row for row, _ in found}

    state, voids, known = at_one_moment(tenant, read)
    left = {row: uri for row, uri in unknown.items() if row not in known}
    if state is not None and left:
        where = archive.conditions(left, lines, temporal, voids, settled=state.settled)
        with archive.opened(state) as opened:
            known |= archive.rows_with_lines(where, opened)
    return [head for head in heads if not head.archived or head.row in known]


def _said(
    tenant: OrgId, query: EntityQuery, temporal: TemporalQuery, heads: Sequence[Head]
) -> Iterator[Head]:
    """Yield those of which was said what `q` and the place ask for."""
    if query.q is None and query.geo is None:
        yield from heads
        return
    wanted = attributes_of(query.q) if query.q else frozenset()
    if query.geo is not None:
        wanted |= {query.geo.property}
    ever = TemporalQuery(temporal.relation, temporal.at, temporal.until, temporal.member)
    for head in _promising(tenant, query, ever, heads):
        found = gather(tenant, [head], Chosen(only=wanted), ever, limit=_MOST_LINES)
        document = documents({head.row: head.document}, found.lines)[head.row]
        if (query.q is None or matches(query.q, document)) and _lay_there(query, document):
            yield head


def _lay_there(query: EntityQuery, document: Document) -> bool:
    return query.geo is None or any(
        lies_so(query.geo, instance["value"])
        for instance in document["attrs"].get(query.geo.property, ())
        if instance["type"] == "GeoProperty"
    )


def _promising(
    tenant: OrgId, query: EntityQuery, temporal: TemporalQuery, heads: Sequence[Head]
) -> Sequence[Head]:
    """Leave out those of which the database knows that no number of theirs was ever as asked."""
    bounds = bounds_of(query.q) if query.q else []
    if not bounds or not heads:
        return heads

    def read(state: State | None) -> set[int]:
        left = {head.row for head in heads}
        old = archived_now(list(left)) if state else set()
        for attribute, groups in bounds:
            left &= old | _with_number(tenant, sorted(left - old), attribute, groups, temporal)
        return left

    promising = at_one_moment(tenant, read)
    return [head for head in heads if head.row in promising]


def _with_number(
    tenant: OrgId, entities: Sequence[int], attribute: str, groups: list[list[Bound]], temporal: TemporalQuery
) -> set[int]:
    numbers = " OR ".join(
        "(" + " AND ".join(f"i.number {operator} %s" for operator, _ in group) + ")" for group in groups
    )
    where = every(
        [
            one_of("i.entity_id", entities, mark=MARK),
            *hot.of_lines(tenant, Chosen(only=frozenset({attribute})), temporal),
            Condition(numbers, tuple(bound for group in groups for _, bound in group)),
        ]
    )
    found = hot.fetched(
        f"SELECT DISTINCT i.entity_id FROM context_instance i WHERE {where.text}",  # noqa: S608 - only marks
        where.parameters,
    )
    return {row for (row,) in found}
