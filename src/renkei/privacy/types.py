"""What a plan allows to leave, and what a release kept back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from renkei.kernel.canonical import digest
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import TableId
from renkei.lake.types import Column


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


@dataclass(frozen=True, slots=True)
class MinimumGroup:
    """A cell is told only where at least `size` distinct values of the column `entity` have rows in it."""

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

    def digest(self) -> str:
        """Return the SHA-256 of the plan, in lower-case hexadecimal; the order of `dropped` does not matter."""
        group = self.minimum_group
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
