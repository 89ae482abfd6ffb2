"""The lake's only door; `kernel.late` says why part of it opens late."""

from typing import TYPE_CHECKING

from renkei.kernel.late import late
from renkei.lake.errors import (
    ColumnsInvalid,
    DiskFull,
    RowsMisshapen,
    SubjectUnknown,
    TableMissing,
    TableNameTaken,
    TableUnreadable,
    VersionGone,
)
from renkei.lake.sql import SQL_TYPES, quote_instant, quote_name, quote_text, quote_texts
from renkei.lake.types import Appended, Column, ColumnType, Erased, Snapshot, Table

if TYPE_CHECKING:
    from renkei.lake.arrow import schema_of
    from renkei.lake.duck import connection, files_sql, relation_sql
    from renkei.lake.queries import last_sequence, read, reading, snapshot, table, table_named, tables
    from renkei.lake.services import append, compact, create_table, erase, forget_before, remove
    from renkei.lake.store import is_disk_full, sync
else:
    _ROOM = ("arrow", "duck", "queries", "services", "store")
    __getattr__ = late(__name__, *(f"renkei.lake.{module}" for module in _ROOM))

__all__ = [
    "SQL_TYPES",
    "Appended",
    "Column",
    "ColumnType",
    "ColumnsInvalid",
    "DiskFull",
    "Erased",
    "RowsMisshapen",
    "Snapshot",
    "SubjectUnknown",
    "Table",
    "TableMissing",
    "TableNameTaken",
    "TableUnreadable",
    "VersionGone",
    "append",
    "compact",
    "connection",
    "create_table",
    "erase",
    "files_sql",
    "forget_before",
    "is_disk_full",
    "last_sequence",
    "quote_instant",
    "quote_name",
    "quote_text",
    "quote_texts",
    "read",
    "reading",
    "relation_sql",
    "remove",
    "schema_of",
    "snapshot",
    "sync",
    "table",
    "table_named",
    "tables",
]
