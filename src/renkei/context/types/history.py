"""Questions about the history of entities."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from renkei.context.types.entities import Document
from renkei.kernel.ids import TableId

SCOPE = "scope"
"""The name under which the history of an entity's scopes stands among those of its attributes."""


class TimeRelation(StrEnum):
    """How a moment lies to those asked about (clause 4.11)."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class TemporalQuery:
    """Which instances of attributes, by time (clause 4.11); `before` is open, `after` is open, `between` half-open."""

    relation: TimeRelation | None = None
    at: datetime | None = None
    until: datetime | None = None
    member: str = "observedAt"
    """`observedAt`, `createdAt`, `modifiedAt` or `deletedAt`."""
    last: int | None = None
    """`lastN`: at most so many instances of each attribute, the latest."""


class Aggregate(StrEnum):
    """Methods of aggregation (clause 4.5.19)."""

    TOTAL_COUNT = "totalCount"
    DISTINCT_COUNT = "distinctCount"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    STDDEV = "stddev"
    SUMSQ = "sumsq"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """How values are summed up, by periods of this ISO 8601 duration; `PT0S` is one period over all."""

    methods: tuple[Aggregate, ...]
    period: str = "PT0S"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which attributes of the entities found are told; parts left out hide nothing."""

    only: frozenset[str] | None = None
    """IRIs of attributes."""
    without: frozenset[str] = frozenset()
    datasets: frozenset[str] | None = None
    """Dataset ids, `DEFAULT` for the default instance."""


@dataclass(frozen=True, slots=True)
class Told:
    """The range of time that an answer covers completely, where there was more than fits into one (clause 6.3.10)."""

    start: datetime
    end: datetime
    """Before `start` where the latest instances were asked for."""
    size: int | None
    """How many instances of each attribute were asked for; none where all were."""


@dataclass(frozen=True, slots=True)
class History:
    """Entities with the history of their attributes.

    Each instance has its `instanceId`, and `createdAt`, `modifiedAt` and, where it was taken away, `deletedAt` of its own.
    Where not all is told, `outside` of an entity names the attributes that have instances only outside the range told, and
    the kind of each. Where values were aggregated, an instance holds its `type`, its `datasetId` if it has one, and for each method a list
    of value, start and end of the period.
    """

    entities: Sequence[Document]
    more: bool = False
    """Whether there are more entities after these."""
    total: int | None = None
    """How many entities fit in all, where it was asked for."""
    told: Told | None = None
    """None where every instance is told that was asked for."""


@dataclass(frozen=True, slots=True)
class FeedColumn:
    """One attribute of a feed and the column it becomes."""

    attribute: str
    """IRI; its default instance is what counts."""
    name: str
    type: str
    """One of `lake.ColumnType`; a value of another type is left out (null)."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A table that the history of a type flows into."""

    table: TableId
    type: str
    """IRI."""
    columns: tuple[FeedColumn, ...]
    position: str | None
    """IRI of the GeoProperty that `latitude` and `longitude` come from."""
    moved_to: int
    """Last instance that stands in the table."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one look of the compactor moved."""

    archived: int = 0
    """Instances."""
    fed: int = 0
    """Rows of feeds."""
    forgotten: int = 0
    """Instances and rows of feeds past their time."""
