"""Short work of rooms, done by very few threads, many pieces at a time.

A pool (`door.in_room`) wakes a thread for each piece of work and the event loop for each answer, and its threads take
Python's one lock from each other at every statement; for work of a tenth of a millisecond that costs several times the
work. Here what has come together is done by one thread in a row, and answered together: the busier a lane, the less each
piece costs. What may take long does not belong here: it would keep those behind it waiting.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from django.db import connections

log = logging.getLogger(__name__)

_MOST = 16
"""Pieces of work answered together."""
_ASKED_EVERY = 1.0
"""Seconds after which a thread's connection to the database is asked again whether it is well."""
T = TypeVar("T")
Finish = Callable[[list[Any]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece of work, and who waits for it."""

    work: Callable[[], Any]
    asked: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True)
class _Done:
    asked: "asyncio.Future[Any]"
    answer: Any

    def settle(self) -> None:
        """Tell who waits, in its event loop."""
        if self.asked.cancelled():
            return
        if isinstance(
            self.answer, StopIteration
        ):  # which no future takes: those behind this one would go unanswered
            self.asked.set_exception(RuntimeError("work of a lane ended with StopIteration"))
        elif isinstance(self.answer, BaseException):
            self.asked.set_exception(self.answer)
        else:
            self.asked.set_result(self.answer)


class Lane:
    """A queue of work and the few threads that do it."""

    def __init__(self, name: str, *, threads: int = 1, finish: Finish = list) -> None:
        """Make a lane; its threads start with its first work.

        `finish` makes the answers of what the pieces that were taken together have returned, so that they can be written
        together; an exception in the place of an answer is raised where that piece was asked for.
        """
        self._name, self._threads, self._finish = name, threads, finish
        self._started = 0
        self._guard = threading.Lock()
        self._queue: SimpleQueue[_Piece] = SimpleQueue()

    async def run(self, work: Callable[[], T]) -> T:
        """Do blocking work of a room and return what it returns."""
        loop = asyncio.get_running_loop()
        asked = loop.create_future()
        self._queue.put(_Piece(work, asked, loop))
        if self._started < self._threads:
            self._start()
        return cast(T, await asked)

    def _start(self) -> None:
        with self._guard:
            while self._started < self._threads:
                name = f"{self._name}_{self._started}"
                threading.Thread(target=self._keep_at, name=name, daemon=True).start()
                self._started += 1

    def _keep_at(self) -> None:
        connection = Tended()
        while True:
            pieces = [self._queue.get()]
            while len(pieces) < _MOST:
                try:
                    pieces.append(self._queue.get_nowait())
                except Empty:
                    break
            by_loop: dict[asyncio.AbstractEventLoop, list[_Done]] = {}
            for piece, done in zip(pieces, self._done(pieces), strict=True):
                by_loop.setdefault(piece.loop, []).append(done)
            _tend(connection)
            for loop, several in by_loop.items():
                _tell(loop, several)

    def _done(self, pieces: list[_Piece]) -> list[_Done]:
        outcomes = [_worked(piece) for piece in pieces]
        good = [place for place, outcome in enumerate(outcomes) if not isinstance(outcome, BaseException)]
        try:
            finished = self._finish([outcomes[place] for place in good])
        except Exception as failure:  # noqa: BLE001 - as in `_worked`
            finished = [failure] * len(good)
        for place, answer in zip(good, finished, strict=True):
            outcomes[place] = answer
        return [_Done(piece.asked, outcome) for piece, outcome in zip(pieces, outcomes, strict=True)]


def _tend(connection: "Tended") -> None:
    try:
        connection.tend()
    except (
        Exception
    ):  # else this thread ends, and with it whoever asks this lane from now on waits without end
        log.exception("a connection to the database could not be closed")


def _worked(piece: _Piece) -> Any:
    try:
        return piece.work()
    except BaseException as failure:  # noqa: BLE001 - it is raised where the work was asked for
        return failure


def _tell(loop: asyncio.AbstractEventLoop, done: list[_Done]) -> None:
    def settle() -> None:
        for one in done:
            one.settle()

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:  # the loop was closed meanwhile: nobody waits any more
        return


class Tended:
    """A thread's connections to the database, kept between calls.

    As `django.db.close_old_connections`, which lets the next statement ask the database first whether it is there, each
    time; here a connection is asked once a second, and after an error.
    """

    def __init__(self) -> None:
        self._next = 0.0

    def tend(self) -> None:
        """Close what is broken or too old."""
        now = time.monotonic()
        for connection in connections.all(initialized_only=True):
            too_old = connection.close_at is not None and now >= connection.close_at
            if too_old or connection.errors_occurred or now >= self._next:
                connection.close_if_unusable_or_obsolete()
        if now >= self._next:
            self._next = now + _ASKED_EVERY
