"""What a pair of connectors has to show, whichever software it is."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import psutil


class Pair(Protocol):
    """A consumer and a provider that has offered one dataset, both running."""

    def begin(self) -> str:
        """Ask for the dataset under its offer; returns the negotiation's id."""
        ...

    def await_final(self, negotiation: str) -> None:
        """Return when the consumer sees that the negotiation is FINALIZED."""
        ...


class Started(Protocol):
    """One connector as a process."""

    def launch(self) -> int:
        """Start it without waiting; returns the process's id."""
        ...

    def answers(self) -> bool:
        """Tell whether it answers with its version document."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """What all processes of a connector hold, in MiB: resident, and with shared pages counted once."""

    resident: float
    proportional: float


SENDERS = 16
"""Threads of the client that open negotiations at once; the Java side and ours get the same."""


def negotiate(pair: Pair) -> float:
    """Return the seconds from asking to FINALIZED."""
    begun = time.perf_counter()
    pair.await_final(pair.begin())
    return time.perf_counter() - begun


def negotiate_many(pair: Pair, count: int) -> float:
    """Return how many negotiations a second are FINALIZED when so many are opened at once."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as senders:
        opened: Sequence[str] = list(senders.map(lambda _: pair.begin(), range(count)))
    for negotiation in opened:
        pair.await_final(negotiation)
    return count / (time.perf_counter() - begun)


def start(one: Started) -> tuple[float, int]:
    """Return the seconds until the connector answers, and its process's id."""
    begun = time.perf_counter()
    process = one.launch()
    while not one.answers():
        time.sleep(0.01)
    return time.perf_counter() - begun, process


def memory(process: int) -> Memory:
    """Return what a process and all its children hold."""
    above = psutil.Process(process)
    held = [each.memory_full_info() for each in (above, *above.children(recursive=True))]
    return Memory(sum(each.rss for each in held) / 2**20, sum(each.pss for each in held) / 2**20)
