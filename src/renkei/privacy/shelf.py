"""Where releases lie: releases/<plan digest>/<version>/ with Parquet files and a release.json beside them.

A release appears whole or not at all: it is written aside, synced, and renamed. Whoever writes or reads one holds the
table's lock with others; whoever drops a table's releases holds it alone.
"""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from renkei.kernel.clock import format_utc, parse_utc
from renkei.kernel.ids import TableId
from renkei.kernel.texts import Text
from renkei.lake import api as lake
from renkei.privacy.types import Release, ReleaseFile, Withheld

KEPT = timedelta(days=1)
"""How long a release of an earlier version stays for whoever is reading it."""
_ABOUT = "release.json"
_ASIDE = ".aside"


def place(digest: str, version: int) -> Path:
    """Return the folder of one release."""
    return _root() / digest / str(version)


@contextmanager
def using(table: TableId) -> Iterator[None]:
    """Hold off the dropping of a table's releases."""
    with _locked(_root() / f"{_short(table)}.table.lock", fcntl.LOCK_SH):
        yield


@contextmanager
def dropping(table: TableId) -> Iterator[None]:
    """Wait until nobody makes or finds a release of the table, and hold them off."""
    with _locked(_root() / f"{_short(table)}.table.lock", fcntl.LOCK_EX):
        yield


@contextmanager
def making(digest: str) -> Iterator[Path]:
    """Be the only one who makes releases of a plan; yield an empty folder aside, gone again afterwards."""
    (_root() / digest).mkdir(exist_ok=True)
    aside = _root() / digest / _ASIDE
    with _locked(_root() / f"{digest}.lock", fcntl.LOCK_EX):
        shutil.rmtree(aside, ignore_errors=True)  # left by whoever died here
        aside.mkdir()
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def find(digest: str, version: int) -> Release | None:
    """Return a release that has been made, or None."""
    folder = place(digest, version)
    try:
        about = json.loads((folder / _ABOUT).read_text())
    except FileNotFoundError:
        return None
    return _read(about, folder)


def put(aside: Path, release: Release, *, now: datetime) -> Release:
    """Sync a release's files with its description and give them their place at once; return it as it lies there."""
    for file in release.files:
        lake.sync(aside / file.name)
    about = aside / _ABOUT
    about.write_text(json.dumps(_describe(release, aside, now), ensure_ascii=False, indent=1))
    lake.sync(about)
    lake.sync(aside)
    folder = place(release.digest, release.version)
    _remove(folder)  # what a removal that died half-way has left
    aside.rename(folder)
    lake.sync(folder.parent)
    return _read(json.loads((folder / _ABOUT).read_text()), folder)


def prune(digest: str, *, below: int, now: datetime) -> None:
    """Remove a plan's releases of earlier versions that were made longer ago than KEPT."""
    for folder in _releases(_root() / digest):
        about = json.loads((folder / _ABOUT).read_text())
        if about["version"] < below and parse_utc(about["made_at"]) < now - KEPT:
            _remove(folder)


def drop(table: TableId) -> int:
    """Remove every release of a table and return how many there were."""
    found = [
        folder
        for plan in _root().iterdir()
        if plan.is_dir()
        for folder in _releases(plan)
        if json.loads((folder / _ABOUT).read_text())["table"] == table
    ]
    for folder in found:
        _remove(folder)
    return len(found)


def _describe(release: Release, aside: Path, now: datetime) -> dict[str, Any]:
    return {
        "digest": release.digest,
        "table": release.table,
        "version": release.version,
        "made_at": format_utc(now),
        "rows": release.rows,
        "columns": [asdict(column) for column in release.columns],
        "files": [
            {"name": f.name, "size": f.size, "rows": f.rows, "sha256": _digest(aside / f.name)}
            for f in release.files
        ],
        "withheld": [asdict(term) for term in release.withheld],
        "smallest_group": release.smallest_group,
        "loss": release.loss,
    }


def _read(about: dict[str, Any], folder: Path) -> Release:
    return Release(
        digest=about["digest"],
        table=TableId(about["table"]),
        version=about["version"],
        columns=tuple(
            lake.Column(c["name"], lake.ColumnType(c["type"]), c["unit"], Text(**c["text"]))
            for c in about["columns"]
        ),
        files=tuple(
            ReleaseFile(f["name"], folder / f["name"], f["size"], f["rows"], f.get("sha256", ""))
            for f in about["files"]
        ),
        rows=about["rows"],
        withheld=tuple(Withheld(w["term"], w["rows"], tuple(w["columns"])) for w in about["withheld"]),
        smallest_group=about.get("smallest_group"),
        loss=about.get("loss", 0),
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _releases(plan: Path) -> list[Path]:
    return sorted(folder for folder in plan.iterdir() if folder.name != _ASIDE and (folder / _ABOUT).exists())


def _remove(folder: Path) -> None:
    """Remove a release, its description last, so that one who dies here leaves it to be found again."""
    if not folder.exists():
        return
    for file in folder.iterdir():
        if file.name != _ABOUT:
            file.unlink()
    (folder / _ABOUT).unlink(missing_ok=True)
    folder.rmdir()


def _root() -> Path:
    root: Path = settings.RENKEI.home / "releases"
    root.mkdir(exist_ok=True)
    return root


def _short(table: TableId) -> str:
    return table.removeprefix("urn:uuid:")


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, how)
        yield
