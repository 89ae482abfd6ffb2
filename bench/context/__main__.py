"""The context broker beside its bars, from a client in a second process. All data is synthetic.

    python -m bench.context [--quick] [--database sqlite|postgresql] [--only writes,batches,queries,…] [--seconds 10]

A node as `renkei up` runs it, every request with an API token. The yardstick is a bare application on the same server,
with the same client: what the client and the server can do at most. Prints, never fails on time.
"""

import argparse
import itertools
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.context import bare, measures
from bench.context.client import ClientBroken, drive
from bench.context.node import DATABASES, NAMES, PostgresMissing, resident, running
from bench.context.vehicles import Words

CONNECTIONS = (8, 16)


def main() -> int:
    """Print the table for each database."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a small run, whose figures say little")
    parser.add_argument("--seconds", type=float, help="how long each rate is measured")
    parser.add_argument("--database", choices=DATABASES)
    parser.add_argument("--only", default=",".join(measures.MEASURES))
    options = parser.parse_args()
    size = measures.QUICK if options.quick else measures.WHOLE
    size = replace(size, seconds=options.seconds or size.seconds)
    wanted = options.only.split(",")
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} processors, load averages before: {load}", flush=True)
    ceiling = _ceiling(seconds=min(size.seconds, 5))
    broken = 0
    for database in [options.database] if options.database else DATABASES:
        with tempfile.TemporaryDirectory(prefix="renkei-bench-") as home:
            try:
                broken += _measured(database, Path(home), wanted, size, ceiling)
            except PostgresMissing:
                print("\nPostgreSQL: not installed here, not measured", flush=True)
    return 1 if broken else 0


def _measured(database: str, home: Path, wanted: list[str], size: measures.Size, ceiling: float) -> int:
    """Print the figures of one database; returns how many of the measures broke (never because they were slow)."""
    broken = 0
    with running(database, home) as (node, words):
        print(f"\n{NAMES[database]}", flush=True)
        table = measures.Table(ceiling)
        for name, measure in measures.MEASURES.items():
            if name not in wanted:
                continue
            try:
                measure(table, words, size)
            except (ClientBroken, AssertionError, StopIteration, ValueError) as why:
                table.said(name, f"BROKEN: {why!s:.300}")
                broken += 1
        table.said("memory of the node's processes, RSS", f"{resident(node):,.0f} MiB")
    return broken


def _ceiling(*, seconds: float) -> float:
    """Return what the yardstick answers a second, at best."""
    rates = []
    with bare.served() as port:
        words = Words(port, "rk_0000000000000000_" + "x" * 43)
        stock = itertools.cycle([words.retrieve(number) for number in range(1000)])
        for connections in CONNECTIONS:
            done = drive(port, stock, connections=connections, seconds=seconds)
            rates.append(done.rate)
            print(
                f"yardstick, {connections} connections: {done.rate:,.0f}/s   p50 {done.quantile(0.5):.2f} ms   "
                f"p99 {done.quantile(0.99):.2f} ms"
            )
    return max(rates)


if __name__ == "__main__":
    sys.exit(main())
