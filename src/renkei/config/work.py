"""Background work: what goes on between requests, each job in a thread of its own.

Jobs hold no state. Each may run in any number of processes at once, because the rooms take leases or locks where
two workers must not meet; a job that fails is logged, waits and tries again.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import close_old_connections

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of background work."""

    name: str
    run: Callable[[], object]
    """Does what is due and returns something true when there may be more at once."""
    every: float
    """Seconds between two looks when nothing calls."""
    wake: threading.Event | None = None
    """Set by whoever makes work for this job in the same process."""


class Work:
    """All jobs, running until told to stop."""

    def __init__(self, jobs: tuple[Job, ...]) -> None:
        self._jobs = jobs
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start one thread for each job."""
        for job in self._jobs:
            thread = threading.Thread(target=self._keep_at, args=(job,), name=f"work-{job.name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, *, within: float = 10.0) -> None:
        """Let every job finish what it is at, then return."""
        self._stop.set()
        for job in self._jobs:
            if job.wake is not None:
                job.wake.set()
        for thread in self._threads:
            thread.join(within)

    def _keep_at(self, job: Job) -> None:
        pause = job.every
        while not self._stop.is_set():
            if job.wake is not None:
                job.wake.clear()
            try:
                more = job.run()
                pause = 0.0 if more else job.every
            except Exception:
                log.exception("the job %s failed; it will be tried again", job.name)
                pause = min(max(pause, 0.5) * 2, LONGEST_PAUSE)
            finally:
                close_old_connections()
            if pause:
                (job.wake or self._stop).wait(pause)


def main() -> None:
    """Run the background work alone, until SIGTERM or SIGINT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renkei.config.settings")
    import django

    django.setup()
    from renkei.config.wiring import background_jobs

    done = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: done.set())
    work = Work(background_jobs())
    work.start()
    done.wait()
    work.stop()


if __name__ == "__main__":
    main()
