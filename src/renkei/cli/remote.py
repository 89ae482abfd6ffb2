"""Options of the commands that speak to a node over the network, as a member does from a desk."""

from typing import Annotated

import typer

from renkei.cli.output import told

Provider = Annotated[
    str,
    typer.Argument(
        metavar="PROVIDER",
        help=told(ja="提供者の DID かアドレス。", en="The provider's DID or its root's address."),
    ),
]
AgreementId = Annotated[
    str, typer.Argument(metavar="AGREEMENT", help=told(ja="契約の ID。", en="The agreement's id."))
]
NodeUrl = Annotated[
    str | None,
    typer.Option(
        "--node",
        metavar="URL",
        envvar="RENKEI_NODE",
        help=told(ja="自組織のノードのアドレス。", en="Address of your organisation's node."),
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="RENKEI_TOKEN",
        help=told(
            ja="自組織のトークン。環境変数で渡すほうが安全です。",
            en="Your organisation's token; the variable is the safer way to pass it.",
        ),
    ),
]
Wait = Annotated[
    float,
    typer.Option(
        "--wait",
        min=0,
        metavar="SECONDS",
        help=told(ja="決まるまで待つ秒数。", en="How long to wait for the outcome."),
    ),
]
