"""Rows of a release as they travel: the media types, what is said beside them, and how they are written as text.

What writes them needs Arrow, and is loaded when it is first called for (`kernel.late`).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec

from renkei.kernel.late import late
from renkei.privacy.types import Withheld

if TYPE_CHECKING:
    from renkei.wire.rows_text import csv_header, csv_rows, json_lines
else:
    __getattr__ = late(__name__, "renkei.wire.rows_text")

__all__ = [
    "CSV",
    "JSON_LINES",
    "PARQUET",
    "RECEIPT_HEADER",
    "WITHHELD_HEADER",
    "WithheldTerms",
    "csv_header",
    "csv_rows",
    "ending_of",
    "json_lines",
    "read_withheld",
    "withheld_json",
]

CSV = "text/csv; charset=utf-8; header=present"
JSON_LINES = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
WITHHELD_HEADER = "renkei-withheld"
"""Tells the reader what the terms kept back: a JSON list of {term, rows, columns}."""

RECEIPT_HEADER = "renkei-receipt"
"""The provider's signed receipt of this answer: a compact JWS."""

_ENDINGS = {
    "application/vnd.apache.parquet": ".parquet",
    "text/csv": ".csv",
    "application/x-ndjson": ".jsonl",
    "application/json": ".json",
    "text/plain": ".txt",
}
WithheldTerms = tuple[Withheld, ...]


def withheld_json(withheld: Sequence[Withheld]) -> bytes:
    """Write what was kept back as the value of a header: ASCII, on one line."""
    return json.dumps([asdict(each) for each in withheld]).encode()


def read_withheld(text: str) -> WithheldTerms:
    """Read what `withheld_json` wrote. Raises msgspec.DecodeError when it is something else."""
    return msgspec.json.decode(text, type=WithheldTerms)


def ending_of(media_type: str) -> str:
    """Return how the name of a file ends that holds this media type; `.bin` for one that is not known here."""
    return _ENDINGS.get(media_type.partition(";")[0].strip().lower(), ".bin")
