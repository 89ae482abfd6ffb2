"""Plain HTTP pull: the release of one transfer as Parquet, CSV or JSON lines, streamed in constant memory.

Each answer is one delivery and goes out whole; whoever wants parts of files reads by Delta Sharing.
"""

import asyncio
import io
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import TransferId
from renkei.kernel.refusals import Kind, Refusal
from renkei.lake import api as lake
from renkei.privacy import api as privacy
from renkei.servers.door import STATUS, Call, Reply, in_room, json_reply, route
from renkei.servers.errors import (
    Fault,
    FileMissing,
    PullFormatUnknown,
    QueryMalformed,
    TransferOfAnotherToken,
)
from renkei.servers.files import Answer, file_answer, refused, send_answer
from renkei.servers.watching import Watch
from renkei.wire import rows
from renkei.wire.delta_sharing import VERSION_HEADER, shared_name
from renkei.wire.member import HeldReceipt, HeldReceipts

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)

CHANNEL = "http-data"
BATCH = 65_536
"""Rows that are held at once when they are written as text."""

PULL_STATUS = {**STATUS, Kind.CONFLICT: 403}


class Sink(io.RawIOBase):
    """Takes what a writer writes until somebody takes it away."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written in all."""
        return self._written

    def write(self, data: Any) -> int:
        """Keep a copy of the data."""
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def take(self) -> bytes:
        """Return what has come in since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken


def parquet_parts(release: privacy.Release) -> Iterator[bytes]:
    """Write all files of a release as one Parquet file, row group by row group."""
    import pyarrow.parquet as pq  # heavy, and most nodes start without a reader at the door

    sink, schema = Sink(), lake.schema_of(release.columns)
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for file in release.files:
            with pq.ParquetFile(file.path) as part:
                for group in range(part.num_row_groups):
                    writer.write_table(part.read_row_group(group).cast(schema))
                    yield sink.take()
    yield sink.take()


def csv_parts(release: privacy.Release) -> Iterator[bytes]:
    """Write a release as CSV with a header."""
    yield rows.csv_header([column.name for column in release.columns])
    for batch in _batches(release):
        yield rows.csv_rows(batch)


def json_parts(release: privacy.Release) -> Iterator[bytes]:
    """Write a release as JSON lines."""
    for batch in _batches(release):
        yield rows.json_lines(batch)


FORMATS: dict[str, tuple[str, Callable[[privacy.Release], Iterator[bytes]]]] = {
    "parquet": (rows.PARQUET, parquet_parts),
    "csv": (rows.CSV, csv_parts),
    "jsonl": (rows.JSON_LINES, json_parts),
}


class PullDoor:
    """`GET /data/{transfer}?format=parquet|csv|jsonl&purpose=`, as a plain ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        call = Call(request.method, request.path_params, request.query_params, request.headers)
        parts: Iterator[bytes] = iter(())
        try:
            answer, parts = await in_room(lambda: prepare(call))
        except Refusal as refusal:
            answer = refused(refusal, PULL_STATUS[refusal.kind])
        except Exception:
            log.exception("a bug behind %s", scope["path"])
            answer = refused(Fault(), 500)
        if answer.status == 200 and answer.file is None and call.method == "GET":
            await _stream(answer, parts, send)
        else:
            await send_answer(answer, scope, send)


