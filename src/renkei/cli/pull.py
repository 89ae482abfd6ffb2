"""`renkei pull`: the data of an agreement, into a file."""

from pathlib import Path
from typing import Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.cli.remote import AgreementId, NodeUrl, Token
from renkei.kernel.texts import Text

app = typer.Typer()

FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl"}
COLUMNS = {
    "file": Text(ja="ファイル", en="File"),
    "bytes": Text(ja="バイト数", en="Bytes"),
    "format": Text(ja="形式", en="Format"),
}


@app.command(
    "pull",
    help=told(
        ja="契約したデータをファイルに取り出す。形式はファイル名の末尾(.parquet、.csv、.jsonl)で決まる。",
        en="Pull the data of an agreement into a file; its ending (.parquet, .csv, .jsonl) names the format.",
    ),
)
@output.command(node=False)
def pull(
    *,
    agreement: AgreementId,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", dir_okay=False, help=told(ja="書き出すファイル。", en="File to write.")),
    ] = Path("data.parquet"),
    purpose: Annotated[
        str | None,
        typer.Option(
            help=told(ja="利用目的。合意した目的でなければ断られる。", en="What for; refused unless agreed.")
        ),
    ] = None,
    receipt: Annotated[
        Path | None,
        typer.Option(
            "--receipt",
            dir_okay=False,
            help=told(
                ja="提供証明も書き出すファイル。", en="File to write the provider's signed receipt to."
            ),
        ),
    ] = None,
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from renkei.client import Node
    from renkei.wire.receipt import ReceiptLacking

    format_ = FORMATS.get(out.suffix.lower(), "parquet")
    bar = Progress(
        TextColumn(out.name),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
    )
    with Node(node, token) as own, bar:
        task = bar.add_task(out.name, total=None)
        agreed = own.agreement(agreement)
        agreed.save(
            out,
            format=format_,
            purpose=purpose,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if receipt is not None:
        if agreed.receipt is None:
            raise ReceiptLacking(where=agreement)
        receipt.write_text(f"{agreed.receipt.text}\n")
    output.show({"file": str(out), "bytes": out.stat().st_size, "format": format_}, as_json, columns=COLUMNS)
