"""Verifying receipts, offline: against the provider's key, the agreement's terms, the data and the head of its log."""

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renkei.cli import output
from renkei.cli.errors import FileUnreadable, KeySourceUnclear
from renkei.cli.output import told
from renkei.cli.receipt import telling
from renkei.kernel.clock import utc_now

if TYPE_CHECKING:
    from renkei.wire.receipt import SignedReceipt

HELP = told(
    ja="提供証明を確かめて、その内容を文にする。ネットワークは使わない。1 行に 1 通なら、転送ごとに連なりも確かめる。",
    en="Verify receipts and say what they say, without the network; several, one a line, are verified as the chain of each transfer.",
)
_FILE = {"exists": True, "dir_okay": False, "metavar": "FILE"}


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
    _compare(found, terms=terms, answer=answer)
    given = {"terms": terms, "answer": answer, "log-head": log_key}
    done = ["signature", "time", "chain", *(name for name, value in given.items() if value is not None)]
    telling.show(found, as_json=as_json, checked=done)


def _compare(found: "tuple[SignedReceipt, ...]", *, terms: Path | None, answer: Path | None) -> None:
    """Compare the terms with those of every receipt, and the data with those of the last, where they are given."""
    from renkei.wire import receipt as wire

    if terms is not None:
        digest = _terms_digest(terms)
        for each in found:
            wire.check_terms(each, digest=digest)
    if answer is not None:
        sha256, parquet = _digest(answer)
        wire.check_answer(found[-1], sha256=sha256, parquet=parquet)


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
