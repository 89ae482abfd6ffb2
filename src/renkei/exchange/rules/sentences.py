"""Terms as sentences that a person can sign."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from renkei.exchange.rules.odrl.expressions import Constraint, Expression, Logical
from renkei.exchange.rules.terms import Ban, Bound, Duty, DutyAction, Terms, parse
from renkei.exchange.types import Policy
from renkei.kernel.clock import parse_duration, parse_utc
from renkei.kernel.texts import Text
from renkei.privacy.types import Cell, CellScheme, Delivery, Mask, MaskKind, TimeStep

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

_MESH_KM = {1: "80", 2: "10", 3: "1"}
_H3_KM2 = {
    0: "4,357,000", 1: "610,000", 2: "86,800", 3: "12,400", 4: "1,770", 5: "253", 6: "36", 7: "5.2", 8: "0.74",
    9: "0.11", 10: "0.015", 11: "0.0021", 12: "0.00031", 13: "0.000044", 14: "0.0000063", 15: "0.0000009",
}  # fmt: skip
"""Mean area of a hexagon in km² (H3's table of cell statistics, rounded)."""

_TOKYO = ZoneInfo("Asia/Tokyo")


def describe_terms(policy: Policy) -> tuple[Text, ...]:
    """Say what terms allow and forbid, one sentence for each, in Japanese and English.

    The last sentences say what the node cannot enforce. Raises what `parse` raises for terms that cannot be evaluated.
    """
    return tuple(text for text in points(parse(policy)).values() if text is not None)


def points(terms: Terms) -> dict[str, Text | None]:
    """Say each point of terms under its name, in the order of the sentences; None where they do not speak of it."""
    return {
        "purpose": _purpose(terms),
        "recipient": _recipient(terms),
        "membership": _membership(terms),
        "place": _place(terms),
        "starts": _starts(terms.starts),
        "ends": _ends(terms),
        "uses": _uses(terms),
        "rate": _rate(terms),
        **{f"alternatives {number}": _alternatives(each) for number, each in enumerate(terms.when, 1)},
        "delivery": _delivery(terms),
        "window": _window(terms),
        "cell": _cell(terms.cell),
        "time": _time_step(terms.time_step),
        "group": _group(terms),
        "withheld": _withheld(terms),
        **{f"mask {mask.column}": _mask(mask) for mask in sorted(terms.masks, key=str)},
        "budget": _budget(terms),
        **{f"duty {number}": _duty(duty) for number, duty in enumerate(terms.duties, 1)},
        "use": _unseen(terms),
        "onward": _onward(terms),
        **{
            f"ban {number}": _ban(ban)
            for number, ban in enumerate(sorted(terms.banned - {Ban("distribute")}, key=str), 1)
        },
    }


def _purpose(terms: Terms) -> Text:
    if terms.purposes is None:
        return Text(ja="利用目的は限定されていません。", en="The data may be used for any purpose.")
    named = [PURPOSES.get(word, Text(ja=f"「{word}」", en=f"“{word}”")) for word in sorted(terms.purposes)]
    return Text(
        ja=f"データは、{'または'.join(each.ja for each in named)}の目的に限って利用できます。",
        en=f"The data may be used only for {_either([each.en for each in named])}.",
    )


def _recipient(terms: Terms) -> Text | None:
    if terms.recipients is None:
        return None
    named = sorted(terms.recipients)
    return Text(
        ja=f"データの提供を受けられるのは、{'または'.join(named)} に限ります。",
        en=f"Only {_either(named)} may receive the data.",
    )


def _starts(bound: Bound | None) -> Text | None:
    if bound is None:
        return None
    return Text(
        ja=f"データは、{_ja(bound.at)}{'以降' if bound.included else 'より後'}に読み出せます。",
        en=f"The data can be read {'from' if bound.included else 'only after'} {_en(bound.at)}{' on' if bound.included else ''}.",
    )


def _ends(terms: Terms) -> Text:
    elapsed = terms.elapsed and length(terms.elapsed)
    after_ja = f"契約の発効から{elapsed.ja}" if elapsed else ""
    if terms.ends is None:
        if elapsed:
            return Text(
                ja=f"データは、{after_ja}のあいだ読み出せます。これを過ぎた読み出しは拒否されます。",
                en=f"The data can be read for {elapsed.en} after the agreement comes into force; any later read is refused.",
            )
        return Text(
            ja="終了日時の定めはなく、提供者が契約を終了させるまで読み出せます。",
            en="There is no end date: the data can be read until the provider ends the agreement.",
        )
    bound = terms.ends
    also_ja = f"、かつ{after_ja}のあいだに限り" if elapsed else ""
    also_en = f", and for {elapsed.en} at most after the agreement comes into force" if elapsed else ""
    return Text(
        ja=f"データは、{_ja(bound.at)}{'まで' if bound.included else 'より前に限り'}{also_ja}読み出せます。これを過ぎた読み出しは拒否されます。",
        en=f"The data can be read {'until' if bound.included else 'only before'} {_en(bound.at)}{also_en}; any later read is refused.",
    )


def _membership(terms: Terms) -> Text | None:
    if terms.memberships is None:
        return None
    named = sorted(terms.memberships)
    return Text(
        ja=f"データの提供を受けられるのは、{'または'.join(f'「{name}」' for name in named)}に属することが確認された者に限ります。",
        en=f"Only those known to belong to {_either([f'“{name}”' for name in named])} may receive the data.",
    )


def _place(terms: Terms) -> Text | None:
    if terms.places is None:
        return None
    named = sorted(terms.places)
    return Text(
        ja=f"データを利用できるのは、所在地が {'または'.join(named)}(ISO 3166)であることが確認された者に限ります。",
        en=f"Only those known to be in {_either(named)} (ISO 3166) may use the data.",
    )


def _uses(terms: Terms) -> Text | None:
    if terms.uses is None:
        return None
    return Text(
        ja=f"読み出しと問い合わせは、合わせて {terms.uses:,} 回までです。",
        en=f"The data may be read or asked {_times(terms.uses)} in all.",
    )


def _rate(terms: Terms) -> Text | None:
    if terms.rate is None:
        return None
    window = length(terms.rate.window)
    return Text(
        ja=f"読み出しと問い合わせは、{window.ja}ごとに {terms.rate.uses:,} 回までです。",
        en=f"The data may be read or asked {_times(terms.rate.uses)} in each {window.en}.",
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times at most"


def _alternatives(expression: Expression) -> Text:
    said = in_words(expression)
    return Text(
        ja=f"利用できるのは、次の条件を満たすときに限ります: {said.ja}。",
        en=f"The data may be used only where this holds: {said.en}.",
    )


_OPERAND_WORDS = {
    "purpose": Text(ja="利用目的", en="the purpose"),
    "recipient": Text(ja="受領者", en="the recipient"),
    "rk:membership": Text(ja="受領者の所属", en="the recipient's membership"),
    "spatial": Text(ja="受領者の所在地", en="the recipient's place"),
    "dateTime": Text(ja="日時", en="the time"),
    "elapsedTime": Text(ja="契約の発効からの期間", en="the time since the agreement came into force"),
}
_OPERATOR_WORDS = {
    "lteq": Text(ja="{value}まで", en="{name} is {value} at the latest"),
    "lt": Text(ja="{value}より前", en="{name} is before {value}"),
    "gteq": Text(ja="{value}以降", en="{name} is {value} or later"),
    "gt": Text(ja="{value}より後", en="{name} is after {value}"),
    "isPartOf": Text(ja="{value}の中", en="{name} lies in {value}"),
}
_JOINED = {
    "or": Text(ja="少なくとも一つ", en="at least one of these"),
    "xone": Text(ja="ちょうど一つ", en="exactly one of these"),
    "and": Text(ja="すべて", en="all of these"),
}


def in_words(expression: Expression) -> Text:
    """Say a constraint that decides, alone or joined, as a part of a sentence."""
    if isinstance(expression, Logical):
        parts, joined = [in_words(part) for part in expression.parts], _JOINED[expression.kind]
        return Text(
            ja=f"({'/'.join(part.ja for part in parts)}の{joined.ja})",
            en=f"{joined.en} ({'; '.join(part.en for part in parts)})",
        )
    name = _OPERAND_WORDS.get(expression.operand, Text(ja=expression.operand, en=expression.operand))
    value = _value_words(expression)
    pattern = _OPERATOR_WORDS.get(expression.operator)
    if pattern is None:
        return Text(ja=f"{name.ja}が{value.ja}", en=f"{name.en} is {value.en}")
    return Text(
        ja=f"{name.ja}が{pattern.ja.format(value=value.ja)}",
        en=pattern.en.format(name=name.en, value=value.en),
    )


def _value_words(constraint: Constraint) -> Text:
    values = (constraint.value,) if isinstance(constraint.value, str) else constraint.value
    said = [_single_value(constraint.operand, value) for value in values]
    return Text(ja="または".join(each.ja for each in said), en=_either([each.en for each in said]))


def _single_value(operand: str, value: str) -> Text:
    if operand == "purpose":
        return PURPOSES.get(value, Text(ja=f"「{value}」", en=f"“{value}”"))
    if operand == "dateTime":
        at = parse_utc(value)
        return Text(ja=_ja(at), en=_en(at))
    if operand == "elapsedTime":
        return length(parse_duration(value))
    return Text(ja=value, en=value)


def length(span: timedelta) -> Text:
    """Say how long something lasts, in the largest unit that it is a whole number of."""
    seconds = int(span.total_seconds())
    for size, ja, en in (
        (86_400, "日", "day"),
        (3_600, "時間", "hour"),
        (60, "分", "minute"),
        (1, "秒", "second"),
    ):
        if seconds % size == 0:
            number = seconds // size
            return Text(ja=f" {number:,} {ja}", en=f"{number:,} {en}{'' if number == 1 else 's'}")
    raise ValueError(f"{span} is no whole number of seconds")


def _delivery(terms: Terms) -> Text | None:
    if terms.delivery is Delivery.ROWS:
        return None
    if terms.delivery is Delivery.IN_PLACE:
        return Text(
            ja="データの行は提供者のノードから出ません。集計の問い合わせを送ると、提供者のノードの中で計算された答えだけが返ります。",
            en="No row leaves the provider's node: aggregate queries are answered inside it, and only the answers leave.",
        )
    named = sorted(terms.group_by)
    return Text(
        ja=f"提供されるのは、{''.join(f'「{name}」' for name in named)}ごとの行数と数値の平均だけで、個々の行は提供されません。",
        en=f"Only the number of rows and the means of numbers are provided, for each {_and([f'“{name}”' for name in named])}; single rows are not.",
    )


def _window(terms: Terms) -> Text | None:
    since, until = terms.observed_from, terms.observed_until
    if since is None and until is None:
        return None
    ja = f"{f'{_ja(since)}以降' if since else ''}{'、' if since and until else ''}{f'{_ja(until)}より前' if until else ''}"
    en = " and ".join(
        [*([f"at or after {_en(since)}"] if since else []), *([f"before {_en(until)}"] if until else [])]
    )
    return Text(
        ja=f"提供されるのは、{ja}に観測された行に限ります。", en=f"Only rows observed {en} are provided."
    )


def _cell(cell: Cell | None) -> Text | None:
    if cell is None:
        return None
    if cell.scheme is CellScheme.JIS_MESH:
        km = _MESH_KM[cell.level]
        ja, en = (
            f"JIS X 0410 の第 {cell.level} 次地域区画(約 {km} km 四方)",
            f"level-{cell.level} cells of the JIS X 0410 grid (about {km} km square)",
        )
    else:
        area = _H3_KM2[cell.level]
        ja, en = (
            f"H3 の解像度 {cell.level} のセル(平均約 {area} km²)",
            f"H3 cells of resolution {cell.level} (about {area} km² on average)",
        )
    return Text(
        ja=f"位置は、{ja}の番号としてのみ提供され、緯度・経度は提供されません。",
        en=f"Positions are provided only as {en}; latitudes and longitudes are not provided.",
    )


_STEP_WORDS = {
    TimeStep.MINUTE: Text(ja="1 分", en="minute"),
    TimeStep.FIVE_MINUTES: Text(ja="5 分", en="five minutes"),
    TimeStep.TEN_MINUTES: Text(ja="10 分", en="ten minutes"),
    TimeStep.QUARTER: Text(ja="15 分", en="quarter of an hour"),
    TimeStep.HALF_HOUR: Text(ja="30 分", en="half hour"),
    TimeStep.HOUR: Text(ja="1 時間", en="hour"),
    TimeStep.DAY: Text(ja="1 日(協定世界時)", en="day (UTC)"),
    TimeStep.MONTH: Text(ja="1 か月(協定世界時)", en="month (UTC)"),
    TimeStep.YEAR: Text(ja="1 年(協定世界時)", en="year (UTC)"),
}


def _time_step(step: TimeStep | None) -> Text | None:
    if step is None:
        return None
    words = _STEP_WORDS[step]
    return Text(
        ja=f"観測の日時は、{words.ja}単位の始まりに切り下げて提供されます。",
        en=f"Times of observation are cut down to the beginning of their {words.en}.",
    )


def _group(terms: Terms) -> Text | None:
    group = terms.minimum_group
    if group is None:
        return None
    if terms.delivery is Delivery.IN_PLACE:
        return Text(
            ja=f"異なる「{group.entity}」が {group.size} 未満のグループは、答えに含まれません。",
            en=f"Answers leave out groups with fewer than {group.size} different values of “{group.entity}”.",
        )
    if terms.group_by:
        named = sorted(terms.group_by)
        return Text(
            ja=f"{''.join(f'「{name}」' for name in named)}の組のうち、異なる「{group.entity}」が {group.size} 未満のものは提供されません。",
            en=f"Nothing is provided of a combination of {_and([f'“{name}”' for name in named])} with fewer than {group.size} different values of “{group.entity}”.",
        )
    return Text(
        ja=f"異なる「{group.entity}」が {group.size} 未満しか観測されていないセルの番号は、伏せて提供されます。",
        en=f"A cell in which fewer than {group.size} different values of “{group.entity}” were observed is left blank.",
    )


def _mask(mask: Mask) -> Text:
    name = mask.column
    said = {
        MaskKind.REDACT: Text(ja="値を伏せて", en="with its values blanked"),
        MaskKind.HASH: Text(
            ja="この契約だけの鍵で作った仮名に置き換えて",
            en="as pseudonyms made with a key of this agreement's own",
        ),
        MaskKind.TRUNCATE: Text(
            ja=f"先頭 {mask.amount} 文字だけを", en=f"as its first {mask.amount} characters"
        ),
        MaskKind.ROUND: Text(ja=f"{mask.amount} 刻みに丸めて", en=f"rounded to multiples of {mask.amount}"),
        MaskKind.YEAR: Text(ja="年だけを", en="as the year only"),
    }[mask.kind]
    return Text(
        ja=f"列「{name}」は、{said.ja}提供されます。", en=f"The column “{name}” is provided {said.en}."
    )


def _budget(terms: Terms) -> Text | None:
    if terms.budget is None:
        return None
    return Text(
        ja=f"答えには差分プライバシーの雑音が加えられ、使える ε の合計は {terms.budget} です。",
        en=f"Answers carry the noise of differential privacy; they may use up an ε of {terms.budget} in all.",
    )


_DUTY_WORDS = {
    DutyAction.ATTRIBUTE: Text(
        ja="利用の際は「{credit}」と出典を表示", en="name the source as “{credit}” when using the data"
    ),
    DutyAction.DELETE: Text(ja="受け取ったデータを消去", en="delete the data received"),
    DutyAction.LOG: Text(
        ja="利用を記録し、求めに応じてその記録を提示", en="keep a log of the use and show it when asked"
    ),
    DutyAction.INFORM: Text(
        ja="利用の結果を提供者に報告", en="inform the provider of what the data was used for"
    ),
    DutyAction.COMPENSATE: Text(ja="{amount} {unit} を支払い", en="pay {amount} {unit}"),
}


def duty_words(duty: Duty) -> Text:
    """Say a duty as what has to be done, without until when."""
    return _DUTY_WORDS[duty.action].fill(
        credit=duty.credit, amount=f"{duty.amount:,f}" if duty.amount is not None else "", unit=duty.unit
    )


def _duty(duty: Duty) -> Text:
    said, when_ja, when_en = duty_words(duty), "", ""
    if duty.within is not None:
        span = length(duty.within)
        since = (
            Text(ja="最後に受け取ってから", en="after the last delivery")
            if duty.action is DutyAction.DELETE
            else Text(ja="契約の発効から", en="after the agreement comes into force")
        )
        when_ja, when_en = f"{since.ja}{span.ja}以内に、", f" within {span.en} {since.en}"
    if duty.by is not None:
        when_ja, when_en = f"{when_ja}{_ja(duty.by)}までに、", f"{when_en} by {_en(duty.by)}"
    if duty.first:
        return Text(
            ja=f"受領者は、読み出しを始める前に{'、' + when_ja if when_ja else ''}{said.ja}しなければなりません。果たすまで読み出しは拒否されます。",
            en=f"Before anything is read the recipient has to {said.en}{when_en}; until then every read is refused.",
        )
    return Text(
        ja=f"受領者は、{when_ja}{said.ja}しなければなりません。",
        en=f"The recipient has to {said.en}{when_en}.",
    )


_BAN_WORDS = {
    "sell": Text(ja="販売して", en="sell the data"),
    "commercialize": Text(ja="営利目的で利用して", en="use the data commercially"),
    "derive": Text(ja="データから派生物を作成して", en="make new works out of the data"),
    "reproduce": Text(ja="データを複製して", en="make copies of the data"),
}


def _ban(ban: Ban) -> Text:
    if ban.action == "use":
        said = in_words(Logical("and", ban.when)) if len(ban.when) != 1 else in_words(ban.when[0])
        return Text(
            ja=f"次の場合の利用は禁止されています: {said.ja}。",
            en=f"Use is prohibited where this holds: {said.en}.",
        )
    words = _BAN_WORDS[ban.action]
    return Text(
        ja=f"受領者は、{words.ja}はなりません。これを技術的に防ぐことはできず、遵守は受領者の約束に基づきます。",
        en=f"The recipient must not {words.en}. Nothing technical prevents it: keeping to it rests on the recipient's promise.",
    )


def _withheld(terms: Terms) -> Text | None:
    if not terms.withheld:
        return None
    named = sorted(terms.withheld)
    return Text(
        ja=f"{''.join(f'「{name}」' for name in named)}の列は提供されません。",
        en=f"{'This column is' if len(named) == 1 else 'These columns are'} not provided: {', '.join(f'“{name}”' for name in named)}.",
    )


def _unseen(terms: Terms) -> Text | None:
    if not terms.purposes:
        return None
    return Text(
        ja="引き渡し後にデータが実際に何の目的で使われるかは、このノードでは確かめられません。目的の遵守は、受領者の約束に基づきます。",
        en="What the data is really used for once it has been handed over cannot be checked by this node: keeping to the purpose rests on the recipient's promise.",
    )


def _onward(terms: Terms) -> Text | None:
    if not terms.no_distribution:
        return None
    return Text(
        ja="受領者は、データを第三者に提供してはなりません。引き渡し後の第三者提供を技術的に防ぐことはできず、この定めの遵守は受領者の約束に基づきます。",
        en="The recipient must not pass the data on to anyone. Once the data has been handed over this cannot be prevented technically: keeping to it rests on the recipient's promise.",
    )


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _ja(at: datetime) -> str:
    here = at.astimezone(_TOKYO)
    clock = f" {here.hour} 時 {here.minute:02} 分" + (f" {here.second:02} 秒" if here.second else "")
    return f"{here.year} 年 {here.month} 月 {here.day} 日{clock}(日本時間)"


def _en(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}, {at:%H:%M:%S} UTC" if at.second else f"{at.day} {at:%B %Y}, {at:%H:%M} UTC"
