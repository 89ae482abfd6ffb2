"""A node as `renkei up` runs it, on SQLite or on a PostgreSQL of its own that syncs every commit."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from bench.context.vehicles import Words
from bench.peers.renkei import say
from renkei.cli.demo.nodes import NodeProcess
from renkei.servers.broker import free_port
from tools.postgres import DURABLE, find_programs, throw_away_postgres

DATABASES = ("sqlite", "postgresql")
NAMES = {
    "sqlite": "SQLite, WAL, synchronous=FULL",
    "postgresql": "PostgreSQL, fsync on, as it comes out of the box",
}


class PostgresMissing(Exception):
    """There are no programs of PostgreSQL's server on this machine."""


@contextmanager
def running(database: str, home: Path) -> Iterator[tuple[NodeProcess, Words]]:
    """Run a node with one organisation until the block ends. Raises PostgresMissing."""
    with _database(database) as url:
        settings = {"RENKEI_DATABASE_URL": url} if url else {}
        node = NodeProcess(database, home / database, free_port(), settings)
        node.prepare()
        token = say(node, "consumer")["token"]
        try:
            node.start()
            yield node, Words(node.port, token)
        finally:
            node.stop()


def _database(name: str) -> AbstractContextManager[str | None]:
    if name == "sqlite":
        return nullcontext(None)
    programs = find_programs()
    if programs is None:
        raise PostgresMissing
    return throw_away_postgres(programs, settings=DURABLE)


def resident(node: NodeProcess) -> float:
    """Return the memory of all of a node's processes, in MiB (RSS)."""
    assert node.process is not None
    return sum(_resident_of(pid) for pid in _family(node.process.pid)) / 1024


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(each for child in children for each in _family(int(child)))]


def _resident_of(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)
