"""`renkei audit`: read this node's log, check it, and verify another node's log from outside."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.audit.api import Entry, SignedHead
    from renkei.wire import tlog

app = typer.Typer(
    help=told(ja="監査ログを読み、検証する。", en="Read and verify the audit log."), no_args_is_help=True
)

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
VERIFIED = {
    "size": Text(ja="件数", en="Entries in the log"),
    "kept": Text(ja="前回の件数", en="Entries at the last visit"),
    "proven": Text(ja="証明された操作", en="Proven acts"),
}

OtherNode = Annotated[
    str,
    typer.Argument(metavar="NODE", help=told(ja="相手ノードのアドレス。", en="Address of the other node.")),
]
Keep = Annotated[
    Path,
    typer.Option(
        dir_okay=False,
        help=told(
            ja="検証鍵と最後のヘッドを保管するファイル。なければ初回として作る。",
            en="File that keeps the key and the last head; made on the first visit.",
        ),
    ),
]
ProvenSubject = Annotated[
    str | None,
    typer.Option(
        help=told(ja="この対象の記録の証明も求める。", en="Ask for proof of the entries on this subject.")
    ),
]
Provider = Annotated[
    str | None,
    typer.Option(
        metavar="DID",
        help=told(
            ja="--org の署名で尋ねる相手の組織。",
            en="The organisation over there that is asked, signed by --org.",
        ),
    ),
]
OtherToken = Annotated[
    str | None,
    typer.Option(
        envvar="RENKEI_TOKEN",
        help=told(
            ja="相手ノードの組織トークン(その組織として尋ねる)。",
            en="An API token of that node, to ask as its organisation.",
        ),
    ),
]


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


@app.command(
    help=told(
        ja="他のノードのログを検証する。前回のヘッドの続きであること、対象の記録が含まれることを確かめ、今回のヘッドを保管する。",
        en="Verify another node's log: it continues the head kept last time and holds the subject's entries; keeps the new head.",
    )
)
@output.command()
def verify(
    *,
    node: OtherNode,
    keep: Keep,
    subject: ProvenSubject = None,
    org: output.AnyOrg = None,
    provider: Provider = None,
    token: OtherToken = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.wire import tlog

    kept = tlog.read_kept(keep.read_bytes()) if keep.exists() else None
    fetch = _fetch(node, token=None)
    new = tlog.visit(fetch, kept=kept)
    _write(keep, tlog.write_kept(new))
    proven = () if subject is None else _prove(node, new, subject, org=org, provider=provider, token=token)
    fact = {
        "size": new.head().size,
        "kept": None if kept is None else kept.head().size,
        "verifier": new.vkey,
        "proven": [{"index": e.index, "action": e.action, "at": e.at, "body": e.body} for e in proven],
    }
    if as_json:
        output.show(fact, as_json)
        return
    output.show({**fact, "proven": ", ".join(f"{e.index} {e.action}" for e in proven)}, columns=VERIFIED)
    if kept is None:
        output.say(
            Text(
                ja="初回です。検証鍵 {vkey} を、別の連絡手段で相手の運用者と照合してください。",
                en="This is the first visit: compare the key {vkey} with the node's operator by another channel.",
            ),
            vkey=new.vkey,
        )


def _prove(
    node: str, kept: "tlog.Kept", subject: str, *, org: str | None, provider: str | None, token: str | None
) -> "tuple[tlog.ProvenEntry, ...]":
    from renkei.wire import tlog

    if org is None or provider is None:
        return tlog.prove(_fetch(node, token=token), kept=kept, subject=subject)
    path = tlog.peer_proofs(provider.rpartition(":")[2])
    return tlog.prove(_signed_fetch(node, org=org, provider=provider), kept=kept, subject=subject, path=path)


def _fetch(node: str, *, token: str | None) -> "tlog.Fetch":
    from renkei.servers.outgoing import shared_outgoing

    shown = None if token is None else f"Bearer {token}"
    return lambda path: shared_outgoing().get_json(f"{node.rstrip('/')}{path}", authorization=shown).body


def _signed_fetch(node: str, *, org: str, provider: str) -> "tlog.Fetch":
    from renkei.kernel.ids import ParticipantId
    from renkei.servers import identity
    from renkei.servers.outgoing import shared_outgoing

    asking = output.organisation(org).id

    def fetch(path: str) -> bytes:
        # A peer token is good for one use, so each page is asked for with a new one.
        shown = identity.authorize(org=asking, audience=ParticipantId(provider))
        return shared_outgoing().get_json(f"{node.rstrip('/')}{path}", authorization=shown).body

    return fetch


def _checkpoint_in(file: Path) -> str:
    """The checkpoint in a file: the bare text, or what `renkei audit verify` has kept."""
    from renkei.wire import tlog

    raw = file.read_bytes()
    return tlog.read_kept(raw).checkpoint if raw.lstrip()[:1] == b"{" else raw.decode(errors="replace")


def _write(file: Path, body: bytes) -> None:
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_bytes(body)
    fresh.replace(file)


def _head_as_json(signed: "SignedHead") -> dict[str, object]:
    return {"size": signed.size, "root": signed.root.hex(), "checkpoint": signed.checkpoint}


def _entry_as_json(entry: "Entry") -> dict[str, object]:
    return {"index": entry.index, "leaf": entry.leaf.hex(), "body": entry.body.decode()}
