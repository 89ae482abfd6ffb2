"""`renkei receipt`: verify what a provider signed beside its answers, offline, and look up what was signed here."""

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renkei.cli import output
from renkei.cli.errors import FileUnreadable, KeySourceUnclear
from renkei.cli.output import told
from renkei.cli.remote import AgreementId, NodeUrl, Token
from renkei.kernel.clock import utc_now
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.exchange.api import Provision
    from renkei.wire.receipt import SignedReceipt

app = typer.Typer(
    help=told(
        ja="応答に付く署名付きの提供証明を確かめ、署名したものを見る。",
        en="Verify the signed receipts of answers, and see those signed here.",
    ),
    no_args_is_help=True,
)

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
CHECKS = {
    "signature": Text(ja="署名", en="signature"),
    "time": Text(ja="発行時刻", en="time of issue"),
    "chain": Text(ja="連なり", en="chain"),
    "terms": Text(ja="条件", en="terms"),
    "answer": Text(ja="データ", en="data"),
    "log-head": Text(ja="監査ログのヘッド", en="head of the audit log"),
}
GOOD = Text(
    ja="提供証明 {count} 通を確かめました。確かめたもの: {done}。",
    en="{count} receipts verified. Checked: {done}.",
)
LEFT = Text(ja="確かめていないもの: {left}。", en="Not checked: {left}.")
_BETWEEN = Text(ja="、", en=", ")

Out = Annotated[
    Path, typer.Option("--out", "-o", dir_okay=False, help=told(ja="書き出すファイル。", en="File to write."))
]
_FILE = {"exists": True, "dir_okay": False, "metavar": "FILE"}


@app.command(
    help=told(
        ja="提供証明を確かめて、その内容を文にする。ネットワークは使わない。1 行に 1 通なら、転送ごとに連なりも確かめる。",
        en="Verify receipts and say what they say, without the network; several, one a line, are verified as the chain of each transfer.",
    )
)
@output.command(node=False)
def verify(
    *,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help=told(ja="提供証明のファイル。- は標準入力。", en="Receipts; - for the input."),
        ),
    ],
    did_document: Annotated[
        Path | None,
        typer.Option(help=told(ja="提供者の DID 文書。", en="The provider's DID document."), **_FILE),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            help=told(ja="提供者の公開鍵(JWK か PEM)。", en="The provider's public key, as JWK or PEM."),
            **_FILE,
        ),
    ] = None,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help=told(
                ja="DID 文書を提供者のノードから取る。", en="Fetch the DID document from the provider."
            ),
        ),
    ] = False,
    answer: Annotated[
        Path | None,
        typer.Option(
            help=told(ja="最後の提供証明と照合するデータ。", en="Data to compare with the last receipt."),
            **_FILE,
        ),
    ] = None,
    terms: Annotated[
        Path | None,
        typer.Option(
            help=told(ja="照合する契約の条件(JSON)。", en="The agreement's terms to compare with, as JSON."),
            **_FILE,
        ),
    ] = None,
    log_key: Annotated[
        str | None,
        typer.Option(
            metavar="VKEY",
            help=told(ja="提供者の監査ログの検証鍵。", en="The verifier key of the provider's audit log."),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.wire import receipt as wire
    from renkei.wire import tlog

    if (did_document is not None) + (key is not None) + online != 1:
        raise KeySourceUnclear
    found = wire.read_receipts(_text(file))
    for each in found:
        wire.check_signature(each, _key(each, did_document, key))
        wire.check_time(each, now=utc_now())
        if log_key is not None:
            tlog.open_checkpoint(each.said.checkpoint, vkey=log_key)
    wire.check_chains(found)
    if terms is not None:
        digest = _terms_digest(terms)
        for each in found:
            wire.check_terms(each, digest=digest)
    if answer is not None:
        sha256, parquet = _digest(answer)
        wire.check_answer(found[-1], sha256=sha256, parquet=parquet)
    given = {"terms": terms, "answer": answer, "log-head": log_key}
    done = ["signature", "time", "chain", *(name for name, value in given.items() if value is not None)]
    _show(found, as_json=as_json, checked=done)


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
    _show((wire.read_receipt(record.receipt),), as_json=as_json)


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


def _show(found: "tuple[SignedReceipt, ...]", *, as_json: bool, checked: list[str] | None = None) -> None:
    from renkei.wire import receipt as wire

    if as_json:
        said = [
            {"receipt": _said(each), "sha256": each.sha256, "key": each.key_id, "text": each.text}
            for each in found
        ]
        whole = (
            {"receipts": said}
            if checked is None
            else {"verified": True, "checked": checked, "receipts": said}
        )
        output.show(whole, as_json)
        return
    for number, each in enumerate(found):
        if number:
            output.show("")
        for sentence in wire.sentences(each):
            output.show(sentence)
    if checked is not None:
        left = [name for name in CHECKS if name not in checked]
        output.say(GOOD, count=len(found), done=_words(checked))
        if left:
            output.say(LEFT, left=_words(left))


def _said(receipt: "SignedReceipt") -> dict[str, Any]:
    import msgspec

    said: dict[str, Any] = msgspec.to_builtins(receipt.said)
    return said


def _words(names: list[str]) -> str:
    lang = output.lang()
    return _BETWEEN.in_(lang).join(CHECKS[name].in_(lang) for name in names)


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


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text()
    except (OSError, UnicodeDecodeError) as why:
        raise FileUnreadable(file=file, why=why) from None


def _key(receipt: "SignedReceipt", document: Path | None, key: Path | None) -> Any:
    from renkei.wire import receipt as wire

    if key is not None:
        return wire.read_key(key.read_bytes(), receipt)
    if document is not None:
        return wire.key_in_document(document.read_bytes(), receipt)
    output.set_up_node()
    from renkei.servers.did import shared_documents

    fetched = shared_documents().document(receipt.said.provider)
    return wire.key_in_document(json.dumps(fetched).encode(), receipt)


def _digest(file: Path) -> tuple[str, bool]:
    with file.open("rb") as opened:
        parquet = opened.read(4) == b"PAR1"
        opened.seek(0)
        return hashlib.file_digest(opened, "sha256").hexdigest(), parquet


def _terms_digest(file: Path) -> str:
    """The digest of the terms in a file: a policy, or an agreement as `renkei` prints it."""
    try:
        said = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as why:
        raise FileUnreadable(file=file, why=why) from None
    terms = (
        next((said[name] for name in ("policy", "terms") if name in said), said)
        if isinstance(said, dict)
        else None
    )
    if not isinstance(terms, dict):
        raise FileUnreadable(file=file, why="it holds no terms")
    output.set_up_node()
    from renkei.exchange import api as exchange

    return exchange.terms_digest(terms)
