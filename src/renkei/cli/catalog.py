"""`renkei catalog`: what a provider offers, and under which terms."""

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.cli.remote import NodeUrl, Provider, Token
from renkei.kernel.texts import Text

app = typer.Typer()

COLUMNS = {
    "dataset": Text(ja="データセット", en="Dataset"),
    "title": Text(ja="題名", en="Title"),
    "rows": Text(ja="行数", en="Rows"),
    "licence": Text(ja="ライセンス", en="Licence"),
    "offer": Text(ja="オファー", en="Offer"),
    "terms": Text(ja="条件", en="Terms"),
}


@app.command(
    "catalog",
    help=told(
        ja="提供者のデータセットと、その利用条件を一覧にする。",
        en="List a provider's datasets with the terms under which they can be had.",
    ),
)
@output.command(node=False)
def catalog(
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
