"""`renkei audit`: read this node's log, check it, and verify another node's log from outside."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output
from renkei.cli.audit import exporting, verifying, witness
from renkei.cli.output import told
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.audit.api import Entry, SignedHead

app = typer.Typer(
    help=told(ja="監査ログを読み、検証する。", en="Read and verify the audit log."), no_args_is_help=True
)
app.command("verify", help=verifying.HELP)(verifying.verify)
app.command("export", help=exporting.EXPORT_HELP)(exporting.export)
app.command("page", help=exporting.PAGE_HELP)(exporting.page)
app.add_typer(witness.app, name="witness")

COLUMNS = {
    "index": Text(ja="番号", en="Index"),
    "at": Text(ja="日時", en="At"),
    "action": Text(ja="操作", en="Action"),
    "actor": Text(ja="行為者", en="Actor"),
    "subject": Text(ja="対象", en="Subject"),
}
CHECKED = {
    "size": Text(ja="件数", en="Entries"),
    "root": Text(ja="ルートハッシュ", en="Root hash"),
    "heads": Text(ja="署名付きヘッド", en="Signed heads"),
    "trusted": Text(ja="確認した外部のチェックポイント", en="Outside checkpoint confirmed at"),
}


@app.command(help=told(ja="いまの署名付きヘッドを表示する。", en="Print the log's head, signed."))
@output.command()
def head(*, as_json: output.AsJson = False) -> None:
    from renkei.audit import api as audit
    from renkei.kernel.clock import utc_now

    signed = audit.signed_head(now=utc_now())
    output.show(_head_as_json(signed) if as_json else signed.checkpoint.rstrip("\n"), as_json)


@app.command(
    help=told(ja="ヘッドの署名を確かめる検証鍵を表示する。", en="Print the key that verifies heads.")
)
@output.command()
def key(*, as_json: output.AsJson = False) -> None:
    from renkei.audit import api as audit

    known = audit.log_key()
    output.show({"name": known.name, "verifier": known.verifier} if as_json else known.verifier, as_json)


@app.command("list", help=told(ja="封印済みの記録を順に表示する。", en="List sealed entries in order."))
@output.command()
def list_entries(
    *,
    org: output.AnyOrg = None,
    subject: Annotated[
        str | None, typer.Option(help=told(ja="この対象の記録だけ。", en="Only entries on this subject."))
    ] = None,
    start: Annotated[int, typer.Option(min=0, help=told(ja="この番号から。", en="From this index on."))] = 0,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help=told(ja="最大の件数。", en="At most so many."))
    ] = 100,
    as_json: output.AsJson = False,
) -> None:
    from renkei.audit import api as audit
    from renkei.kernel.clock import utc_now

    audit.seal(now=utc_now())
    if org is None:
        found = audit.entries(start=start, limit=limit, subject=subject)
    else:
        participant = output.organisation(org).participant
        found = audit.entries_concerning(participant, subject=subject, start=start, limit=limit)
    output.show([_entry_as_json(entry) for entry in found] if as_json else found, as_json, columns=COLUMNS)


@app.command(
    help=told(
        ja="ログ全体を記録から計算し直し、保存された木・署名付きヘッドと照合する。",
        en="Recompute the whole log from its entries and compare it with the stored tree and heads.",
    )
)
@output.command()
def check(
    *,
    trusted: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=told(
                ja="外部で保管されたチェックポイントのファイルとも照合する。",
                en="Compare with a checkpoint that somebody outside has kept in this file, too.",
            ),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.audit import api as audit

    text = None if trusted is None else _checkpoint_in(trusted)
    found = audit.check(trusted=text)
    fact = {"size": found.size, "root": found.root.hex(), "heads": found.heads, "trusted": found.trusted}
    output.show(fact, as_json, columns=CHECKED)
    if not as_json:
        output.say(Text(ja="ログに改変はありません。", en="The log is unaltered."))


def _checkpoint_in(file: Path) -> str:
    """The checkpoint in a file: the bare text, or what `renkei audit verify` has kept."""
    from renkei.wire import tlog

    raw = file.read_bytes()
    return tlog.read_kept(raw).checkpoint if raw.lstrip()[:1] == b"{" else raw.decode(errors="replace")


def _head_as_json(signed: "SignedHead") -> dict[str, object]:
    return {"size": signed.size, "root": signed.root.hex(), "checkpoint": signed.checkpoint}


def _entry_as_json(entry: "Entry") -> dict[str, object]:
    return {"index": entry.index, "leaf": entry.leaf.hex(), "body": entry.body.decode()}
