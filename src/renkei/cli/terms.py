"""Terms written from the words of a command, as the ODRL that an offer holds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from renkei.cli.errors import FileUnreadable, MinimumGroupMisspelt, TimeMisspelt
from renkei.cli.output import told
from renkei.exchange.types import PROFILE
from renkei.kernel.clock import format_utc, parse_utc

_TERMS = typer.Option(
    "--terms", metavar="FILE", help=told(ja="条件(ODRL の JSON)。", en="The terms, as ODRL JSON.")
)
TermsFile = Annotated[Path, _TERMS]
OptionalTermsFile = Annotated[Path | None, _TERMS]
Purpose = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORD",
        help=told(
            ja="許す利用目的(research など)。繰り返せる。",
            en="A purpose that is allowed, such as research; may be repeated.",
        ),
    ),
]
Recipient = Annotated[
    list[str] | None,
    typer.Option(
        metavar="DID",
        help=told(
            ja="受け取れる参加者。繰り返せる。", en="A participant who may receive it; may be repeated."
        ),
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help=told(
            ja="利用できる期限(例 2027-03-31T23:59:59+09:00)。",
            en="End of use, such as 2027-03-31T23:59:59+09:00.",
        ),
    ),
]
Cell = Annotated[
    str | None,
    typer.Option(
        metavar="SCHEME:LEVEL",
        help=told(
            ja="位置をこのセルとしてだけ渡す(h3:5、jis-mesh:2 など)。",
            en="Give positions only as cells: h3:5, jis-mesh:2 and so on.",
        ),
    ),
]
MinimumGroup = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE:COLUMN",
        help=told(
            ja="列の異なる値がこの数に満たないセルを伏せる(例 5:device)。",
            en="Withhold cells with fewer distinct values of a column than this, such as 5:device.",
        ),
    ),
]
Withhold = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help=told(ja="渡さない列。繰り返せる。", en="A column that is not given; may be repeated."),
    ),
]
ObservedFrom = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help=told(ja="この時刻以後の行だけ。", en="Only rows at or after this time.")
    ),
]
ObservedUntil = Annotated[
    str | None,
    typer.Option(metavar="TIME", help=told(ja="この時刻より前の行だけ。", en="Only rows before this time.")),
]
OnwardAllowed = Annotated[
    bool,
    typer.Option(
        "--onward-allowed",
        help=told(ja="第三者への再提供を禁じない。", en="Do not forbid passing the data on to others."),
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an owner wants to see in the terms; None and empty say nothing."""

    purpose: Sequence[str] | None = None
    recipient: Sequence[str] | None = None
    until: str | None = None
    cell: str | None = None
    minimum_group: str | None = None
    withhold: Sequence[str] | None = None
    observed_from: str | None = None
    observed_until: str | None = None
    onward_allowed: bool = False


def write_terms(wishes: Wishes) -> dict[str, Any]:
    """Write the terms that an owner wants as ODRL of renkei's profile; onward transfer is forbidden unless allowed.

    Raises TimeMisspelt and MinimumGroupMisspelt; whether the values can be evaluated is the exchange's to say.
    """
    constraints = [
        *_any_of("purpose", wishes.purpose),
        *_any_of("recipient", wishes.recipient),
        *_at("dateTime", "lteq", wishes.until),
        *_one("rk:cell", "eq", wishes.cell),
        *_group(wishes.minimum_group),
        *_any_of("rk:withholdColumn", wishes.withhold),
        *_at("rk:observedFrom", "gteq", wishes.observed_from),
        *_at("rk:observedUntil", "lt", wishes.observed_until),
    ]
    permission = {"action": "use"} | ({"constraint": constraints} if constraints else {})
    forbidden = {} if wishes.onward_allowed else {"prohibition": [{"action": "distribute"}]}
    return {"profile": PROFILE, "permission": [permission]} | forbidden


def read_terms(path: Path) -> dict[str, Any]:
    """Read terms from a JSON file. Raises FileUnreadable."""
    try:
        terms = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as why:
        raise FileUnreadable(file=path, why=why) from why
    if not isinstance(terms, dict):
        raise FileUnreadable(file=path, why="an object is needed")
    return terms


def read_time(text: str) -> datetime:
    """Read a time with its offset. Raises TimeMisspelt."""
    try:
        return parse_utc(text)
    except ValueError as why:
        raise TimeMisspelt(text=text) from why


def _one(operand: str, operator: str, value: str | None) -> list[dict[str, Any]]:
    return [] if value is None else [{"leftOperand": operand, "operator": operator, "rightOperand": value}]


def _any_of(operand: str, values: Sequence[str] | None) -> list[dict[str, Any]]:
    return [{"leftOperand": operand, "operator": "isAnyOf", "rightOperand": list(values)}] if values else []


def _at(operand: str, operator: str, text: str | None) -> list[dict[str, Any]]:
    return [] if text is None else _one(operand, operator, format_utc(read_time(text)))


def _group(text: str | None) -> list[dict[str, Any]]:
    if text is None:
        return []
    size, colon, entity = text.partition(":")
    if not (size.isascii() and size.isdigit() and colon and entity):
        raise MinimumGroupMisspelt(text=text)
    return [{**_one("rk:minimumGroup", "gteq", size)[0], "rk:entity": entity}]
