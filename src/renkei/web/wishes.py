"""The fields of the offer form and the exchange's form of wishes, in both directions; times are Japan's on the page."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from renkei.exchange import api as exchange
from renkei.kernel.clock import format_utc, parse_utc

SPANS = ("P{}D", "PT{}H", "PT{}M", "{}")
"""How a number of days, hours or minutes is written; the last takes an ISO 8601 duration as it is."""
FORBIDDABLE = ("sell", "commercialize", "derive", "reproduce")
WITHHELD = "withhold"
"""What a column's choice says besides the masks."""
CELL = "cell"
FIELD_OF = {
    "purpose": "purposes",
    "recipient": "recipient",
    "rk:membership": "membership",
    "spatial": "place",
    "elapsedTime": "lasting",
    "count": "count",
    "rk:rate": "rate_uses",
    "rk:cell": "cell",
    "rk:timeResolution": "time_resolution",
    "rk:minimumGroup": "minimum_group",
    "rk:observedFrom": "observed_from",
    "rk:observedUntil": "observed_until",
    "rk:delivery": "delivery",
    "rk:privacyBudget": "privacy_budget",
    "rk:credit": "duty",
    "payAmount": "duty",
}
"""Which field of the page an operand that is refused stands in, where there is one."""
_TOKYO = ZoneInfo("Asia/Tokyo")
_LONGEST = 10_000
_BETWEEN = re.compile(r"[\s,、,]+")
_TIMES = ("starts", "until", "observed_from", "observed_until")
_WORDS = (
    "count",
    "cell",
    "time_resolution",
    "minimum_group",
    "entity",
    "delivery",
    "privacy_budget",
)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as the page takes it: a number, and what it counts."""

    number: str
    unit: str


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """What becomes of one column, as the page shows it."""

    name: str
    given: str
    """Empty for as it is, `withhold`, or a mask."""
    amount: str
    grouped: bool


def read_form(said: QueryDict, *, columns: Sequence[str]) -> exchange.Wishes:
    """Return the wishes that a posted form says, each value as it was written."""

    def word(name: str) -> str:
        return said.get(name, "").strip()[:_LONGEST]

    rate = _joined_span(word("rate_number"), word("rate_unit"))
    given = [(column, word(f"give-{at}"), word(f"amount-{at}")) for at, column in enumerate(columns)]
    grouped = [column for at, column in enumerate(columns) if f"group-{at}" in said]
    wishes = {name: word(name) for name in _WORDS} | {name: _utc(word(name)) for name in _TIMES}
    return exchange.Wishes(
        **wishes,
        purpose=_kept([*said.getlist("purpose"), *_BETWEEN.split(word("purposes"))]),
        recipient=_kept(_BETWEEN.split(word("recipient"))),
        membership=_kept(word("membership").splitlines()),
        place=_kept(_BETWEEN.split(word("place"))),
        lasting=_joined_span(word("lasting_number"), word("lasting_unit")),
        rate=f"{word('rate_uses')}/{rate}" if word("rate_uses") or rate else "",
        group_by=_kept([*([CELL] if "group-cell" in said else []), *grouped]),
        withhold=_kept(column for column, choice, _ in given if choice == WITHHELD),
        mask=_kept(_mask(*each) for each in given if each[1] not in ("", WITHHELD)),
        duty=_kept(word("duty").splitlines()),
        forbid=_kept(said.getlist("forbid")),
        onward_allowed="onward_allowed" in said,
    )


def shown(wishes: exchange.Wishes, *, columns: Sequence[str], purposes: Iterable[str]) -> dict[str, Any]:
    """Return what the page shows in its fields for wishes."""
    known = set(purposes)
    uses, _, window = wishes.rate.partition("/")
    return {
        "wishes": wishes,
        "purposes_beside": ", ".join(each for each in wishes.purpose if each not in known),
        "recipients": "\n".join(wishes.recipient),
        "memberships": "\n".join(wishes.membership),
        "places": ", ".join(wishes.place),
        "times": {name: _local(getattr(wishes, name)) for name in _TIMES},
        "lasting": _span(wishes.lasting),
        "rate_uses": uses,
        "rate": _span(window),
        "duties": "\n".join(wishes.duty),
        "choices": [_choice(column, wishes) for column in columns],
        "cell_grouped": CELL in wishes.group_by,
    }


def _kept(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip()[:_LONGEST] for word in words if word.strip()))


def _joined_span(number: str, unit: str) -> str:
    return (unit if unit in SPANS else SPANS[0]).format(number) if number else ""


def _span(text: str) -> Span:
    for unit in SPANS[:-1]:
        before, _, after = unit.partition("{}")
        number = text.removeprefix(before).removesuffix(after)
        if number.isascii() and number.isdigit() and unit.format(number) == text:
            return Span(number, unit)
    return Span(text, SPANS[-1] if text else SPANS[0])


def _utc(text: str) -> str:
    """Return a time of Japan as UTC; what is none stays as it is, to be refused by name."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return format_utc(at.replace(tzinfo=_TOKYO) if at.tzinfo is None else at)


def _local(text: str) -> str:
    try:
        here = parse_utc(text).astimezone(_TOKYO).replace(tzinfo=None)
    except ValueError:
        return ""
    return here.isoformat(timespec="milliseconds" if here.microsecond else "seconds")


def _mask(column: str, kind: str, amount: str) -> str:
    return f"{column}={kind}{f':{amount}' if amount else ''}"


def _choice(column: str, wishes: exchange.Wishes) -> ColumnChoice:
    masks: Mapping[str, str] = dict(each.rpartition("=")[::2] for each in wishes.mask)
    kind, _, amount = masks.get(column, "").partition(":")
    given = WITHHELD if column in wishes.withhold else kind
    return ColumnChoice(column, given, amount, column in wishes.group_by)
