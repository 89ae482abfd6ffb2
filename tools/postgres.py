"""A PostgreSQL server that lives as long as a test run: own folder, own port on loopback, no trace afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def find_programs() -> Path | None:
    """Return the folder with `initdb` and `postgres`, or None where PostgreSQL's server is not installed."""
    on_path = shutil.which("initdb")
    if on_path and (beside := Path(on_path).resolve().parent).joinpath("postgres").exists():
        return beside
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


QUICK = ("fsync=off", "full_page_writes=off")
"""A test run needs no durability from the server: nothing outlives it."""
DURABLE: Sequence[str] = ()
"""As it comes out of the box: every commit is synced."""


@contextmanager
def throw_away_postgres(programs: Path, *, settings: Sequence[str] = QUICK) -> Iterator[str]:
    """Start a server and yield its `postgresql://` URL; stop it and remove its folder at the end."""
    folder = Path(tempfile.mkdtemp(prefix="renkei-postgres-"))
    port = _free_port()
    as_user = _other_user_when_root(folder)
    data = folder / "data"
    try:
        _run(
            as_user, programs / "initdb", "-D", data, "-U", "renkei", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        said = " ".join(f"-c {each}" for each in (*settings, "max_connections=200"))
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} {said}"
        _run(as_user, programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
        try:
            _run(as_user, programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "renkei", "renkei")
            yield f"postgresql://renkei@127.0.0.1:{port}/renkei"
        finally:
            _run(as_user, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _other_user_when_root(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root; its package brings a user of its own."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["runuser", "-u", "postgres", "--"]


def _run(as_user: list[str], *command: object) -> None:
    outcome = subprocess.run(
        [*as_user, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        check=False,
    )
    if outcome.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{outcome.stdout}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
