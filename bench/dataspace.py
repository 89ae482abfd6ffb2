"""How renkei stands beside Eclipse EDC: negotiations, a large catalogue, the start, memory at rest.

    python -m bench.dataspace [--rounds 30] [--datasets 5000] [--only negotiations|catalogue|start]

The same client drives a pair of EDC connectors (once with the loop of one second that EDC ships with, once with one of
50 ms, which its own tests set) and a pair of nodes, in turn. EDC keeps everything in memory and runs its mock
identity; the nodes sign and verify every message and sync every commit to disk. Needs a JDK 17 and Maven.
"""

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.peers import edc, renkei
from bench.peers.side import Memory, Pair, Started, memory, negotiate, negotiate_many, start
from tests.interop.edc.build import edc_version

AT_ONCE = 64
WARM_UP = 20
IDLE = 10
STARTS = 3
BURSTS = 5
READS = 3
SMALL_HEAP = ("-Xms64m", "-Xmx256m")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--datasets", type=int, default=5000)
    parser.add_argument("--only", choices=["negotiations", "catalogue", "start"])
    options = parser.parse_args()
    print(f"Eclipse EDC {edc_version()} and renkei, on this machine, the same client", flush=True)
    parts: dict[str, Callable[[Path], None]] = {
        "negotiations": lambda home: _negotiations(home, rounds=options.rounds),
        "catalogue": lambda home: _catalogue(home, datasets=options.datasets),
        "start": _start,
    }
    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as folder:
        for name, measure in parts.items():
            if options.only in {None, name}:
                measure(Path(folder))
    return 0


def _negotiations(home: Path, *, rounds: int) -> None:
    """Measure all pairs in turn, round by round, so that what else the machine does falls on each alike."""
    with ExitStack() as running:
        pairs: dict[str, Pair] = {
            "renkei": running.enter_context(renkei.pair(home / "renkei")),
            "quick": running.enter_context(edc.pair(home / "edc-50ms", quick=True)),
            "usual": running.enter_context(edc.pair(home / "edc-default", quick=False)),
        }
        for name, pair in pairs.items():
            for _ in range(WARM_UP if name != "usual" else 3):
                negotiate(pair)
        alone: dict[str, list[float | None]] = {name: [] for name in pairs}
        for number in range(rounds):
            for name, pair in pairs.items():
                if name != "usual" or number % 3 == 0:
                    alone[name].append(negotiate(pair))
        at_once = {name: [0.0] * BURSTS for name in pairs}
        for number in range(BURSTS):
            for name, pair in pairs.items():
                at_once[name][number] = negotiate_many(pair, AT_ONCE)
    ours, quick, usual = (_median_final(name, alone[name]) for name in pairs)
    _line(f"one negotiation to FINALIZED, median of {rounds}", ours, quick, usual, unit="ms", scale=1000)
    ours, quick, usual = (statistics.median(at_once[name]) for name in pairs)
    _line(f"{AT_ONCE} at once, FINALIZED a second", ours, quick, usual, unit="/s", more_is_better=True)


def _median_final(name: str, taken: list[float | None]) -> float:
    final = [each for each in taken if each is not None]
    if len(final) < len(taken):
        print(f"    {name}: {len(taken) - len(final)} of {len(taken)} ended otherwise than FINALIZED")
    return statistics.median(final)


def _catalogue(home: Path, *, datasets: int) -> None:
    (ours, our_size), (varied, _) = (_our_catalogue(home, datasets, own_terms=own) for own in (False, True))
    theirs = edc.made(home / "edc-many", quick=True)
    try:
        theirs.start()
        edc.fill(theirs, datasets)
        pages = {
            page: _read(lambda page=page: edc.fetch_catalogue(theirs, page=page), datasets)
            for page in (renkei.PAGE, datasets + 1)
        }
    finally:
        theirs.stop()
    best = min(pages, key=lambda page: pages[page][0])
    _line(f"whole catalogue of {datasets:,} datasets", ours, pages[best][0], unit="ms", scale=1000)
    told = ", ".join(f"{page:,} a page: {seconds * 1000:,.0f} ms" for page, (seconds, _) in pages.items())
    print(
        f"    ours {our_size / 2**20:.1f} MiB in pages of {renkei.PAGE}; EDC {pages[best][1] / 2**20:.1f} MiB ({told})"
    )
    print(f"    ours with terms of its own for each dataset: {varied * 1000:,.0f} ms")


def _our_catalogue(home: Path, datasets: int, *, own_terms: bool) -> tuple[float, int]:
    with renkei.provider_of(home, datasets, own_terms=own_terms) as node:
        stock = iter(renkei.say(node, "tokens", str((READS + 1) * (datasets // renkei.PAGE + 2))))
        return _read(lambda: renkei.fetch_catalogue(node, stock), datasets)


def _read(fetch: Callable[[], tuple[int, int]], datasets: int) -> tuple[float, int]:
    fetch()
    taken = []
    for _ in range(READS):
        begun = time.perf_counter()
        found, size = fetch()
        taken.append(time.perf_counter() - begun)
        assert found == datasets, found
    return statistics.median(taken), size


def _start(home: Path) -> None:
    numbers = itertools.count()
    ours, our_memory = _started(lambda: renkei.StartedNode(home / f"start-{next(numbers)}"))
    theirs, their_memory = _started(lambda: edc.StartedEdc(home / f"edc-start-{next(numbers)}"))
    _, small = _started(lambda: edc.StartedEdc(home / f"edc-start-{next(numbers)}", SMALL_HEAP), starts=1)
    _line(f"start to ready, median of {STARTS}", ours, theirs, unit="s")
    _line(
        f"memory at rest, {IDLE} s after the start, RSS",
        our_memory.resident,
        their_memory.resident,
        unit="MiB",
    )
    _line(
        "    the same with shared pages once, PSS",
        our_memory.proportional,
        their_memory.proportional,
        unit="MiB",
    )
    print(
        f"    EDC with {' '.join(SMALL_HEAP)}: RSS {small.resident:,.0f} MiB, PSS {small.proportional:,.0f} MiB"
    )


def _started(make: Callable[[], Started], *, starts: int = STARTS) -> tuple[float, Memory]:
    taken, held = [], Memory(0, 0)
    for number in range(starts):
        one = make()
        try:
            seconds, process = start(one)
            taken.append(seconds)
            if number == starts - 1:
                time.sleep(IDLE)
                held = memory(process)
        finally:
            one.stop()
    return statistics.median(taken), held


def _line(
    name: str,
    ours: float,
    quick: float,
    usual: float | None = None,
    *,
    unit: str,
    scale: float = 1,
    more_is_better: bool = False,
) -> None:
    def ratio(theirs: float) -> str:
        return f"{(ours / theirs if more_is_better else theirs / ours):6.1f}x"

    said = f"{name:44} renkei {ours * scale:9,.1f} {unit}   EDC {quick * scale:9,.1f} {unit} {ratio(quick)}"
    if usual is not None:
        said += f"   EDC by default {usual * scale:9,.1f} {unit} {ratio(usual)}"
    print(said, flush=True)


if __name__ == "__main__":
    sys.exit(main())
