"""The pusher against real servers: what it sends where, what it makes of every answer, and what it never sends."""

import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from renkei.exchange import api as exchange
from renkei.exchange.services import pushes
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE
from renkei.servers import inbox, outgoing
from renkei.servers.push import HttpPusher
from renkei.wire import receipt as wire
from tests.factories import exchange as deals
from tests.servers.running import DOORS, free_port, running

pytestmark = pytest.mark.django_db(transaction=True)
TERMS = deals.terms(deals.PURPOSES, deals.CELL, deals.GROUP)
SECRET = "s3cret-of-the-consumer"


@dataclass
class Sink:
    """A consumer's own door: what came, and how it answers."""

    url: str = ""
    status: int = 200
    said: dict[str, Any] = field(default_factory=dict)
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    broken_off: int = 0

    async def take(self, request: Request) -> Response:
        """Take one request."""
        try:
            body = await request.body()
        except ClientDisconnect:
            self.broken_off += 1
            return Response(status_code=400)
        self.came.append((request.method, dict(request.headers), body))
        return Response(json.dumps(self.said), self.status, media_type="application/json")


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """A sink beside the node's own doors."""
    state = Sink()
    routes = [Route("/sink", state.take, methods=["POST", "PUT"]), *DOORS]
    with running(settings, routes) as url:
        state.url = f"{url}/sink"
        yield state


@pytest.fixture
def at(sink: Sink) -> deals.Table:
    return deals.table(said=TERMS)


def owed(at: deals.Table, to: str, properties: Sequence[tuple[str, str]] = ()) -> exchange.Transfer:
    """Let a consumer elsewhere ask for a push to an address, and take the start."""
    owing = exchange.receive_transfer_request(
        org=at.provider.id,
        peer=at.consumer.participant,
        consumer_pid="urn:consumer:push",
        agreement=at.agreed().id,
        format=exchange.HTTP_PUSH,
        callback="http://consumer.test/dsp",
        data_address=exchange.DataAddress("HttpData", to, tuple(properties)),
        now=utc_now(),
    )

    class Deaf:
        def send(self, _message: exchange.Outgoing) -> exchange.Sent:
            return exchange.Sent()

    exchange.deliver_due(Deaf(), now=utc_now())
    return exchange.transfer(owing.id, org=at.provider.id)


def push(calls: outgoing.Outgoing | None = None) -> int:
    return exchange.push_due(HttpPusher(calls), now=utc_now())


def after(at: deals.Table, transfer: exchange.Transfer) -> exchange.Transfer:
    return exchange.transfer(transfer.id, org=at.provider.id)


def pulled(at: deals.Table, form: str) -> httpx.Response:
    address = at.transferred(format=exchange.HTTP_DATA).data_address
    assert address is not None
    token = {"Authorization": f"Bearer {address.secret}"}
    return httpx.get(address.endpoint, params={"format": form}, headers=token, trust_env=False)


READERS: dict[str, Callable[[bytes], pa.Table]] = {
    "parquet": lambda body: pq.read_table(io.BytesIO(body)),
    "csv": lambda body: pyarrow.csv.read_csv(io.BytesIO(body)),
    "jsonl": lambda body: pa.Table.from_pylist([json.loads(line) for line in body.splitlines()]),
}


@pytest.mark.parametrize("form", READERS)
def test_the_same_bytes_are_pushed_that_a_pull_gives_with_the_same_words_about_them(
    sink: Sink, at: deals.Table, form: str
) -> None:
    by_pull = pulled(at, form)
    transfer = owed(at, sink.url, [("authorization", SECRET), ("authType", "bearer"), ("format", form)])

    push()

    [(method, headers, body)] = sink.came
    assert (method, headers["authorization"], after(at, transfer).state.value) == (
        "POST",
        f"Bearer {SECRET}",
        "COMPLETED",
    )
    assert body == by_pull.content
    names = ("content-type", "content-disposition", "delta-table-version", "renkei-withheld")
    assert {name: headers[name] for name in names} == {name: by_pull.headers[name] for name in names}
    receipt = wire.read_receipt(headers["renkei-receipt"])
    assert (receipt.said.channel, receipt.said.transfer) == ("http-push", transfer.id)
    assert receipt.text == exchange.issued(org=at.provider.id)[0].receipt
    assert READERS[form](body).num_rows == 12
    assert headers.get("content-length") == (str(len(body)) if form == "parquet" else None)


def test_an_address_in_the_words_of_the_eclipse_connector_is_pushed_to_as_it_says(
    sink: Sink, at: deals.Table
) -> None:
    edc = "https://w3id.org/edc/v0.0.1/ns/"
    base, _, path = sink.url.rpartition("/")
    said = {"baseUrl": base, "path": path, "method": "PUT", "authKey": "X-Api-Key", "authCode": SECRET}
    owed(at, "", [(f"{edc}{name}", value) for name, value in said.items()])

    push()

    [(method, headers, _)] = sink.came
    assert (method, headers["x-api-key"], "authorization" in headers) == ("PUT", SECRET, False)


def test_a_member_of_a_renkei_node_finds_what_a_pull_would_have_given(sink: Sink, at: deals.Table) -> None:
    transfer = exchange.request_transfer(
        org=at.consumer.id,
        agreement=at.agreed().id,
        format=exchange.HTTP_PUSH,
        actor=at.consumer.actor,
        now=utc_now(),
    )
    at.deliver(now=utc_now())

    push()
    at.deliver(now=utc_now())

    [landed] = exchange.deliveries(transfer.id, org=at.consumer.id)
    assert exchange.transfer(transfer.id, org=at.consumer.id).state is exchange.TransferState.COMPLETED
    assert inbox.kept_at(transfer.id, landed.sha256).read_bytes() == pulled(at, "parquet").content
    assert landed.media_type == "application/vnd.apache.parquet"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 302])
