"""Quoting for generated SQL: the only place where a name or a value becomes SQL text."""

from collections.abc import Iterable
from datetime import UTC, datetime

from renkei.lake.types import ColumnType

SQL_TYPES: dict[ColumnType, str] = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.REAL: "DOUBLE",
    ColumnType.FLAG: "BOOLEAN",
    ColumnType.INSTANT: "TIMESTAMPTZ",
    ColumnType.BYTES: "BLOB",
}


def quote_name(name: str) -> str:
    """Return an SQL identifier that means exactly this name. Raises ValueError on a NUL or an empty name."""
    if not name or "\0" in name:
        raise ValueError("an SQL name is not empty and holds no NUL")
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return an SQL string literal that means exactly this text. Raises ValueError on a NUL."""
    if "\0" in text:
        raise ValueError("an SQL text holds no NUL")
    return "'" + text.replace("'", "''") + "'"


def quote_texts(texts: Iterable[str]) -> str:
    """Return an SQL list literal of texts."""
    return "[" + ", ".join(quote_text(text) for text in texts) + "]"


def quote_instant(at: datetime) -> str:
    """Return an SQL literal of an aware time, to the microsecond. Raises ValueError when it has no offset."""
    if at.tzinfo is None:
        raise ValueError("a time without an offset has no place in the lake")
    return f"TIMESTAMPTZ {quote_text(at.astimezone(UTC).isoformat(sep=' '))}"
