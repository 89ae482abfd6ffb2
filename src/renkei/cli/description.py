"""A dataset's description as a TOML file that its owner writes and keeps."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from renkei.cli.errors import DescriptionIncomplete, FileUnreadable
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.privacy.api import Category, ColumnClass, Role

if TYPE_CHECKING:
    from renkei.lake.api import Table

UPLINKS: Mapping[str, ColumnClass] = {
    each.name: each
    for each in (
        ColumnClass("network"),
        ColumnClass("device", Category.RELATED, Role.SUBJECT),
        ColumnClass("session", Category.RELATED),
        ColumnClass("counter"),
        ColumnClass("port"),
        ColumnClass("sent_at", Category.NONE, Role.TIME),
        ColumnClass("received_at"),
        ColumnClass("payload_size"),
        ColumnClass("payload", Category.PERSONAL),
        ColumnClass("decoded", Category.RELATED),
        ColumnClass("latitude", Category.PERSONAL, Role.LATITUDE),
        ColumnClass("longitude", Category.PERSONAL, Role.LONGITUDE),
        ColumnClass("gateway_count"),
        ColumnClass("gateway", Category.RELATED, Role.PLACE),
        ColumnClass("gateway_latitude", Category.RELATED, Role.PLACE),
        ColumnClass("gateway_longitude", Category.RELATED, Role.PLACE),
        ColumnClass("rssi"),
        ColumnClass("snr"),
        ColumnClass("spreading_factor"),
        ColumnClass("bandwidth"),
        ColumnClass("frequency"),
        ColumnClass("airtime"),
    )
}
"""A careful start for a table of uplinks whose devices people carry; a payload may hold anything, positions too."""

FEED: Mapping[str, Role] = {
    "entity": Role.SUBJECT,
    "observed_at": Role.TIME,
    "latitude": Role.LATITUDE,
    "longitude": Role.LONGITUDE,
}
"""What the columns tell that every feed of a type of entity has; what they are in law is for the owner to say."""

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Description:
    """What an owner says about a table."""

    table: str
    title: Text
    description: Text
    licence: str
    themes: tuple[str, ...]
    classes: tuple[ColumnClass, ...]
    place: Place | None = None


def read_description(path: Path) -> Description:
    """Read a description. Raises FileUnreadable, and DescriptionIncomplete naming the place."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as why:
        raise FileUnreadable(file=path, why=why) from why
    return Description(
        table=_text(path, said, "table"),
        title=_both(path, said, "title"),
        description=_both(path, said, "description"),
        licence=_text(path, said, "licence"),
        themes=tuple(str(theme) for theme in said.get("themes", [])),
        classes=_classes(path, said),
        place=_place(path, said),
    )


def draft(table: "Table", *, is_feed: bool = False) -> str:
    """Write a description to start from: every column of the table, with what is known about it already.

    `is_feed`: the history of a type of entity flows into the table.
    """
    roles = FEED if is_feed else {}
    known = UPLINKS if table.name == "uplinks" else {}
    lines = [f"table = {json.dumps(table.name)}", 'licence = ""', "themes = []", ""]
    for name in ("title", "description"):
        lines += [f"[{name}]", 'ja = ""', 'en = ""', ""]
    lines += [
        "# Where the readings come from, if that may be known: a name, and west, south, east, north in degrees.",
        "# [place]",
        '# name = { ja = "", en = "" }',
        "# box = [0.0, 0.0, 0.0, 0.0]",
        "",
        "# category: " + ", ".join(Category),
        "# role: " + ", ".join(Role),
        "# Every column needs its line. What may leave is for the offer's terms to say (renkei offer add --withhold).",
        "[columns]",
    ]
    for column in table.columns:
        found = known.get(column.name)
        category, role = (found.category, found.role) if found else ("", roles.get(column.name, Role.PLAIN))
        lines.append(f'{column.name} = {{ category = "{category}", role = "{role}" }}')
    return "\n".join(lines)


def check_complete(said: Description, *, table: "Table", file: Path) -> None:
    """Refuse a description that passes over a column. Raises DescriptionIncomplete naming the first."""
    classed = {each.name for each in said.classes}
    for column in table.columns:
        if column.name not in classed:
            raise DescriptionIncomplete(file=file, place=f"columns.{column.name}", why="-")


def _classes(path: Path, said: Mapping[str, Any]) -> tuple[ColumnClass, ...]:
    columns = said.get("columns")
    if not isinstance(columns, dict) or not columns:
        raise DescriptionIncomplete(file=path, place="columns", why="-")
    return tuple(
        ColumnClass(
            name=name,
            category=_member(path, Category, line, f"columns.{name}", "category"),
            role=_member(path, Role, line, f"columns.{name}", "role"),
        )
        for name, line in columns.items()
    )


def _place(path: Path, said: Mapping[str, Any]) -> Place | None:
    given = said.get("place")
    if given is None:
        return None
    if not isinstance(given, dict) or not given.keys() & {"name", "box"}:
        raise DescriptionIncomplete(file=path, place="place", why="name, box")
    name = _both(path, given, "name") if "name" in given else None
    box = given.get("box")
    try:
        return Place(name=name, box=None if box is None else Box(*map(float, box)))
    except (TypeError, ValueError) as why:
        raise DescriptionIncomplete(file=path, place="place.box", why=str(why)) from why


def _member(path: Path, kind: type[E], line: Any, place: str, name: str) -> E:
    value = line.get(name) if isinstance(line, dict) else None
    if value not in set(kind):
        raise DescriptionIncomplete(
            file=path, place=f"{place}.{name}", why=f"{value!r}, not {', '.join(kind)}"
        )
    return kind(value)


def _text(path: Path, said: Mapping[str, Any], name: str, *, within: str = "") -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value.strip():
        place = f"{within}.{name}" if within else name
        raise DescriptionIncomplete(file=path, place=place, why=repr(value))
    return value


def _both(path: Path, said: Mapping[str, Any], place: str) -> Text:
    inner = said.get(place)
    if not isinstance(inner, dict):
        raise DescriptionIncomplete(file=path, place=place, why="ja, en")
    return Text(ja=_text(path, inner, "ja", within=place), en=_text(path, inner, "en", within=place))
