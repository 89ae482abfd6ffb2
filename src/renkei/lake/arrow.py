"""The lake's column types as Arrow and SQL types, and rows made to fit a table."""

from typing import Any

import pyarrow as pa

from renkei.lake.errors import RowsMisshapen
from renkei.lake.types import Column, ColumnType

ARROW: dict[ColumnType, Any] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.REAL: pa.float64(),
    ColumnType.FLAG: pa.bool_(),
    ColumnType.INSTANT: pa.timestamp("us", tz="UTC"),
    ColumnType.BYTES: pa.binary(),
}


def schema_of(columns: tuple[Column, ...]) -> Any:
    """Return the Arrow schema of a table's columns."""
    return pa.schema([(column.name, ARROW[column.type]) for column in columns])


def fit_rows(rows: Any, columns: tuple[Column, ...]) -> Any:
    """Return an Arrow table in the columns' order and types.

    Raises RowsMisshapen when a column is missing or unknown, or a value does not survive the cast.
    """
    expected = {column.name for column in columns}
    given = list(rows.column_names)
    if set(given) != expected or len(given) != len(expected):
        missing, unknown = sorted(expected - set(given)), sorted(set(given) - expected)
        raise RowsMisshapen(why=f"missing {missing}, unknown {unknown}, {len(given)} columns")
    try:
        return rows.select([column.name for column in columns]).cast(schema_of(columns))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as why:
        raise RowsMisshapen(why=str(why).splitlines()[0]) from None
