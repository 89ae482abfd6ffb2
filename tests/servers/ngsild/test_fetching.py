"""Contexts of strangers, fetched over the guarded client."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from renkei.context import api as context
from renkei.kernel.ids import OrgId
from renkei.servers.ngsild.fetching import (
    AT_ONCE,
    AT_ONCE_FOR_ONE,
    LONG,
    NOT_AGAIN,
    GuardedSource,
    SourceOf,
)
from renkei.servers.outgoing import Outgoing
from tests.servers.loopback import Asked, Conversation, Loopback, loopback

TENANT = OrgId("urn:org:tokai-lab")
BODY = b'{"@context": {"speed": "https://example.org/v"}}'


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.at = 0.0
        self.step = 0.0

    def __call__(self) -> float:
        """Return the time, and let some go by: as long as whatever stands between two looks at the clock takes."""
        self.at += self.step
        return self.at


@pytest.fixture
def elsewhere() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(clock: Clock) -> SourceOf:
    return SourceOf(TENANT, GuardedSource(Outgoing(inside_peers=True), inside_peers=True, clock=clock))


def refused(source: SourceOf, url: str) -> str:
    """Return why a context is not available."""
    with pytest.raises(context.LdContextUnavailable) as refusal:
        source.fetch(url)
    return str(refusal.value.facts["why"])


def test_a_context_is_fetched_as_json_ld(source: SourceOf, elsewhere: Loopback) -> None:
    elsewhere.says("/a", body=BODY)

    assert source.fetch(f"{elsewhere.url}/a") == BODY.decode()
    assert elsewhere.asked[0].headers["accept"] == "application/ld+json, application/json;q=0.9"


def test_a_context_that_moved_is_found(source: SourceOf, elsewhere: Loopback) -> None:
    elsewhere.says("/old", status=301, headers={"Location": "/older"})
    elsewhere.says("/older", status=302, headers={"Location": f"{elsewhere.url}/a"})
    elsewhere.says("/a", body=BODY)

    assert source.fetch(f"{elsewhere.url}/old") == BODY.decode()


def test_one_that_moves_without_end_is_given_up(source: SourceOf, elsewhere: Loopback) -> None:
    elsewhere.says("/old", status=301, headers={"Location": "/old"})

    assert refused(source, f"{elsewhere.url}/old")
    assert len(elsewhere.asked) == 4


@pytest.mark.parametrize("to", ["http://127.0.0.1:1/a", "file:///etc/passwd", "http://[::1/", ""])
def test_no_context_leads_inside_the_network(to: str, elsewhere: Loopback) -> None:
    strict = SourceOf(TENANT, GuardedSource(Outgoing(inside_peers=False), inside_peers=False))
    lenient = SourceOf(TENANT, GuardedSource(Outgoing(inside_peers=True), inside_peers=True))
    elsewhere.says("/old", status=302, headers={"Location": to})

    assert refused(strict, to or "https://localhost/a")
    assert refused(lenient, f"{elsewhere.url}/old")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"a": 1}', b"\xff"])
def test_what_is_no_context_is_refused(body: bytes, source: SourceOf, elsewhere: Loopback) -> None:
    elsewhere.says("/a", body=body)

    with pytest.raises(context.LdContextInvalid):
        source.fetch(f"{elsewhere.url}/a")


def test_a_context_that_is_too_large_is_broken_off(
    monkeypatch: pytest.MonkeyPatch, source: SourceOf, elsewhere: Loopback
) -> None:
    monkeypatch.setattr("renkei.servers.ngsild.fetching.LARGEST_DOCUMENT", 1000)
    elsewhere.says("/a", body=b" " * 2000)

    assert "1000" in refused(source, f"{elsewhere.url}/a")


def test_one_that_could_not_be_fetched_is_not_asked_for_again_at_once(
    source: SourceOf, elsewhere: Loopback, clock: Clock
) -> None:
    url = f"{elsewhere.url}/a"
    clock.step = LONG
    first = refused(source, url)
    clock.step = 0.0
    elsewhere.says("/a", body=BODY)

    assert refused(source, url) == first
    assert len(elsewhere.asked) == 1

    clock.at += NOT_AGAIN
    assert source.fetch(url) == BODY.decode()


def test_a_failure_that_took_no_time_is_not_held_against_anybody(
    source: SourceOf, elsewhere: Loopback
) -> None:
    url = f"{elsewhere.url}/a"
    refused(source, url)
    elsewhere.says("/a", body=BODY)

    assert source.fetch(url) == BODY.decode()


@contextmanager
def being_fetched(elsewhere: Loopback, sources: Sequence[SourceOf]) -> Iterator[None]:
    """Let each of these wait for a context that is slow to come, until the block ends."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def wait(conversation: Conversation, _asked: Asked) -> None:
        begun.release()
        go_on.wait(10)
        conversation.answer(200, BODY, {})

    elsewhere.does("/slow", wait)
    threads = [threading.Thread(target=each.fetch, args=(f"{elsewhere.url}/slow",)) for each in sources]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert begun.acquire(timeout=10)
    yield
    go_on.set()
    for thread in threads:
        thread.join(10)


def test_few_are_fetched_at_the_same_time(source: SourceOf, elsewhere: Loopback) -> None:
    others = [SourceOf(OrgId(f"urn:org:other-{number}"), source.shared) for number in range(AT_ONCE)]
    with being_fetched(elsewhere, others):
        assert "too many" in refused(source, f"{elsewhere.url}/other")

    elsewhere.says("/other", body=BODY)
    assert source.fetch(f"{elsewhere.url}/other") == BODY.decode()


def test_one_tenant_with_slow_hosts_keeps_nobody_else_from_fetching(
    source: SourceOf, elsewhere: Loopback
) -> None:
    other = SourceOf(OrgId("urn:org:other"), source.shared)
    elsewhere.says("/other", body=BODY)
    with being_fetched(elsewhere, [source] * AT_ONCE_FOR_ONE):
        assert "too many" in refused(source, f"{elsewhere.url}/other")
        assert other.fetch(f"{elsewhere.url}/other") == BODY.decode()
