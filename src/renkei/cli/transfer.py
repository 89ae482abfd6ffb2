"""`renkei transfer`: agreements one may read under, and the transfers that deliver their data."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.cli.remote import AgreementId, NodeUrl, Token, Wait
from renkei.kernel.texts import Text

app = typer.Typer(
    help=told(ja="契約に基づく転送。", en="Transfers under an agreement."), no_args_is_help=True
)


class Form(StrEnum):
    """How the files of a push are written."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


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

DELIVERIES = {
    "id": Text(ja="届いたもの", en="Delivery"),
    "size": Text(ja="バイト数", en="Bytes"),
    "media_type": Text(ja="媒体の種類", en="Media type"),
    "sha256": Text(ja="SHA-256", en="SHA-256"),
    "received_at": Text(ja="受け取り", en="Received"),
}
FILES = {"file": Text(ja="ファイル", en="File"), "size": Text(ja="バイト数", en="Bytes")}

Folder = Annotated[
    Path,
    typer.Option(
        "--out", "-o", file_okay=False, help=told(ja="書き出すフォルダー。", en="Folder to write into.")
    ),
]
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


@app.command(
    "receive",
    help=told(
        ja="契約したデータを提供者から自組織のノードへ送り込ませ、届いたものをフォルダーに書き出す。",
        en="Let the provider push the data of an agreement to your node, and write what arrives into a folder.",
    ),
)
@output.command(node=False)
def receive(
    *,
    agreement: AgreementId,
    out: Folder = Path("received"),
    form: Annotated[
        Form,
        typer.Option(
            help=told(
                ja="ファイルの形式。renkei のノードが提供者のときに効く。",
                en="How the files are written, where the provider is a renkei node.",
            )
        ),
    ] = Form.PARQUET,
    wait: Wait = 600,
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        files = own.agreement(agreement).receive(out, form=form.value, timeout=wait)
    _show_files(files, as_json)


@app.command(
    "deliveries",
    help=told(ja="転送で送り込まれて届いたものの一覧。", en="List what was pushed to you by a transfer."),
)
@output.command(node=False)
def list_deliveries(
    *,
    id: Id,  # noqa: A002 — the word on the command line
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        found = own.deliveries(id)
    output.show(found, as_json, columns=DELIVERIES)


@app.command(
    "fetch",
    help=told(
        ja="転送で届いたものをノードからフォルダーに書き出す。",
        en="Write what was pushed to you by a transfer from your node into a folder.",
    ),
)
@output.command(node=False)
def fetch(
    *,
    id: Id,  # noqa: A002
    out: Folder = Path("received"),
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        files = own.save_deliveries(id, out)
    _show_files(files, as_json)


def _show_files(files: list[Path], as_json: bool) -> None:  # noqa: FBT001 - the option's value
    output.show([{"file": str(file), "size": file.stat().st_size} for file in files], as_json, columns=FILES)
