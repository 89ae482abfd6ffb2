"""Pushes the data of a transfer to the consumer's own address, in constant memory: the same bytes that a pull gives."""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from renkei.exchange import api as exchange
from renkei.kernel.refusals import Kind, Refusal
from renkei.privacy import api as privacy
from renkei.servers import outgoing
from renkei.servers.courier import data_address
from renkei.servers.errors import FileMissing, PeerAnswered
from renkei.servers.files import CHUNK
from renkei.servers.pull import FORMATS, release_headers
from renkei.wire.dsp.destination import Destination, read_destination

LONGEST = 3600.0
"""Seconds for one attempt: a receiver that takes its data drop by drop does not hold a worker for days."""


class HttpPusher:
    """Pushes over HTTP; safe in any number of threads and processes."""

    def __init__(self, calls: outgoing.Outgoing | None = None) -> None:
        """`calls` is who makes the HTTP calls: the process's shared one unless told otherwise."""
        self._calls = calls

    def push(
        self, push: exchange.Push, *, begin: Callable[[], None], look: Callable[[], None]
    ) -> exchange.Pushed:
        """Send the release as one body and return when it was answered with 2xx.

        Raises exchange.PeerRefused with the address's own code and reasons for other 4xx than 408 and 429, and where
        this node's guard of addresses refuses it; exchange.PeerUnavailable for everything else that goes wrong.
        """
        try:
            to = read_destination(data_address(push.destination), secure=not settings.RENKEI.inside_peers)
        except Refusal as refusal:
            raise _final(refusal) from refusal
        try:
            return self._sent(push, to, begin=begin, look=look)
        except FileNotFoundError as why:
            raise exchange.PeerUnavailable(FileMissing().said("en")) from why
        except PeerAnswered as refusal:
            if refusal.kind is Kind.UNAVAILABLE:
                raise exchange.PeerUnavailable(_said(refusal, to)) from refusal
            raise exchange.PeerRefused(
                status=refusal.status, code=refusal.peer_code, reasons=refusal.reasons
            ) from refusal
        except Refusal as refusal:
            if refusal.kind is Kind.UNAVAILABLE:
                raise exchange.PeerUnavailable(_said(refusal, to)) from refusal
            raise _final(refusal) from refusal

    def _sent(
        self,
        push: exchange.Push,
        to: Destination,
        *,
        begin: Callable[[], None],
        look: Callable[[], None],
    ) -> exchange.Pushed:
        length, parts = _body(push.release, to.form)
        body = _Counted(parts, begin=begin, look=look)
        headers = release_headers(push.access.dataset, push.release, to.form)
        if to.authorization is not None:
            name, value = to.authorization
            headers.append((name.encode(), value.encode()))
        calls = self._calls or outgoing.shared_outgoing()
        calls.send(to.method, to.url, iter(body), headers=headers, length=length)
        return exchange.Pushed(body.size, body.digest.hexdigest())


class _Counted:
    """Parts on their way: counted and hashed, between two looks whether they may go on."""

    def __init__(
        self, parts: Iterator[bytes], *, begin: Callable[[], None], look: Callable[[], None]
    ) -> None:
        self._parts, self._begin, self._look = parts, begin, look
        self.size, self.digest = 0, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        self._begin()
        until = time.monotonic() + LONGEST
        for part in self._parts:
            self._look()
            if time.monotonic() > until:
                raise exchange.PeerUnavailable(f"the address did not take all data within {LONGEST:.0f} s")
            if part:
                self.size += len(part)
                self.digest.update(part)
                yield part


def _body(release: privacy.Release, form: str) -> tuple[int | None, Iterator[bytes]]:
    """Return the body's size in bytes where it is known, and its parts."""
    if form == "parquet" and len(release.files) == 1:
        return release.files[0].size, _file_parts(release.files[0].path)
    return None, FORMATS[form][1](release)


def _file_parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            yield part


def _said(refusal: Refusal, to: Destination) -> str:
    return refusal.said("en").replace(to.url, to.shown)


def _final(refusal: Refusal) -> exchange.PeerRefused:
    return exchange.PeerRefused(status=0, code=refusal.code, reasons=(refusal.said("en"), refusal.said("ja")))
