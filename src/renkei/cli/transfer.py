"""`renkei transfer`: agreements one may read under, and the transfers that deliver their data."""

from pathlib import Path
from typing import Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.cli.remote import AgreementId, NodeUrl, Token
from renkei.kernel.texts import Text

app = typer.Typer(
    help=told(ja="契約に基づく転送。", en="Transfers under an agreement."), no_args_is_help=True
)

COLUMNS = {
    "id": Text(ja="転送", en="Transfer"),
    "role": Text(ja="立場", en="Role"),
    "peer": Text(ja="相手", en="Other side"),
    "agreement": Text(ja="契約", en="Agreement"),
    "format": Text(ja="形式", en="Format"),
    "state": Text(ja="状態", en="State"),
    "waiting_for": Text(ja="待っているもの", en="Waiting for"),
    "reasons": Text(ja="理由", en="Reasons"),
}
AGREEMENTS = {
    "id": Text(ja="契約", en="Agreement"),
    "role": Text(ja="立場", en="Role"),
    "peer": Text(ja="相手", en="Other side"),
    "dataset": Text(ja="データセット", en="Dataset"),
    "in_force": Text(ja="有効", en="In force"),
    "ends_at": Text(ja="終了日時", en="Ends at"),
    "end_reason": Text(ja="終了の理由", en="Why it ended"),
}

Id = Annotated[str, typer.Argument(metavar="TRANSFER", help=told(ja="転送の ID。", en="The transfer's id."))]


@app.command("agreements", help=told(ja="自組織の契約の一覧。", en="List your organisation's agreements."))
@output.command(node=False)
def agreements(*, node: NodeUrl = None, token: Token = None, as_json: output.AsJson = False) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        found = [each.signed for each in own.agreements()]
    output.show(found, as_json, columns=AGREEMENTS)


@app.command("list", help=told(ja="自組織の転送の一覧。", en="List your organisation's transfers."))
@output.command(node=False)
def list_transfers(*, node: NodeUrl = None, token: Token = None, as_json: output.AsJson = False) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        found = own.transfers()
    output.show(found, as_json, columns=COLUMNS)


@app.command(
    "profile",
    help=told(
        ja="Delta Sharing クライアント用のプロファイルを書き出す。秘密を含むので、本人だけが読めるファイルになる。",
        en="Write the profile for a Delta Sharing client. It holds a secret, so only you can read the file.",
    ),
)
@output.command(node=False)
def profile(
    *,
    agreement: AgreementId,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", dir_okay=False, help=told(ja="書き出すファイル。", en="File to write.")),
    ] = Path("renkei.share"),
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        written = own.agreement(agreement).save_profile(out)
    output.show({"profile": str(written)}, as_json)


@app.command("end", help=told(ja="転送を終わらせる。", en="End a transfer."))
@output.command(node=False)
def end(
    *,
    id: Id,  # noqa: A002 — the word on the command line
    reason: Annotated[
        str, typer.Option(help=told(ja="相手に伝わる理由。", en="Why; the other side will read it."))
    ],
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        ended = own.end_transfer(id, reason=reason)
    output.show(ended, as_json, columns=COLUMNS)
