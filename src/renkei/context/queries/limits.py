"""The limits under which questions of strangers run: how long one may take, in the database and here."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Final, TypeVar

from django.db import DataError, OperationalError, connection, transaction

from renkei.context.errors import QueryMalformed, QueryTooComplex

SECONDS: Final = 10.0
"""How long one question may take."""
IN_ORDER: Final = ("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin")
"""What PostgreSQL's planner leaves alone where indexes are to be gone through row by row, in their order.

A page is about the first rows that fit, and the planner cannot know how far these are.
"""
_LOOKED = 256
"""Things gone through between two looks at the clock."""
One = TypeVar("One")


@contextmanager
def limited(*, seconds: float = SECONDS, planner_without: Sequence[str] = ()) -> Iterator["Limited"]:
    """Give a cursor for one question, all of whose statements together may take so long.

    Raises context.query-too-complex when they take longer, context.query-malformed for a pattern that the database cannot
    read.
    """
    try:
        if connection.vendor == "postgresql":
            yield from _limited_postgres(seconds, planner_without)
        else:
            yield from _limited_sqlite(seconds)
    except OperationalError as error:
        if "interrupted" in str(error) or "statement timeout" in str(error):
            raise QueryTooComplex(seconds=f"{seconds:g}") from None
        raise
    except DataError as error:
        if "regular expression" in str(error):
            raise QueryMalformed(parameter="q", place=1, why="the database cannot read the pattern") from None
        raise


class Limited:
    """A cursor that is of use until the time is up."""

    def __init__(self, cursor: Any, seconds: float) -> None:
        """Time begins to run."""
        self._cursor = cursor
        self._seconds = seconds
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds are left. Raises context.query-too-complex when none is."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise QueryTooComplex(seconds=f"{self._seconds:g}")
        return left

    def is_over(self) -> bool:
        """Tell whether no time is left."""
        return time.monotonic() >= self._until

    def each(self, things: Iterable[One]) -> Iterator[One]:
        """Yield things that work is done for outside the database. Raises context.query-too-complex."""
        for place, thing in enumerate(things):
            if place % _LOOKED == 0:
                self.left()
            yield thing

    def execute(self, sql: str, parameters: Any = ()) -> None:
        """Run a statement. Raises context.query-too-complex."""
        self.left()
        self._cursor.execute(sql, list(parameters))

    def fetchall(self) -> list[Any]:
        """Return all rows that are left of the last statement."""
        return list(self._cursor.fetchall())

    def fetchone(self) -> Any:
        """Return the next row of the last statement."""
        return self._cursor.fetchone()


class _OnPostgres(Limited):
    """Sends its settings along with each statement, so that they cost no way to the database of their own."""

    def __init__(self, cursor: Any, seconds: float, planner_without: Sequence[str]) -> None:
        super().__init__(cursor, seconds)
        off = ("jit", *planner_without)
        self._count = len(off) + 1
        self._settings = "".join(f"SET LOCAL {what} = off; " for what in off)

    def execute(self, sql: str, parameters: Any = ()) -> None:
        most = f"SET LOCAL statement_timeout = {max(1, int(self.left() * 1000))}; "
        self._cursor.execute(most + self._settings + sql, list(parameters))
        for _ in range(self._count):
            self._cursor.nextset()


def _limited_postgres(seconds: float, planner_without: Sequence[str]) -> Iterator[Limited]:
    """Within a transaction that there is already, a savepoint keeps it usable when a statement fails."""
    kept = transaction.atomic() if connection.in_atomic_block else nullcontext()
    with kept, connection.cursor() as cursor:
        yield _OnPostgres(cursor, seconds, planner_without)


def _limited_sqlite(seconds: float) -> Iterator[Limited]:
    with connection.cursor() as cursor:
        raw = connection.connection
        limit = Limited(cursor, seconds)
        raw.set_progress_handler(limit.is_over, 20_000)
        try:
            yield limit
        finally:
            raw.set_progress_handler(None, 0)
