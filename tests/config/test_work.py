import threading

from renkei.config.work import Job, Work


def test_a_job_is_done_again_at_once_while_it_says_that_there_is_more():
    left, empty = [3], threading.Event()

    def run() -> bool:
        left[0] -= 1
        if left[0] == 0:
            empty.set()
        return left[0] > 0

    work = Work((Job("count", run, every=3600.0),))
    work.start()
    try:
        assert empty.wait(10.0)
    finally:
        work.stop()


def test_whoever_makes_work_wakes_the_job():
    wake, looks, woken = threading.Event(), [0], threading.Event()

    def run() -> None:
        looks[0] += 1
        if looks[0] == 1:
            wake.set()  # work that comes while the job is at work is not missed
        else:
            woken.set()

    work = Work((Job("outbox", run, every=3600.0, wake=wake),))
    work.start()
    try:
        assert woken.wait(10.0)
    finally:
        work.stop()


def test_a_job_that_fails_is_tried_again_and_hinders_no_other():
    failures, tried_again, other = [0], threading.Event(), threading.Event()

    def fail() -> None:
        failures[0] += 1
        if failures[0] == 2:
            tried_again.set()
        raise RuntimeError("the disk is away")

    work = Work((Job("fails", fail, every=0.01), Job("other", other.set, every=0.01)))
    work.start()
    try:
        assert other.wait(10.0)
        assert tried_again.wait(10.0)
    finally:
        work.stop()
