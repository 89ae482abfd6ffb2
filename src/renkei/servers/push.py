"""Pushes the data of a transfer to the consumer's own address, in constant memory: the same bytes that a pull gives."""

import hashlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from django.conf import settings

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.privacy import api as privacy
from renkei.servers import outgoing
from renkei.servers.courier import data_address, in_both_languages, in_the_exchanges_words
from renkei.servers.deadline import within
from renkei.servers.errors import FileMissing
from renkei.servers.files import CHUNK
from renkei.servers.pull import FORMATS, release_headers
from renkei.wire.dsp.destination import Destination, read_destination

LONGEST = 3600.0
"""Seconds for one attempt: a receiver that takes its data drop by drop does not hold a worker for days."""
LATE: Final = Text(
    ja="送り先は、データの全部を {seconds} 秒以内に受け取りませんでした。",
    en="the address did not take all data within {seconds} s",
)


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
        with in_the_exchanges_words():
            to = read_destination(data_address(push.destination), secure=not settings.RENKEI.inside_peers)
        with in_the_exchanges_words(partial(_as_shown, to=to)):
            return self._sent(push, to, begin=begin, look=look)

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
        headers = release_headers(push.access.dataset, push.release, to.form, receipt=push.receipt)
        if to.authorization is not None:
            name, value = to.authorization
            headers.append((name.encode(), value.encode()))
        calls = self._calls or outgoing.shared_outgoing()
        try:
            with within(
                _seconds(push)
            ):  # a receiver that takes nothing does not outlive the agreement either
                calls.send(to.method, to.url, iter(body), headers=headers, length=length)
        except FileNotFoundError as why:  # erased or renewed meanwhile: the next attempt makes a new release
            raise exchange.PeerUnavailable(in_both_languages(FileMissing())) from why
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
                raise exchange.PeerUnavailable(LATE.fill(seconds=f"{LONGEST:.0f}"))
            if part:
                self.size += len(part)
                self.digest.update(part)
                yield part


def _seconds(push: exchange.Push) -> float:
    """Return how long one attempt may last."""
    ends = push.access.agreement.ends_at
    return LONGEST if ends is None else min(LONGEST, max(0.0, (ends - utc_now()).total_seconds()))


def _body(release: privacy.Release, form: str) -> tuple[int | None, Iterator[bytes]]:
    """Return the body's size in bytes where it is known, and its parts."""
    if form == "parquet" and len(release.files) == 1:
        return release.files[0].size, _file_parts(release.files[0].path)
    return None, FORMATS[form][1](release)


def _file_parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            yield part


def _as_shown(refusal: Refusal, *, to: Destination) -> Text:
    """Return what a refusal says, with an address that may hold a secret as it may be shown."""
    said = in_both_languages(refusal)
    return Text(ja=said.ja.replace(to.url, to.shown), en=said.en.replace(to.url, to.shown))
