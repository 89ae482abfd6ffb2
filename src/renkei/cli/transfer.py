"""`renkei transfer`: agreements one may read under, and the transfers that deliver their data."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output, processes
from renkei.cli.output import told
from renkei.cli.remote import AgreementId, NodeUrl, Token, Wait
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.wire.member import Transfer

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
    "turn": Text(ja="動く番", en="Who has to act"),
    "waiting_for": Text(ja="待っているもの", en="Waiting for"),
    "waiting_since": Text(ja="いつから", en="Since"),
    "code": Text(ja="コード", en="Code"),
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
    output.show(
        found if as_json else [processes.in_words(each, COLUMNS) for each in found], as_json, columns=COLUMNS
    )


@app.command("show", help=told(ja="転送を一つ表示する。", en="Show one transfer."))
@output.command(node=False)
def show(*, id: Id, node: NodeUrl = None, token: Token = None, as_json: output.AsJson = False) -> None:  # noqa: A002 — the word on the command line
    import msgspec

    from renkei.client import Node

    with Node(node, token) as own:
        found = own.transfer(id)
    _show(msgspec.structs.replace(found, data_address=None), as_json=as_json)  # a secret is not for screens


@app.command(
    "start",
    help=told(
        ja="提供者として、人が進める転送を始める。", en="As the provider, start by hand what was requested."
    ),
)
@output.command(node=False)
def start(*, id: Id, node: NodeUrl = None, token: Token = None, as_json: output.AsJson = False) -> None:  # noqa: A002 — as above
    from renkei.client import Node

    with Node(node, token) as own:
        begun = own.start_transfer(id)
    _show(begun, as_json=as_json)


@app.command(
    "retry",
    help=told(
        ja="届いていないメッセージを、すぐに送り直す。",
        en="Have the message that was not taken tried at once.",
    ),
)
@output.command(node=False)
def retry(*, id: Id, node: NodeUrl = None, token: Token = None, as_json: output.AsJson = False) -> None:  # noqa: A002 — as above
    from renkei.client import Node

    with Node(node, token) as own:
        tried = own.retry_transfer(id)
    _show(tried, as_json=as_json)


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
    _show(ended, as_json=as_json)


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


def _show(found: "Transfer", *, as_json: bool) -> None:
    columns = processes.with_unsent(found, COLUMNS)
    output.show(found if as_json else processes.in_words(found, columns), as_json, columns=columns)
