"""An entity as rows of its dataset's table, and what may leave of these rows as an entity again.

The plan of an agreement speaks of the table. So the present goes through it as rows: one for each time at which
attributes of the entity were observed, as the table has them. What the plan makes of each row, and nothing else, becomes
an entity again: a window that hides a row of the table hides the attributes that were observed then.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from renkei.context.types import (
    DEFAULT,
    NULL,
    VALUE_MEMBER,
    All,
    AnyOf,
    Compare,
    Document,
    EntityQuery,
    Exists,
    Instance,
    Kind,
    Path,
    Term,
)
from renkei.exchange.errors import EntitiesKeptBack, NotAnEntityType, QuestionHidden
from renkei.exchange.types.entities import CELL, PSEUDONYM, EntitySource
from renkei.kernel.clock import parse_utc
from renkei.lake.types import ColumnType
from renkei.privacy.types import CELL_COLUMN, Delivery, MaskKind, Plan

Row = dict[str, Any]
_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Face:
    """How the entities of a dataset look under a plan."""

    source: EntitySource
    plan: Plan
    types: Mapping[str, ColumnType]
    """Of the table's columns."""
    leaving: frozenset[str]
    """The columns that the plan releases under their names, masked or not."""

    @property
    def masked(self) -> frozenset[str]:
        """The columns whose values leave only as something else."""
        stepped = {self.source.time} if self.plan.time_step is not None else set()
        return frozenset({mask.column for mask in self.plan.masks} | stepped)

    @property
    def plain(self) -> frozenset[str]:
        """The columns whose values leave as they are."""
        return self.leaving - self.masked

    @property
    def hashes_ids(self) -> bool:
        """Whether an entity's id leaves as a pseudonym."""
        return self.source.subject in self.masked

    @property
    def shows_position(self) -> bool:
        """Whether positions leave as they are."""
        place = {self.source.latitude, self.source.longitude}
        return self.source.position is not None and place <= self.plain

    def shown_attributes(self) -> tuple[str, ...]:
        """Return the IRIs of the attributes that can be shown, masked or not."""
        named = [iri for column, iri in self.source.attributes if column in self.leaving]
        place = [str(self.source.position)] if self._tells_position else []
        return (*named, *place, *([CELL] if self.plan.cell is not None else []))

    def open_attributes(self) -> frozenset[str]:
        """Return the IRIs of the attributes that may be asked about: what is shown is what the owner knows."""
        named = {iri for column, iri in self.source.attributes if column in self.plain}
        place = {str(self.source.position)} if self.shows_position else set()
        return frozenset(named | place | ({CELL} if self.plan.cell is not None else set()))

    @property
    def _tells_position(self) -> bool:
        place = {self.source.latitude, self.source.longitude}
        return self.source.position is not None and place <= self.leaving


def check_presentable(source: EntitySource | None, plan: Plan, *, dataset: str) -> EntitySource:
    """Check that entities can be shown under a plan at all, and return which those are.

    An entity needs an id, so that it has to leave as it is or as a pseudonym. Raises exchange.not-an-entity-type,
    entities-kept-back.
    """
    if source is None:
        raise NotAnEntityType(dataset=dataset)
    masks = {mask.column: mask.kind for mask in plan.masks}
    hidden = source.subject in plan.dropped or masks.get(source.subject, MaskKind.HASH) is not MaskKind.HASH
    named = any(column.name == source.subject for column in plan.columns)
    if plan.delivery is not Delivery.ROWS or hidden or not named:
        raise EntitiesKeptBack(dataset=dataset, column=source.subject)
    return source


def rows_of(document: Document, face: Face) -> list[Row]:
    """Return an entity as rows, one for each time at which attributes of it were observed, the earliest first.

    As in the table, an attribute without `observedAt` stands under the time of its last change, each row says where the
    entity was last said to be, and a value that its column cannot hold is missing, as are all columns that the row does
    not speak of.
    """
    source = face.source
    by_time: dict[datetime, Row] = {}
    for column, iri in source.attributes:
        instance = _default(document, iri)
        if instance is not None:
            row = by_time.setdefault(_observed(instance), {})
            row[column] = _cell_value(instance, face.types[column])
    blank = dict.fromkeys(face.types) | _position(document, source)
    return [
        {**blank, **row, source.subject: document["id"], source.time: at}
        for at, row in sorted(by_time.items())
    ]


def _position(document: Document, source: EntitySource) -> Row:
    place = _default(document, source.position) if source.position else None
    point = place and place.get("value")
    if not isinstance(point, dict) or point.get("type") != "Point":
        return {}
    longitude, latitude = point["coordinates"][:2]
    return {source.latitude: float(latitude), source.longitude: float(longitude)}


def presented(document: Document, shown: Iterable[Row], face: Face) -> Document | None:
    """Make an entity of what may leave of its rows; None where none does."""
    source, rows = face.source, list(shown)
    if not rows:
        return None
    name = rows[-1][source.subject]
    if not isinstance(name, str):
        return None
    attrs: dict[str, list[Instance]] = {}
    for row in rows:
        observed = row.get(source.time)
        dated = {"observedAt": _written(observed)} if isinstance(observed, datetime) else {}
        for column, iri in source.attributes:
            if row.get(column) is not None:
                attrs[iri] = [{**_told(document, iri, row[column], face, column), **dated}]
        attrs |= _placed(row, face, dated)
    uri = f"{PSEUDONYM}{name}" if face.hashes_ids else name
    return {"id": uri, "type": [source.type], "attrs": attrs}


