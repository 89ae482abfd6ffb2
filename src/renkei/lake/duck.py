"""DuckDB over the live files of tables: connections that reach those files and nothing else."""

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from renkei.lake.sql import SQL_TYPES, quote_name, quote_text, quote_texts
from renkei.lake.types import Snapshot


def connection(
    *snapshots: Snapshot, folder: Path | None = None, memory: str = "1GB", threads: int | None = None
) -> Any:
    """Open an in-memory DuckDB that can read the snapshots' files and, in `folder`, read, write and spill.

    Every other file, the network and the loading of extensions are closed, and the settings are locked.
    """
    duck = duckdb.connect(":memory:")
    duck.execute("SET TimeZone = 'UTC'")
    duck.execute("SET preserve_insertion_order = false")
    duck.execute(f"SET memory_limit = {quote_text(memory)}")
    if threads is not None:
        duck.execute(f"SET threads = {threads}")
    duck.execute(f"SET temp_directory = {quote_text(str(folder / 'spill') if folder else '')}")
    if folder is not None:
        duck.execute(f"SET allowed_directories = {quote_texts([str(folder)])}")
    files = [str(file) for snapshot in snapshots for file in snapshot.files]
    if files:
        # DuckDB checks the pattern as it is written, then the file that it means
        allowed = sorted({*files, *map(glob.escape, files)})
        duck.execute(f"SET allowed_paths = {quote_texts(allowed)}")
    duck.execute("SET autoinstall_known_extensions = false")
    duck.execute("SET autoload_known_extensions = false")
    duck.execute("SET enable_external_access = false")
    duck.execute("SET lock_configuration = true")
    return duck


def relation_sql(snapshot: Snapshot) -> str:
    """Return the SQL text of a relation with the snapshot's rows, for use after FROM."""
    if snapshot.files:
        return files_sql(snapshot.files)
    nothing = ", ".join(
        f"NULL::{SQL_TYPES[column.type]} AS {quote_name(column.name)}" for column in snapshot.columns
    )
    return f"(SELECT {nothing} WHERE false)"


def select_sql(snapshot: Snapshot, *, order_by: Sequence[str] = ()) -> str:
    """Return the query of all the snapshot's rows, in the order of some of its columns."""
    order = f" ORDER BY {', '.join(quote_name(name) for name in order_by)}" if order_by else ""
    return f"SELECT * FROM {relation_sql(snapshot)}{order}"  # noqa: S608 - every name and path in it is quoted


def files_sql(files: Sequence[Path]) -> str:
    """Return the SQL text of a relation over Parquet files. The names are taken as they are: no pattern matching."""
    return f"read_parquet({quote_texts(glob.escape(str(file)) for file in files)}, hive_partitioning = false)"
