"""Encoded rows of uplinks as Arrow batches: what Arrow is needed for, apart, since a node loads it only with uplinks."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from renkei.lake.api import schema_of
from renkei.telemetry.columns import UPLINK_COLUMNS

_SCHEMA: Any = schema_of(UPLINK_COLUMNS)
_decoder = msgspec.msgpack.Decoder(list[Any])


def decode_rows(bodies: Sequence[bytes]) -> Any:
    """Return encoded rows, at least one, as an Arrow record batch."""
    columns = zip(*map(_decoder.decode, bodies), strict=True)
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, _SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def table_of(batches: Sequence[Any]) -> Any:
    """Return record batches, at least one, as an Arrow table."""
    return pa.Table.from_batches(batches)
