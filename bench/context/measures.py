"""What is measured, each with the bar that the house has set for it."""

import itertools
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import msgspec

from bench.context.client import Outcome, ask, drive
from bench.context.vehicles import ATTRIBUTES, Words, shuffled, uri
from renkei.servers.broker import free_port

BATCH = 1000
"""Entities of one batch."""
STRETCH = 5000
"""Instances of history sent at once."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done. Seconds are those of each measure."""

    seconds: float
    vehicles: int
    """Entities there are while they are queried."""
    instances: int
    """Instances of history there are while they are summed up."""
    subscriptions: int


WHOLE = Size(seconds=10, vehicles=100_000, instances=100_000, subscriptions=1000)
QUICK = Size(seconds=2, vehicles=5000, instances=20_000, subscriptions=100)


@dataclass(slots=True)
class Table:
    """Prints a line for each figure as it comes."""

    ceiling: float
    """Answers a second of the yardstick."""

    def line(
        self,
        name: str,
        outcome: Outcome,
        *,
        bar: float | None = None,
        each: int = 1,
        expected: tuple[str, ...] = ("200",),
    ) -> None:
        """Print a rate beside its bar and the yardstick; `each`: what one answer counts for."""
        rate = outcome.rate * each
        told = f"{name:58} {rate:9,.0f}/s   p50 {outcome.quantile(0.5):8.2f} ms   p99 {outcome.quantile(0.99):8.2f} ms"
        told += f"   bar {bar:6,.0f}/s {rate / bar:5.2f} x" if bar else " " * 22
        told += f"   yardstick {outcome.rate / self.ceiling:6.1%}"
        other = outcome.other_than(*expected)
        print(told + (f"   OTHER ANSWERS {other}" if other else ""), flush=True)

    def said(self, name: str, told: str) -> None:
        """Print something else than a rate."""
        print(f"{name:58} {told}", flush=True)


def writes(table: Table, words: Words, size: Size) -> None:
    """Entities one by one: created, changed, read; over 8 and 16 connections."""
    numbers = itertools.count(10_000_000)
    for connections in (8, 16):
        requests = (words.create(number, "Created") for number in numbers)
        made = drive(words.port, requests, connections=connections, seconds=size.seconds)
        table.line(f"create an entity, {connections} connections", made, bar=800, expected=("201",))
    _fill(words, range(1000))
    for connections in (8, 16):
        changed = drive(words.port, _patches(words), connections=connections, seconds=size.seconds)
        table.line(f"change one attribute, {connections} connections", changed, bar=1000, expected=("204",))
    stock = [words.retrieve(number) for number in range(1000)]
    for connections in (8, 16):
        requests = (stock[number] for number in shuffled(10_000_000, 1000, seed=2))
        read = drive(words.port, requests, connections=connections, seconds=size.seconds)
        table.line(f"retrieve an entity, {connections} connections", read, bar=4200)


def _patches(words: Words) -> Iterator[bytes]:
    drawn = shuffled(10_000_000, 1000, seed=1)
    return (words.patch(number, turn % 200) for turn, number in enumerate(drawn))


