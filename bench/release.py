"""A release beside plain DuckDB: the same files, the same rows, the same run. All data is synthetic.

    python -m bench.release [--rows 10000000] [--rounds 3]

The release keeps 21 of 30 days, drops a column, gives positions as cells and withholds cells with too few devices. Its
yardsticks are DuckDB statements written by hand, without renkei, on the table's own Parquet files:
- "sum": rows, devices and mean reading of each cell with enough devices, computed in memory. renkei answers the same
  question by making the release and then computing it from the release's files;
- "copy": the very rows of the release, written as Parquet.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psutil
import pyarrow as pa

BATCH = 1_000_000
DEVICES, DAYS, GROUP = 10_000, 30, 10
START = datetime(2026, 4, 1, tzinfo=UTC)
SINCE, UNTIL = START + timedelta(days=3), START + timedelta(days=24)

MESH = """
CASE WHEN latitude >= 20 AND latitude < 46 AND longitude >= 122 AND longitude < 154 THEN
  ((floor(latitude * 1.5) * 100 + floor(longitude - 100)) * 100
   + (floor(latitude * 12) % 8) * 10 + floor((longitude - 100) * 8) % 8)::INTEGER END
"""


def main(arguments: Sequence[str]) -> None:
    """Make the table, measure in turn, print the ratios."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="renkei-bench-"))
    try:
        set_up(home)
        table = table_of(options.rows)
        _measure(table, rounds=options.rounds, scratch=home / "yardstick")
    finally:
        shutil.rmtree(home)


