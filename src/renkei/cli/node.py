"""`renkei node`: whose catalogues this node crawls, and how the crawls go."""

from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from renkei.federation.api import Crawled, KnownNode

app = typer.Typer(
    help=told(ja="既知のノードとその巡回。", en="Known nodes, and the crawls of their catalogues."),
    no_args_is_help=True,
)

COLUMNS = {
    "id": Text(ja="ID", en="Id"),
    "participant": Text(ja="参加者 ID", en="Participant"),
    "name": Text(ja="名称", en="Name"),
    "asks": Text(ja="問い合わせる組織", en="Asked by"),
    "shared": Text(ja="全会員に見せる", en="For all members"),
    "entries": Text(ja="データセット", en="Datasets"),
    "crawled_at": Text(ja="最終巡回", en="Crawled"),
    "next_at": Text(ja="次回", en="Next"),
    "stale": Text(ja="未確認", en="Stale"),
    "trouble": Text(ja="うまくいかない理由", en="What went wrong"),
}
CRAWLED = {
    "participant": Text(ja="参加者 ID", en="Participant"),
    "unchanged": Text(ja="変更なしとの回答", en="Said to be unchanged"),
    "pages": Text(ja="ページ", en="Pages"),
    "new": Text(ja="新規", en="New"),
    "changed": Text(ja="変更", en="Changed"),
    "same": Text(ja="同じ", en="The same"),
    "withdrawn": Text(ja="取り下げ", en="Withdrawn"),
    "unreadable": Text(ja="読めない", en="Unreadable"),
    "trouble": Text(ja="うまくいかない理由", en="What went wrong"),
}

Id = Annotated[
    str, typer.Argument(metavar="NODE", help=told(ja="既知のノードの ID。", en="The known node's id."))
]


@app.command(
    help=told(
        ja="ノードを加え、そのカタログを定期的に巡回する。",
        en="Add a node, whose catalogue is crawled from now on.",
    )
)
@output.command()
def add(
    *,
    address: Annotated[
        str,
        typer.Argument(
            metavar="NODE",
            help=told(
                ja="参加者の DID、または根のアドレス。", en="The participant's DID, or its root's address."
            ),
        ),
    ],
    org: output.Org,
    private: Annotated[
        bool,
        typer.Option(
            "--private",
            help=told(
                ja="問い合わせる組織だけに見せる。省けば全会員に見せる。",
                en="Only the organisation that asks may find what is there; every member if left out.",
            ),
        ),
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.federation import api as federation
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.servers.catalogues import DspCatalogues

    asker = output.organisation(org)
    found = DspCatalogues().find(address)
    added = federation.add_node(found=found, org=asker.id, shared=not private, actor=NODE, now=utc_now())
    _show(added, as_json=as_json)


@app.command("list", help=told(ja="既知のノードの一覧。", en="List the known nodes."))
@output.command()
def list_nodes(*, as_json: output.AsJson = False) -> None:
    from renkei.federation import api as federation
    from renkei.kernel.clock import utc_now

    found = federation.nodes(None, now=utc_now())
    output.show(found if as_json else rows(found), as_json, columns=COLUMNS)


@app.command(
    help=told(
        ja="ノードを外し、そこで見つけた項目も消す。",
        en="Remove a node, with everything that was found there.",
    )
)
@output.command()
def remove(*, node: Id, as_json: output.AsJson = False) -> None:
    from renkei.federation import api as federation
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE

    _show(federation.remove_node(node=federation.NodeId(node), actor=NODE, now=utc_now()), as_json=as_json)


@app.command(
    help=told(
        ja="予定を待たずに、いま巡回する。失敗すれば理由を示し、終了コード 6 を返す。",
        en="Crawl a node now, whatever its schedule; a failure is told with its reason and exit code 6.",
    )
)
@output.command()
def crawl(*, node: Id, as_json: output.AsJson = False) -> None:
    from renkei.federation import api as federation
    from renkei.servers.catalogues import crawler

    done = crawler().crawl(federation.NodeId(node))
    output.show(done if as_json else _outcome(done), as_json, columns=CRAWLED)
    if done.trouble is not None:
        raise typer.Exit(6)


def _show(node: "KnownNode", *, as_json: bool) -> None:
    output.show(node if as_json else rows([node])[0], as_json, columns=COLUMNS)


def rows(nodes: "Sequence[KnownNode]") -> list[dict[str, object]]:
    """Return known nodes as rows of a table; one query, however many they are."""
    from renkei.parties import api as parties

    slugs = {org.id: org.slug for org in parties.organisations()}
    return [
        {name: getattr(node, name, None) for name in COLUMNS}
        | {"asks": slugs[node.org], "trouble": node.trouble.text if node.trouble else None}
        for node in nodes
    ]


def _outcome(done: "Crawled") -> dict[str, object]:
    shown = {name: getattr(done, name) for name in CRAWLED}
    return shown | {"trouble": done.trouble.text if done.trouble else None}
