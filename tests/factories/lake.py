"""Tables and rows for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from renkei.kernel.ids import Actor, OrgId, new_id
from renkei.kernel.texts import Text
from renkei.lake import api as lake

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
OPERATOR = Actor("node")


def column(name: str, type_: lake.ColumnType = lake.ColumnType.TEXT, unit: str | None = None) -> lake.Column:
    return lake.Column(name=name, type=type_, unit=unit, text=Text(ja=f"{name} の値", en=f"Values of {name}"))


COLUMNS = (
    column("device"),
    column("at", lake.ColumnType.INSTANT),
    column("latitude", lake.ColumnType.REAL, "deg"),
    column("longitude", lake.ColumnType.REAL, "deg"),
    column("gateway"),
    column("reading", lake.ColumnType.REAL, "Cel"),
    column("counter", lake.ColumnType.INTEGER),
)


def table(
    *,
    owner: str | None = None,
    name: str = "readings",
    columns: tuple[lake.Column, ...] = COLUMNS,
    subject: str | None = "device",
    actor: Actor = OPERATOR,
    now: datetime = MAY,
) -> lake.Table:
    """Make a table; each has an owner of its own unless one is named."""
    return lake.create_table(
        owner=OrgId(owner or new_id()), name=name, columns=columns, subject=subject, actor=actor, now=now
    )


def readings(
    devices: Sequence[str] = ("D-1", "D-2", "D-3"),
    *,
    each: int = 4,
    place: tuple[float, float] | None = (35.681236, 139.767125),
    gateway: str = "G-1",
    since: datetime = MAY,
    reading: float = 21.5,
) -> Any:
    """Return rows of COLUMNS: `each` readings of every device, a minute apart, all at one place."""
    rows = [
        {
            "device": device,
            "at": since + timedelta(minutes=number),
            "latitude": place[0] if place else None,
            "longitude": place[1] if place else None,
            "gateway": gateway,
            "reading": reading + number,
            "counter": number,
        }
        for device in devices
        for number in range(each)
    ]
    return rows_of(rows, COLUMNS)


def rows_of(rows: Sequence[dict[str, Any]], columns: tuple[lake.Column, ...]) -> Any:
    """Return rows as an Arrow table with the columns' types."""
    return pa.Table.from_pylist(list(rows), schema=lake.schema_of(columns))


def stored(rows: Any, **made: Any) -> lake.Table:
    """Make a table that holds these rows."""
    fresh = table(**made)
    lake.append(fresh.id, rows, writer="factory", sequence=1)
    return fresh


def contents(table_id: Any, *, version: int | None = None) -> list[dict[str, Any]]:
    """Return a table's rows as dictionaries, sorted."""
    rows: list[dict[str, Any]] = lake.read(table_id, version=version).read_all().to_pylist()
    return sorted(rows, key=repr)


def grown(table_id: Any) -> None:
    """Let a table of `readings` have some more of them, at its next version."""
    lake.append(table_id, readings(since=MAY + timedelta(hours=1)), writer="factory", sequence=2)
