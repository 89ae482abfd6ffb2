"""The door where pushed data land, over a real server: what is taken, what is refused, and that no half is left."""

import contextlib
import errno
import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from renkei.exchange import api as exchange
from renkei.exchange.services import landings
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE
from renkei.servers import inbox
from tests.factories import exchange as deals
from tests.servers.running import running

pytestmark = pytest.mark.django_db(transaction=True)
TERMS = deals.terms(deals.PURPOSES, deals.CELL, deals.GROUP)
OWN = "the transfer's own"
CSV = b"device,level\r\nd1,1.5\r\n"


@pytest.fixture
def node(settings: Any, tmp_path: Path) -> Iterator[str]:
    settings.RENKEI = replace(settings.RENKEI, home=settings.RENKEI.home, max_push=1000)
    with running(settings) as url:
        yield url


@dataclass
class Awaited:
    """A member that waits for a push."""

    at: deals.Table
    transfer: exchange.Transfer
    url: str
    secret: str

    def send(self, body: Any = CSV, *, method: str = "POST", secret: str | None = OWN, **headers: str) -> Any:
        """Push something."""
        token = (
            {} if secret is None else {"Authorization": f"Bearer {self.secret if secret == OWN else secret}"}
        )
        return httpx.request(
            method, self.url, content=body, headers=token | headers, trust_env=False, timeout=20
        )

    def landed(self) -> tuple[exchange.Delivery, ...]:
        """Return what is there."""
        return exchange.deliveries(self.transfer.id, org=self.at.consumer.id)

    def files(self) -> list[bytes]:
        """Return the bytes of every file below the inbox, whole or half."""
        home = inbox.kept_at(self.transfer.id, "x").parent
        found = []
        for path in [*home.glob("*"), *inbox._halves().glob("*")]:
            with contextlib.suppress(FileNotFoundError):  # the node may take it away while we look
                found.append(path.read_bytes())
        return found


def awaited(*, carry_start: bool = True, at: deals.Table | None = None) -> Awaited:
    """Let a member ask for a push; the request is caught on its way, and the start comes or not."""
    at = at or deals.table(said=TERMS)
    told: list[exchange.Outgoing] = []
    transfer = exchange.request_transfer(
        org=at.consumer.id,
        agreement=at.agreed().id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=utc_now(),
    )

    def catch(message: exchange.Outgoing) -> None:
        told.append(message)
        if message.kind is exchange.MessageKind.TRANSFER_START and not carry_start:
            raise exchange.PeerUnavailable("on its way")

    at.post.before = catch
    at.deliver(now=utc_now() + timedelta(seconds=1))
    at.deliver(now=utc_now() + timedelta(seconds=1))
    [request] = [each for each in told if each.kind is exchange.MessageKind.TRANSFER_REQUEST]
    address = exchange.DataAddress.from_dict(request.payload["data_address"])
    at.post.before = lambda _message: None
    assert address.secret is not None
    return Awaited(at, transfer, address.endpoint, address.secret)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("carry_start", [True, False])
def test_what_is_pushed_is_kept_whole_even_before_the_start_has_come(
    node: str, method: str, carry_start: bool
) -> None:
    waiting = awaited(carry_start=carry_start)

    answer = waiting.send(method=method, **{"Content-Type": "text/csv; charset=utf-8"})

    digest = hashlib.sha256(CSV).hexdigest()
    assert (answer.status_code, answer.json()) == (201, {"size": len(CSV), "sha256": digest})
    [landed] = waiting.landed()
    assert (landed.size, landed.sha256, landed.media_type) == (len(CSV), digest, "text/csv; charset=utf-8")
    assert inbox.kept_at(waiting.transfer.id, digest).read_bytes() == CSV
    assert waiting.files() == [CSV]
    assert [each.channel for each in exchange.provisions(org=waiting.at.consumer.id)] == ["HttpData-PUSH"]


