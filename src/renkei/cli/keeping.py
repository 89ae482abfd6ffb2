"""Keeps the parts of `renkei up` running: a process of its own that loads nothing which it does not need.

python -m renkei.cli.keeping '{"server": ["program", "argument", …], …}'
"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from renkei.cli.language import language_at_start
from renkei.kernel.texts import Text

RESTART_PAUSES = (0.2, 1.0, 5.0)
STEADY_AFTER = 60.0
STOP_WITHIN = 15.0

FALLEN = Text(
    ja="{name} がコード {code} で終わりました。{pause} 秒後に起動し直します。",
    en="{name} ended with code {code}; starting it again in {pause} s.",
)
GIVEN_UP = Text(
    ja="{name} がコード {code} で何度も終わるので、ノードを止めます。原因は上の記録にあります。",
    en="{name} ended with code {code} again and again, so the node stops. The lines above say why.",
)


def _say(text: Text, **facts: object) -> None:
    # As `output.say`, which would load the whole command line for two sentences.
    print(text.fill(**facts).in_(language_at_start()), file=sys.stderr)  # noqa: T201 - for people


@dataclass(slots=True)
class Part:
    """One process of the node."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    falls: int = 0
    started: float = 0.0
    next_start: float = 0.0


def keep_running(parts: list[Part], *, pauses: Sequence[float] = RESTART_PAUSES) -> int:
    """Run the parts until a signal comes; start a part again when it falls, and give up when it keeps falling.

    A part that falls is started again after each of `pauses` (seconds) in turn. Returns 0 after a signal, 1 when a
    part fell more often than that.
    """
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    outcome = 0
    while not stop.is_set():
        for part in parts:
            if part.process is not None and part.process.poll() is None:
                continue
            if part.process is not None and _has_fallen_too_often(part, pauses):
                outcome = 1
                stop.set()
                break
            if time.monotonic() >= part.next_start:
                part.process = subprocess.Popen(part.command)
                part.started = time.monotonic()
        stop.wait(0.2)
    _end(parts)
    return outcome


def _has_fallen_too_often(part: Part, pauses: Sequence[float]) -> bool:
    code = part.process.returncode if part.process else None
    part.process = None
    if time.monotonic() - part.started > STEADY_AFTER:
        part.falls = 0
    if part.falls >= len(pauses):
        _say(GIVEN_UP, name=part.name, code=code)
        return True
    pause = pauses[part.falls]
    _say(FALLEN, name=part.name, code=code, pause=f"{pause:g}")
    part.falls += 1
    part.next_start = time.monotonic() + pause
    return False


def _end(parts: list[Part]) -> None:
    running = [part.process for part in parts if part.process is not None and part.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_WITHIN
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    commands: dict[str, list[str]] = json.loads(sys.argv[1])
    sys.exit(keep_running([Part(name, command) for name, command in commands.items()]))
