"""Every left operand that this node can evaluate, and how its value is read into terms."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from renkei.exchange.errors import OperandValue
from renkei.exchange.rules.normal import plain
from renkei.exchange.rules.terms.said import Bound, Rate, Terms
from renkei.kernel.clock import parse_duration, parse_utc
from renkei.privacy.types import Cell, Delivery, Mask, MinimumGroup, TimeStep

_PURPOSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,199}")
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_BUDGET = re.compile(r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,4})?")
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%#/-]{1,500}", re.ASCII)
_MOST_USES = 1_000_000_000
_LONGEST = 255
_FIRST_YEAR, _LAST_YEAR = 1900, 9000
"""A year that still has a day before and after it in every time zone."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One left operand: which operators it takes, how its value is read, and what enforces it."""

    name: str
    operators: tuple[str, ...]
    take: Callable[[Terms, str, Any, dict[str, Any]], Terms]
    repeatable: bool = False
    decides: bool = False
    """Whether it only lets pass or not, so that it may stand in alternatives (or, xone) and in prohibitions."""
    beside: tuple[str, ...] = ()
    """Members that a constraint on it may have besides."""


def _refused(operand: str, value: Any, ja: str, en: str) -> OperandValue:
    return OperandValue(operand=operand, value=value, ja=ja, en=en)


def texts(operand: str, operator: str, value: Any) -> frozenset[str]:
    """Read one text, or several after isAnyOf. Raises exchange.operand-value."""
    values = value if operator == "isAnyOf" and isinstance(value, list) else [value]
    if not values or not all(_is_word(each) for each in values):
        raise _refused(
            operand,
            value,
            f"空でなく、改行などを含まない {_LONGEST} 字以内の文字列が必要です。",
            f"Text is needed: not empty, {_LONGEST} characters at most, none of them a line break or the like.",
        )
    return frozenset(values)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) <= _LONGEST


def instant(operand: str, value: Any) -> datetime:
    """Read a time with its offset. Raises exchange.operand-value."""
    try:
        at = parse_utc(value)
    except (TypeError, ValueError):
        at = None
    if at is not None and _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return at
    raise _refused(
        operand,
        value,
        f"UTC との差を付けた {_FIRST_YEAR} 年から {_LAST_YEAR} 年までの日時(例: 2027-03-31T23:59:59Z)が必要です。",
        f"A time with its offset from UTC is needed, from {_FIRST_YEAR} to {_LAST_YEAR}, such as 2027-03-31T23:59:59Z.",
    )


def duration(operand: str, value: Any) -> timedelta:
    """Read a duration of exact length. Raises exchange.operand-value."""
    try:
        return parse_duration(value)
    except (TypeError, ValueError):
        raise _refused(
            operand,
            value,
            "長さの決まった期間(例: P30D、PT12H)が必要です。月と年は長さが一定でないため使えません。",
            "A duration of exact length is needed, such as P30D or PT12H; months and years have none.",
        ) from None


def whole(operand: str, value: Any, *, least: int) -> int:
    """Read a whole number, written as text. Raises exchange.operand-value."""
    said = plain(value)
    if (
        isinstance(said, str)
        and said.isascii()
        and said.isdigit()
        and len(said) <= 10
        and least <= int(said) <= _MOST_USES
    ):
        return int(said)
    raise _refused(
        operand,
        value,
        f"{least} 以上の整数を文字列で書いてください。",
        f"A whole number from {least} up is needed, as text.",
    )