def prepare(call: Call) -> tuple[Answer, Iterator[bytes]]:
    """Check the caller, record the delivery and open what is to be sent: a file, or parts to be written one by one.

    Raises exchange's refusals of an access, servers.transfer-of-another-token, servers.pull-format-unknown,
    servers.file-missing.
    """
    now = utc_now()
    access = exchange.access(call.bearer(), purpose=call.query.get("purpose"), now=now)
    if access.transfer.id != call.path["transfer"]:
        raise TransferOfAnotherToken
    name = call.query.get("format", "parquet")
    if name not in FORMATS:
        raise PullFormatUnknown(asked=name[:40], known=", ".join(FORMATS))
    write = FORMATS[name][1]
    opened: list[Answer] = []
    if call.method == "HEAD":
        release, receipt = privacy.release(access.plan, now=now), ""
        opened.extend(_open(release, name))
    else:
        delivered = _deliver(access, lambda release: opened.extend(_open(release, name)), opened, now=now)
        release, receipt = delivered.release, delivered.receipt.text
    headers = [
        *release_headers(access.dataset, release, name, receipt=receipt),
        (b"cache-control", b"private, no-store"),
    ]
    if opened:
        answer = opened[0]
        length = (b"content-length", str(release.files[0].size).encode())
        whole = Answer(200, [*headers, length], answer.length, answer.first, answer.file)
        whole.granted = access
        return whole, iter(())
    return Answer(200, headers, granted=access), write(release)


def _deliver(
    access: exchange.Access,
    ready: Callable[[privacy.Release], None],
    opened: Sequence[Answer],
    *,
    now: datetime,
) -> exchange.Delivered:
    try:
        return exchange.deliver(access, channel=CHANNEL, ready=ready, now=now)
    except BaseException:
        for answer in opened:  # opened, and then not recorded after all
            if answer.file is not None:
                os.close(answer.file)
        raise


def _open(release: privacy.Release, name: str) -> tuple[Answer, ...]:
    """Open what is sent as it lies there; of what is written anew, see that all its files are there.

    They can be gone by an erasure since the release was made. Raises servers.file-missing.
    """
    if name == "parquet" and len(release.files) == 1:
        return (file_answer(release.files[0].path, {}),)
    if not all(file.path.is_file() for file in release.files):
        raise FileMissing
    return ()


def release_headers(
    dataset: exchange.Dataset, release: privacy.Release, name: str, *, receipt: str
) -> list[tuple[bytes, bytes]]:
    """Return the headers that say what a release is, in which form, and what the terms kept back of it.

    `receipt` is its signed receipt; empty where nothing is handed over.
    """
    title = shared_name(dataset.title.en, identifier=dataset.id)
    return [
        (b"content-type", FORMATS[name][0].encode()),
        (b"content-disposition", f'attachment; filename="{title}-v{release.version}.{name}"'.encode()),
        (VERSION_HEADER.encode(), str(release.version).encode()),
        (rows.WITHHELD_HEADER.encode(), rows.withheld_json(release.withheld)),
        *([(rows.RECEIPT_HEADER.encode(), receipt.encode())] if receipt else []),
    ]


async def _stream(answer: Answer, parts: Iterator[bytes], send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    watch = Watch(answer.granted)
    await watch.over(_pump(parts, send, watch))


async def _pump(parts: Iterator[bytes], send: Send, watch: Watch) -> None:
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        if part:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await watch.look()
    await send({"type": "http.response.body", "body": b""})


def _batches(release: privacy.Release) -> "Iterator[pa.RecordBatch]":
    import pyarrow.parquet as pq  # as above

    schema = lake.schema_of(release.columns)
    for file in release.files:
        with pq.ParquetFile(file.path) as part:
            for batch in part.iter_batches(batch_size=BATCH):
                yield batch.cast(schema)


def receipts(call: Call) -> Reply:
    """List the receipts of a transfer to whoever holds its secret, oldest first, from the number `after` on."""
    asked = call.query.get("after", "0")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 16):
        raise QueryMalformed(name="after", given=asked[:40])
    found = exchange.receipts_for_reader(
        call.bearer(), transfer=TransferId(call.path["transfer"]), after=int(asked)
    )
    items = tuple(HeldReceipt(receipt=each.receipt, at=each.at) for each in found)
    return json_reply(HeldReceipts(items, found.next), headers={"Cache-Control": "private, no-store"})


ROUTES: list[BaseRoute] = [
    Route("/data/{transfer}", PullDoor(), methods=["GET"]),
    route("/data/{transfer}/receipts", receipts, methods=["GET"]),
]
