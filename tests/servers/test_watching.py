"""Answers under way when the agreement ends: broken off at once, and so that the reader can tell."""

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.routing import Mount

from renkei.exchange import api as exchange
from renkei.exchange.errors import AgreementEnded, AgreementExpired
from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Refusal
from renkei.servers import watching
from renkei.servers.files import file_answer, send_answer
from renkei.servers.watching import LOOK_AGAIN, Watch
from tests.factories import delivery
from tests.servers.running import running

pytestmark = pytest.mark.django_db(transaction=True)
END = timedelta(seconds=2.5)


def granted(held: delivery.Opened, now: datetime) -> exchange.Access:
    return exchange.access(held.secret, now=now)


class Time:
    """Time that goes on only while somebody waits for it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.waits: list[float] = []

    def clock(self) -> datetime:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


async def stuck() -> None:
    await asyncio.Event().wait()


def test_a_reader_that_takes_nothing_is_left_at_the_known_end_of_the_agreement() -> None:
    began = utc_now().replace(microsecond=0)
    held = delivery.opened(form=exchange.HTTP_DATA, until=began + timedelta(seconds=60), now=began)
    time = Time(began + timedelta(seconds=60) - END)
    watch = Watch(granted(held, time.now), clock=time.clock, pause=time.pause)

    with pytest.raises(AgreementExpired):
        asyncio.run(watch.over(stuck()))

    assert time.waits == [LOOK_AGAIN, LOOK_AGAIN, pytest.approx(0.501)]


@pytest.mark.parametrize("far", [None, timedelta(days=300)])
def test_what_nobody_could_foresee_is_seen_within_a_second(far: timedelta | None) -> None:
    now = utc_now()
    held = delivery.opened(form=exchange.HTTP_DATA, until=now + far if far else None)
    time = Time(now)

    async def pause(seconds: float) -> None:
        if len(time.waits) == 3:
            await asyncio.to_thread(end, held)
        await time.pause(seconds)

    with pytest.raises(AgreementEnded):
        asyncio.run(Watch(granted(held, now), clock=time.clock, pause=pause).over(stuck()))

    assert time.waits == [LOOK_AGAIN] * 4
    assert LOOK_AGAIN <= 1


def test_what_was_sent_in_time_is_whole() -> None:
    held = delivery.opened(form=exchange.HTTP_DATA)
    sent: list[int] = []

    async def send() -> None:
        for number in range(3):
            sent.append(number)
            await asyncio.sleep(0)

    asyncio.run(Watch(granted(held, utc_now())).over(send()))

    assert sent == [0, 1, 2]


def test_a_fault_of_the_sender_is_not_swallowed() -> None:
    held = delivery.opened(form=exchange.HTTP_DATA)

    async def send() -> None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        asyncio.run(Watch(granted(held, utc_now())).over(send()))


@pytest.mark.parametrize("chunked", [False, True])
def test_a_reader_on_the_wire_can_tell_that_an_answer_was_broken_off(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, chunked: bool
) -> None:
    held = delivery.opened(form=exchange.HTTP_DATA)
    large = tmp_path / "large.parquet"
    with large.open("wb") as file:
        file.truncate(256 << 20)
    seen = threading.Event()
    look = exchange.access_by_transfer

    def looked(*given: Any, **more: Any) -> exchange.Access:
        try:
            return look(*given, **more)
        except Refusal:
            seen.set()
            raise

    monkeypatch.setattr(watching.exchange, "access_by_transfer", looked)
    monkeypatch.setattr(watching, "LOOK_AGAIN", 0.05)

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        answer = await asyncio.to_thread(file_answer, large, {})
        answer.granted = await asyncio.to_thread(granted, held, utc_now())
        if chunked:
            answer = replace(
                answer, headers=[each for each in answer.headers if each[0] != b"content-length"]
            )
        await send_answer(answer, scope, send)

    with running(settings, [Mount("/large", app=app)]) as url:
        whole = read_all(urlsplit(url).port or 0, begun=lambda: end(held), wait=seen)

    head, _, body = whole.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert seen.is_set()
    if chunked:
        assert b"transfer-encoding: chunked" in head.lower()
        assert not body.endswith(b"0\r\n\r\n")
    else:
        assert f"content-length: {256 << 20}".encode() in head.lower()
    assert len(body) < 256 << 20


def read_all(port: int, *, begun: Callable[[], object], wait: threading.Event) -> bytes:
    """Read a little, wait until the end was seen, then take whatever still comes until the connection closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET /large/file HTTP/1.1\r\nHost: node\r\n\r\n")
        parts = [connection.recv(1000)]
        begun()
        assert wait.wait(30)
        try:
            while part := connection.recv(1 << 20):
                parts.append(part)
        except ConnectionResetError:
            pass
        return b"".join(parts)


def end(held: delivery.Opened) -> None:
    exchange.end_agreement(
        org=held.org.id, agreement=held.agreement.id, reason="over", actor=held.org.actor, now=utc_now()
    )
