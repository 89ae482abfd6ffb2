"""What sentences are made of: purposes, places, times, lengths and sums of money as natives write them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from renkei.exchange.rules.odrl.expressions import Constraint, Expression, Logical
from renkei.exchange.rules.sentences.places import PLACES
from renkei.kernel.clock import parse_duration, parse_utc
from renkei.kernel.texts import Text

PURPOSES: dict[str, Text] = {
    "research": Text(ja="研究", en="research"),
    "education": Text(ja="教育", en="education"),
    "statistics": Text(ja="統計の作成", en="statistics"),
    "maintenance": Text(ja="設備の保守", en="maintenance"),
    "network-planning": Text(ja="通信網の設計", en="network planning"),
    "product-development": Text(ja="製品開発", en="product development"),
    "public-service": Text(ja="公共サービスの提供", en="public services"),
    "contest": Text(ja="コンテスト", en="contests"),
}
"""Purposes that have a name in both languages; any other word stands in the sentence as it is written."""

_TOKYO = ZoneInfo("Asia/Tokyo")
_UNITS = ((86_400, "日", "day"), (3_600, "時間", "hour"), (60, "分", "minute"), (1, "秒", "second"))
_MONEY_JA = {"JPY": "円", "USD": "米ドル", "EUR": "ユーロ"}
_CLAUSES = {
    "purpose": Text(ja="利用目的が{value}である", en="the purpose is {value}"),
    "recipient": Text(ja="受領者が {value} である", en="the recipient is {value}"),
    "rk:membership": Text(ja="受領者が{value}に所属している", en="the recipient belongs to {value}"),
    "spatial": Text(ja="受領者の所在地が{value}である", en="the recipient is in {value}"),
    "elapsedTime": Text(
        ja="契約の発効から {value}以内である",
        en="it is no more than {value} since the agreement came into force",
    ),
}
_TIMES = {
    "lteq": Text(ja="日時が {value}以前である", en="the time is no later than {value}"),
    "lt": Text(ja="日時が {value}より前である", en="the time is before {value}"),
    "gteq": Text(ja="日時が {value}以降である", en="the time is {value} or later"),
    "gt": Text(ja="日時が {value}より後である", en="the time is after {value}"),
}
_JOINED = {
    "or": Text(ja="次の少なくとも一つに当てはまる", en="at least one of these holds"),
    "xone": Text(ja="次のうち一つだけに当てはまる", en="exactly one of these holds"),
    "and": Text(ja="次のすべてに当てはまる", en="all of these hold"),
}


def purpose_words(word: str) -> Text:
    """Say a purpose."""
    return PURPOSES.get(word, Text(ja=f"「{word}」", en=f"“{word}”"))


def place_words(code: str) -> Text:
    """Say a place of ISO 3166: Japan and its prefectures by their names, others by their codes."""
    name = PLACES.get(code)
    return (
        Text(ja=f" {code} ", en=code)
        if name is None
        else Text(ja=f"{name.ja}({code})", en=f"{name.en} ({code})")
    )


def length(span: timedelta) -> Text:
    """Say how long something lasts, in the largest unit that it is a whole number of."""
    seconds = int(span.total_seconds())
    for size, ja, en in _UNITS:
        if seconds % size == 0:
            number = seconds // size
            return Text(ja=f"{number:,} {ja}", en=f"{number:,} {en}{'' if number == 1 else 's'}")
    raise ValueError(f"{span} is no whole number of seconds")


def money(amount: Decimal | None, unit: str) -> Text:
    """Say a sum of money, its currency by ISO 4217."""
    number = f"{amount or 0:,f}"
    known = _MONEY_JA.get(unit, f"{unit} " if unit else "")
    return Text(ja=f"{number} {known}", en=f"{unit} {number}".lstrip())


def either(words: Sequence[str]) -> str:
    """Join English words by “or”."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def both(words: Sequence[str]) -> str:
    """Join English words by “and”."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def quoted(names: Sequence[str]) -> Text:
    """Say the names of columns."""
    return Text(ja="".join(f"「{name}」" for name in names), en=both([f"“{name}”" for name in names]))


def ja_time(at: datetime) -> str:
    """Write a time in Japanese, in Japan's time."""
    here = at.astimezone(_TOKYO)
    clock = f" {here.hour} 時 {here.minute:02} 分" + (f" {here.second:02} 秒" if here.second else "")
    return f"{here.year} 年 {here.month} 月 {here.day} 日{clock}(日本時間)"


def en_time(at: datetime) -> str:
    """Write a time in English, in UTC."""
    return f"{at.day} {at:%B %Y}, {at:%H:%M:%S} UTC" if at.second else f"{at.day} {at:%B %Y}, {at:%H:%M} UTC"


def in_words(expression: Expression) -> Text:
    """Say a constraint that decides, alone or joined, as a part of a sentence."""
    lead, parts = clause(expression)
    return Text(ja=f"{lead.ja}{parts.ja}", en=f"{lead.en}{parts.en}")


def clause(expression: Expression) -> tuple[Text, Text]:
    """Say a constraint as a clause, and what is joined in it as the list that the clause speaks of."""
    if not isinstance(expression, Logical):
        return _single(expression), Text(ja="", en="")
    said = [in_words(part) for part in expression.parts]
    inner = [isinstance(part, Logical) for part in expression.parts]
    return _JOINED[expression.kind], Text(
        ja="〔" + "、".join(f"({number}) {each.ja}" for number, each in enumerate(said, 1)) + "〕",
        en=": "
        + "; ".join(
            f"({number}) [{each.en}]" if nested else f"({number}) {each.en}"
            for number, (each, nested) in enumerate(zip(said, inner, strict=True), 1)
        ),
    )


def _single(constraint: Constraint) -> Text:
    values = (constraint.value,) if isinstance(constraint.value, str) else constraint.value
    said = [_value(constraint.operand, value) for value in values]
    gap = " " if constraint.operand == "recipient" else ""
    pattern = (
        _TIMES[constraint.operator] if constraint.operand == "dateTime" else _CLAUSES[constraint.operand]
    )
    return Text(
        ja=pattern.ja.format(value=f"{gap}または{gap}".join(each.ja for each in said)),
        en=pattern.en.format(value=either([each.en for each in said])),
    )


def _value(operand: str, value: str) -> Text:
    if operand == "purpose":
        return purpose_words(value)
    if operand == "spatial":
        return place_words(value)
    if operand == "rk:membership":
        return Text(ja=f"「{value}」", en=f"“{value}”")
    if operand == "dateTime":
        at = parse_utc(value)
        return Text(ja=ja_time(at), en=en_time(at))
    if operand == "elapsedTime":
        return length(parse_duration(value))
    return Text(ja=value, en=value)