def check_question(query: EntityQuery, face: Face) -> None:
    """Refuse a question about anything that does not leave as it is: its answer would tell of it.

    Raises exchange.question-hidden naming what was asked about.
    """
    for selector in query.selectors:
        if selector.types is not None:
            for iri in (iri for group in selector.types.groups for iri in group):
                if iri != face.source.type:
                    raise QuestionHidden(asked=iri)
        if selector.pattern is not None and face.hashes_ids:
            raise QuestionHidden(asked="idPattern")
    for iri in query.attributes:
        if iri not in face.shown_attributes():
            raise QuestionHidden(asked=iri)
    if query.scopes is not None:
        raise QuestionHidden(asked="scopeQ")
    if any(dataset != DEFAULT for dataset in query.datasets):
        raise QuestionHidden(asked="datasetId")
    if query.geo is not None:
        _check_attribute(query.geo.property, face)
    for path in paths_of(query):
        _check_path(path, face)


def check_condition(query: EntityQuery, face: Face) -> None:
    """Refuse a condition of a subscription: it is put to entities as the owner holds them, before they are shown.

    So neither ids that leave as pseudonyms nor cells can be in it. Raises exchange.question-hidden.
    """
    check_question(query, face)
    if face.hashes_ids and any(selector.ids for selector in query.selectors):
        raise QuestionHidden(asked="id")
    if any(path.attribute == CELL or path.subs for path in paths_of(query)):
        raise QuestionHidden(asked=CELL)


def paths_of(query: EntityQuery) -> Iterable[Path]:
    """Yield every path that a question looks at."""
    waiting: list[Term] = [query.q] if query.q is not None else []
    while waiting:
        term = waiting.pop()
        if isinstance(term, All | AnyOf):
            waiting += term.terms
        elif isinstance(term, Compare | Exists):
            yield term.path
    for order in query.order:
        yield order.path


def _check_path(path: Path, face: Face) -> None:
    if path.attribute == "type":
        return
    if path.attribute == "id":
        if face.hashes_ids:
            raise QuestionHidden(asked="id")
        return
    _check_attribute(path.attribute, face)
    if path.subs and (path.subs != ("observedAt",) or face.source.time not in face.plain):
        raise QuestionHidden(asked=".".join((path.attribute, *path.subs)))


def _check_attribute(iri: str, face: Face) -> None:
    if iri not in face.open_attributes():
        raise QuestionHidden(asked=iri)


def _default(document: Document, iri: str | None) -> Instance | None:
    for instance in document["attrs"].get(iri, ()):
        if instance.get("datasetId", DEFAULT) == DEFAULT:
            found: Instance = instance
            return found
    return None


def _observed(instance: Instance) -> datetime:
    return parse_utc(instance.get("observedAt") or instance["modifiedAt"])


_MEMBERS = {Kind.PROPERTY.value: "value", Kind.RELATIONSHIP.value: "object", Kind.VOCAB.value: "vocab"}
_LONG = 2**63


def _cell_value(instance: Instance, column: ColumnType) -> Any:
    """Return what a column holds of an instance, as the feed of the table has it; None for what it cannot hold."""
    value = instance.get(VALUE_MEMBER[instance["type"]])
    if value is None or value == NULL:  # that says that the attribute was taken away
        return None
    if isinstance(value, dict) and "@value" in value and instance["type"] == Kind.PROPERTY:
        value = value["@value"]
    match column:
        case ColumnType.TEXT:
            return value if isinstance(value, str) else msgspec.json.encode(value).decode()
        case ColumnType.FLAG:
            return value if isinstance(value, bool) else None
        case ColumnType.INSTANT:
            return _moment(value)
        case ColumnType.REAL | ColumnType.INTEGER:
            return _number(value, column)
        case ColumnType.BYTES:
            return None


def _number(value: Any, column: ColumnType) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if column is ColumnType.REAL:
        return float(value) if abs(value) <= sys.float_info.max else None
    return int(value) if value == int(value) and -_LONG <= value < _LONG else None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_utc(value)
    except ValueError:
        return None


def _told(document: Document, iri: str, value: Any, face: Face, column: str) -> Instance:
    said = _written(value) if isinstance(value, datetime) else value
    before = _default(document, iri)
    kind = before["type"] if before is not None else Kind.PROPERTY.value
    if kind not in _MEMBERS or column not in face.plain or said != (before or {}).get(_MEMBERS[kind]):
        kind = Kind.PROPERTY.value
    return {"type": kind, _MEMBERS[kind]: said}


def _placed(row: Row, face: Face, dated: Mapping[str, str]) -> dict[str, list[Instance]]:
    source = face.source
    if face.plan.cell is not None:
        cell = row.get(CELL_COLUMN)
        return {CELL: [{"type": Kind.PROPERTY.value, "value": cell, **dated}]} if cell else {}
    latitude, longitude = row.get(source.latitude), row.get(source.longitude)
    if source.position is None or latitude is None or longitude is None:
        return {}
    point = {"type": "Point", "coordinates": [longitude, latitude]}
    return {source.position: [{"type": Kind.GEO.value, "value": point, **dated}]}


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_INSTANT)
