"""Terms as sentences that a person can sign."""

from datetime import datetime
from zoneinfo import ZoneInfo

from renkei.exchange.rules.terms import Bound, Terms, parse
from renkei.exchange.types import Policy
from renkei.kernel.texts import Text
from renkei.privacy.types import Cell, CellScheme

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
        "starts": _starts(terms.starts),
        "ends": _ends(terms.ends),
        "window": _window(terms),
        "cell": _cell(terms.cell),
        "group": _group(terms),
        "withheld": _withheld(terms),
        "use": _unseen(terms),
        "onward": _onward(terms),
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


def _ends(bound: Bound | None) -> Text:
    if bound is None:
        return Text(
            ja="終了日時の定めはなく、提供者が契約を終了させるまで読み出せます。",
            en="There is no end date: the data can be read until the provider ends the agreement.",
        )
    return Text(
        ja=f"データは、{_ja(bound.at)}{'まで' if bound.included else 'より前に限り'}読み出せます。これを過ぎた読み出しは拒否されます。",
        en=f"The data can be read {'until' if bound.included else 'only before'} {_en(bound.at)}; any later read is refused.",
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


def _group(terms: Terms) -> Text | None:
    group = terms.minimum_group
    if group is None:
        return None
    return Text(
        ja=f"異なる「{group.entity}」が {group.size} 未満しか観測されていないセルの番号は、伏せて提供されます。",
        en=f"A cell in which fewer than {group.size} different values of “{group.entity}” were observed is left blank.",
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


def _ja(at: datetime) -> str:
    here = at.astimezone(_TOKYO)
    clock = f" {here.hour} 時 {here.minute:02} 分" + (f" {here.second:02} 秒" if here.second else "")
    return f"{here.year} 年 {here.month} 月 {here.day} 日{clock}(日本時間)"


def _en(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}, {at:%H:%M:%S} UTC" if at.second else f"{at.day} {at:%B %Y}, {at:%H:%M} UTC"
