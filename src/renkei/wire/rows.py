"""Rows of a release as text: CSV (RFC 4180) and JSON lines, column by column so that millions of rows stay cheap.

A text is handed out exactly as it is held. In particular a leading `=`, `+`, `-` or `@` is left alone: numbers and
telephone numbers begin so, and what arrives must equal what the Parquet file holds. Whoever opens a CSV file in a
spreadsheet imports its columns as text.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from renkei.privacy.types import Withheld

CSV = "text/csv; charset=utf-8; header=present"
JSON_LINES = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
WITHHELD_HEADER = "renkei-withheld"
"""Tells the reader what the terms kept back: a JSON list of {term, rows, columns}."""

_ENDINGS = {
    "application/vnd.apache.parquet": ".parquet",
    "text/csv": ".csv",
    "application/x-ndjson": ".jsonl",
    "application/json": ".json",
    "text/plain": ".txt",
}
WithheldTerms = tuple[Withheld, ...]

_END = pa.scalar("\r\n", pa.large_string())
_NOTHING = pa.scalar("", pa.large_string())
_QUOTE = pa.scalar('"', pa.large_string())
_COMMA = pa.scalar(",", pa.large_string())


def withheld_json(withheld: Sequence[Withheld]) -> bytes:
    """Write what was kept back as the value of a header: ASCII, on one line."""
    return json.dumps([asdict(each) for each in withheld]).encode()


def read_withheld(text: str) -> WithheldTerms:
    """Read what `withheld_json` wrote. Raises msgspec.DecodeError when it is something else."""
    return msgspec.json.decode(text, type=WithheldTerms)


def ending_of(media_type: str) -> str:
    """Return how the name of a file ends that holds this media type; `.bin` for one that is not known here."""
    return _ENDINGS.get(media_type.partition(";")[0].strip().lower(), ".bin")


def csv_header(names: list[str]) -> bytes:
    """Write the header line."""
    return _line_up([_quoted(pa.array([name], pa.large_string())) for name in names])


def csv_rows(batch: pa.RecordBatch) -> bytes:
    """Write a batch as lines of CSV.

    Null is an empty cell, an empty text `""` (in a table of one column both, lest a row be an empty line), a time
    RFC 3339 in UTC, a flag `true` or `false`, bytes are base64, and a number that is none is `nan`, `inf` or `-inf`.
    """
    if batch.num_rows == 0 or batch.num_columns == 0:
        return b""
    empty = '""' if batch.num_columns == 1 else ""
    return _line_up([pc.fill_null(_cells(column), empty) for column in batch.columns])


def json_lines(batch: pa.RecordBatch) -> bytes:
    """Write a batch as one JSON object a line: times RFC 3339 in UTC, bytes base64, a number that is none `null`."""
    names = batch.schema.names
    columns = [_plain(column) for column in batch.columns]
    rows = (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))
    return msgspec.json.Encoder().encode_lines(rows)


def _cells(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return _instants(column)
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        coded = [None if cell is None else base64.b64encode(cell).decode() for cell in column.to_pylist()]
        return pa.array(coded, pa.large_string())
    text = column.cast(pa.large_string())
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return _quoted(text) if is_text else text


def _quoted(text: pa.Array) -> pa.Array:
    inside = pc.replace_substring(text, pattern='"', replacement='""')
    needs_it = pc.or_(pc.match_substring_regex(text, pattern='[",\r\n]'), pc.equal(pc.binary_length(text), 0))
    return pc.if_else(needs_it, pc.binary_join_element_wise(_QUOTE, inside, _QUOTE, _NOTHING), text)


def _instants(column: pa.Array) -> pa.Array:
    in_utc = column.cast(pa.timestamp("us", "UTC")).cast(pa.large_string())
    return pc.replace_substring(in_utc, pattern=" ", replacement="T")


def _plain(column: pa.Array) -> list[Any]:
    return list((_instants(column) if pa.types.is_timestamp(column.type) else column).to_pylist())


def _line_up(cells: list[pa.Array]) -> bytes:
    rows = pc.binary_join_element_wise(*cells, _COMMA)
    lines = pc.binary_join_element_wise(rows, _END, _NOTHING)
    offsets = pa.Array.from_buffers(
        pa.int64(), len(lines) + 1, [None, lines.buffers()[1]], offset=lines.offset
    )
    return bytes(memoryview(lines.buffers()[2])[offsets[0].as_py() : offsets[-1].as_py()])