def test_an_answer_for_good_terminates_the_transfer_with_the_receivers_words(
    sink: Sink, at: deals.Table, status: int
) -> None:
    sink.status, sink.said = status, {"code": "sink.closed", "reason": ["closed for good", "終了しました"]}
    transfer = owed(at, sink.url)

    push()

    found = after(at, transfer)
    assert (found.state.value, found.code) == ("TERMINATED", "exchange.push-refused")
    assert f"status {status}, sink.closed" in found.reasons[0]
    assert found.reasons[2:] == ("closed for good", "終了しました")


@pytest.mark.parametrize("status", [408, 429, 500, 503, 507])
def test_an_answer_for_now_is_waited_out(sink: Sink, at: deals.Table, status: int) -> None:
    sink.status = status
    transfer = owed(at, sink.url)

    push()
    waiting = after(at, transfer)
    sink.status = 201
    exchange.push_due(HttpPusher(), now=utc_now() + timedelta(seconds=2))

    assert waiting.state.value == "STARTED"
    assert waiting.waiting_for is not None
    assert f"status {status}" in waiting.waiting_for.en
    assert after(at, transfer).state.value == "COMPLETED"
    assert len({body for _, _, body in sink.came}) == 1
    assert len(exchange.provisions(org=at.provider.id)) == 1


def test_data_that_are_renewed_while_they_wait_are_pushed_the_next_time(sink: Sink, at: deals.Table) -> None:
    transfer, kept = owed(at, sink.url), list[tuple[Path, bytes]]()

    class Renewed(HttpPusher):
        def push(self, push: exchange.Push, **looks: Any) -> exchange.Pushed:
            for file in push.release.files:
                kept.append((file.path, file.path.read_bytes()))
                file.path.unlink()
            return super().push(push, **looks)

    exchange.push_due(Renewed(), now=utc_now())
    waiting = after(at, transfer)
    for path, content in kept:
        path.write_bytes(content)
    exchange.push_due(HttpPusher(), now=utc_now() + timedelta(seconds=2))

    assert (waiting.state.value, after(at, transfer).state.value) == ("STARTED", "COMPLETED")
    assert waiting.waiting_for is not None
    assert "no longer here" in waiting.waiting_for.en
    assert [body for _, _, body in sink.came] == [kept[0][1]]


def test_nothing_counts_as_provided_while_nobody_listens(sink: Sink, at: deals.Table) -> None:
    transfer = owed(at, f"http://127.0.0.1:{free_port()}/in?signature=hidden")

    push()

    waiting = after(at, transfer).waiting_for
    assert waiting is not None
    assert "could not be reached" in waiting.en
    assert "hidden" not in waiting.en
    assert exchange.provisions(org=at.provider.id) == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
def test_an_address_inside_is_judged_when_it_is_called(
    sink: Sink, at: deals.Table, settings: Any, host: str
) -> None:
    transfer = owed(at, f"https://{host}:{free_port()}/in")
    settings.RENKEI = replace(settings.RENKEI, inside_peers=False)

    push(outgoing.Outgoing(inside_peers=False))

    found = after(at, transfer)
    assert (found.state.value, found.code) == ("TERMINATED", "exchange.push-refused")
    assert "servers.address-inside" in found.reasons[0]
    assert exchange.provisions(org=at.provider.id) == ()


def test_a_push_that_has_begun_is_broken_off_when_the_agreement_ends(
    sink: Sink, at: deals.Table, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pushes, "LOOK_AGAIN", 0.0)
    monkeypatch.setattr("renkei.servers.push.CHUNK", 100)
    transfer = owed(at, sink.url)
    looks: list[int] = []
    look = pushes._Watch.look_now

    def end_at_the_third(watch: Any) -> None:
        looks.append(1)
        if len(looks) == 3:
            exchange.end_agreement(
                org=at.provider.id, agreement=transfer.agreement, reason="終了", actor=NODE, now=utc_now()
            )
        look(watch)

    monkeypatch.setattr(pushes._Watch, "look_now", end_at_the_third)
    push()
    _until(lambda: sink.broken_off == 1)

    assert (sink.came, after(at, transfer).code) == ([], "exchange.agreement-ended")


def test_a_receiver_that_refuses_while_bytes_leave_is_heard(settings: Any) -> None:
    settings.RENKEI = replace(settings.RENKEI, max_push=10)
    with running(settings):
        at = deals.table(said=TERMS)
        transfer = exchange.request_transfer(
            org=at.consumer.id,
            agreement=at.agreed().id,
            format=exchange.HTTP_PUSH,
            actor=at.consumer.actor,
            now=utc_now(),
        )
        at.deliver(now=utc_now())

        push()
        at.deliver(now=utc_now())

        found = exchange.transfer(transfer.id, org=at.consumer.id)
    assert (found.state.value, found.code) == ("TERMINATED", "exchange.push-refused")
    assert "status 413, exchange.delivery-too-large" in found.reasons[0]


def test_a_receiver_that_vanishes_is_tried_again(sink: Sink, at: deals.Table) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        transfer = owed(at, f"http://127.0.0.1:{deaf.getsockname()[1]}/in")
        calls = outgoing.Outgoing(
            inside_peers=True, limits=outgoing.Limits(connect=1, read=0.2, whole=1, taken=0.2)
        )

        push(calls)

    waiting = after(at, transfer)
    assert waiting.state.value == "STARTED"
    assert waiting.waiting_for is not None
    assert "ReadTimeout" in waiting.waiting_for.en


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        threading.Event().wait(0.01)
