"""What a plan allows to leave, and what a release kept back."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from renkei.kernel.canonical import digest
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import TableId
from renkei.lake.types import Column

CELL_COLUMN = "cell"
"""The column that takes the place of latitude and longitude."""


class Category(StrEnum):
    """What a column is under Japan's Act on the Protection of Personal Information."""

    NONE = "non-personal"
    RELATED = "personal-related"
    """個人関連情報 (Art. 2(7)): about a living individual, without telling who, such as a device's identifier."""
    PERSONAL = "personal"
    """個人情報 (Art. 2(1))."""
    SENSITIVE = "sensitive"
    """要配慮個人情報 (Art. 2(3))."""

    @property
    def is_personal(self) -> bool:
        """Whether it may leave only on a lawful route (Art. 27(1))."""
        return self in {Category.PERSONAL, Category.SENSITIVE}


class Role(StrEnum):
    """What a column tells, where that matters to a release."""

    PLAIN = "plain"
    SUBJECT = "subject"
    """Names the data subject or the thing that stands for it."""
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    PLACE = "place"
    """Tells a place in another way, such as the gateway that heard a device."""
    TIME = "time"


class CellScheme(StrEnum):
    """A way to divide the ground into named cells."""

    H3 = "h3"
    """H3 hexagons, levels 0 (coarse) to 15."""
    JIS_MESH = "jis-mesh"
    """Regional mesh of JIS X 0410: level 1 is about 80 km, 2 about 10 km, 3 about 1 km."""

    @property
    def levels(self) -> range:
        """The levels that this node can compute."""
        return range(16) if self is CellScheme.H3 else range(1, 4)


@dataclass(frozen=True, slots=True)
class ColumnClass:
    """What one column is in law and what it tells."""

    name: str
    category: Category = Category.NONE
    role: Role = Role.PLAIN


@dataclass(frozen=True, slots=True)
class Cell:
    """A scheme of cells at one level; written `h3:5` or `jis-mesh:2`."""

    scheme: CellScheme
    level: int

    @classmethod
    def parse(cls, text: str) -> "Cell":
        """Read `h3:5` or `jis-mesh:2`. Raises ValueError for any other text."""
        named, _, level = text.partition(":")
        scheme = CellScheme(named)
        if level not in {str(number) for number in scheme.levels}:
            raise ValueError(f"{named} has no level {level!r}")
        return cls(scheme, int(level))

    def __str__(self) -> str:
        return f"{self.scheme.value}:{self.level}"


class MaskKind(StrEnum):
    """How a column's values are changed before they leave."""

    REDACT = "redact"
    """Every value becomes null."""
    HASH = "hash"
    """HMAC-SHA256 under a key of the agreement, its first 128 bits as 32 hexadecimal digits (RFC 2104)."""
    TRUNCATE = "truncate"
    """The first characters of a text."""
    ROUND = "round"
    """A number becomes the nearest multiple of a step."""
    YEAR = "year"
    """A time becomes its year, UTC."""


@dataclass(frozen=True, slots=True)
class Mask:
    """What becomes of one column; written `device=hash`, `postcode=truncate:3`, `level=round:0.5`, `born=year`."""

    column: str
    kind: MaskKind
    amount: str = ""
    """Characters to keep, or the step to round to."""

    @classmethod
    def parse(cls, text: str) -> "Mask":
        """Read a mask as it is written. Raises ValueError for any other text."""
        column, _, said = text.rpartition("=")
        named, _, amount = said.partition(":")
        kind = MaskKind(named)
        if not column:
            raise ValueError("a mask names its column")
        if not _AMOUNTS[kind](amount):
            raise ValueError(f"{amount!r} is no amount for {named}")
        return cls(column, kind, amount)

    def __str__(self) -> str:
        return f"{self.column}={self.kind.value}{f':{self.amount}' if self.amount else ''}"


