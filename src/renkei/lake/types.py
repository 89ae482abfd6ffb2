"""Facts about tables of readings."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from renkei.kernel.ids import OrgId, TableId
from renkei.kernel.texts import Text


class ColumnType(StrEnum):
    """What a column's values are; every column may also hold null."""

    TEXT = "text"
    INTEGER = "integer"
    """64 bits, signed."""
    REAL = "real"
    """64 bits, IEEE 754."""
    FLAG = "flag"
    INSTANT = "instant"
    """Microseconds, UTC."""
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    type: ColumnType
    unit: str | None
    """UCUM code, where the values are quantities."""
    text: Text


@dataclass(frozen=True, slots=True)
class Table:
    """A table of readings that one organisation owns."""

    id: TableId
    owner: OrgId
    name: str
    columns: tuple[Column, ...]
    subject: str | None
    """The column that names the data subject, by which rows can be erased."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did."""

    version: int
    rows: int
    skipped: bool
    """The writer had already appended this sequence: nothing was written."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files that make up a table at one version."""

    table_id: TableId
    version: int
    columns: tuple[Column, ...]
    files: tuple[Path, ...]
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed, and the version from which the table is readable again."""

    rows: int
    version: int
