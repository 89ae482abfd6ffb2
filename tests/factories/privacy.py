"""Plans and releases for tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq

from renkei.kernel.ids import TableId
from renkei.privacy import api as privacy

NOWHERE = TableId("urn:uuid:0")
CLASSES = (
    privacy.ColumnClass("device", privacy.Category.RELATED, privacy.Role.SUBJECT),
    privacy.ColumnClass("at", privacy.Category.NONE, privacy.Role.TIME),
    privacy.ColumnClass("latitude", privacy.Category.PERSONAL, privacy.Role.LATITUDE),
    privacy.ColumnClass("longitude", privacy.Category.PERSONAL, privacy.Role.LONGITUDE),
    privacy.ColumnClass("gateway", privacy.Category.NONE, privacy.Role.PLACE),
    privacy.ColumnClass("reading", privacy.Category.NONE, privacy.Role.PLAIN),
    privacy.ColumnClass("counter", privacy.Category.NONE, privacy.Role.PLAIN),
)
"""What the columns of tests.factories.lake are in law."""


def plan(
    table: TableId = NOWHERE,
    *,
    columns: tuple[privacy.ColumnClass, ...] = CLASSES,
    dropped: Sequence[str] = (),
    cell: str | None = "jis-mesh:2",
    group: int | None = 2,
    entity: str = "device",
    since: datetime | None = None,
    until: datetime | None = None,
) -> privacy.Plan:
    """Return a plan over the table of tests.factories.lake."""
    return privacy.Plan(
        table=table,
        columns=columns,
        dropped=tuple(dropped),
        cell=privacy.Cell.parse(cell) if cell else None,
        minimum_group=privacy.MinimumGroup(group, entity) if group else None,
        since=since,
        until=until,
    )


def rows_in(release: privacy.Release) -> list[dict[str, Any]]:
    """Return a release's rows as dictionaries, sorted."""
    rows = [row for file in release.files for row in pq.read_table(file.path).to_pylist()]
    return sorted(rows, key=repr)
