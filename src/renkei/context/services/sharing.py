"""Acts that come at the same time do their work in one transaction.

A commit costs a write to the disk, and each statement a way to the database and back, whether for one act or for many.
So of the threads that come with an act, one does all that have gathered while the last one was at it, and the others
wait for their answers. An act is still all or nothing: when a shared transaction breaks, each of its acts is done again
alone, so that only the one at fault fails.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import connection

_TRIES = 5
_MOST = 200
"""Acts that share a transaction."""

A = TypeVar("A")
R = TypeVar("R")


class LeftUndone(Exception):
    """The thread that did the act ended while it was at it, as when a process is told to stop."""


class _Waiting(Generic[A, R]):
    """An act and, once it was done, its answer."""

    __slots__ = ("act", "answer", "done", "failure")

    def __init__(self, act: A) -> None:
        self.act = act
        self.done = threading.Event()
        self.answer: R | None = None
        self.failure: Exception | None = LeftUndone()

    def end(self, answer: R) -> None:
        """Say what came of it."""
        self.answer, self.failure = answer, None

    def outcome(self) -> R | Exception:
        """Return the answer, or what was raised."""
        return self.answer if self.failure is None else self.failure  # type: ignore[return-value]  # set with `done`


class Sharing(Generic[A, R]):
    """Does acts, those that come at the same time together."""

    def __init__(self, together: Callable[[Sequence[A]], list[R]], *, again: type[Exception]) -> None:
        """`together` does acts in one transaction; when it raises `again`, it is simply tried again."""
        self._together = together
        self._again = again
        self._queue: list[_Waiting[A, R]] = []
        self._guard = threading.Lock()
        self._turn = threading.Lock()

    def do(self, act: A) -> R:
        """Do an act and return its answer; within a transaction of the caller's, at once and in that one."""
        (answer,) = self.do_all([act])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def do_all(self, acts: Sequence[A]) -> list[R | Exception]:
        """Do acts of callers who know nothing of each other; answer each with what came of it, or what it raised."""
        if connection.in_atomic_block:
            return [self._tried([act])[0] for act in acts]
        mine: list[_Waiting[A, R]] = [_Waiting(act) for act in acts]
        with self._guard:
            self._queue += mine
        while not all(waiting.done.is_set() for waiting in mine):
            with self._turn:
                if not all(waiting.done.is_set() for waiting in mine):
                    self._do_gathered()
        return [waiting.outcome() for waiting in mine]

    def _do_gathered(self) -> None:
        with self._guard:
            gathered, self._queue = self._queue[:_MOST], self._queue[_MOST:]
        try:
            answers = self._tried([waiting.act for waiting in gathered])
            for waiting, answer in zip(gathered, answers, strict=True):
                waiting.end(answer)
        except Exception as failure:  # noqa: BLE001 - each act is done again alone, and what it raises is its caller's
            self._do_each(gathered, failure)
        finally:
            for waiting in gathered:
                waiting.done.set()

    def _do_each(self, gathered: Sequence[_Waiting[A, R]], failure: Exception) -> None:
        if len(gathered) == 1:
            gathered[0].failure = failure
            return
        for waiting in gathered:
            try:
                waiting.end(self._tried([waiting.act])[0])
            except Exception as own:  # noqa: BLE001 - as above
                waiting.failure = own

    def _tried(self, acts: Sequence[A]) -> list[R]:
        for _ in range(_TRIES - 1):
            try:
                return self._together(acts)
            except self._again:
                continue
        return self._together(acts)
