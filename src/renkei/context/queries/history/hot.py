"""Recent history, which lies in the database beside its entities."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from renkei.context import rows
from renkei.context.queries.history.lines import Line, text_of
from renkei.context.queries.history.state import VoidAttribute, Voids
from renkei.context.queries.history.window import (
    Condition,
    every,
    in_time,
    of_datasets,
    one_of,
    time_column,
)
from renkei.context.types import Chosen, TemporalQuery
from renkei.kernel.ids import OrgId

MARK = "%s"
_TIMES = ("i.observed_at", "i.created_at", "i.modified_at", "i.deleted_at")


def conditions(
    tenant: OrgId, entities: Sequence[int], shown: Chosen, temporal: TemporalQuery, voids: Voids
) -> Condition:
    """Return what holds of the lines that are asked for."""
    parts = [one_of("i.entity_id", entities, mark=MARK), *of_lines(tenant, shown, temporal)]
    if voids.instances:
        parts.append(_outside(one_of("i.id", voids.instances, mark=MARK)))
    parts += [_outside(_void(tenant, void)) for void in voids.attributes]
    return every(parts)


def _void(tenant: OrgId, void: VoidAttribute) -> Condition:
    parts = [Condition("i.entity_id = %s AND i.id <= %s", (void.entity, void.until))]
    if void.attribute:
        parts.append(_numbered(tenant, Condition("iri = %s", (void.attribute,))))
    if void.dataset is not None:
        parts.append(Condition("i.dataset = %s", (void.dataset,)))
    return every(parts)


def of_lines(tenant: OrgId, shown: Chosen, temporal: TemporalQuery) -> list[Condition]:
    """Return what holds of the lines that are asked for, whatever their entity."""
    found = [in_time(temporal, mark=MARK, moment=rows.at), *of_datasets(shown, mark=MARK)]
    if shown.only is not None:
        found.append(_numbered(tenant, one_of("iri", sorted(shown.only), mark=MARK)))
    if shown.without:
        found.append(_outside(_numbered(tenant, one_of("iri", sorted(shown.without), mark=MARK))))
    return found


def _numbered(tenant: OrgId, names: Condition) -> Condition:
    return Condition(
        f"i.name_id IN (SELECT id FROM context_name WHERE tenant = %s AND {names.text})",  # noqa: S608 - only marks
        (tenant, *names.parameters),
    )


def _outside(condition: Condition) -> Condition:
    return Condition(f"NOT ({condition.text})", condition.parameters)


def page(where: Condition, temporal: TemporalQuery, *, limit: int) -> list[Line]:
    """Return the first lines by time, the latest first where the last ones are asked for; at most `limit`."""
    column = time_column(temporal)
    order = f"{column} DESC, i.id DESC" if temporal.last else f"{column}, i.id"
    chosen = f"SELECT i.id FROM context_instance i WHERE {where.text}"  # noqa: S608 - only marks
    if temporal.last:
        chosen = (
            f"SELECT id FROM (SELECT i.id, ROW_NUMBER() OVER (PARTITION BY i.entity_id, i.name_id "  # noqa: S608
            f"ORDER BY {order}) AS place, {column} AS at FROM context_instance i WHERE {where.text}) ranked "
            f"WHERE place <= {int(temporal.last)} ORDER BY at DESC, id DESC LIMIT {int(limit)}"
        )
    else:
        chosen = f"{chosen} ORDER BY {order} LIMIT {int(limit)}"
    times = ", ".join(rows.as_told(time) for time in _TIMES)
    statement = (
        f"SELECT i.entity_id, n.iri, i.dataset, i.id, i.body, {times} FROM context_instance i "  # noqa: S608
        "JOIN context_name n ON n.id = i.name_id "
        f"WHERE i.id IN ({chosen}) ORDER BY {order}"
    )
    return [_line(row) for row in fetched(statement, where.parameters)]


def series(where: Condition) -> dict[tuple[int, str], str]:
    """Return entity and attribute of all lines, however many there are of each, and the body of one of them."""
    statement = (
        "SELECT i.entity_id, n.iri, i.body FROM context_instance i JOIN context_name n ON n.id = i.name_id "  # noqa: S608
        "WHERE i.id IN (SELECT MIN(i.id) FROM context_instance i "
        f"WHERE {where.text} GROUP BY i.entity_id, i.name_id)"
    )
    return {(row, iri): body for row, iri, body in fetched(statement, where.parameters)}


def fetched(statement: str, parameters: Sequence[Any]) -> list[Any]:
    """Run a question and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        found: list[Any] = cursor.fetchall()
    return found


def _line(row: Any) -> Line:
    entity, attribute, dataset, instance, body, observed, created, modified, deleted = row
    return Line(
        entity,
        attribute,
        dataset,
        instance,
        body,
        text_of(observed),
        text_of(created),
        text_of(modified),
        text_of(deleted),
    )
