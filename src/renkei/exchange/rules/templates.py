"""Ready terms, and what they become for one dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from renkei.exchange.errors import TemplateMissing, TemplateUnfit
from renkei.exchange.types import Template, Wishes
from renkei.kernel.texts import Text
from renkei.privacy.types import ColumnClass, Role

_POSITIONS = frozenset({Role.LATITUDE, Role.LONGITUDE})
_PERSONAL = "{personal}"
"""Every column that is personal data, but for those that the cells of positions take the place of."""

TEMPLATES: tuple[Template, ...] = (
    Template(
        "open",
        Text(ja="出典を示せば自由に使える", en="Open, with attribution"),
        Text(
            ja="データを広く使ってもらいたいときに。目的も第三者への提供も制限せず、出典の表示だけを求めます。個人情報の列は除きます。",
            en="For data that anyone should use: any purpose, passing on allowed, only the source has to be named. Columns of personal data are left out.",
        ),
        Wishes(withhold=(_PERSONAL,), duty=("attribute:{owner}",), onward_allowed=True),
    ),
    Template(
        "research",
        Text(ja="研究と教育に限り、再提供は不可", en="Research and education, not passed on"),
        Text(
            ja="大学や研究機関に渡すときに。販売と第三者への提供を禁じ、何に使ったかの報告を求めます。個人情報の列は除きます。",
            en="For universities and laboratories: no sale, no passing on, and a report of what it was used for. Columns of personal data are left out.",
        ),
        Wishes(
            purpose=("research", "education"),
            withhold=(_PERSONAL,),
            duty=("inform:P365D",),
            forbid=("sell",),
        ),
    ),
    Template(
        "coarse-positions",
        Text(ja="位置を粗くし、少人数のセルは伏せる", en="Coarse positions of people"),
        Text(
            ja="人が持ち歩く機器の測定値を渡すときに。位置は約 10 km 四方のセルだけになり、5 人に満たないセルは伏せられ、機器の識別子は仮名になります。ほかの個人情報の列は除きます。",
            en="For readings of devices that people carry: positions only as cells about 10 km square, blank where fewer than 5 were seen, and pseudonyms for the devices. Other personal data is left out.",
        ),
        Wishes(
            purpose=("research", "network-planning"),
            cell="jis-mesh:2",
            minimum_group="5",
            entity="{subject}",
            withhold=(_PERSONAL,),
            mask=("{subject}=hash",),
        ),
        _POSITIONS | {Role.SUBJECT},
    ),
    Template(
        "statistics",
        Text(ja="日ごとの統計だけを渡す", en="Daily statistics only"),
        Text(
            ja="傾向がわかれば足りるときに。1 日ごとの行数と平均だけを渡し、5 人に満たない日は除きます。個々の行も位置も出ません。",
            en="Where the trend is enough: counts and means for each day, left out where fewer than 5 contributed. No single row and no position leaves.",
        ),
        Wishes(
            purpose=("statistics", "research", "public-service"),
            delivery="aggregates",
            time_resolution="P1D",
            group_by=("{time}",),
            minimum_group="5",
            entity="{subject}",
            withhold=("{latitude}", "{longitude}"),
        ),
        frozenset({Role.TIME, Role.SUBJECT}),
    ),
    Template(
        "in-place",
        Text(ja="データは動かさず、答えだけを返す", en="Computed in place"),
        Text(
            ja="行を一つも渡せないデータに。集計の問い合わせだけを受け付け、1 日 100 回まで、5 人に満たないグループは答えから除きます。",
            en="For data of which no row may leave: aggregate queries only, 100 a day, groups of fewer than 5 left out of the answers.",
        ),
        Wishes(
            purpose=("research", "statistics"),
            delivery="in-place",
            minimum_group="5",
            entity="{subject}",
            rate="100/P1D",
        ),
        frozenset({Role.SUBJECT}),
    ),
    Template(
        "trial",
        Text(ja="30 日間のお試し", en="Trial for 30 days"),
        Text(
            ja="契約の前に品質を確かめてもらうときに。発効から 30 日、合わせて 100 回、1 日 10 回まで読め、終わったら消去を求めます。個人情報の列は除きます。",
            en="For whoever wants to judge the quality first: 30 days, 100 reads in all and 10 a day, then the data has to be deleted. Columns of personal data are left out.",
        ),
        Wishes(
            lasting="P30D",
            count="100",
            rate="10/P1D",
            withhold=(_PERSONAL,),
            duty=("delete:P30D",),
            forbid=("sell", "commercialize"),
        ),
    ),
    Template(
        "contest",
        Text(ja="コンテストの課題にする", en="Contest"),
        Text(
            ja="データを使った競技の参加者に渡すときに。コンテスト以外の利用と営利利用を禁じ、180 日で読めなくなり、受け取ったデータの消去を求めます。個人情報の列は除きます。",
            en="For the participants of a contest: nothing but the contest, nothing commercial, readable for 180 days, then to be deleted. Columns of personal data are left out.",
        ),
        Wishes(
            purpose=("contest",),
            lasting="P180D",
            withhold=(_PERSONAL,),
            duty=("delete:P30D",),
            forbid=("sell", "commercialize"),
        ),
    ),
)


def template(name: str) -> Template:
    """Return a template by its name. Raises exchange.template-missing."""
    found = next((each for each in TEMPLATES if each.name == name), None)
    if found is None:
        raise TemplateMissing(template=name, known=", ".join(each.name for each in TEMPLATES))
    return found


def fitted(said: Template, *, classes: Sequence[ColumnClass], owner: str) -> Wishes:
    """Return a template's wishes with a dataset's own columns and its owner's name in them.

    What a list names by a role that no column has is left out of it. Raises exchange.template-unfit.
    """
    names: dict[str, str] = {
        each.role.value: each.name for each in reversed(classes) if each.role is not Role.PLAIN
    }
    missing = sorted(role.value for role in said.needs if role.value not in names)
    if missing:
        raise TemplateUnfit(template=said.name, roles=", ".join(missing))
    names["owner"] = owner
    personal = _personal(said, classes)
    filled: dict[str, object] = {}
    for each in fields(Wishes):
        value = getattr(said.wishes, each.name)
        if isinstance(value, tuple):
            parts = [personal if part == _PERSONAL else [_filled(part, names)] for part in value]
            value = tuple(text for part in parts for text in part if text)
        elif isinstance(value, str):
            value = _filled(value, names)
        filled[each.name] = value
    wishes = Wishes(**filled)  # type: ignore[arg-type]  # each keeps the type that it has
    left = tuple(mask for mask in wishes.mask if mask.rpartition("=")[0] not in wishes.withhold)
    return replace(wishes, mask=left)


def _personal(said: Template, classes: Sequence[ColumnClass]) -> list[str]:
    replaced = {*_POSITIONS, Role.PLACE} if said.wishes.cell else set[Role]()
    return [each.name for each in classes if each.category.is_personal and each.role not in replaced]


def _filled(text: str, names: Mapping[str, str]) -> str:
    before, opened, rest = text.partition("{")
    if not opened:
        return text
    marker, _, after = rest.partition("}")
    return f"{before}{names[marker]}{after}" if marker in names else ""