def _is_step(text: str) -> bool:
    return re.fullmatch(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?", text) is not None and float(text) > 0


def _is_length(text: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,3}", text) is not None


def _is_nothing(text: str) -> bool:
    return not text


_AMOUNTS: dict[MaskKind, Callable[[str], bool]] = {
    MaskKind.REDACT: _is_nothing,
    MaskKind.HASH: _is_nothing,
    MaskKind.TRUNCATE: _is_length,
    MaskKind.ROUND: _is_step,
    MaskKind.YEAR: _is_nothing,
}


class TimeStep(StrEnum):
    """To what the column of times is cut down: the beginning of its step, UTC (ISO 8601 durations)."""

    MINUTE = "PT1M"
    FIVE_MINUTES = "PT5M"
    TEN_MINUTES = "PT10M"
    QUARTER = "PT15M"
    HALF_HOUR = "PT30M"
    HOUR = "PT1H"
    DAY = "P1D"
    MONTH = "P1M"
    YEAR = "P1Y"


class Delivery(StrEnum):
    """In which form a table leaves."""

    ROWS = "rows"
    AGGREGATES = "aggregates"
    """One row for each group: how many rows and entities, and the mean of each number."""
    IN_PLACE = "in-place"
    """Not at all: queries are answered inside the node."""


@dataclass(frozen=True, slots=True)
class MinimumGroup:
    """A group is told only where at least `size` distinct values of the column `entity` have rows in it.

    The group is what the plan's `group_by` columns tell; without any, the cell.
    """

    size: int
    entity: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Exactly what of one table may leave. Two plans with the same digest release the same."""

    table: TableId
    columns: tuple[ColumnClass, ...]
    """Only the columns named here can leave."""
    dropped: tuple[str, ...] = ()
    cell: Cell | None = None
    minimum_group: MinimumGroup | None = None
    since: datetime | None = None
    """Rows whose TIME column is at this or later."""
    until: datetime | None = None
    """Rows whose TIME column is before this."""
    masks: tuple[Mask, ...] = ()
    time_step: TimeStep | None = None
    group_by: tuple[str, ...] = ()
    """Columns as they leave, `cell` among them, that make the groups."""
    delivery: Delivery = Delivery.ROWS
    pseudonyms: str = ""
    """Under which name keyed hashes are made: values hashed under different names cannot be matched."""
    budget: str = ""
    """In place: the whole ε of differential privacy that answers may use up; empty for exact answers."""

    def digest(self) -> str:
        """Return the SHA-256 of the plan, in lower-case hexadecimal; the order of `dropped` does not matter."""
        group = self.minimum_group
        said: dict[str, object] = {
            "masks": sorted(map(str, self.masks)),
            "time_step": self.time_step and self.time_step.value,
            "group_by": sorted(set(self.group_by)),
            "delivery": "" if self.delivery is Delivery.ROWS else self.delivery.value,
            "pseudonyms": self.pseudonyms,
            "budget": self.budget,
        }
        return digest(
            {
                "v": 1,
                "table": self.table,
                "columns": [[c.name, c.category.value, c.role.value] for c in self.columns],
                "dropped": sorted(set(self.dropped)),
                "cell": str(self.cell) if self.cell else None,
                "minimum_group": [group.size, group.entity] if group else None,
                "since": format_utc(self.since) if self.since else None,
                "until": format_utc(self.until) if self.until else None,
            }
            | {name: value for name, value in said.items() if value}
        )


@dataclass(frozen=True, slots=True)
class Withheld:
    """What one term kept back: in how many rows, and of which columns (none: whole rows)."""

    term: str
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One Parquet file of a release."""

    name: str
    path: Path
    size: int
    rows: int
    sha256: str = ""
    """Empty for a file of a release that was made before hashes were kept."""


@dataclass(frozen=True, slots=True)
class Release:
    """A table at one version, as far as a plan allows it to leave."""

    digest: str
    """The plan's."""
    table: TableId
    version: int
    columns: tuple[Column, ...]
    files: tuple[ReleaseFile, ...]
    rows: int
    withheld: tuple[Withheld, ...]
    smallest_group: int | None = None
    """Entities in the smallest group that is told; None where the plan asks for none, or none is told."""
    loss: int = 0
    """How much of the table's information stays behind, in per mille (docs/reference/releases.md)."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a plan would release, without releasing it."""

    version: int
    columns: tuple[Column, ...]
    sample: tuple[tuple[object, ...], ...]
    """The first rows, in no particular order."""
    rows: int
    table_rows: int
    withheld: tuple[Withheld, ...]
    smallest_group: int | None
    loss: int


@dataclass(frozen=True, slots=True)
class Question:
    """What a consumer asks of a plan's data in place."""

    sql: str
    epsilon: str = ""
    """Noise: how much of the budget the answer may use up; empty for a tenth of it."""
    bounds: tuple[tuple[str, float, float], ...] = ()
    """Noise: column, least and greatest value that one entity may add to a group; `*` for its rows."""
    groups: tuple[tuple[object, ...], ...] = ()
    """Noise: the groups that are asked for, each as the values of GROUP BY."""
    groups_each: int = 1
    """Noise: in how many groups an entity is counted at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told in reply to a question."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    smallest_group: int | None = None
    """Entities in the smallest group that is told; None where no group is guarded, or none is told."""
    epsilon: str = ""
    """How much of the budget went into it."""
    again: bool = False
    """The same as was told before, at no new cost."""
