"""Instances into lines of history: new ones, and ones that take the place of others."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from renkei.context import rows
from renkei.context.errors import RequestInvalid
from renkei.context.queries.history.lines import INSTANCE
from renkei.context.rules import indexing
from renkei.context.rules.changing import instant, is_null
from renkei.context.services.names import name_ids
from renkei.context.services.past import Held, Key, Past, observed_then, void
from renkei.context.types import DEFAULT, NULL, SCOPE, VALUE_MEMBER, Instance, Kind
from renkei.kernel.clock import parse_utc
from renkei.kernel.ids import OrgId

_MADE_HERE = frozenset({"createdAt", "modifiedAt", "deletedAt", "instanceId"})
_COLUMNS = (
    "entity_id",
    "name_id",
    "dataset",
    "body",
    "number",
    "observed_at",
    "created_at",
    "modified_at",
    "deleted_at",
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
Row = tuple[Any, ...]
"""A line as it is inserted."""


def write_instances(
    tenant: OrgId, row: int, past: Past | None, attrs: Mapping[str, list[Instance]], *, now: datetime
) -> int:
    """Write instances and return how many; one that was observed when another of its dataset was takes its place."""
    apart: dict[Key, Instance] = {}
    others: list[tuple[str, Instance]] = []
    for attribute, instances in attrs.items():
        for given in instances:
            if is_null(given):
                raise RequestInvalid(
                    why=f"{attribute} has the value {NULL}, and a history holds what was there"
                )
            said = {name: value for name, value in given.items() if name not in _MADE_HERE}
            if "observedAt" in given:
                apart[(attribute, given.get("datasetId", DEFAULT), parse_utc(given["observedAt"]))] = said
            else:
                others.append((attribute, said))
    moments = sorted({moment for _, _, moment in apart})
    there = observed_then(past, sorted(attrs), moments) if past else {}
    for key, found in there.items():
        if past is not None and key in apart:
            put_instance(past, found, key[0], _in_place_of(found, apart.pop(key)), now=now)
    new = [(attribute, said) for (attribute, _, _), said in apart.items()] + others
    insert_lines(_lines(tenant, row, new, now=now))
    return len(new) + len(there)


def _in_place_of(found: Held, said: Instance) -> Instance:
    kept = _decode(found.body)
    marked = {name: kept[name] for name in ("instanceId", "createdAt", "modifiedAt") if name in kept}
    return {**said, **marked}


def put_instance(past: Past, found: Held, attribute: str, made: Instance, *, now: datetime) -> None:
    """Put an instance in the place of a line: where it lies, or in a new line that takes over its id."""
    number, observed = indexing.number_of(made), _observed(made)
    if found.in_place:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE context_instance SET body = %s, number = %s, observed_at = %s, modified_at = %s WHERE id = %s",
                [_encode(made).decode(), number, observed, rows.at(now), found.instance],
            )
        return
    made = {**made, "instanceId": made.get("instanceId", f"{INSTANCE}{found.instance}")}
    name, body = name_ids(past.tenant, [attribute])[attribute], _encode(made).decode()
    times = (observed, rows.at(found.created_at), rows.at(now), None)
    void(
        past,
        instance=found.instance,
        moved_to=_insert_one((past.row, name, found.dataset, body, number, *times)),
    )


def _lines(tenant: OrgId, row: int, instances: Sequence[tuple[str, Instance]], *, now: datetime) -> list[Row]:
    names, at, stamp = name_ids(tenant, (attribute for attribute, _ in instances)), rows.at(now), instant(now)
    return [
        (
            row,
            names[attribute],
            said.get("datasetId", DEFAULT),
            _encode({**said, "createdAt": stamp, "modifiedAt": stamp}).decode(),
            indexing.number_of(said),
            _observed(said),
            at,
            at,
            None,
        )
        for attribute, said in instances
    ]


def scope_line(tenant: OrgId, row: int, scopes: list[str], *, now: datetime) -> Row:
    said = {
        "type": Kind.PROPERTY.value,
        "value": scopes,
        "createdAt": instant(now),
        "modifiedAt": instant(now),
    }
    at = rows.at(now)
    return (row, name_ids(tenant, [SCOPE])[SCOPE], DEFAULT, _encode(said).decode(), None, None, at, at, None)


def _observed(instance: Instance) -> Any:
    observed = instance.get("observedAt")
    return rows.at(parse_utc(observed)) if observed else None


def insert_lines(lines: list[Row]) -> None:
    with connection.cursor() as cursor:
        rows.insert(cursor, "context_instance", _COLUMNS, lines)


def _insert_one(line: Row) -> int:
    marks = ", ".join(["%s"] * len(_COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO context_instance ({', '.join(_COLUMNS)}) VALUES ({marks}) RETURNING id",  # noqa: S608
            line,
        )
        return int(cursor.fetchone()[0])


def overlaid(kept: Instance, given: Instance, attribute: str) -> Instance:
    """Return an instance with the members given in place of its own; a null takes a member away (clause 5.6.14)."""
    if given.get("datasetId", kept.get("datasetId", DEFAULT)) != kept.get("datasetId", DEFAULT):
        raise RequestInvalid(why=f"the datasetId of an instance of {attribute} does not change")
    if given.get("type", kept["type"]) != kept["type"]:
        raise RequestInvalid(
            why=f"{attribute} is a {kept['type']}, and a patch does not make it another kind"
        )
    made = {**kept, **{name: value for name, value in given.items() if name not in _MADE_HERE | {"attrs"}}}
    if "attrs" in given:
        made["attrs"] = {**kept.get("attrs", {}), **given["attrs"]}
    if made.get(VALUE_MEMBER[kept["type"]]) == NULL:
        raise RequestInvalid(why=f"{attribute} has the value {NULL}; delete the instance instead")
    return {name: value for name, value in made.items() if value != NULL}
