"""Calls to peers: over one pool of kept connections, to addresses that were judged, with limits on time and size.

Redirects are answered as refusals, but for public documents, whose every address is judged anew; proxies from the
environment are not used: they would lead past the guard in `servers.addresses`.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import httpcore
import msgspec
from django.conf import settings

from renkei import __version__
from renkei.servers.addresses import Guard
from renkei.servers.deadline import within
from renkei.servers.errors import (
    AddressInsecure,
    AddressMalformed,
    PeerAnswered,
    PeerAnswerMalformed,
    PeerAnswerTooLarge,
    PeerFaulted,
    PeerUnreachable,
)
from renkei.servers.names import Names

M = TypeVar("M")

_MOVED = frozenset({301, 302, 303, 307, 308})
_MOST_MOVES = 3

_FAILURES = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a peer may take, in seconds, and how much it may answer, in bytes."""

    connect: float = 5
    read: float = 15
    """Between two parts of an answer."""
    whole: float = 30
    """For a whole call whose answer is read into memory, from the first attempt to connect."""
    answer: int = 8 * 1024 * 1024
    taken: float = 45
    """For the answer to a body that was sent in parts: the peer may have to store it first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A peer's answer, read whole, with a status of 2xx, or 304 without a body where an ETag was sent along."""

    url: str
    status: int
    headers: Mapping[str, str]
    """Header names are lower-case."""
    body: bytes

    def read(self, shape: type[M]) -> M:
        """Decode the JSON body. Raises PeerAnswerMalformed with the place and the reason when it does not fit."""
        try:
            return msgspec.json.decode(self.body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
            raise PeerAnswerMalformed(url=self.url, why=str(why)) from None


class Outgoing:
    """Calls peers. One instance serves all threads of a process."""

    def __init__(self, *, inside_peers: bool, limits: Limits = Limits(), names: Names | None = None) -> None:
        """Call only https and addresses outside; `inside_peers` lifts both, for tests and demonstrations.

        `names` looks names up, as the system does unless told otherwise.
        """
        self._inside_peers = inside_peers
        self._limits = limits
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=64,
            max_keepalive_connections=32,
            keepalive_expiry=20,
            network_backend=Guard(inside_peers=inside_peers, names=names),
        )

    def get_json(
        self,
        url: str,
        *,
        authorization: str | None = None,
        etag: str = "",
        limit: int | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Fetch a JSON document of at most `limit` bytes, 8 MiB unless told otherwise, within so many seconds.

        With an `etag` of an answer before, the answer may be a 304. Raises the `servers.address-…` and `servers.peer-…`
        refusals.
        """
        with within(min(self._limits.whole, seconds or self._limits.whole)):
            return self._whole("GET", url, b"", authorization=authorization, etag=etag, limit=limit)

    def post_json(self, url: str, body: bytes, *, authorization: str | None = None) -> Answer:
        """Send a JSON document, already encoded, and return the answer.

        It is sent once: whoever calls decides about a repetition, with a new token. Raises the `servers.address-…` and
        `servers.peer-…` refusals.
        """
        with within(self._limits.whole):
            return self._whole("POST", url, body, authorization=authorization, etag="", limit=None)

    def get_public(self, url: str, *, accept: str, limit: int, seconds: float) -> Answer:
        """Fetch a document that anybody may read, of at most `limit` bytes, within so many seconds for everything.

        It may have moved, up to three times; nothing that shows who asks is sent along. Raises the `servers.address-…`
        and `servers.peer-…` refusals.
        """
        headers = _headers(None, accept=accept.encode())
        at = url
        with within(seconds):
            for moves in range(_MOST_MOVES + 1):
                with self._answered("GET", at, headers, b"", moves=moves < _MOST_MOVES) as response:
                    answered = _plain(response.headers)
                    if response.status not in _MOVED:
                        body = b"".join(self._parts(response, url=at, limit=limit))
                        return Answer(at, response.status, answered, body)
                at = _moved_to(at, answered.get("location", ""))
        raise AssertionError("the last answer is either taken or refused")

    @contextmanager
    def stream(
        self, url: str, *, authorization: str | None = None, limit: int | None = None
    ) -> Iterator[Iterator[bytes]]:
        """Fetch a body in parts, of any size unless there is a limit in bytes.

        Raises the `servers.address-…` and `servers.peer-…` refusals, also while parts are read.
        """
        headers = _headers(authorization, accept=b"*/*")
        with self._answered("GET", url, headers, b"") as response:
            yield self._parts(response, url=url, limit=limit)

    def send(
        self,
        method: str,
        url: str,
        parts: Iterator[bytes],
        *,
        headers: list[tuple[bytes, bytes]],
        length: int | None = None,
    ) -> None:
        """Send a body in parts, of any size, and return when the peer has taken it with a status of 2xx.

        `length` states its size in bytes where it is known. What `parts` raises breaks the call off and is handed on.
        Raises the `servers.address-…` and `servers.peer-…` refusals.
        """
        stated = [(b"Content-Length", str(length).encode())] if length is not None else []
        sent = [*_headers(None, accept=b"application/json"), *headers, *stated]
        with self._answered(method, url, sent, parts, read=self._limits.taken):
            return

    def post(self, url: str, body: bytes, *, headers: list[tuple[bytes, bytes]], seconds: float) -> int:
        """Send a document of whatever type within so many seconds, and return the status of the answer, 2xx.

        What is answered is read up to 64 KiB, so that the connection serves again, and not looked at. It is sent once.
        Raises the `servers.address-…` and `servers.peer-…` refusals.
        """
        sent = [*_headers(None, accept=b"*/*"), *headers, (b"Content-Length", str(len(body)).encode())]
        with within(seconds), self._answered("POST", url, sent, body, read=seconds) as response:
            for _ in self._parts(response, url=url, limit=64 * 1024):
                pass
            return response.status

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.close()

    def _whole(
        self, method: str, url: str, body: bytes, *, authorization: str | None, etag: str, limit: int | None
    ) -> Answer:
        headers = _headers(authorization, accept=b"application/json")
        if body:
            headers.append((b"Content-Type", b"application/json"))
        if etag:
            headers.append((b"If-None-Match", etag.encode("latin-1")))
        with self._answered(method, url, headers, body) as response:
            parts = self._parts(response, url=url, limit=limit or self._limits.answer)
            return Answer(url, response.status, _plain(response.headers), b"".join(parts))

    @contextmanager
    def _answered(
        self,
        method: str,
        url: str,
        headers: list[tuple[bytes, bytes]],
        body: bytes | Iterator[bytes],
        *,
        read: float | None = None,
        moves: bool = False,
    ) -> Iterator[httpcore.Response]:
        self._check(url)
        timeout = {
            "connect": self._limits.connect,
            "read": read or self._limits.read,
            "write": self._limits.read,
            "pool": self._limits.connect,
        }
        try:
            with self._pool.stream(
                method, url, headers=headers, content=body or None, extensions={"timeout": timeout}
            ) as response:
                asked_for_changes = any(name == b"If-None-Match" for name, _ in headers)
                taken = (response.status == 304 and asked_for_changes) or (
                    moves and response.status in _MOVED
                )
                if not (200 <= response.status < 300 or taken):
                    raise self._refused(response, url)
                yield response
        except _FAILURES as why:
            raise PeerUnreachable(url=url, why=_said(why)) from why

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            usable = parts.hostname and parts.port != 0 and parts.username is None and url.isascii()
        except ValueError:
            usable = False
        if not usable or parts.scheme not in {"https", "http"} or not url.isprintable() or " " in url:
            raise AddressMalformed(url=url[:200])
        if parts.scheme == "http" and not self._inside_peers:
            raise AddressInsecure(url=url[:200])

    def _parts(self, response: httpcore.Response, *, url: str, limit: int | None) -> Iterator[bytes]:
        headers = _plain(response.headers)
        if headers.get("content-encoding", "identity") != "identity":
            raise PeerAnswerMalformed(url=url, why="it is compressed although that was not asked for")
        read = 0
        for part in response.iter_stream():
            read += len(part)
            if limit is not None and read > limit:
                raise PeerAnswerTooLarge(url=url, limit=limit)
            yield part

    def _refused(self, response: httpcore.Response, url: str) -> PeerAnswered:
        try:
            parts = self._parts(response, url=url, limit=64 * 1024)
            peer_code, reasons = _stated(b"".join(parts))
        except (PeerAnswerMalformed, PeerAnswerTooLarge):
            peer_code, reasons = "", ()
        busy = response.status >= 500 or response.status in {408, 429}
        kind = PeerFaulted if busy else PeerAnswered
        return kind(url=url, status=response.status, peer_code=peer_code, reasons=reasons)


@cache
def shared_outgoing() -> Outgoing:
    """Return the one instance of this process, made from the node's settings."""
    return Outgoing(inside_peers=settings.RENKEI.inside_peers)


def _headers(authorization: str | None, *, accept: bytes) -> list[tuple[bytes, bytes]]:
    headers = [(b"Accept", accept), (b"User-Agent", f"renkei/{__version__}".encode())]
    if authorization is not None:
        headers.append((b"Authorization", authorization.encode()))
    return headers


def _plain(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _moved_to(url: str, location: str) -> str:
    """Return where a document has moved to. Raises AddressMalformed."""
    try:
        return urljoin(url, location)
    except ValueError:
        raise AddressMalformed(url=location[:200]) from None


def _stated(body: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the code and the reasons in an error body: a dataspace error's, or a refusal of a renkei node."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", ()
    if not isinstance(said, dict):
        return "", ()
    reasons = said.get("reason", [said[lang] for lang in ("ja", "en") if lang in said])
    listed = reasons if isinstance(reasons, list) else [reasons]
    return str(said.get("code", "")), tuple(
        reason if isinstance(reason, str) else msgspec.json.encode(reason).decode() for reason in listed
    )


def _said(why: Exception) -> str:
    return f"{type(why).__name__}: {why}" if str(why) else type(why).__name__
