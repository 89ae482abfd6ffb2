"""Prepared queries run by DuckDB over a release's files and nothing else, within limits of time, memory and size.

Whatever goes wrong inside is told in the same words: DuckDB's own would hold values of the rows.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from renkei.kernel.clock import format_utc
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.privacy.errors import AnswerTooLarge, QueriesBusy, QueryFailed
from renkei.privacy.queries.differencing import Marked, marked
from renkei.privacy.queries.reading import TABLE
from renkei.privacy.queries.rewriting import MOST_ROWS, Prepared
from renkei.privacy.statement import ENTITY, ROW
from renkei.privacy.types import Answer, Delivery, Plan, Release

SECONDS = 10.0
MEMORY = "512MB"
THREADS = 1
"""More of them would add numbers up in another order each time."""
AT_ONCE = 2
MOST_BYTES = 4_000_000
_AGAIN = 0.02
DIGITS = 12
"""Of a computed number: further ones depend on the order in which rows were added up."""

_UNTOLD = Text(ja="", en="")
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Found:
    """An answer before it is told, with the marks by which the ledger judges it."""

    answer: Answer
    marks: tuple[Marked, ...] = ()
    untold: tuple[Marked, ...] = ()
    """Those of groups that have too few entities."""
    everything: tuple[Marked, ...] = ()
    """Those of all rows; none where nothing is told."""


def run(prepared: Prepared, plan: Plan, release: Release, *, key: bytes, seconds: float = SECONDS) -> Found:
    """Answer a prepared query from a release. Raises privacy.query-failed, answer-too-large, queries-busy,
    query-ledger-full.

    `key` makes the marks: only sets of marks that were made under the same key can be compared.
    """
    with opened(plan, release, seconds=seconds) as db:
        rows = fetched(db, prepared.answer)
        if prepared.least is None:
            answer = Answer(prepared.names, tuple(map(told, rows)))
            _check_size(answer)
            return Found(answer)
        smallest = min((int(row[-1]) for row in rows), default=None)
        answer = Answer(prepared.names, tuple(told(row[:-1]) for row in rows), smallest_group=smallest)
        _check_size(answer)
        sets = _marked(db, prepared.marks, prepared.made_of, prepared.least, key)
        marks = tuple(each for each in sets if each.told)
        untold = tuple(each for each in sets if not each.told)
        # all rows are one more hash for each entity, which nothing need be compared with where nothing is told
        everything = _marked(db, prepared.everything, prepared.made_of[:1], 0, key) if marks else []
        return Found(answer, marks=marks, untold=untold, everything=tuple(everything))


@contextmanager
def opened(plan: Plan, release: Release, *, seconds: float) -> Iterator[Any]:
    """Open DuckDB on a release's rows as the table `data` alone, for a time. Raises what `run` raises."""
    if not _turns.acquire(blocking=False):
        raise QueriesBusy(limit=AT_ONCE)
    try:
        with lake.connection(_rows(plan, release), memory=MEMORY, threads=THREADS) as db:
            done = threading.Event()
            threading.Thread(target=_stop_late, args=(db, done, seconds), daemon=True).start()
            try:
                relation = lake.relation_sql(_rows(plan, release))
                db.execute(f"CREATE TEMP VIEW {lake.quote_name(TABLE)} AS SELECT * FROM {relation}")  # noqa: S608 - quoted
                yield db
            finally:
                done.set()
    except (duckdb.Error, MemoryError, OSError):
        raise QueryFailed from None
    finally:
        _turns.release()


def _stop_late(db: Any, done: threading.Event, seconds: float) -> None:
    """Interrupt whatever runs when the time is up, and whatever else is begun then."""
    while not done.wait(seconds):
        db.interrupt()
        seconds = _AGAIN


def fetched(db: Any, query: str) -> list[tuple[Any, ...]]:
    """Return a query's rows. Raises privacy.answer-too-large."""
    rows: list[tuple[Any, ...]] = db.execute(query).fetchmany(MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise AnswerTooLarge
    return rows


def told(row: Sequence[Any]) -> tuple[object, ...]:
    """Return a row as it is told: times as text, numbers that are none as nothing."""
    return tuple(map(_told, row))


def _told(value: Any) -> object:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, datetime):
        return format_utc(value)
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, str | bool | int) else str(value)


def _check_size(answer: Answer) -> None:
    size = sum(
        len(cell.encode(errors="surrogatepass")) if isinstance(cell, str) else 24
        for row in answer.rows
        for cell in row
    )
    if size > MOST_BYTES:
        raise AnswerTooLarge


def _marked(db: Any, query: str, made_of: Sequence[str], least: int, key: bytes) -> list[Marked]:
    rows = iter(db.execute(query).fetchone, None)
    return list(marked(rows, made_of=made_of, least=least, key=key))


def _rows(plan: Plan, release: Release) -> lake.Snapshot:
    """Return a release's files with all their columns, those among them that no query may name."""
    columns = release.columns
    if plan.delivery is Delivery.IN_PLACE:
        hidden = ((ENTITY, lake.ColumnType.TEXT), (ROW, lake.ColumnType.INTEGER))
        columns += tuple(lake.Column(name, type_, None, _UNTOLD) for name, type_ in hidden)
    files = tuple(file.path for file in release.files)
    return lake.Snapshot(release.table, release.version, columns, files, release.rows, 0)
