"""The lake's only door."""

from renkei.lake.arrow import schema_of
from renkei.lake.duck import connection, files_sql, relation_sql
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
from renkei.lake.queries import last_sequence, read, snapshot, table, table_named, tables
from renkei.lake.services import append, compact, create_table, erase
from renkei.lake.sql import quote_instant, quote_name, quote_text, quote_texts
from renkei.lake.store import is_disk_full, sync
from renkei.lake.types import Appended, Column, ColumnType, Erased, Snapshot, Table

__all__ = [
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
    "is_disk_full",
    "last_sequence",
    "quote_instant",
    "quote_name",
    "quote_text",
    "quote_texts",
    "read",
    "relation_sql",
    "schema_of",
    "snapshot",
    "sync",
    "table",
    "table_named",
    "tables",
]
