"""The bytes of released files, by Range, HEAD or whole, to whoever holds a signed address that is still in force.

An address is signed over the file, its end and the transfer it was given out for. Whether that transfer may still
read is asked again at each request, so that a termination stops a reader who holds a fresh address.
"""

import asyncio
import hashlib
import hmac
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import msgspec
from django.conf import settings
from starlette.types import Receive, Scope, Send

from renkei.exchange import api as exchange
from renkei.kernel.clock import format_utc, utc_now
from renkei.kernel.ids import TransferId
from renkei.kernel.refusals import Kind, Refusal
from renkei.servers.door import STATUS, in_room, is_known
from renkei.servers.errors import (
    Fault,
    FileAddressAltered,
    FileAddressExpired,
    FileMissing,
    FileSuperseded,
    MethodUnsupported,
)
from renkei.servers.watching import Watch
from renkei.wire.byte_range import ByteRange, RangeUnsatisfiable, read_range

log = logging.getLogger(__name__)

CHUNK = 1 << 20
SIGNATURE = "X-Amz-Signature"
"""The parameter's name: clients built on delta-kernel take a URL without it for a local path."""

FILE_STATUS = {**STATUS, Kind.UNKNOWN_CALLER: 403, Kind.CONFLICT: 403}
"""An address is all that a reader shows, so that whatever ended behind it is a 403."""

_PATH = re.compile(r".*/files/([0-9a-f]{64})/(\d{1,18})/([A-Za-z0-9][A-Za-z0-9._-]{0,127})", re.ASCII)
_MEDIA_TYPE = b"application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class Address:
    """A file of a release, given out for one transfer until a second since 1970."""

    digest: str
    version: int
    name: str
    transfer: str
    expires: int

    def signature(self) -> str:
        """Return the HMAC-SHA256 over all of the address under a key of the node's own."""
        key = hmac.digest(settings.RENKEI.node_secret.encode(), b"renkei: addresses of files", "sha256")
        words = [self.digest, str(self.version), self.name, self.transfer, str(self.expires)]
        return hmac.new(key, msgspec.json.encode(words), hashlib.sha256).hexdigest()

    def url(self) -> str:
        """Return the address as it is given out."""
        query = urlencode({"transfer": self.transfer, "expires": self.expires, SIGNATURE: self.signature()})
        path = f"/files/{self.digest}/{self.version}/{self.name}"
        return f"{settings.RENKEI.public_url}{path}?{query}"


@dataclass(slots=True)
class Answer:
    """What goes out: a status, headers, and `length` bytes of which `first` is read already."""

    status: int
    headers: list[tuple[bytes, bytes]]
    length: int = 0
    first: bytes = b""
    file: int | None = None
    start: int = 0
    granted: exchange.Access | None = None
    """By which it is read; looked at again while it is sent."""


async def app(scope: Scope, _receive: Receive, send: Send) -> None:
    """Serve one request for a file, as a plain ASGI application."""
    if scope["type"] != "http":
        raise ValueError(f"a file is not served over {scope['type']}")
    try:
        answer = await in_room(lambda: _prepare(scope))
    except Refusal as refusal:
        answer = refused(refusal, FILE_STATUS[refusal.kind])
    except Exception:
        log.exception("a bug behind a file")
        answer = refused(Fault(), 500)
    await send_answer(answer, scope, send)


async def send_answer(answer: Answer, scope: Scope, send: Send) -> None:
    """Send an answer, reading its file as the client takes it, and close the file."""
    if scope["method"] == "HEAD":
        answer.length, answer.first = 0, b""
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if answer.length <= len(answer.first):
            await send({"type": "http.response.body", "body": answer.first})
        else:
            watch = Watch(answer.granted)
            await watch.over(_pump(answer, send, watch))
    finally:
        if answer.file is not None:
            os.close(answer.file)


async def _pump(answer: Answer, send: Send, watch: Watch) -> None:
    at, left, chunk = answer.start, answer.length, answer.first
    while answer.file is not None and len(chunk) < left:
        if not chunk:
            raise OSError(f"the file ended {left} bytes early")
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await watch.look()
        at, left = at + len(chunk), left - len(chunk)
        chunk = await asyncio.to_thread(os.pread, answer.file, min(CHUNK, left), at)
    await send({"type": "http.response.body", "body": chunk})


def read_address(path: str, query: bytes, *, now: datetime) -> Address:
    """Read an address and check its signature and its end.

    Raises servers.file-address-altered, servers.file-address-expired.
    """
    found = _PATH.fullmatch(path)
    values = parse_qs(query.decode("latin-1"))
    transfer, expires, signature = (values.get(name, [""])[0] for name in ("transfer", "expires", SIGNATURE))
    if found is None or not re.fullmatch(r"[0-9]{1,12}", expires):
        raise FileAddressAltered
    address = Address(found[1], int(found[2]), found[3], transfer, int(expires))
    if not hmac.compare_digest(address.signature().encode(), signature.encode()):
        raise FileAddressAltered
    if now.timestamp() >= address.expires:
        raise FileAddressExpired(expired=format_utc(datetime.fromtimestamp(address.expires, UTC)))
    return address


def _prepare(scope: Scope) -> Answer:
    if scope["method"] not in {"GET", "HEAD"}:
        raise MethodUnsupported(method=scope["method"], allowed="GET, HEAD")
    now = utc_now()
    address = read_address(scope["path"], scope["query_string"], now=now)
    granted = exchange.access_by_transfer(TransferId(address.transfer), now=now)
    if granted.plan.digest() != address.digest:
        raise FileSuperseded
    folder: Path = settings.RENKEI.home / "releases" / address.digest / str(address.version)
    answer = file_answer(folder / address.name, dict(scope["headers"]))
    answer.granted = granted
    return answer


def file_answer(path: Path, asked: Mapping[bytes, bytes], *, media_type: bytes = _MEDIA_TYPE) -> Answer:
    """Open a file and answer the part of it that the request's headers ask for (RFC 9110, sections 13 and 14).

    Raises servers.file-missing.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise FileMissing from None
    try:
        return _answer(file, asked, media_type)
    except BaseException:
        os.close(file)
        raise


def _answer(file: int, asked: Mapping[bytes, bytes], media_type: bytes) -> Answer:
    facts = os.fstat(file)
    size = facts.st_size
    tag = f'"{facts.st_mtime_ns:x}-{facts.st_ino:x}-{size:x}"'
    headers = [
        (b"etag", tag.encode()),
        (b"accept-ranges", b"bytes"),
        (b"cache-control", b"private, no-store"),
    ]
    if is_known(tag, given=asked.get(b"if-none-match", b"").decode("latin-1")):
        return Answer(304, headers, file=file)
    condition = asked.get(b"if-range", tag.encode()).decode("latin-1").strip()
    header = asked.get(b"range", b"").decode("latin-1") if condition == tag else None
    try:
        part = read_range(header, size=size)
    except RangeUnsatisfiable:
        return Answer(416, [*headers, (b"content-range", f"bytes */{size}".encode())], file=file)
    if part is not None:
        headers.append((b"content-range", part.content_range(size).encode()))
    sent = part or ByteRange(0, size)
    headers += [(b"content-length", str(sent.length).encode()), (b"content-type", media_type)]
    first = os.pread(file, min(CHUNK, sent.length), sent.start)
    return Answer(206 if part else 200, headers, sent.length, first, file, sent.start)


def refused(refusal: Refusal, status: int) -> Answer:
    """Answer with a refusal as it is."""
    body = msgspec.json.encode(refusal.as_dict())
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    return Answer(status, headers, len(body), body)
