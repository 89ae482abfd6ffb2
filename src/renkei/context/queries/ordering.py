"""The order of an answer (clause 4.23).

Numbers come before texts, texts before truths, and what has no value at the path comes last, whichever way the order
goes. Of several values the least counts, or the greatest where the order descends. Texts are compared by code points.
Equal ones stay in the order in which they were created.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from renkei.context.queries import paths
from renkei.context.queries.conditions import Asked, is_plain
from renkei.context.queries.limits import Limited
from renkei.context.queries.parts import Part, joined
from renkei.context.rules.geo import distance, shape_of
from renkei.context.types import Direction, Order, Page, Path

_DISTANCE = frozenset({Direction.NEAREST, Direction.FARTHEST})
_MEMBERS = {"id": "e.uri", "createdAt": "e.created_at", "modifiedAt": "e.modified_at"}
_PARTS = 1000


def page_of(cursor: Limited, order: Sequence[Order], page: Page, where: Part, asked: Asked) -> list[str]:
    """Return the documents of a page, and one more where there is one."""
    if not order:
        cursor.execute(
            f"SELECT {asked.words.document()} FROM context_entity e WHERE {where.sql} "  # noqa: S608
            "ORDER BY e.id LIMIT %s OFFSET %s",
            [*where.parameters, page.limit + 1, page.offset],
        )
        return [row[0] for row in cursor.fetchall()]
    if any(key.direction in _DISTANCE for key in order):
        return documents(cursor, _by_distance(cursor, order, page, where, asked), asked)
    keys = joined([_columns(place, key, asked) for place, key in enumerate(order)], ", ")
    by = ", ".join(_by(place, key) for place, key in enumerate(order))
    cursor.execute(
        f"SELECT x.document FROM (SELECT e.id, {asked.words.document()} AS document, {keys.sql} "  # noqa: S608
        f"FROM context_entity e WHERE {where.sql}) x ORDER BY {by}, x.id LIMIT %s OFFSET %s",
        [*keys.parameters, *where.parameters, page.limit + 1, page.offset],
    )
    return [row[0] for row in cursor.fetchall()]


def documents(cursor: Limited, ids: Sequence[int], asked: Asked) -> list[str]:
    """Return the documents of some rows, in their order."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), _PARTS):
        part = list(ids[start : start + _PARTS])
        cursor.execute(
            f"SELECT e.id, {asked.words.document()} FROM context_entity e "  # noqa: S608
            f"WHERE {asked.words.listed('e.id')}",
            [asked.words.numbers(part)],
        )
        found.update(cursor.fetchall())
    return [found[row] for row in ids if row in found]


def _by(place: int, key: Order) -> str:
    number, text, truth = (f"x.{column}{place}" for column in "ntb")
    rank = f"CASE WHEN {number} IS NOT NULL THEN 0 WHEN {text} IS NOT NULL THEN 1 WHEN {truth} IS NOT NULL THEN 2 ELSE 3 END"
    way = " DESC" if key.direction is Direction.DESC else ""
    texts = f"CASE WHEN {number} IS NULL THEN {text} END"
    truths = f"CASE WHEN {number} IS NULL AND {text} IS NULL THEN {truth} END"
    return f"CASE WHEN {rank} = 3 THEN 1 ELSE 0 END, {rank}{way}, {number}{way}, {texts}{way}, {truths}{way}"


def _columns(place: int, key: Order, asked: Asked) -> Part:
    """Return number, text and truth that an entity is ordered by, each NULL where it has none."""
    best = "MAX" if key.direction is Direction.DESC else "MIN"
    if key.path.attribute in _MEMBERS and not key.path.subs and not key.path.members:
        column = _MEMBERS[key.path.attribute]
        if column == "e.uri":
            column = asked.words.bytewise(column)
        return Part(f"NULL AS n{place}, {column} AS t{place}, NULL AS b{place}")
    if is_plain(key.path):
        return _of_index(place, key.path, best, asked)
    found = paths.elements(key.path, asked.words)
    if found is None:
        return Part(f"NULL AS n{place}, NULL AS t{place}, NULL AS b{place}")
    steps, element = found
    more, value = element.values()
    steps.followed_by(more)
    text = asked.words.bytewise(f"({value.text})")
    columns = ((value.number, "n"), (text, "t"), (value.truth, "b"))
    where = joined(steps.wheres, " AND ")
    rows = f"FROM {', '.join(steps.items)} WHERE {where.sql}"
    return joined(
        [
            Part(f"(SELECT {best}({what}) {rows}) AS {column}{place}", where.parameters)
            for what, column in columns
        ],
        ", ",
    )


def _of_index(place: int, path: Path, best: str, asked: Asked) -> Part:
    number = asked.number(path.attribute)
    rows = "FROM context_value v WHERE v.entity_id = e.id AND v.name_id = %s AND v.sort IN"
    text = asked.words.bytewise("v.text")
    columns = (("v.number", "('n')", "n"), (text, "('s', 'u')", "t"), ("v.number", "('b')", "b"))
    return joined(
        [
            Part(f"(SELECT {best}({what}) {rows} {sorts}) AS {column}{place}", (number,))
            for what, sorts, column in columns
        ],
        ", ",
    )


def _by_distance(cursor: Limited, order: Sequence[Order], page: Page, where: Part, asked: Asked) -> list[int]:
    """Return the rows of a page, and one more where there is one; every entity asked for is measured."""
    keys = joined([_columns(place, key, asked) for place, key in enumerate(order)], ", ")
    cursor.execute(
        f"SELECT e.id, {keys.sql} FROM context_entity e WHERE {where.sql} ORDER BY e.id",  # noqa: S608
        [*keys.parameters, *where.parameters],
    )
    rows = list(cursor.fetchall())
    for place, key in reversed(list(enumerate(order))):
        if key.direction in _DISTANCE:
            metres = _metres(cursor, key, where, asked)
            far = key.direction is Direction.FARTHEST
            rows.sort(key=lambda row: (row[0] not in metres, (-1 if far else 1) * metres.get(row[0], 0.0)))
        else:
            rows = _sorted(rows, 1 + 3 * place, descends=key.direction is Direction.DESC)
    return [row[0] for row in rows[page.offset : page.offset + page.limit + 1]]


def _sorted(rows: list[tuple[Any, ...]], column: int, *, descends: bool) -> list[tuple[Any, ...]]:
    ranked: list[list[tuple[Any, ...]]] = [[], [], [], []]
    for row in rows:
        rank = next((rank for rank in range(3) if row[column + rank] is not None), 3)
        ranked[rank].append(row)
    for rank in range(3):
        ranked[rank].sort(key=lambda row: row[column + rank], reverse=descends)
    first = ranked[2::-1] if descends else ranked[:3]
    return [row for group in (*first, ranked[3]) for row in group]


def _metres(cursor: Limited, key: Order, where: Part, asked: Asked) -> dict[int, float]:
    """Return how far each entity is from the origin of a key: its nearest instance, or its farthest."""
    origin = shape_of(msgspec.json.encode(key.origin))
    pick = max if key.direction is Direction.FARTHEST else min
    cursor.execute(
        "SELECT e.id, p.geometry FROM context_place p JOIN context_entity e ON e.id = p.entity_id "  # noqa: S608
        f"WHERE p.name_id = %s AND {where.sql}",
        [asked.number(key.path.attribute), *where.parameters],
    )
    found: dict[int, float] = {}
    for row, geometry in cursor.each(cursor.fetchall()):
        shape = shape_of(geometry.encode())
        if shape is not None:
            metres = distance(origin, shape)
            found[row] = pick(found[row], metres) if row in found else metres
    return found