def set_up(home: Path) -> None:
    os.environ.update(RENKEI_HOME=str(home), DJANGO_SETTINGS_MODULE="renkei.config.settings")
    os.environ.pop("RENKEI_DATABASE_URL", None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def table_of(rows: int) -> Any:
    from renkei.kernel.ids import NODE, OrgId
    from renkei.kernel.texts import Text
    from renkei.lake import api as lake

    kinds = {
        "device": lake.ColumnType.TEXT,
        "at": lake.ColumnType.INSTANT,
        "latitude": lake.ColumnType.REAL,
        "longitude": lake.ColumnType.REAL,
        "gateway": lake.ColumnType.TEXT,
        "rssi": lake.ColumnType.REAL,
        "reading": lake.ColumnType.REAL,
    }
    columns = tuple(lake.Column(name, kind, None, Text(ja=name, en=name)) for name, kind in kinds.items())
    table = lake.create_table(
        owner=OrgId("bench"), name="readings", columns=columns, subject="device", actor=NODE, now=START
    )
    began = time.perf_counter()
    for number, first in enumerate(range(0, rows, BATCH)):
        lake.append(table.id, _rows(min(BATCH, rows - first), seed=number), writer="bench", sequence=number)
    taken = time.perf_counter() - began
    snapshot = lake.snapshot(table.id)
    print(f"synthetic data: {rows:,} rows, {DEVICES:,} devices, {DAYS} days, positions to 1e-6 degree")
    print(
        f"appended in {taken:.1f} s with their making ({rows / taken:,.0f} rows/s), "
        f"{len(snapshot.files)} files, {snapshot.bytes / 1e6:,.0f} MB"
    )
    return table


def _rows(count: int, *, seed: int) -> Any:
    draw = np.random.default_rng(seed)
    device = draw.integers(0, DEVICES, count)
    home = np.random.default_rng(1_000_003)
    latitude = home.normal(35.7, 0.4, DEVICES)[device] + draw.normal(0, 0.01, count)
    longitude = home.normal(139.6, 0.5, DEVICES)[device] + draw.normal(0, 0.01, count)
    micros = int(START.timestamp() * 1e6) + np.sort(draw.integers(0, DAYS * 86_400_000_000, count))
    names = np.array([f"{number:016X}" for number in range(DEVICES)])
    gateways = np.array([f"gateway-{number:03}" for number in range(200)])
    return pa.table(
        {
            "device": names[device],
            "at": pa.array(micros, pa.timestamp("us", tz="UTC")),
            "latitude": latitude.round(6),
            "longitude": longitude.round(6),
            "gateway": gateways[draw.integers(0, 200, count)],
            "rssi": draw.normal(-95, 8, count).round(1),
            "reading": draw.normal(20, 5, count).round(2),
        }
    )


def _measure(table: Any, *, rounds: int, scratch: Path) -> None:
    from renkei.lake import api as lake

    files = [str(path) for path in lake.snapshot(table.id).files]
    peak = psutil.Process().memory_info().rss
    for cells in ("jis-mesh:2", "h3:5"):
        plan = _plan(table, cells)
        times: dict[str, list[float]] = {"sum": [], "copy": [], "release": [], "release and sum": []}
        for _ in range(rounds):
            if cells.startswith("jis"):
                times["sum"].append(_timed(lambda: _plain_sum(files)))
                times["copy"].append(_timed(lambda: _plain_copy(files, scratch)))
            taken, took_sum = _released(plan)
            times["release"].append(taken)
            times["release and sum"].append(taken + took_sum)
        _report(cells, {name: statistics.median(taken) for name, taken in times.items() if taken})
    grown = psutil.Process().memory_info().rss - peak
    print(f"memory held after all releases: {grown / 1e6:+,.0f} MB")


def _plan(table: Any, cells: str) -> Any:
    from renkei.privacy import api as privacy

    role, category = privacy.Role, privacy.Category
    classes = (
        privacy.ColumnClass("device", category.RELATED, role.SUBJECT),
        privacy.ColumnClass("at", category.NONE, role.TIME),
        privacy.ColumnClass("latitude", category.PERSONAL, role.LATITUDE),
        privacy.ColumnClass("longitude", category.PERSONAL, role.LONGITUDE),
        privacy.ColumnClass("gateway", category.RELATED, role.PLACE),
        privacy.ColumnClass("rssi", category.NONE, role.PLAIN),
        privacy.ColumnClass("reading", category.NONE, role.PLAIN),
    )
    return privacy.Plan(
        table=table.id,
        columns=classes,
        dropped=("rssi",),
        cell=privacy.Cell.parse(cells),
        minimum_group=privacy.MinimumGroup(GROUP, "device"),
        since=SINCE,
        until=UNTIL,
    )


def _released(plan: Any) -> tuple[float, float]:
    from renkei.privacy import api as privacy

    privacy.drop_releases(plan.table)
    began = time.perf_counter()
    release = privacy.release(plan, now=START)
    middle = time.perf_counter()
    files = [str(file.path) for file in release.files]
    with duckdb.connect() as db:
        query = f"SELECT cell, count(*), count(DISTINCT device), avg(reading) FROM read_parquet({files}) WHERE cell IS NOT NULL GROUP BY cell"  # noqa: S608
        cells = db.execute(query).fetchall()
    assert cells
    return middle - began, time.perf_counter() - middle


def _plain_sum(files: list[str]) -> None:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        cells = db.execute(
            f"SELECT {MESH} AS cell, count(*), count(DISTINCT device), avg(reading) FROM read_parquet({files}) "  # noqa: S608
            f"WHERE \"at\" >= '{SINCE}' AND \"at\" < '{UNTIL}' GROUP BY cell HAVING count(DISTINCT device) >= {GROUP}"
        ).fetchall()
    assert cells


def _plain_copy(files: list[str], scratch: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(
            f'COPY (WITH kept AS (SELECT device, "at", reading, {MESH} AS cell FROM read_parquet({files}) '  # noqa: S608
            f"WHERE \"at\" >= '{SINCE}' AND \"at\" < '{UNTIL}'), "
            f"enough AS (SELECT cell FROM kept GROUP BY cell HAVING count(DISTINCT device) >= {GROUP}) "
            f'SELECT device, "at", enough.cell::VARCHAR AS cell, reading FROM kept LEFT JOIN enough USING (cell)) '
            f"TO '{scratch}' (FORMAT parquet, COMPRESSION zstd, PER_THREAD_OUTPUT)"
        )


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


_yardsticks: dict[str, float] = {}


def _report(cells: str, taken: dict[str, float]) -> None:
    _yardsticks.update({name: taken[name] for name in ("sum", "copy") if name in taken})
    print(f"{cells}, minimum group {GROUP}, 21 of {DAYS} days (median):")
    for name in ("sum", "copy"):
        if name in taken:
            print(f"  plain DuckDB, {name:<20} {taken[name]:8.2f} s")
    print(
        f"  renkei, release              {taken['release']:8.2f} s   {taken['release'] / _yardsticks['copy']:.2f} x copy"
    )
    both = taken["release and sum"]
    print(f"  renkei, release and sum      {both:8.2f} s   {both / _yardsticks['sum']:.2f} x sum")


if __name__ == "__main__":
    main(sys.argv[1:])
