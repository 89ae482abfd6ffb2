"""Where pushed data land: `POST` or `PUT` at `/inbox/{transfer}`, with the secret that the request for them carried.

A body goes to disk as it comes, in constant memory, below the node's home. Until it is whole and the exchange has taken
it, it stands in a file of its own that nobody reads and that goes whatever happens; what a power cut leaves there
`forget_halves` takes away. Where it stays it is named by its SHA-256, so that the same bytes again are the same file.
"""

import asyncio
import errno
import hashlib
import logging
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from django.conf import settings
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import TransferId, new_id
from renkei.kernel.refusals import Refusal
from renkei.servers.door import STATUS, Call, check_address, in_room, stated_length
from renkei.servers.errors import DeliveriesAtOnce, DeliveryEncoded, DeliveryStalled, Fault, InboxFull
from renkei.servers.files import Answer, refused, send_answer
from renkei.wire.rows import RECEIPT_HEADER

log = logging.getLogger(__name__)

SILENCE = 60.0
"""Seconds without a byte after which a body is given up."""
LOOK_AGAIN = 5.0
"""Seconds between two looks whether the transfer still takes data."""
FLUSH = 64 * 1024 * 1024
"""Bytes after which what has come is brought to the disk, so that little is left for the end."""
ABANDONED = timedelta(hours=1)
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_STATUS: dict[type[Refusal], int] = {
    DeliveryStalled: 408,
    DeliveryEncoded: 415,
    InboxFull: 507,
}


class InboxDoor:
    """Takes one part of a delivery, as a plain ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: 201 for what is new, 200 for what had come before."""
        request = Request(scope, receive)
        call = Call(request.method, request.path_params, request.query_params, request.headers)
        try:
            answer = await _land(call, request)
        except ClientDisconnect:
            return
        except Refusal as refusal:
            answer = refused(refusal, _STATUS.get(type(refusal), STATUS[refusal.kind]))
        except Exception:
            log.exception("a bug behind %s", scope["path"])
            answer = refused(Fault(), 500)
        await send_answer(answer, scope, send)


class Arriving:
    """How many bytes of each transfer are on their way into this process: what is not kept yet counts nowhere else."""

    def __init__(self) -> None:
        self._bytes: Counter[TransferId] = Counter()

    def add(self, transfer: TransferId, size: int, *, most: int) -> None:
        """Count what has come. Raises DeliveriesAtOnce where all bodies together are more than a transfer may bring."""
        if self._bytes[transfer] + size > most:
            raise DeliveriesAtOnce(limit=most)
        self._bytes[transfer] += size

    def forget(self, transfer: TransferId, size: int) -> None:
        """Count it no longer: it is kept, or gone."""
        self._bytes[transfer] -= size
        if not self._bytes[transfer]:
            del self._bytes[transfer]


_arriving = Arriving()
"""Of this process; touched on its event loop alone."""