@pytest.mark.parametrize(
    ("came", "kept"),
    [("eyJ.eyJ.AAAA", "eyJ.eyJ.AAAA"), ("x" * 8192, "x" * 8192), ("x" * 8193, ""), ("a\tb", ""), ("é", "")],
)
def test_what_comes_as_a_receipt_is_kept_as_it_came_unless_it_cannot_be_one(
    node: str, came: str, kept: str
) -> None:
    waiting = awaited()

    answer = httpx.post(
        waiting.url,
        content=CSV,
        headers=[(b"authorization", f"Bearer {waiting.secret}".encode()), (b"renkei-receipt", came.encode())],
        trust_env=False,
        timeout=20,
    )

    assert answer.status_code == 201
    assert [each.receipt for each in waiting.landed()] == [kept]


def test_several_parts_are_kept_and_each_of_them_once(node: str) -> None:
    waiting = awaited()

    statuses = [waiting.send(body).status_code for body in (b"one", iter([b"t", b"wo"]), b"one", b"two", b"")]

    assert statuses == [201, 201, 200, 200, 201]
    assert [each.size for each in waiting.landed()] == [3, 3, 0]
    assert sorted(waiting.files()) == [b"", b"one", b"two"]


def test_only_the_transfers_own_secret_opens_the_door(node: str) -> None:
    at = deals.table(said=TERMS)
    one, other = awaited(at=at), awaited(at=at)

    answers = [
        one.send(secret=None),
        one.send(secret="wrong"),
        one.send(secret=other.secret),
        replace(one, url=one.url[:-1] + "x").send(),
        replace(one, url=f"{node}/inbox/%00").send(),
    ]

    assert [code(each) for each in answers] == [
        (401, "servers.token-missing"),
        *[(401, "exchange.transfer-unknown")] * 3,
        (400, "servers.body-malformed"),
    ]
    assert (one.files(), other.files(), one.landed()) == ([], [], ())


def test_the_secret_of_a_pull_opens_no_inbox(node: str) -> None:
    at = deals.table(said=TERMS)
    pulled = at.transferred(format=exchange.HTTP_DATA)
    assert pulled.data_address is not None
    asked = replace(awaited(at=at), url=f"{node}/inbox/{pulled.id}", secret=pulled.data_address.secret or "")

    assert code(asked.send()) == (401, "exchange.transfer-unknown")


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_nothing_but_taking_is_done_here(node: str, method: str) -> None:
    answer = awaited().send(None, method=method)

    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"POST", "PUT"})


def test_a_body_that_states_too_much_is_refused_before_it_is_read(node: str) -> None:
    waiting = awaited()

    assert code(waiting.send(b"x" * 1001)) == (413, "exchange.delivery-too-large")
    assert (waiting.files(), waiting.landed()) == ([], ())


def test_a_body_that_states_no_length_is_refused_as_soon_as_it_is_too_much(node: str) -> None:
    waiting = awaited()

    assert code(waiting.send(b"x" * 300 for _ in range(4))) == (413, "exchange.delivery-too-large")
    assert (waiting.files(), waiting.landed()) == ([], ())


def test_all_parts_together_stay_below_the_limit(node: str) -> None:
    waiting = awaited()

    answers = [waiting.send(letter * 600) for letter in (b"a", b"b", b"a")]

    assert [each.status_code for each in answers] == [201, 413, 200]
    assert waiting.files() == [b"a" * 600]


def test_a_transfer_brings_a_limited_number_of_parts(node: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(landings, "MOST_PARTS", 2)
    waiting = awaited()

    answers = [waiting.send(body) for body in (b"1", b"2", b"3", b"1")]

    assert [each.status_code for each in answers] == [201, 201, 413, 200]
    assert answers[2].json()["code"] == "exchange.delivery-too-parted"


def ends(at: deals.Table, transfer: exchange.Transfer) -> None:
    exchange.terminate_transfer(
        org=at.consumer.id, transfer=transfer.id, reason="もう要りません", actor=NODE, now=utc_now()
    )


def completes(at: deals.Table, transfer: exchange.Transfer) -> None:
    exchange.complete_transfer(org=at.consumer.id, transfer=transfer.id, actor=NODE, now=utc_now())


def suspends(at: deals.Table, transfer: exchange.Transfer) -> None:
    exchange.suspend_transfer(
        org=at.consumer.id, transfer=transfer.id, reason="少し待って", actor=NODE, now=utc_now()
    )


def ends_agreement(at: deals.Table, transfer: exchange.Transfer) -> None:
    exchange.end_agreement(
        org=at.consumer.id, agreement=transfer.agreement, reason="終了します", actor=NODE, now=utc_now()
    )


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (ends, (403, "exchange.delivery-unexpected")),
        (completes, (403, "exchange.delivery-unexpected")),
        (ends_agreement, (403, "exchange.delivery-unexpected")),
        (suspends, (503, "exchange.delivery-paused")),
    ],
)
@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_transfer_that_is_over_or_rests_takes_nothing_not_even_what_is_on_its_way(
    node: str, act: Any, refusal: tuple[int, str], meanwhile: bool
) -> None:
    waiting = awaited()

    def body() -> Iterator[bytes]:
        yield b"first half, "
        if meanwhile:
            act(waiting.at, waiting.transfer)
        yield b"second half"

    if not meanwhile:
        act(waiting.at, waiting.transfer)

    assert code(waiting.send(body())) == refusal
    assert (waiting.files(), waiting.landed()) == ([], ())


