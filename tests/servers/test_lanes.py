"""Short work in a lane: done in a row, answered together, each piece on its own."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from renkei.servers.lanes import Lane, Tended


def together(lane: Lane, *works: Callable[[], Any]) -> list[Any]:
    """Ask a lane for works at the same time; return what each returned or raised."""

    async def ask() -> list[Any]:
        return await asyncio.gather(*(lane.run(work) for work in works), return_exceptions=True)

    return asyncio.run(ask())


def breaking() -> None:
    raise ZeroDivisionError


def test_each_piece_is_answered_with_its_own_outcome():
    answers = together(Lane("test"), lambda: 1, breaking, lambda: 3)

    assert (answers[0], type(answers[1]), answers[2]) == (1, ZeroDivisionError, 3)


def test_an_iterator_that_ends_where_it_must_not_keeps_nobody_waiting():
    answers = together(Lane("test"), lambda: next(iter(())), lambda: 2)

    assert (type(answers[0]), answers[1]) == (RuntimeError, 2)


def test_a_connection_that_cannot_be_closed_does_not_end_the_lane(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Tended, "tend", lambda _: breaking())
    lane = Lane("test")

    assert together(lane, lambda: 1) == [1]
    assert together(lane, lambda: 2) == [2]


def test_pieces_that_wait_are_done_in_their_order_by_the_same_thread():
    done: list[int] = []

    def work(number: int) -> str:
        done.append(number)
        return threading.current_thread().name

    names = together(Lane("test"), *(lambda number=number: work(number) for number in range(40)))

    assert done == list(range(40))
    assert set(names) == {"test_0"}


def test_what_came_together_is_finished_together():
    held, finished = threading.Event(), []

    def finish(values: list[int]) -> Sequence[Any]:
        finished.append(values)
        return [value * 10 if value != 2 else ZeroDivisionError() for value in values]

    def first() -> int:
        held.wait(10)
        return 0

    async def ask(lane: Lane) -> list[Any]:
        blocked = asyncio.ensure_future(lane.run(first))
        await asyncio.sleep(0)
        others = [asyncio.ensure_future(lane.run(lambda number=number: number)) for number in (1, 2, 3)]
        await asyncio.sleep(0)
        held.set()
        return await asyncio.gather(blocked, *others, return_exceptions=True)

    answers = asyncio.run(ask(Lane("test", finish=finish)))

    assert [answers[0], answers[1], type(answers[2]), answers[3]] == [0, 10, ZeroDivisionError, 30]
    assert [value for values in finished for value in values] == [0, 1, 2, 3]
    assert len(finished) < 4


def test_a_finish_that_breaks_fails_all_that_it_was_about_and_the_lane_goes_on():
    broken = [True]

    def finish(values: list[int]) -> Sequence[Any]:
        if broken.pop():
            raise ZeroDivisionError
        return values

    lane = Lane("test", finish=finish)

    assert [type(answer) for answer in together(lane, lambda: 1)] == [ZeroDivisionError]
    broken.append(False)
    assert together(lane, lambda: 1) == [1]


def test_who_no_longer_waits_keeps_nobody_waiting():
    held = threading.Event()

    async def ask(lane: Lane) -> int:
        left = asyncio.ensure_future(lane.run(lambda: held.wait(10)))
        await asyncio.sleep(0)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        held.set()
        return await lane.run(lambda: 7)

    assert asyncio.run(ask(Lane("test"))) == 7
