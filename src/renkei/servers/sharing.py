"""Delta Sharing for one transfer: its secret opens one share with one table, the release that the agreement allows.

What is shared has no history. A past version would bring back what has been erased or withheld since, so that only
the present version is served, and its hints are taken as what they are: hints (PROTOCOL.md of delta-io/delta-sharing).
"""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from django.conf import settings
from starlette.routing import BaseRoute

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Kind, Refusal
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from renkei.servers.door import STATUS, Call, Reply, json_reply, route
from renkei.servers.errors import (
    BodyMalformed,
    HistoryNotKept,
    PageMalformed,
    ResponseFormatUnsupported,
    ShareUnknown,
)
from renkei.servers.files import Address
from renkei.wire import delta_sharing as wire
from renkei.wire.rows import RECEIPT_HEADER

SHARE = "renkei"
CHANNEL = "delta-sharing"

SHARING_STATUS = {**STATUS, Kind.CONFLICT: 403}
ERROR_CODES: dict[Kind, str] = {
    Kind.INVALID: "INVALID_PARAMETER_VALUE",
    Kind.TOO_LARGE: "INVALID_PARAMETER_VALUE",
    Kind.UNKNOWN_CALLER: "UNAUTHENTICATED",
    Kind.DENIED: "PERMISSION_DENIED",
    Kind.CONFLICT: "PERMISSION_DENIED",
    Kind.MISSING: "RESOURCE_DOES_NOT_EXIST",
    Kind.UNAVAILABLE: "TEMPORARILY_UNAVAILABLE",
}
"""The protocol leaves the codes open; these are the words that its best-known servers use."""

SPARK_TYPES: dict[lake.ColumnType, wire.SparkType] = {
    lake.ColumnType.TEXT: "string",
    lake.ColumnType.INTEGER: "long",
    lake.ColumnType.REAL: "double",
    lake.ColumnType.FLAG: "boolean",
    lake.ColumnType.INSTANT: "timestamp",
    lake.ColumnType.BYTES: "binary",
}


@dataclass(frozen=True, slots=True)
class Shared:
    """The one table that a secret opens, and its names."""

    access: exchange.Access
    table: wire.Table

    @property
    def full_name(self) -> str:
        """Return the name as the standard client writes it."""
        return f"{self.table.share}.{self.table.schema}.{self.table.name}"


def shares(call: Call) -> Reply:
    """List the one share."""
    shared = _shared(call, now=utc_now())
    return _page(call, wire.Share(name=SHARE, id=_bare(shared.access.transfer.id)))


def share(call: Call) -> Reply:
    """Describe the one share."""
    shared = _shared(call, now=utc_now())
    return json_reply({"share": wire.Share(name=SHARE, id=_bare(shared.access.transfer.id))})


def schemas(call: Call) -> Reply:
    """List the one schema: the provider."""
    return _page(call, wire.Schema(name=_shared(call, now=utc_now()).table.schema, share=SHARE))


def tables(call: Call) -> Reply:
    """List the one table: the dataset."""
    return _page(call, _shared(call, now=utc_now()).table)


def version(call: Call) -> Reply:
    """Tell the present version of the table in a header."""
    now = utc_now()
    release = privacy.release(_shared(call, now=now).access.plan, now=now)
    _refuse_history(call, release)
    return Reply(headers={wire.VERSION_HEADER: str(release.version)})


def metadata(call: Call) -> Reply:
    """Describe the table's columns, size and version."""
    now = utc_now()
    shared = _shared(call, now=now)
    _need_parquet(call)
    release = privacy.release(shared.access.plan, now=now)
    _refuse_history(call, release)
    return _lines(release, _described(shared, release))


