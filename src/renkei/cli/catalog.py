"""`renkei catalog`: what one provider offers, or what all known ones do."""

from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.cli.remote import NodeUrl, Provider, Token
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.client import FoundListing

app = typer.Typer(
    help=told(ja="カタログを見る、探す。", en="Look into catalogues, and search them."), no_args_is_help=True
)

COLUMNS = {
    "dataset": Text(ja="データセット", en="Dataset"),
    "title": Text(ja="題名", en="Title"),
    "rows": Text(ja="行数", en="Rows"),
    "licence": Text(ja="ライセンス", en="Licence"),
    "offer": Text(ja="オファー", en="Offer"),
    "terms": Text(ja="条件", en="Terms"),
}

FOUND = {
    "provider": Text(ja="提供者", en="Provider"),
    "dataset": Text(ja="データセット", en="Dataset"),
    "title": Text(ja="題名", en="Title"),
    "themes": Text(ja="主題", en="Themes"),
    "licence": Text(ja="ライセンス", en="Licence"),
    "standing": Text(ja="状態", en="Standing"),
    "last_seen": Text(ja="最終確認", en="Last seen"),
    "offers": Text(ja="オファー", en="Offers"),
}
STANDINGS = {
    "current": Text(ja="現行", en="current"),
    "stale": Text(ja="未確認", en="stale"),
    "withdrawn": Text(ja="取り下げ", en="withdrawn"),
}


Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[WORD]...",
        help=told(
            ja="探す語(日本語でも英語でも)。すべてを含むものを探す。省けばすべて。",
            en="Words to look for, Japanese or English; each has to occur. Everything if left out.",
        ),
    ),
]
Theme = Annotated[str, typer.Option(help=told(ja="主題(名前または IRI)。", en="Theme, by name or IRI."))]
Licence = Annotated[
    str,
    typer.Option(help=told(ja="ライセンス(SPDX の名前または URL)。", en="Licence, by SPDX name or URL.")),
]
Format = Annotated[
    str, typer.Option(help=told(ja="形式(例: HttpData-PULL)。", en="Format, such as HttpData-PULL."))
]
FromProvider = Annotated[
    str,
    typer.Option(
        help=told(ja="提供者の DID または名称の一部。", en="Provider's DID, or a part of its name.")
    ),
]
BoxCorners = Annotated[
    str,
    typer.Option(
        metavar="W,S,E,N",
        help=told(ja="場所(西,南,東,北、度)。", en="Place: west,south,east,north in degrees."),
    ),
]
Since = Annotated[
    str,
    typer.Option(
        metavar="TIME", help=told(ja="この日時以降のデータ。", en="Data from this date or time on.")
    ),
]
Until = Annotated[
    str,
    typer.Option(metavar="TIME", help=told(ja="この日時以前のデータ。", en="Data up to this date or time.")),
]
Current = Annotated[
    bool,
    typer.Option(
        "--current",
        help=told(ja="未確認や取り下げ済みのものを除く。", en="Leave out what is stale or withdrawn."),
    ),
]
Most = Annotated[int, typer.Option(min=1, max=1000, help=told(ja="最大の件数。", en="At most so many."))]


@app.command(
    "show",
    help=told(
        ja="提供者のデータセットと、その利用条件を一覧にする。",
        en="List a provider's datasets with the terms under which they can be had.",
    ),
)
@output.command(node=False)
def show(
    *,
    provider: Provider,
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        listings = own.catalog(provider)
    if as_json:
        output.show([{"provider": each.provider, "listing": each.listed} for each in listings], as_json)
        return
    rows = [
        {
            "dataset": each.id,
            "title": each.title,
            "rows": each.listed.quality.rows if each.listed.quality else None,
            "licence": each.listed.licence,
            "offer": offer.id,
            "terms": offer.terms or offer.obstacle,
        }
        for each in listings
        for offer in each.offers
    ]
    output.show(rows, columns=COLUMNS)


@app.command(
    "search",
    help=told(
        ja="このノードと、既知のノードのカタログからデータセットを探す。",
        en="Search the catalogues of this node and of all that it knows.",
    ),
)
@output.command(node=False)
def search(
    *,
    words: Words = None,
    theme: Theme = "",
    licence: Licence = "",
    format: Format = "",  # noqa: A002 — the word on the command line
    provider: FromProvider = "",
    box: BoxCorners = "",
    since: Since = "",
    until: Until = "",
    current: Current = False,
    most: Most = 50,
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        found = own.search(
            " ".join(words or ()),
            theme=theme,
            licence=licence,
            format=format,
            provider=provider,
            box=box,
            since=since,
            until=until,
            current_only=current,
            most=most,
        )
    output.show([each.entry for each in found] if as_json else list(map(_row, found)), as_json, columns=FOUND)


def _row(found: "FoundListing") -> dict[str, object]:
    entry = found.entry
    return {
        "provider": entry.provider_name,
        "dataset": entry.dataset,
        "title": entry.title,
        "themes": entry.themes,
        "licence": entry.licence,
        "standing": STANDINGS[entry.standing],
        "last_seen": entry.last_seen,
        "offers": tuple(offer.id for offer in entry.offers),
    }
