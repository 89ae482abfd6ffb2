"""Facts as JSON for programs, as aligned columns for people."""

import io
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from renkei.kernel.clock import format_utc
from renkei.kernel.texts import Lang, Text

Columns = Mapping[str, Text] | Sequence[str]
"""Fields to show, in order, with their headings; `owner.slug` reaches into a field."""

_PLAIN = (str, int, float, bool, datetime, Enum, Text, type(None))
_UNCUT = 10_000


def as_json_text(facts: object) -> str:
    """Write facts as indented JSON: times in RFC 3339, both languages of a text, bytes as base64."""
    import msgspec

    encoded = msgspec.json.encode(facts, enc_hook=str, order="sorted")
    return msgspec.json.format(encoded, indent=2).decode()


def as_table(facts: object, *, columns: Columns | None, lang: Lang) -> str:
    """Write a list of facts as a table, or one fact as a list of its fields, in one language."""
    if isinstance(facts, str | Text) or facts is None:
        return _cell(facts, lang)
    if isinstance(facts, Sequence):
        return _rows(facts, columns, lang)
    pairs = [
        (_heading(name, columns, lang), _cell(_reach(facts, name), lang)) for name in _names(facts, columns)
    ]
    return _draw([], pairs)


def _rows(rows: Sequence[object], columns: Columns | None, lang: Lang) -> str:
    if not rows:
        return Text(ja="(なし)", en="(none)").in_(lang)
    names = _names(rows[0], columns)
    cells = [tuple(_cell(_reach(row, name), lang) for name in names) for row in rows]
    return _draw([_heading(name, columns, lang) for name in names], cells)


def _draw(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD if headings else None, show_header=bool(headings), pad_edge=False)
    for place in range(len(rows[0]) if rows else 0):
        table.add_column(headings[place] if headings else "", overflow="fold")
    for row in rows:
        table.add_row(*row)
    paper = io.StringIO()
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNCUT
    Console(file=paper, width=width, markup=False, highlight=False, emoji=False).print(table)
    lines = [line.rstrip() for line in paper.getvalue().splitlines()]
    return "\n".join(line for line in lines if line)


def _names(fact: object, columns: Columns | None) -> list[str]:
    if columns is not None:
        return list(columns)
    if isinstance(fact, Mapping):
        return [str(name) for name in fact]
    stored = fields(fact) if is_dataclass(fact) else ()
    return [field.name for field in stored if isinstance(getattr(fact, field.name), _PLAIN)]


def _heading(name: str, columns: Columns | None, lang: Lang) -> str:
    if isinstance(columns, Mapping):
        return columns[name].in_(lang)
    return name.replace("_", " ").replace(".", " ")


def _reach(fact: object, name: str) -> Any:
    if isinstance(fact, Mapping) and name in fact:
        return fact[name]
    for step in name.split("."):
        fact = fact.get(step) if isinstance(fact, Mapping) else getattr(fact, step, None)
    return fact


def _cell(value: Any, lang: Lang) -> str:
    match value:
        case None | "" | () | []:
            words = "–"
        case bool():
            words = (Text(ja="はい", en="yes") if value else Text(ja="いいえ", en="no")).in_(lang)
        case Text():
            words = value.in_(lang)
        case datetime():
            words = format_utc(value.replace(microsecond=0))
        case Enum():
            words = str(value.value)
        case float():
            words = f"{value:g}"
        case str() | int():
            words = str(value)
        case set() | frozenset():
            words = ", ".join(sorted(_cell(item, lang) for item in value))
        case list() | tuple():
            between = "\n" if any(isinstance(item, Text) for item in value) else ", "
            words = between.join(_cell(item, lang) for item in value)
        case _:
            words = as_json_text(value)
    return words