@pytest.mark.parametrize(
    "head", ["Content-Length: 500\r\n\r\nhalf of it", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"]
)
def test_half_a_body_leaves_nothing_behind(node: str, head: str, monkeypatch: Any) -> None:
    waiting = awaited()
    dropped: list[inbox.Half] = []
    drop = inbox.Half.drop
    monkeypatch.setattr(inbox.Half, "drop", lambda half: (drop(half), dropped.append(half))[0])
    parts = urlsplit(waiting.url)

    with socket.create_connection((parts.hostname, parts.port)) as line:
        lines = f"POST {parts.path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {waiting.secret}\r\n{head}"
        line.sendall(lines.encode())
        _until(lambda: any(inbox._halves().glob("*")))
    _until(lambda: bool(dropped))

    assert (waiting.files(), waiting.landed()) == ([], ())


def test_bodies_that_arrive_together_may_not_be_more_than_a_transfer_may_bring(node: str) -> None:
    waiting, second = awaited(), b"x" * 450
    parts = urlsplit(waiting.url)

    with socket.create_connection((parts.hostname, parts.port)) as line:
        head = f"POST {parts.path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {waiting.secret}\r\n"
        line.sendall(f"{head}Content-Length: 700\r\n\r\n".encode() + b"y" * 600)
        _until(lambda: any(path.stat().st_size == 600 for path in inbox._halves().glob("*")))
        together = waiting.send(second)
    _until(lambda: waiting.files() == [])
    alone = waiting.send(second)

    assert code(together) == (503, "servers.deliveries-at-once")
    assert (alone.status_code, waiting.files()) == (201, [second])


def test_a_body_that_falls_silent_is_given_up(node: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(inbox, "SILENCE", 0.05)
    waiting = awaited()
    parts = urlsplit(waiting.url)

    with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
        head = f"POST {parts.path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {waiting.secret}\r\n"
        line.sendall(f"{head}Content-Length: 500\r\n\r\nhalf of it".encode())
        answer = line.recv(65536)

    assert answer.startswith(b"HTTP/1.1 408")
    assert (waiting.files(), waiting.landed()) == ([], ())


@pytest.mark.parametrize("step", ["write", "fsync", "open"])
def test_a_full_disk_is_told_and_nothing_is_kept(node: str, monkeypatch: Any, step: str) -> None:
    waiting = awaited()

    def full(*_args: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(inbox.os, step, full)
    answer = waiting.send()
    monkeypatch.undo()

    assert code(answer) == (507, "servers.inbox-full")
    assert (waiting.files(), waiting.landed()) == ([], ())


def test_an_encoded_body_is_not_taken(node: str) -> None:
    assert code(awaited().send(**{"Content-Encoding": "gzip"})) == (415, "servers.delivery-encoded")


def test_what_a_power_cut_left_is_removed_after_an_hour(node: str) -> None:
    half = inbox.Half()
    half.take(b"half")
    now = utc_now()

    early = inbox.forget_halves(now=now + inbox.ABANDONED - timedelta(minutes=1))
    late = inbox.forget_halves(now=now + inbox.ABANDONED + timedelta(minutes=1))

    assert (early, late, list(inbox._halves().glob("*"))) == (0, 1, [])


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        threading.Event().wait(0.01)
