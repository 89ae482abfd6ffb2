"""What becomes of the data: which rows and columns leave, how coarse, and in which form."""

from renkei.exchange.rules.sentences.words import en_time, ja_time, quoted
from renkei.exchange.rules.terms import Terms
from renkei.kernel.texts import Text
from renkei.privacy.types import Cell, CellScheme, Delivery, Mask, MaskKind, TimeStep

_MESH_KM = {1: "80", 2: "10", 3: "1"}
_H3_KM2 = {
    0: "4,357,000", 1: "610,000", 2: "86,800", 3: "12,400", 4: "1,770", 5: "253", 6: "36", 7: "5.2", 8: "0.74",
    9: "0.11", 10: "0.015", 11: "0.0021", 12: "0.00031", 13: "0.000044", 14: "0.0000063", 15: "0.0000009",
}  # fmt: skip
"""Mean area of a hexagon in km² (H3's table of cell statistics, rounded)."""

_STEPS = {
    TimeStep.MINUTE: Text(ja="1 分単位", en="the minute"),
    TimeStep.FIVE_MINUTES: Text(ja="5 分単位", en="five minutes"),
    TimeStep.TEN_MINUTES: Text(ja="10 分単位", en="ten minutes"),
    TimeStep.QUARTER: Text(ja="15 分単位", en="the quarter of an hour"),
    TimeStep.HALF_HOUR: Text(ja="30 分単位", en="the half hour"),
    TimeStep.HOUR: Text(ja="1 時間単位", en="the hour"),
    TimeStep.DAY: Text(ja="日単位(協定世界時)", en="the day (UTC)"),
    TimeStep.MONTH: Text(ja="月単位(協定世界時)", en="the month (UTC)"),
    TimeStep.YEAR: Text(ja="年単位(協定世界時)", en="the year (UTC)"),
}


def delivery(terms: Terms) -> Text | None:
    """Say in which form the data leaves, where it is not as rows."""
    if terms.delivery is Delivery.ROWS:
        return None
    if terms.delivery is Delivery.IN_PLACE:
        return Text(
            ja="データの行は提供者のノードから出ません。集計の問い合わせを送ると、提供者のノードの中で計算された答えだけが返ります。",
            en="No row leaves the provider's node: aggregate queries are answered inside it, and only the answers leave.",
        )
    groups = _groups(terms)
    counted = Text(ja="と「{entity}」の数", en=", how many different values of “{entity}” it has,")
    group = terms.minimum_group
    counts = counted.fill(entity=group.entity) if group else Text(ja="", en="")
    return Text(
        ja=f"提供されるのは、{groups.ja}集計した行数{counts.ja}、数値の列の平均だけで、個々の行は提供されません。",
        en=f"Only figures for each group by {groups.en} are provided: its number of rows{counts.en} and the mean of each numeric column; single rows are not.",
    )


def window(terms: Terms) -> Text | None:
    """Say when what is provided was observed."""
    since, until = terms.observed_from, terms.observed_until
    if since is None and until is None:
        return None
    ja = [*([f"{ja_time(since)}以降"] if since else []), *([f"{ja_time(until)}より前"] if until else [])]
    en = [
        *([f"at or after {en_time(since)}"] if since else []),
        *([f"before {en_time(until)}"] if until else []),
    ]
    return Text(
        ja=f"提供されるのは、{'、'.join(ja)}に観測された行に限ります。",
        en=f"Only rows observed {' and '.join(en)} are provided.",
    )


def cell(said: Cell | None) -> Text | None:
    """Say how coarse positions are."""
    if said is None:
        return None
    if said.scheme is CellScheme.JIS_MESH:
        km = _MESH_KM[said.level]
        ja, en = (
            f"JIS X 0410 の第 {said.level} 次地域区画(約 {km} km 四方)",
            f"level-{said.level} cells of the JIS X 0410 grid (about {km} km square)",
        )
    else:
        area = _H3_KM2[said.level]
        ja, en = (
            f"H3 の解像度 {said.level} のセル(平均約 {area} km²)",
            f"H3 cells of resolution {said.level} (about {area} km² on average)",
        )
    return Text(
        ja=f"位置は、{ja}の番号としてのみ提供され、緯度・経度は提供されません。",
        en=f"Positions are provided only as {en}; latitudes and longitudes are not provided.",
    )


def time_step(step: TimeStep | None) -> Text | None:
    """Say how coarse times are."""
    if step is None:
        return None
    words = _STEPS[step]
    return Text(
        ja=f"観測の日時は、{words.ja}に切り下げて提供されます。",
        en=f"Times of observation are rounded down to {words.en}.",
    )


def group(terms: Terms) -> Text | None:
    """Say which groups are too small to be told."""
    least = terms.minimum_group
    if least is None:
        return None
    few = f"異なる「{least.entity}」の数が {least.size:,} に満たない"
    fewer = f"fewer than {least.size:,} different values of “{least.entity}”"
    if terms.delivery is Delivery.IN_PLACE:
        return Text(ja=f"{few}グループは、答えに含まれません。", en=f"Answers leave out groups with {fewer}.")
    if terms.group_by:
        groups = _groups(terms)
        return Text(
            ja=f"{groups.ja}見て、{few}グループは提供されません。",
            en=f"A group by {groups.en} with {fewer} is not provided.",
        )
    return Text(
        ja=f"{few}セルの番号は、伏せて提供されます。",
        en=f"A cell in which {fewer} were observed is left blank.",
    )


def withheld(terms: Terms) -> Text | None:
    """Say which columns are not provided."""
    if not terms.withheld:
        return None
    named = sorted(terms.withheld)
    return Text(
        ja=f"{quoted(named).ja}の列は提供されません。",
        en=f"{'This column is' if len(named) == 1 else 'These columns are'} not provided: {', '.join(f'“{name}”' for name in named)}.",
    )


def masked(mask: Mask) -> Text:
    """Say what becomes of a column's values."""
    said = {
        MaskKind.REDACT: Text(ja="値をすべて伏せて", en="with all its values blanked"),
        MaskKind.HASH: Text(
            ja="この契約だけの鍵で作った仮名に置き換えて",
            en="as pseudonyms made with a key of this agreement's own",
        ),
        MaskKind.TRUNCATE: Text(
            ja=f"先頭の {mask.amount} 文字だけが",
            en="cut to its first character"
            if mask.amount == "1"
            else f"cut to its first {mask.amount} characters",
        ),
        MaskKind.ROUND: Text(ja=f"{mask.amount} 刻みに丸めて", en=f"rounded to multiples of {mask.amount}"),
        MaskKind.YEAR: Text(ja="年(協定世界時)だけが", en="as the year only (UTC)"),
    }[mask.kind]
    return Text(
        ja=f"「{mask.column}」の列は、{said.ja}提供されます。",
        en=f"The column “{mask.column}” is provided {said.en}.",
    )


def budget(terms: Terms) -> Text | None:
    """Say how much answers may tell."""
    if terms.budget is None:
        return None
    return Text(
        ja=f"答えには差分プライバシーのための雑音が加えられ、使える ε は合計 {terms.budget:f} までです。",
        en=f"Differential privacy adds noise to the answers, which together may use up an ε of at most {terms.budget:f}.",
    )


def _groups(terms: Terms) -> Text:
    named = sorted(terms.group_by)
    ja = "と".join(f"「{name}」" for name in named)
    return Text(ja=f"{ja}の組ごとに" if len(named) > 1 else f"{ja}ごとに", en=quoted(named).en)
