"""An hour of mixed load on one node, and what its memory does meanwhile. All data is synthetic.

    python -m bench.context.soak [--minutes 60] [--database sqlite|postgresql] [--vehicles 2000]

Over eight connections, of a hundred requests: 55 change an attribute, 30 retrieve, 10 query, 3 create or replace a batch
of twenty, 2 sum up history. The load holds still in size: the same vehicles again and again, so that memory which grows
was not let go. Every so often it says what the node's processes hold (RSS) and how many answers came; at the end, how
fast memory grew over the second half, by least squares. Prints, never fails on memory or time.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.context.client import drive
from bench.context.node import DATABASES, NAMES, resident, running
from bench.context.vehicles import Words, vehicle

CONNECTIONS = 8
SAMPLES = 120
"""How often memory is read, at most."""
EXPECTED = ("200", "201", "204")
KINDS = ("patch", "retrieve", "query", "batch", "aggregate")
WEIGHTS = (55, 30, 10, 3, 2)
READINGS = range(500)


def main() -> int:
    """Run the load and print the slope."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--vehicles", type=int, default=2000)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="renkei-soak-") as home,
        running(options.database, Path(home)) as (node, words),
    ):
        print(
            f"{NAMES[options.database]}, {options.minutes:g} min, {options.vehicles:,} vehicles", flush=True
        )
        _prepare(words, options.vehicles)
        held: list[tuple[float, float]] = [(0.0, resident(node))]
        statuses: Counter[str] = Counter()
        load, begun = _load(words, options.vehicles), time.monotonic()
        pause = max(options.minutes * 60 / SAMPLES, 1)
        while (passed := time.monotonic() - begun) < options.minutes * 60:
            done = drive(words.port, load, connections=CONNECTIONS, seconds=pause)
            statuses += done.statuses
            held.append((passed / 60, resident(node)))
            told = f"{passed / 60:6.1f} min   {held[-1][1]:7.1f} MiB   {done.rate:7,.0f} answers/s   p99 {done.quantile(0.99):6.1f} ms"
            other = done.other_than(*EXPECTED)
            print(told + (f"   OTHER ANSWERS {other}" if other else ""), flush=True)
    _conclude(held, statuses)
    return 0


def _prepare(words: Words, vehicles: int) -> None:
    batches = [words.upsert(range(start, min(start + 500, vehicles))) for start in range(0, vehicles, 500)]
    stretches = [words.remember(number, READINGS) for number in range(10)]
    done = drive(words.port, [*batches, *stretches], connections=1)
    assert not done.other_than(*EXPECTED), done.last


def _load(words: Words, vehicles: int) -> Iterator[bytes]:
    dice = random.Random(7)
    while True:
        number = dice.randrange(vehicles)
        match dice.choices(KINDS, WEIGHTS)[0]:
            case "patch":
                yield words.patch(number, dice.randrange(200))
            case "retrieve":
                yield words.retrieve(number)
            case "query":
                yield words.query(
                    f'brand=="brand-{number % 50:02}";speed>{dice.randrange(100)}', more="&limit=20"
                )
            case "batch":
                chosen = [vehicle(dice.randrange(vehicles)) for _ in range(20)]
                yield words.request("POST", "entityOperations/upsert", chosen)
            case _:
                yield words.aggregate(number % 10, READINGS, period="PT1H")


def _conclude(held: list[tuple[float, float]], statuses: Counter[str]) -> None:
    late = held[len(held) // 2 :]
    slope = statistics.linear_regression(*zip(*late, strict=True)).slope if len(late) > 1 else 0.0
    print(f"answers: {dict(sorted(statuses.items()))}")
    print(
        f"memory: {held[0][1]:,.1f} MiB before the load, {late[0][1]:,.1f} at half time, {held[-1][1]:,.1f} at the end; "
        f"in the second half {slope * 60:+,.1f} MiB an hour"
    )


if __name__ == "__main__":
    sys.exit(main())
