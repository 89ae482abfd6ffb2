"""Decisions about tables: no database, no files."""

import re

from renkei.lake.errors import ColumnsInvalid
from renkei.lake.types import Column

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def check_columns(columns: tuple[Column, ...], *, subject: str | None) -> None:
    """Check that columns can make a table. Raises ColumnsInvalid naming the column and the rule it breaks."""
    if not columns:
        raise ColumnsInvalid(column="", rule="at-least-one")
    seen: set[str] = set()
    for column in columns:
        if not _NAME.fullmatch(column.name):
            raise ColumnsInvalid(column=column.name, rule="name")
        if column.name in seen:
            raise ColumnsInvalid(column=column.name, rule="twice")
        seen.add(column.name)
    if subject is not None and subject not in seen:
        raise ColumnsInvalid(column=subject, rule="subject-is-a-column")