class Half:
    """A body that is arriving."""

    def __init__(self) -> None:
        folder = _halves()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / new_id()
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._digest, self._unflushed = hashlib.sha256(), 0
        self.size = 0
        self.counted = 0
        """Bytes of it that `Arriving` has counted."""

    def take(self, part: bytes) -> None:
        """Write what has come. Raises OSError."""
        self._digest.update(part)
        self.size += len(part)
        view = memoryview(part)
        while view:
            view = view[os.write(self._file, view) :]
        self._unflushed += len(part)
        if self._unflushed >= FLUSH:
            os.fdatasync(self._file)
            self._unflushed = 0

    def whole(self) -> exchange.Pushed:
        """Bring all of it to the disk and say what it is. Raises OSError."""
        os.fsync(self._file)
        return exchange.Pushed(self.size, self._digest.hexdigest())

    def keep(self, transfer: TransferId) -> None:
        """Put it where it stays, for good. Raises OSError."""
        path = kept_at(transfer, self._digest.hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.rename(path)
        for folder in (path.parent, path.parent.parent):
            _sync_folder(folder)

    def drop(self) -> None:
        """Let go of it; nothing is left unless it was kept."""
        os.close(self._file)
        self._path.unlink(missing_ok=True)


def kept_at(transfer: TransferId, sha256: str) -> Path:
    """Return where the bytes of a delivery lie."""
    return Path(settings.RENKEI.home) / "inbox" / transfer / sha256


def forget_halves(*, now: datetime) -> int:
    """Remove what a process that died left of bodies that were arriving; returns how many there were."""
    found = 0
    with suppress(FileNotFoundError):
        for path in _halves().iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < (now - ABANDONED).timestamp():
                    path.unlink()
                    found += 1
    return found


async def _land(call: Call, request: Request) -> Answer:
    check_address(call)
    secret, transfer = call.bearer(), TransferId(call.path["transfer"])
    await _check(secret, transfer, size=stated_length(call.headers))
    encoding = call.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise DeliveryEncoded(encoding=encoding[:40])
    half = await asyncio.to_thread(_begun)
    try:
        await _fill(half, request, secret=secret, transfer=transfer)
        return await in_room(lambda: _take(half, call, secret=secret, transfer=transfer))
    finally:
        _arriving.forget(transfer, half.counted)
        await asyncio.to_thread(half.drop)


async def _fill(half: Half, request: Request, *, secret: str, transfer: TransferId) -> None:
    most, look = settings.RENKEI.max_push, time.monotonic() + LOOK_AGAIN
    async for part in _parts(request):
        if half.size + len(part) > most or time.monotonic() >= look:
            await _check(secret, transfer, size=half.size + len(part))
            look = time.monotonic() + LOOK_AGAIN
        _arriving.add(transfer, len(part), most=most)
        half.counted += len(part)
        await asyncio.to_thread(_written, half, part)


async def _parts(request: Request) -> AsyncIterator[bytes]:
    parts = request.stream()
    while True:
        try:
            part = await asyncio.wait_for(anext(parts), SILENCE)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise DeliveryStalled(seconds=f"{SILENCE:g}") from None
        if part:
            yield part


async def _check(secret: str, transfer: TransferId, *, size: int) -> None:
    most = settings.RENKEI.max_push
    await in_room(lambda: exchange.landing(secret, transfer=transfer, size=size, most=most, now=utc_now()))


def _take(half: Half, call: Call, *, secret: str, transfer: TransferId) -> Answer:
    with _room_on_disk():
        landed, fresh = exchange.receive_delivery(
            secret,
            transfer=transfer,
            arrived=half.whole(),
            media_type=call.headers.get("content-type", ""),
            most=settings.RENKEI.max_push,
            keep=lambda: half.keep(transfer),
            receipt=_receipt(call, transfer),
            now=utc_now(),
        )
    body = msgspec.json.encode({"size": landed.size, "sha256": landed.sha256})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return Answer(201 if fresh else 200, headers, len(body), body)


def _receipt(call: Call, transfer: TransferId) -> str:
    """Return what came as the provider's receipt; the data are taken without it where no receipt can look like that."""
    came = call.headers.get(RECEIPT_HEADER, "")
    if len(came) <= exchange.LONGEST_RECEIPT and came.isascii() and came.isprintable():
        return came
    log.warning("the receipt that came with data for %s cannot be one and is not kept", transfer)
    return ""


def _begun() -> Half:
    with _room_on_disk():
        return Half()


def _written(half: Half, part: bytes) -> None:
    with _room_on_disk():
        half.take(part)


@contextmanager
def _room_on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as why:
        if why.errno in _FULL:
            raise InboxFull from why
        raise


def _halves() -> Path:
    return Path(settings.RENKEI.home) / "inbox" / "halves"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


ROUTES: list[BaseRoute] = [Route("/inbox/{transfer}", InboxDoor(), methods=["POST", "PUT"])]
