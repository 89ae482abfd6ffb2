"""Signed addresses of released files, over a real server."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.exchange import api as exchange
from renkei.exchange.errors import AgreementEnded
from renkei.kernel.clock import utc_now
from renkei.privacy import api as privacy
from renkei.servers import files, pull, watching
from renkei.servers.door import in_room
from renkei.servers.errors import FileAddressAltered, FileAddressExpired
from renkei.servers.files import Address, read_address
from tests.factories import delivery
from tests.factories.delivery import Opened
from tests.servers.running import running

served = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
ADDRESS = Address("a" * 64, 7, "part-0.parquet", "urn:uuid:1", int(AT.timestamp()) + 600)


@pytest.fixture
def node(settings: Any) -> Iterator[str]:
    with running(settings) as url:
        yield url


@pytest.fixture
def opened(node: str) -> Opened:
    return delivery.opened()


@pytest.fixture
def release(opened: Opened) -> privacy.Release:
    granted = exchange.access(opened.secret, now=utc_now())
    return exchange.deliver(granted, channel="test", now=utc_now()).release


@pytest.fixture
def url(opened: Opened, release: privacy.Release) -> str:
    return address(opened, release).url()


@pytest.fixture
def held(release: privacy.Release) -> bytes:
    return release.files[0].path.read_bytes()


def address(opened: Opened, release: privacy.Release, *, seconds: int = 60) -> Address:
    expires = int(utc_now().timestamp()) + seconds
    return Address(release.digest, release.version, release.files[0].name, opened.transfer.id, expires)


def get(url: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, url, headers=named | {"Accept-Encoding": "identity"}, trust_env=False)


@served
def test_a_file_comes_whole(url: str, held: bytes):
    answer = get(url)

    assert (answer.status_code, answer.content) == (200, held)
    assert answer.headers["content-length"] == str(len(held))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["cache-control"] == "private, no-store"


@served
@pytest.mark.parametrize("part", [slice(0, 4), slice(5, 6), slice(-8, None), slice(100, None)])
def test_a_part_of_a_file_comes_alone(url: str, held: bytes, part: slice):
    asked = (
        f"bytes={part.start}-{part.stop - 1}"
        if part.stop
        else f"bytes={part.start}{'' if part.start < 0 else '-'}"
    )

    answer = get(url, Range=asked)

    start, stop, _ = part.indices(len(held))
    assert (answer.status_code, answer.content) == (206, held[part])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(held)}"
    assert answer.headers["content-length"] == str(stop - start)


@served
@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=9-2"])
def test_a_range_that_may_be_ignored_brings_the_whole_file(url: str, held: bytes, asked: str):
    answer = get(url, Range=asked)

    assert (answer.status_code, answer.content) == (200, held)


@served
def test_a_range_beyond_the_end_cannot_be_satisfied(url: str, held: bytes):
    answer = get(url, Range=f"bytes={len(held)}-")

    assert (answer.status_code, answer.content, answer.headers["content-range"]) == (
        416,
        b"",
        f"bytes */{len(held)}",
    )


@served
def test_head_tells_everything_but_the_bytes(url: str, held: bytes):
    whole, part = get(url, method="HEAD"), get(url, method="HEAD", Range="bytes=0-9")

    assert (whole.status_code, whole.content, whole.headers["content-length"]) == (200, b"", str(len(held)))
    assert (part.status_code, part.content, part.headers["content-length"]) == (206, b"", "10")


@served
def test_a_range_holds_only_for_the_file_that_the_reader_began_with(url: str, held: bytes):
    tag = get(url, method="HEAD").headers["etag"]

    assert get(url, Range="bytes=0-3", If_Range=tag).content == held[:4]
    assert get(url, Range="bytes=0-3", If_Range='"another"').content == held
    assert get(url, If_None_Match=tag).status_code == 304


@served
def test_a_file_larger_than_one_read_comes_whole(node: str, opened: Opened, release: privacy.Release):
    path = release.files[0].path
    large = path.with_name("large.parquet")
    body = bytes(range(256)) * 12_345
    large.write_bytes(body)
    url = replace(address(opened, release), name="large.parquet").url()

    assert get(url).content == body
    assert get(url, Range="bytes=5-2500000").content == body[5:2_500_001]


@served
@pytest.mark.parametrize(
    "change",
    [
        {"expires": "99999999999"},
        {"expires": "soon"},
        {"expires": "-1"},
        {"transfer": "urn:uuid:another"},
        {"X-Amz-Signature": "0" * 64},
        {"X-Amz-Signature": ""},
        {"X-Amz-Signature": "ü"},
    ],
)
def test_an_altered_address_is_refused(url: str, change: dict[str, str]):
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | change

    answer = get(parts._replace(query=urlencode(query)).geturl())

    assert (answer.status_code, answer.json()["code"]) == (403, "servers.file-address-altered")


@served
@pytest.mark.parametrize(
    "path",
    [
        "/files/{digest}/{version}/release.json",
        "/files/{digest}/{version}/../{version}/release.json",
        "/files/{digest}/{version}/..%2F..%2F..%2Fnode.secret",
        "/files/{digest}/{version}/%2Fetc%2Fpasswd",
        "/files/{other}/{version}/{name}",
        "/files/{digest}/0/{name}",
        "/files/{digest}/{version}/",
        "/files/",
        "/files/{digest}",
    ],
)
def test_the_signature_of_one_file_opens_no_other(node: str, url: str, release: privacy.Release, path: str):
    filled = path.format(
        digest=release.digest, version=release.version, name=release.files[0].name, other="f" * 64
    )

    answer = get(f"{node}{filled}?{urlsplit(url).query}")

    assert (answer.status_code, answer.json()["code"]) == (403, "servers.file-address-altered")


@served
def test_no_signature_opens_nothing(url: str):
    assert get(url.partition("?")[0]).json()["code"] == "servers.file-address-altered"


@served
def test_an_address_ends(opened: Opened, release: privacy.Release):
    answer = get(address(opened, release, seconds=-1).url())

    assert (answer.status_code, answer.json()["code"]) == (403, "servers.file-address-expired")


@served
def test_a_fresh_address_ends_with_its_transfer(opened: Opened, url: str):
    assert get(url).status_code == 200
    exchange.terminate_transfer(
        org=opened.org.id, transfer=opened.transfer.id, reason="over", actor=opened.org.actor, now=utc_now()
    )

    answer = get(url)

    assert (answer.status_code, answer.json()["code"]) == (403, "exchange.transfer-not-started")


@served
def test_a_fresh_address_ends_with_its_agreement(opened: Opened, url: str):
    exchange.end_agreement(
        org=opened.org.id,
        agreement=opened.agreement.id,
        reason="契約違反",
        actor=opened.org.actor,
        now=utc_now(),
    )

    answer = get(url, Range="bytes=0-3")

    assert (answer.status_code, answer.json()["code"]) == (403, "exchange.agreement-ended")
    assert "契約違反" in answer.json()["ja"]


@served
def test_a_fresh_address_ends_with_the_agreements_end_date(node: str):
    now = utc_now()
    opened = delivery.opened(until=now - timedelta(seconds=1), now=now - timedelta(minutes=1))
    granted = exchange.access(opened.secret, now=now - timedelta(seconds=30))
    release = privacy.release(granted.plan, now=now)

    assert get(address(opened, release).url()).json()["code"] == "exchange.agreement-expired"


@served
def test_an_address_of_before_the_columns_were_classed_anew_is_void(opened: Opened, url: str):
    assert get(url).status_code == 200
    exchange.withdraw_offer(offer=opened.offer.id, actor=opened.org.actor, now=utc_now())
    columns = [
        replace(each, role=privacy.Role.PLACE) if each.name == "reading" else each
        for each in opened.dataset.classes
    ]
    exchange.revise_dataset(
        owner=opened.org.id,
        dataset=opened.dataset.id,
        table=opened.dataset.table,
        title=opened.dataset.title,
        description=opened.dataset.description,
        licence=opened.dataset.licence,
        classes=columns,
        actor=opened.org.actor,
        now=utc_now(),
    )

    answer = get(url)

    assert (answer.status_code, answer.json()["code"]) == (403, "servers.file-superseded")


@served
def test_an_erased_file_is_gone(release: privacy.Release, url: str):
    Path(release.files[0].path).unlink()

    answer = get(url)

    assert (answer.status_code, answer.json()["code"]) == (404, "servers.file-missing")


@served
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_files_are_only_read(url: str, method: str):
    answer = get(url, method=method)

    assert (answer.status_code, answer.json()["code"]) == (400, "servers.method-unsupported")


def test_an_address_is_read_as_it_was_written():
    parts = urlsplit(ADDRESS.url())

    assert read_address(parts.path, parts.query.encode(), now=AT) == ADDRESS


def test_an_address_ends_on_the_second():
    parts = urlsplit(ADDRESS.url())

    read_address(parts.path, parts.query.encode(), now=AT + timedelta(seconds=599.9))
    with pytest.raises(FileAddressExpired):
        read_address(parts.path, parts.query.encode(), now=AT + timedelta(seconds=600))


def test_another_nodes_secret_signs_nothing_here(settings: Any):
    parts = urlsplit(ADDRESS.url())
    settings.RENKEI = replace(settings.RENKEI, node_secret="another")

    with pytest.raises(FileAddressAltered):
        read_address(parts.path, parts.query.encode(), now=AT)


@given(path=st.text(), query=st.binary())
def test_whatever_is_asked_without_the_nodes_key_is_refused(path: str, query: bytes):
    for asked in (path, f"/files/{path}", urlsplit(ADDRESS.url()).path):
        with pytest.raises(FileAddressAltered):
            read_address(asked, query, now=AT)


@pytest.mark.django_db(transaction=True)
def test_a_slow_reader_does_not_outlive_the_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    held = delivery.opened(form=exchange.HTTP_DATA)
    monkeypatch.setattr(watching, "LOOK_AGAIN", 0.0)
    monkeypatch.setattr(files, "CHUNK", 64)
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and not any(part.get("body") for part in sent):
            await in_room(lambda: end(held))
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/data/{held.transfer.id}",
        "path_params": {"transfer": held.transfer.id},
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {held.secret}".encode())],
    }
    with pytest.raises(AgreementEnded):
        asyncio.run(pull.PullDoor()(scope, receive, send))

    assert sent[0]["status"] == 200
    assert len(sent) <= 2  # the watcher may have been faster than the first part
    assert all(part["more_body"] for part in sent[1:])


def end(held: delivery.Opened) -> None:
    exchange.end_agreement(
        org=held.org.id, agreement=held.agreement.id, reason="over", actor=held.org.actor, now=utc_now()
    )