def query(call: Call) -> Reply:
    """Give out addresses of the files that together hold the table, and record the delivery."""
    now = utc_now()
    shared = _shared(call, now=now)
    _need_parquet(call)
    try:
        asked = wire.read_query(call.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise BodyMalformed(why=str(why)) from None
    if asked.asks_for_history():
        raise HistoryNotKept(version=privacy.release(shared.access.plan, now=now).version)
    delivered = exchange.deliver(shared.access, channel=CHANNEL, now=now)
    release = delivered.release
    files = wire.enough(_files(shared, release, now=now), limit=asked.limit_hint)
    reply = _lines(release, _described(shared, release) + wire.file_lines(files))
    return replace(reply, headers={**reply.headers, RECEIPT_HEADER: delivered.receipt.text})


def changes(call: Call) -> Reply:
    """Refuse the change feed: it would tell what was erased."""
    now = utc_now()
    raise HistoryNotKept(version=privacy.release(_shared(call, now=now).access.plan, now=now).version)


def refuse(refusal: Refusal, _call: Call) -> Reply:
    """Write a refusal as the protocol's error, in both languages, with the whole refusal beside it."""
    body = wire.error(
        code=ERROR_CODES[refusal.kind],
        message=f"{refusal.said('en')} / {refusal.said('ja')}",
        refusal=refusal.as_dict(),
    )
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind is Kind.UNKNOWN_CALLER else {}
    return Reply(SHARING_STATUS[refusal.kind], body, headers=headers)


def _shared(call: Call, *, now: datetime) -> Shared:
    access = exchange.access(call.bearer(), now=now)
    table = wire.Table(
        name=wire.shared_name(access.dataset.title.en, identifier=access.dataset.id),
        schema=parties.organisation(access.dataset.owner).slug,
        share=SHARE,
        id=_bare(access.dataset.id),
    )
    shared = Shared(access, table)
    named = {"share": table.share, "schema": table.schema, "table": table.name}
    for part, name in named.items():
        if call.path.get(part, name).lower() != name:  # names are case-insensitive in the protocol
            asked = ".".join(call.path[word] for word in named if word in call.path)
            raise ShareUnknown(asked=asked, granted=shared.full_name)
    return shared


def _described(shared: Shared, release: privacy.Release) -> bytes:
    dataset = shared.access.dataset
    return wire.metadata_lines(
        wire.Metadata(
            id=_bare(dataset.id),
            name=shared.table.name,
            description=f"{dataset.title.en} / {dataset.title.ja}",
            fields=tuple(
                wire.Field(column.name, SPARK_TYPES[column.type], _comment(column))
                for column in release.columns
            ),
            version=release.version,
            size=sum(file.size for file in release.files),
            files=len(release.files),
            configuration={
                "renkei.agreement": shared.access.agreement.id,
                "renkei.withheld": msgspec.json.encode(release.withheld).decode(),
            },
        )
    )


def _comment(column: lake.Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return f"{column.text.en} / {column.text.ja}{unit}"


def _files(shared: Shared, release: privacy.Release, *, now: datetime) -> tuple[wire.File, ...]:
    ends = shared.access.agreement.ends_at
    expires = int(now.timestamp()) + settings.RENKEI.file_url_seconds
    if ends is not None:
        expires = min(expires, int(ends.timestamp()))
    transfer = shared.access.transfer.id
    return tuple(
        wire.File(
            url=Address(release.digest, release.version, file.name, transfer, expires).url(),
            id=f"{release.digest}-{release.version}-{file.name}",
            size=file.size,
            rows=file.rows,
            expires=expires * 1000,
        )
        for file in release.files
    )


def _lines(release: privacy.Release, body: bytes) -> Reply:
    headers = {wire.VERSION_HEADER: str(release.version), wire.CAPABILITIES_HEADER: wire.PARQUET_ONLY}
    return Reply(body=body, media_type=wire.NDJSON, headers=headers)


def _page(call: Call, *items: msgspec.Struct) -> Reply:
    try:
        body = wire.listing(
            items, max_results=call.query.get("maxResults"), page_token=call.query.get("pageToken")
        )
    except wire.PageMalformed as why:
        raise PageMalformed(why=why) from None
    return Reply(body=body)


def _need_parquet(call: Call) -> None:
    capabilities = call.headers.get(wire.CAPABILITIES_HEADER)
    if not wire.takes_parquet(capabilities):
        raise ResponseFormatUnsupported(asked=capabilities)


def _refuse_history(call: Call, release: privacy.Release) -> None:
    if {"version", "timestamp", "startingVersion", "startingTimestamp"} & set(call.query):
        raise HistoryNotKept(version=release.version)


def _bare(identifier: str) -> str:
    return identifier.removeprefix("urn:uuid:")


_SHARE = "/sharing/shares/{share}"
_TABLE = _SHARE + "/schemas/{schema}/tables/{table}"
ROUTES: list[BaseRoute] = [
    route("/sharing/shares", shares, methods=["GET"], refuse=refuse),
    route(_SHARE, share, methods=["GET"], refuse=refuse),
    route(_SHARE + "/schemas", schemas, methods=["GET"], refuse=refuse),
    route(_SHARE + "/schemas/{schema}/tables", tables, methods=["GET"], refuse=refuse),
    route(_SHARE + "/all-tables", tables, methods=["GET"], refuse=refuse),
    route(_TABLE + "/version", version, methods=["GET"], refuse=refuse),
    route(_TABLE + "/metadata", metadata, methods=["GET"], refuse=refuse),
    route(_TABLE + "/query", query, methods=["POST"], refuse=refuse),
    route(_TABLE + "/changes", changes, methods=["GET"], refuse=refuse),
]
