"""Bodies of the Delta Sharing protocol, response format `parquet` (delta-io/delta-sharing, PROTOCOL.md).

One credential opens one table here, so every list has at most one item; paging is still the protocol's own, so that
a client which asks for pages gets them.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import msgspec

NDJSON = "application/x-ndjson"
VERSION_HEADER = "delta-table-version"
CAPABILITIES_HEADER = "delta-sharing-capabilities"
PARQUET_ONLY = "responseformat=parquet"
READER_VERSION = 1
PAGE = 500
"""Items on a page when the client names no number."""

SparkType = Literal["string", "long", "double", "boolean", "timestamp", "binary"]
T = TypeVar("T")


class Share(msgspec.Struct, frozen=True, omit_defaults=True):
    """A share, as listed."""

    name: str
    id: str = ""


class Schema(msgspec.Struct, frozen=True):
    """A schema of a share, as listed."""

    name: str
    share: str


class Table(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table of a schema, as listed."""

    name: str
    schema: str
    share: str
    id: str = ""


class Field(msgspec.Struct, frozen=True):
    """One column of the shared table."""

    name: str
    type: SparkType
    comment: str = ""


class Metadata(msgspec.Struct, frozen=True):
    """What a client learns of a table before it reads: identity, columns, size."""

    id: str
    name: str
    description: str
    fields: tuple[Field, ...]
    version: int
    size: int
    """Bytes of all files."""
    files: int
    configuration: dict[str, str] = {}
    """What else the reader should know, as the table's properties."""


class File(msgspec.Struct, frozen=True):
    """One Parquet file that a client may fetch until `expires`."""

    url: str
    id: str
    size: int
    """Bytes."""
    rows: int
    expires: int
    """Milliseconds since 1970."""


class Query(msgspec.Struct, frozen=True, rename="camel"):
    """The body of `POST …/query`. Hints may have any shape, since the server is free to ignore them."""

    predicate_hints: Any = None
    json_predicate_hints: Any = None
    limit_hint: int | None = None
    version: Any = None
    timestamp: Any = None
    starting_version: Any = None
    ending_version: Any = None

    def asks_for_history(self) -> bool:
        """Tell whether the query names any version or time but the present one."""
        named = (self.version, self.timestamp, self.starting_version, self.ending_version)
        return any(value is not None for value in named)


class PageMalformed(ValueError):
    """A page token or page size that this server never gave out."""


def listing(items: Sequence[T], *, max_results: str | None, page_token: str | None) -> bytes:
    """Write one page of a list.

    Both parameters are as they stand in the query. A page size of zero gives no items, and a token where there are
    any. Raises PageMalformed.
    """
    start = _read_token(page_token)
    size = _read_size(max_results)
    page: dict[str, Any] = {"items": list(items[start : start + size])}
    if start + size < len(items):
        page["nextPageToken"] = base64.urlsafe_b64encode(f"from {start + size}".encode()).decode()
    return msgspec.json.encode(page)


def read_query(body: bytes) -> Query:
    """Read the body of a query; an empty one asks for everything.

    Raises msgspec.DecodeError when it is no JSON object or its limit is no whole number from zero up.
    """
    if not body.strip():
        return Query()
    query = msgspec.json.decode(body, type=Query)
    if query.limit_hint is not None and query.limit_hint < 0:
        raise msgspec.ValidationError("Expected `int` >= 0 - at `$.limitHint`")
    return query


def takes_parquet(capabilities: str | None) -> bool:
    """Tell from the client's capabilities header whether it can read the response format `parquet`.

    A client that sends no header, or no `responseformat`, reads parquet (PROTOCOL.md, "Delta Sharing Capabilities").
    """
    for capability in (capabilities or "").lower().split(";"):
        name, _, value = capability.partition("=")
        if name.strip() == "responseformat":
            return "parquet" in {word.strip() for word in value.split(",")}
    return True


def metadata_lines(metadata: Metadata) -> bytes:
    """Write the two lines that describe a table: protocol, then metadata."""
    return _lines(
        {"protocol": {"minReaderVersion": READER_VERSION}},
        {
            "metaData": {
                "id": metadata.id,
                "name": metadata.name,
                "description": metadata.description,
                "format": {"provider": "parquet"},
                "schemaString": schema_string(metadata.fields),
                "partitionColumns": [],
                "configuration": metadata.configuration,
                "version": metadata.version,
                "size": metadata.size,
                "numFiles": metadata.files,
            }
        },
    )


def file_lines(files: Sequence[File]) -> bytes:
    """Write one line for each file."""
    return _lines(
        *(
            {
                "file": {
                    "url": file.url,
                    "id": file.id,
                    "partitionValues": {},
                    "size": file.size,
                    "stats": json.dumps({"numRecords": file.rows}),
                    "expirationTimestamp": file.expires,
                }
            }
            for file in files
        )
    )


def schema_string(fields: Sequence[Field]) -> str:
    """Write the columns as the JSON that Spark uses for a struct type."""
    return json.dumps(
        {
            "type": "struct",
            "fields": [
                {
                    "name": field.name,
                    "type": field.type,
                    "nullable": True,
                    "metadata": {"comment": field.comment} if field.comment else {},
                }
                for field in fields
            ],
        }
    )


def enough(files: Sequence[File], *, limit: int | None) -> tuple[File, ...]:
    """Return the first files that together hold `limit` rows, or all of them.

    A limit is a hint (PROTOCOL.md, `limitHint`): the client cuts the last file to length.
    """
    if limit is None:
        return tuple(files)
    chosen: list[File] = []
    for file in files:
        if sum(taken.rows for taken in chosen) >= limit:
            break
        chosen.append(file)
    return tuple(chosen)


def shared_name(title: str, *, identifier: str) -> str:
    """Return a table's name: the title's ASCII letters and digits, and the end of the identifier to tell twins apart.

    The standard client splits `share.schema.table` at dots, so that a name holds none.
    """
    words = "-".join(re.findall(r"[a-z0-9]+", title.lower()))[:60].strip("-") or "dataset"
    tail = "".join(re.findall(r"[a-z0-9]", identifier.lower()))[-8:]
    return f"{words}-{tail}" if tail else words


def error(*, code: str, message: str, refusal: dict[str, Any]) -> bytes:
    """Write an error: the protocol's two members, and the whole refusal beside them."""
    return msgspec.json.encode({"errorCode": code, "message": message, "refusal": refusal})


def _lines(*values: dict[str, Any]) -> bytes:
    # Escaped to ASCII: the Python client cuts decoded text at U+2028 and U+0085 as well as at line feeds.
    return b"".join(json.dumps(value, ensure_ascii=True).encode() + b"\n" for value in values)


def _read_token(token: str | None) -> int:
    if not token:
        return 0
    try:
        word, _, number = (
            base64.b64decode(token, altchars=b"-_", validate=True).decode("ascii").partition(" ")
        )
    except (binascii.Error, ValueError):
        raise PageMalformed(f"pageToken {token[:40]!r}") from None
    if word != "from" or not number.isdecimal() or len(number) > 9:
        raise PageMalformed(f"pageToken {token[:40]!r}")
    return int(number)


def _read_size(max_results: str | None) -> int:
    if max_results is None:
        return PAGE
    if not (max_results.isascii() and max_results.isdecimal()) or len(max_results) > 9:
        raise PageMalformed(f"maxResults {max_results[:40]!r}")
    return min(int(max_results), PAGE)
