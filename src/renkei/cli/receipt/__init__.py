"""`renkei receipt`: verify what a provider signed beside its answers, offline, and look up what was signed here."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.cli.receipt import telling, verifying
from renkei.cli.remote import AgreementId, NodeUrl, Token
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.exchange.api import Provision

app = typer.Typer(
    help=told(
        ja="応答に付く署名付きの提供証明を確かめ、署名したものを見る。",
        en="Verify the signed receipts of answers, and see those signed here.",
    ),
    no_args_is_help=True,
)
app.command("verify", help=verifying.HELP)(verifying.verify)

COLUMNS = {
    "at": Text(ja="日時", en="When"),
    "id": Text(ja="ID", en="Id"),
    "recipient": Text(ja="相手", en="Other side"),
    "agreement": Text(ja="契約", en="Agreement"),
    "number": Text(ja="番号", en="Number"),
    "channel": Text(ja="経路", en="Channel"),
    "rows": Text(ja="行数", en="Rows"),
}
WRITTEN = {"file": Text(ja="ファイル", en="File"), "receipts": Text(ja="提供証明", en="Receipts")}
Out = Annotated[
    Path, typer.Option("--out", "-o", dir_okay=False, help=told(ja="書き出すファイル。", en="File to write."))
]


@app.command("list", help=told(ja="署名した提供証明の一覧。", en="List the receipts that were signed here."))
@output.command()
def list_receipts(
    *,
    org: output.AnyOrg = None,
    agreement: Annotated[
        str | None,
        typer.Option(
            metavar="AGREEMENT", help=told(ja="この契約のものだけ。", en="Only those under this agreement.")
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange
    from renkei.kernel import ids

    owner = output.organisation(org).id if org else None
    under = ids.AgreementId(agreement) if agreement else None
    found = output.everything(lambda after: exchange.issued(org=owner, agreement=under, after=after))
    output.show([_line(each) for each in found], as_json, columns=COLUMNS)


@app.command(help=told(ja="署名した提供証明を文にする。", en="Say what a receipt that was signed here says."))
@output.command()
def show(
    *,
    id: Annotated[  # noqa: A002 — the word on the command line
        str, typer.Argument(metavar="RECEIPT", help=told(ja="提供証明の ID。", en="The receipt's id."))
    ],
    org: output.AnyOrg = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            dir_okay=False,
            help=told(ja="署名付きのまま書き出す。", en="Write it out as signed."),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange
    from renkei.wire import receipt as wire

    owner = output.organisation(org).id if org else None
    record = exchange.receipt(id, org=owner)
    if out is not None:
        out.write_text(f"{record.receipt}\n")
    telling.show((wire.read_receipt(record.receipt),), as_json=as_json)


@app.command(
    help=told(
        ja="契約の転送の提供証明を、終わった転送のものも、提供者のノードから改めて取り、1 行に 1 通ずつ書き出す。",
        en="Fetch the receipts of an agreement's transfers, those that are over too, from the provider again, and write them one a line.",
    )
)
@output.command(node=False)
def fetch(
    *,
    agreement: AgreementId,
    out: Out = Path("receipts.txt"),
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        found = own.agreement(agreement).receipts()
    out.write_text("".join(f"{each.text}\n" for each in found))
    output.show({"file": str(out), "receipts": len(found)}, as_json, columns=WRITTEN)


@app.command(
    help=told(
        ja="ブラウザーだけで提供証明を確かめるページを、1 つのファイルに書き出す。",
        en="Write the page that verifies receipts in a browser, offline, as one file.",
    )
)
@output.command(node=False)
def page(*, out: Out = Path("verify-receipt.html"), as_json: output.AsJson = False) -> None:
    from renkei.servers.receipt_page import receipt_page

    out.write_bytes(receipt_page().body)
    output.show({"file": str(out)}, as_json, columns={"file": WRITTEN["file"]})


def _line(record: "Provision") -> dict[str, Any]:
    from renkei.wire import receipt as wire

    found = wire.read_receipt(record.receipt)
    return {
        "id": record.receipt_id,
        "at": record.at,
        "recipient": record.recipient,
        "agreement": record.agreement,
        "transfer": record.transfer,
        "number": found.said.number,
        "channel": record.channel,
        "rows": record.rows,
        "sha256": found.sha256,
        "receipt": found.text,
    }
