"""The supervisor of `renkei up`, with real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SUPERVISOR = """
import sys
from renkei.cli.keeping import Part, keep_running
parts = [Part(str(n), [sys.executable, "-c", code]) for n, code in enumerate(sys.argv[1:])]
sys.exit(keep_running(parts, pauses=(0.0, 0.0)))
"""
STEADY = "import signal, pathlib; pathlib.Path({file!r}).touch(); signal.pause()"


def supervise(*parts: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SUPERVISOR, *parts]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        os.sched_yield()


def test_a_signal_ends_every_part_and_is_no_failure(tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    node = supervise(STEADY.format(file=str(first)), STEADY.format(file=str(second)))
    wait_for(first)
    wait_for(second)

    node.send_signal(signal.SIGTERM)

    assert node.wait(30) == 0


def test_a_part_that_falls_is_started_again(tmp_path: Path):
    fallen, risen = tmp_path / "fallen", tmp_path / "risen"
    falls_once = (
        f"import pathlib, sys, signal; once = pathlib.Path({str(fallen)!r});"
        f"once.exists() or (once.touch(), sys.exit(3)); pathlib.Path({str(risen)!r}).touch(); signal.pause()"
    )
    node = supervise(falls_once)
    wait_for(risen)

    node.terminate()

    assert node.wait(30) == 0
    assert node.stderr is not None
    assert "ended with code 3; starting it again" in node.stderr.read()


def test_a_part_that_keeps_falling_ends_the_node_and_the_other_parts(tmp_path: Path):
    pid = tmp_path / "pid"
    steady = (
        f"import os, pathlib, signal; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); signal.pause()"
    )
    falls = f"import pathlib, sys\nwhile not pathlib.Path({str(pid)!r}).exists(): pass\nsys.exit(4)"

    node = supervise(steady, falls)

    assert node.wait(60) == 1
    assert node.stderr is not None
    assert "again and again" in node.stderr.read()
    assert not Path(f"/proc/{pid.read_text()}").exists()
