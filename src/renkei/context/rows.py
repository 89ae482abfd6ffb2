"""Many rows in few statements, on SQLite and PostgreSQL alike.

PostgreSQL takes each column of values as one array, so that a statement is the same however many rows it is about, and
very many rows by COPY. SQLite takes rows one by one through one prepared statement, in which it is fastest.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg
from django.apps import apps
from django.db import connection

_COPIED = 200
"""From so many rows on, PostgreSQL takes them by COPY."""
Row = Sequence[Any]


@contextmanager
def statements() -> Iterator[Any]:
    """Yield a cursor for statements with `%s` marks that are run again and again, within a transaction.

    On PostgreSQL their parameters go to the server as they are; a cursor of Django's puts them into the statement's text.
    """
    if not is_postgresql():
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor


def arrays(rows: Iterable[Row]) -> list[str]:
    """Return the columns of rows, each as PostgreSQL writes an array: the driver is slow at it."""
    return [array(column) for column in zip(*rows, strict=True)]


def array(values: Iterable[Any]) -> str:
    """Return values as PostgreSQL writes an array of them."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    text: str = value
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unnested(kinds: Iterable[str]) -> str:
    """Return what makes rows of `arrays` again."""
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in kinds)})"


@cache
def _kinds(table: str) -> dict[str, str]:
    """Return the kinds of a table's columns; without lengths, since a cast to one cuts what is longer."""
    (model,) = (model for model in apps.get_models() if model._meta.db_table == table)
    kinds: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        kind = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
        kinds[str(field.column)] = str(kind).partition("(")[0]
    return kinds


def is_postgresql() -> bool:
    """Tell which of the two this node's database is."""
    return connection.vendor == "postgresql"


def insert(cursor: Any, table: str, columns: Row, rows: Sequence[Row]) -> None:
    """Insert rows."""
    if not rows:
        return
    names = ", ".join(columns)
    if not is_postgresql():
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - our own names
        return
    if len(rows) >= _COPIED:
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    kinds = _kinds(table)
    taken = unnested(kinds[name] for name in columns)
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT * FROM {taken}", arrays(rows))  # noqa: S608


def delete_pairs(cursor: Any, table: str, pairs: Sequence[tuple[int, int]]) -> None:
    """Delete the rows of these pairs of entity and name."""
    if not pairs:
        return
    if is_postgresql():
        cursor.execute(
            f"DELETE FROM {table} USING unnest(%s::bigint[], %s::bigint[]) AS pair(entity, name) "  # noqa: S608
            f"WHERE {table}.entity_id = pair.entity AND {table}.name_id = pair.name",
            arrays(pairs),
        )
    else:
        cursor.executemany(f"DELETE FROM {table} WHERE entity_id = %s AND name_id = %s", pairs)  # noqa: S608


def delete_of(cursor: Any, table: str, column: str, keys: Sequence[int]) -> None:
    """Delete the rows of these entities."""
    if not keys:
        return
    if is_postgresql():
        cursor.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s::bigint[])", [array(keys)])  # noqa: S608
    else:
        cursor.executemany(f"DELETE FROM {table} WHERE {column} = %s", [(key,) for key in keys])  # noqa: S608


def at(moment: datetime | None) -> Any:
    """Return a time as the database's columns of times take it in plain SQL.

    On SQLite that is the text that Django writes, without a fraction of nothing: so the same time is the same text,
    whoever wrote it, and texts sort as the times do.
    """
    if moment is None or is_postgresql():
        return moment
    return str(moment.astimezone(UTC).replace(tzinfo=None))


def at_instant(text: str) -> str:
    """Return a time that this room wrote (`changing.instant`) as the database's columns of times take it."""
    return text if is_postgresql() else f"{text[:10]} {text[11:-1]}".removesuffix(".000000")


def moment(value: Any) -> datetime | None:
    """Return the time that a database's column of times holds; SQLite keeps UTC and does not say so."""
    if value is None:
        return None
    at_ = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return at_.replace(tzinfo=UTC) if at_.tzinfo is None else at_


def as_told(column: str) -> str:
    """Return a column of times as SQL that is quick to read: on SQLite its text, which nobody has to take apart."""
    return column if is_postgresql() else f"CAST({column} AS TEXT)"