def _purpose(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    words = texts("purpose", operator, value)
    for word in sorted(words):
        if not _PURPOSE.fullmatch(word):
            raise _refused(
                "purpose",
                word,
                "英数字で始まる語または IRI を使ってください。",
                "Use a word of letters and digits, or an IRI.",
            )
    return replace(terms, purposes=words)


def _recipient(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    recipients = texts("recipient", operator, value)
    for recipient in sorted(recipients):
        if not _DID.fullmatch(recipient):
            raise _refused(
                "recipient", recipient, "参加者の DID が必要です。", "The DID of a participant is needed."
            )
    return replace(terms, recipients=recipients)


def _membership(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, memberships=texts("rk:membership", operator, value))


def _place(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    places = texts("spatial", operator, value)
    for place in sorted(places):
        if not _PLACE.fullmatch(place):
            raise _refused(
                "spatial",
                place,
                "ISO 3166 の符号(JP、JP-13 など)が必要です。",
                "A code of ISO 3166 is needed, such as JP or JP-13.",
            )
    return replace(terms, places=places)


def _date_time(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    bound = Bound(instant("dateTime", value), included=operator.endswith("eq"))
    return replace(terms, ends=bound) if operator.startswith("lt") else replace(terms, starts=bound)


def _elapsed(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, elapsed=duration("elapsedTime", value))


def _count(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, uses=whole("count", value, least=1))


def _rate(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    uses, slash, window = value.partition("/") if isinstance(value, str) else ("", "", "")
    if not slash:
        raise _refused(
            "rk:rate", value, "「回数/期間」(例: 100/PT1H)が必要です。", "Uses per time are needed: 100/PT1H."
        )
    return replace(terms, rate=Rate(whole("rk:rate", uses, least=1), duration("rk:rate", window)))


def _cell(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    try:
        return replace(terms, cell=Cell.parse(value))
    except (AttributeError, ValueError):
        raise _refused(
            "rk:cell",
            value,
            "h3:0〜h3:15 または jis-mesh:1〜jis-mesh:3 が必要です。",
            "It is h3:0 to h3:15 or jis-mesh:1 to jis-mesh:3.",
        ) from None


def _time_step(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    try:
        return replace(terms, time_step=TimeStep(value))
    except ValueError:
        known = ", ".join(step.value for step in TimeStep)
        raise _refused(
            "rk:timeResolution",
            value,
            f"次のいずれかが必要です: {known}。",
            f"It is one of {known}.",
        ) from None


def _minimum_group(terms: Terms, _operator: str, value: Any, constraint: dict[str, Any]) -> Terms:
    size, entity = whole("rk:minimumGroup", value, least=2), constraint.get("rk:entity")
    if not _is_word(entity):
        raise _refused(
            "rk:minimumGroup",
            value,
            "何を数えるかを rk:entity に列の名前で示してください。",
            "Say in rk:entity, by a column's name, what is counted.",
        )
    return replace(terms, minimum_group=MinimumGroup(size, str(entity)))


def _group_by(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, group_by=terms.group_by | texts("rk:groupBy", operator, value))


def _withhold(terms: Terms, operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, withheld=terms.withheld | texts("rk:withholdColumn", operator, value))


def _mask(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    try:
        return replace(terms, masks=terms.masks | {Mask.parse(value)})
    except (AttributeError, ValueError):
        raise _refused(
            "rk:mask",
            value,
            "「列=redact」「列=hash」「列=truncate:3」「列=round:0.5」「列=year」の形で書いてください。",
            "Write column=redact, column=hash, column=truncate:3, column=round:0.5 or column=year.",
        ) from None


def _observed_from(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, observed_from=instant("rk:observedFrom", value))


def _observed_until(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    return replace(terms, observed_until=instant("rk:observedUntil", value))


def _delivery(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    try:
        return replace(terms, delivery=Delivery(value))
    except ValueError:
        known = ", ".join(each.value for each in Delivery)
        raise _refused(
            "rk:delivery", value, f"次のいずれかが必要です: {known}。", f"It is one of {known}."
        ) from None


def _budget(terms: Terms, _operator: str, value: Any, _: dict[str, Any]) -> Terms:
    said = plain(value)
    if isinstance(said, str) and _BUDGET.fullmatch(said) and Decimal(said) > 0:
        return replace(terms, budget=Decimal(said).normalize())
    raise _refused(
        "rk:privacyBudget",
        value,
        "ε の合計を 0 より大きい小数で書いてください(例: 1.0)。",
        "The whole ε is needed, a decimal above 0 such as 1.0.",
    )


_ANY = ("eq", "isAnyOf")
OPERANDS: dict[str, Operand] = {
    operand.name: operand
    for operand in (
        Operand("purpose", _ANY, _purpose, decides=True),
        Operand("recipient", _ANY, _recipient, decides=True),
        Operand("rk:membership", _ANY, _membership, decides=True),
        Operand("spatial", (*_ANY, "isPartOf"), _place, decides=True),
        Operand("dateTime", ("lteq", "lt", "gteq", "gt"), _date_time, decides=True),
        Operand("elapsedTime", ("lteq",), _elapsed, decides=True),
        Operand("count", ("lteq",), _count),
        Operand("rk:rate", ("lteq",), _rate),
        Operand("rk:cell", ("eq",), _cell),
        Operand("rk:timeResolution", ("eq",), _time_step),
        Operand("rk:minimumGroup", ("gteq",), _minimum_group, beside=("rk:entity",)),
        Operand("rk:groupBy", _ANY, _group_by, repeatable=True),
        Operand("rk:withholdColumn", _ANY, _withhold, repeatable=True),
        Operand("rk:mask", ("eq",), _mask, repeatable=True),
        Operand("rk:observedFrom", ("gteq",), _observed_from),
        Operand("rk:observedUntil", ("lt",), _observed_until),
        Operand("rk:delivery", ("eq",), _delivery),
        Operand("rk:privacyBudget", ("lteq",), _budget),
    )
}
"""Every left operand that this node can evaluate; docs/reference/terms.md says what enforces each."""