def batches(table: Table, words: Words, size: Size) -> None:
    """Batches of a thousand entities: new ones, until there are as many as the queries want; then the same again."""
    attributes = BATCH * ATTRIBUTES
    new = drive(words.port, _batches(words, size.vehicles), connections=2)
    table.line("batch upsert, new, attributes", new, bar=20_000, each=attributes, expected=("201", "204"))
    again = drive(words.port, _batches(words, size.vehicles // 5), connections=2)
    table.line(
        "batch upsert, replaced, attributes", again, bar=20_000, each=attributes, expected=("201", "204")
    )


def _batches(words: Words, count: int) -> Iterator[bytes]:
    return (words.upsert(range(start, start + BATCH)) for start in range(0, count, BATCH))


def _fill(words: Words, numbers: range) -> None:
    filled = drive(words.port, [words.upsert(numbers)], connections=1)
    assert not filled.other_than("201", "204"), filled.last


def queries(table: Table, words: Words, size: Size) -> None:
    """Queries by value over all vehicles, twenty a page, from one that fits to half of all."""
    asked: dict[str, Iterable[str]] = {
        "one fits: serial": (
            f'serial=="serial-{number}"' for number in shuffled(10**7, size.vehicles, seed=3)
        ),
        "1 in 1,000: speed": (f"speed>{999 - number % 9 / 10}" for number in itertools.count()),
        "1 in 50: brand": (f'brand=="brand-{number % 50:02}"' for number in itertools.count()),
        "1 in 100: brand and speed": (
            f'brand=="brand-{number % 50:02}";speed>500' for number in itertools.count()
        ),
        "half: speed": (f"speed<{500 - number % 10}" for number in itertools.count()),
    }
    for name, terms in asked.items():
        requests = (words.query(q, more="&limit=20") for q in terms)
        found = drive(words.port, requests, connections=8, seconds=size.seconds)
        held = len(msgspec.json.decode(found.last.partition(b"\r\n\r\n")[2]))
        table.line(f"q of {size.vehicles:,}, {name} ({held} on the page)", found, bar=300)


def temporal(table: Table, words: Words, size: Size) -> None:
    """Means and maxima of history: a thousand points by the hour, among many; ten thousand at once."""
    each, long = 1000, 10_000
    vehicles = size.instances // each
    for number in range(vehicles):
        _remember(words, number, each)
    requests = (
        words.aggregate(number, range(each), period="PT1H") for number in shuffled(10**7, vehicles, seed=4)
    )
    summed = drive(words.port, requests, connections=8, seconds=size.seconds)
    table.line(f"aggregate of 1,000 of {size.instances:,} instances", summed, bar=100)
    _remember(words, vehicles, long)
    one = drive(words.port, [words.aggregate(vehicles, range(long), period="PT1H")] * 20, connections=1)
    worst = max(one.taken)
    table.said(
        "aggregate of 10,000 points, one at a time",
        f"p50 {one.quantile(0.5):.1f} ms, longest of 20 {1000 * worst:.1f} ms   bar 500 ms {0.5 / worst:.1f} x"
        + (f"   OTHER ANSWERS {one.other_than('200')}" if one.other_than("200") else ""),
    )


def _remember(words: Words, number: int, count: int) -> None:
    stretches = (range(start, min(start + STRETCH, count)) for start in range(0, count, STRETCH))
    done = drive(words.port, [words.remember(number, each) for each in stretches], connections=1)
    assert not done.other_than("201", "204"), done.last


def subscriptions(table: Table, words: Words, size: Size) -> None:
    """Changes without subscriptions and with a hundred; then many subscriptions at once, none of them lost."""
    _fill(words, range(1000))
    with _sink() as endpoint:
        without = drive(words.port, _patches(words), connections=8, seconds=size.seconds)
        table.line("change one attribute, no subscription", without, bar=1000, expected=("204",))
        about = [{"id": uri(number), "type": "Vehicle"} for number in range(0, 1000, 10)]
        _subscribe(words, endpoint, about, first=0)
        before = _count(endpoint)
        changed = drive(words.port, _patches(words), connections=8, seconds=size.seconds)
        table.line("the same with 100, 1 change in 10 notifies", changed, bar=1000, expected=("204",))
        due = sum(
            number % 10 == 0 for number in itertools.islice(shuffled(10**7, 1000, seed=1), len(changed.taken))
        )
        table.said("    notifications that came", _arrived(endpoint, before, due))
        many = [{"type": f"Rare{number}"} for number in range(size.subscriptions)]
        made = _subscribe(words, endpoint, many, first=1000)
        table.line("subscriptions at once, 64 connections", made, expected=("201",))
        table.said("    kept", f"{_kept(words) - len(about)} of {size.subscriptions}")


def _subscribe(words: Words, endpoint: str, about: list[dict[str, str]], *, first: int) -> Outcome:
    requests = [
        words.subscribe(first + number, endpoint=endpoint, about=each) for number, each in enumerate(about)
    ]
    return drive(words.port, requests, connections=64)


def _kept(words: Words) -> int:
    _, head, _ = ask(words.port, words.request("GET", "subscriptions?count=true&limit=1"))
    lines = head.lower().split(b"\r\n")
    return next(int(line.split(b":")[1]) for line in lines if line.startswith(b"ngsild-results-count"))


@contextmanager
def _sink() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.context.sink", str(port)])
    endpoint = f"http://127.0.0.1:{port}/"
    try:
        _await(endpoint)
        yield endpoint
    finally:
        process.terminate()
        process.wait()


def _await(endpoint: str) -> None:
    for _ in range(200):
        try:
            _count(endpoint)
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        return


def _count(endpoint: str) -> int:
    return int(httpx.get(endpoint, timeout=10, trust_env=False).text)


def _arrived(endpoint: str, before: int, due: int, *, within: float = 60) -> str:
    begun = time.monotonic()
    while (came := _count(endpoint) - before) < due and time.monotonic() - begun < within:
        time.sleep(0.1)
    return f"{came} of {due} changes, {time.monotonic() - begun:.1f} s after the last change"


MEASURES = {
    "writes": writes,
    "batches": batches,
    "queries": queries,
    "temporal": temporal,
    "subscriptions": subscriptions,
}
"""In the order in which each finds what it needs: queries read what the batches wrote."""
