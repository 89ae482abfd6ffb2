"""A type of entity that was published: entities in the owner's context, and a table that is their history."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from renkei.context import api as context
from renkei.exchange import api as exchange
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from tests.factories import lake as tables

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
VOCABULARY = "https://uri.etsi.org/ngsi-ld/default-context/"
SENSOR = VOCABULARY + "Sensor"
TEMPERATURE, BATTERY, STATE, ROOM, SECRET = (
    VOCABULARY + name for name in ("temperature", "battery", "state", "room", "secret")
)
LOCATION = "https://uri.etsi.org/ngsi-ld/location"
TOKYO = (35.681236, 139.767125)
SOURCE = exchange.EntitySource(
    type=SENSOR,
    attributes=(
        ("temperature", TEMPERATURE),
        ("battery", BATTERY),
        ("state", STATE),
        ("room", ROOM),
    ),
    position=LOCATION,
)
COLUMNS = (
    tables.column("entity"),
    tables.column("observed_at", lake.ColumnType.INSTANT),
    tables.column("latitude", lake.ColumnType.REAL, "deg"),
    tables.column("longitude", lake.ColumnType.REAL, "deg"),
    tables.column("temperature", lake.ColumnType.REAL, "Cel"),
    tables.column("battery", lake.ColumnType.INTEGER, "%"),
    tables.column("state"),
    tables.column("room"),
)
CLASSES = (
    privacy.ColumnClass("entity", privacy.Category.RELATED, privacy.Role.SUBJECT),
    privacy.ColumnClass("observed_at", privacy.Category.NONE, privacy.Role.TIME),
    privacy.ColumnClass("latitude", privacy.Category.NONE, privacy.Role.LATITUDE),
    privacy.ColumnClass("longitude", privacy.Category.NONE, privacy.Role.LONGITUDE),
    privacy.ColumnClass("temperature"),
    privacy.ColumnClass("battery"),
    privacy.ColumnClass("state"),
    privacy.ColumnClass("room"),
)


def uri(number: int) -> context.EntityId:
    """Return a sensor's id."""
    return context.EntityId(f"urn:ngsi-ld:Sensor:{number}")


def sensor(
    number: int,
    *,
    at: datetime = MAY,
    place: tuple[float, float] | None = TOKYO,
    **values: Any,
) -> context.Document:
    """Return a sensor as observed at a time: 20 degrees and its number, 90 % of its battery, a state and a room."""
    dated = {"observedAt": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    said = {"temperature": 20.25 + number, "battery": 90, "state": "ok"} | values
    attrs: dict[str, Any] = {
        VOCABULARY + name: [{"type": "Property", "value": value, **dated}]
        for name, value in said.items()
        if value is not None
    }
    attrs[ROOM] = [{"type": "Relationship", "object": "urn:ngsi-ld:Room:1", **dated}]
    attrs[SECRET] = [{"type": "Property", "value": "never leaves", **dated}]
    if place is not None:
        point = {"type": "Point", "coordinates": [place[1], place[0]]}
        attrs[LOCATION] = [{"type": "GeoProperty", "value": point, **dated}]
    return {"id": uri(number), "type": [SENSOR], "attrs": attrs}


def known(org: parties.Organisation, *documents: context.Document, now: datetime = MAY) -> None:
    """Let an organisation know entities."""
    context.observe_entities(org.id, documents, actor=org.actor, now=now)


def row_of(document: context.Document) -> dict[str, Any]:
    """Return what the history of a sensor has as a row, where everything was observed at once."""
    attrs = document["attrs"]
    point = attrs.get(LOCATION, [{}])[0].get("value", {}).get("coordinates", [None, None])
    return {
        "entity": document["id"],
        "observed_at": datetime.fromisoformat(attrs[ROOM][0]["observedAt"]),
        "latitude": point[1],
        "longitude": point[0],
        "room": attrs[ROOM][0]["object"],
        **{
            name: attrs.get(VOCABULARY + name, [{"value": None}])[0]["value"]
            for name in ("temperature", "battery", "state")
        },
    }


def published(
    org: parties.Organisation,
    documents: Sequence[context.Document],
    *,
    classes: Sequence[privacy.ColumnClass] = CLASSES,
    now: datetime = MAY,
) -> exchange.Dataset:
    """Publish sensors: the entities as they are, and the table with a row for each."""
    known(org, *documents, now=now)
    rows = tables.rows_of([row_of(document) for document in documents], COLUMNS)
    table = tables.stored(rows, owner=org.id, name="sensors", columns=COLUMNS, subject="entity")
    return exchange.publish_dataset(
        owner=org.id,
        table=table.id,
        title=Text(ja="室内センサー", en="Indoor sensors"),
        description=Text(ja="室内の測定値です。", en="Readings taken indoors."),
        licence="CC-BY-4.0",
        classes=classes,
        entities=SOURCE,
        actor=org.actor,
        now=now,
    )


def terms(*constraints: dict[str, Any]) -> dict[str, Any]:
    """Return terms with these constraints."""
    permission: dict[str, Any] = {"action": "use"}
    return {"permission": [permission | ({"constraint": list(constraints)} if constraints else {})]}


def constraint(operand: str, value: Any, operator: str = "eq", **more: Any) -> dict[str, Any]:
    """Return one constraint."""
    return {"leftOperand": operand, "operator": operator, "rightOperand": value, **more}


def everything() -> context.EntityQuery:
    """Return the question that asks for all."""
    return context.EntityQuery()
