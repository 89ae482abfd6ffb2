"""`renkei audit verify`: verify another node's log from outside, with the help of witnesses, or an export offline."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output
from renkei.cli.audit.offline import entry_as_json, read_file, verify_export
from renkei.cli.errors import VerifyUnclear
from renkei.cli.output import told
from renkei.cli.tables import as_json_text
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.wire import tlog

HELP = told(
    ja="他のノードのログを検証する。前回のヘッドの続きであること、証人の見たログと同じであること、対象の記録が含まれることを確かめ、今回のヘッドを保管する。--export なら、書き出されたファイルをネットワークなしで検証する。",
    en="Verify another node's log: it continues the head kept last time, is the log that the witnesses saw, and holds the subject's entries; keeps the new head. With --export, verify an exported file without any network.",
)
VERIFIED = {
    "size": Text(ja="件数", en="Entries in the log"),
    "kept": Text(ja="前回の件数", en="Entries at the last visit"),
    "proven": Text(ja="証明された操作", en="Proven acts"),
    "witnesses": Text(ja="証人", en="Witnesses"),
}
OtherNode = Annotated[
    str | None,
    typer.Argument(metavar="NODE", help=told(ja="相手ノードのアドレス。", en="Address of the other node.")),
]
Keep = Annotated[
    Path | None,
    typer.Option(
        dir_okay=False,
        help=told(
            ja="検証鍵と最後のヘッドを保管するファイル。なければ初回として作る。",
            en="File that keeps the key and the last head; made on the first visit.",
        ),
    ),
]
Witnesses = Annotated[
    list[str] | None,
    typer.Option(
        "--witness",
        metavar="NODE",
        help=told(
            ja="証人のノードのアドレス。何度でも指定できる。",
            en="Address of a node that is asked what it has seen of the log; may be repeated.",
        ),
    ),
]
ExportFile = Annotated[
    Path | None,
    typer.Option(
        "--export",
        exists=True,
        dir_okay=False,
        help=told(
            ja="`renkei audit export` が書き出したファイルを検証する。",
            en="Verify a file that `renkei audit export` wrote.",
        ),
    ),
]
TrustedKey = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="VKEY",
        help=told(
            ja="--export のログの検証鍵。運用者から別の連絡手段で受け取ったもの。",
            en="The log's key for --export, as its operator told you by another channel.",
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


@output.command(node=False)
def verify(
    *,
    node: OtherNode = None,
    keep: Keep = None,
    witness: Witnesses = None,
    subject: ProvenSubject = None,
    org: output.AnyOrg = None,
    provider: Provider = None,
    token: OtherToken = None,
    export: ExportFile = None,
    key: TrustedKey = None,
    as_json: output.AsJson = False,
) -> None:
    if export is not None and node is None:
        verify_export(export, keep=keep, key=key, as_json=as_json)  # an auditor has no node
        return
    if node is None or keep is None or export is not None or key is not None:
        raise VerifyUnclear

    def visit() -> None:
        from renkei.wire import tlog

        kept = tlog.read_kept(read_file(keep)) if keep.exists() else None
        fetch = _fetch(node, token=None)
        found = tlog.visit(fetch, kept=kept)
        new, agreed = _with_witnesses(fetch, found, node=node, witnesses=witness or [], keep=keep)
        _write(keep, tlog.write_kept(new))
        proven = (
            () if subject is None else _prove(node, new, subject, org=org, provider=provider, token=token)
        )
        _show(new, kept, proven, agreed, as_json=as_json)

    output.on_node(visit)


def _show(
    new: "tlog.Kept",
    kept: "tlog.Kept | None",
    proven: "tuple[tlog.ProvenEntry, ...]",
    agreed: "dict[str, tlog.Agreed]",
    *,
    as_json: bool,
) -> None:
    fact = {
        "size": new.head().size,
        "kept": None if kept is None else kept.head().size,
        "verifier": new.vkey,
        "proven": [entry_as_json(entry) for entry in proven],
        "witnesses": [
            {"node": node, "key": each.witness, "sizes": each.sizes, "seenAt": each.seen_at}
            for node, each in agreed.items()
        ],
    }
    if as_json:
        output.show(fact, as_json)
        return
    seen = ", ".join(f"{node}: {each.sizes[0]}" for node, each in agreed.items() if each.sizes)
    words = {"proven": ", ".join(f"{e.index} {e.action}" for e in proven), "witnesses": seen}
    output.show({**fact, **words}, columns=VERIFIED)
    _say_doubts(new, kept, agreed)


def _say_doubts(new: "tlog.Kept", kept: "tlog.Kept | None", agreed: "dict[str, tlog.Agreed]") -> None:
    for node, each in agreed.items():
        if not each.sizes:
            output.say(
                Text(
                    ja="{node} はこのログのヘッドを見ていません。何の裏付けにもなりません。",
                    en="{node} has seen no head of this log: that confirms nothing.",
                ),
                node=node,
            )
    if kept is None:
        output.say(
            Text(
                ja="初回です。検証鍵 {vkey} を、別の連絡手段で相手の運用者と照合してください。",
                en="This is the first visit: compare the key {vkey} with the node's operator by another channel.",
            ),
            vkey=new.vkey,
        )


def _with_witnesses(
    fetch: "tlog.Fetch", new: "tlog.Kept", *, node: str, witnesses: list[str], keep: Path
) -> "tuple[tlog.Kept, dict[str, tlog.Agreed]]":
    """Hold the log to what each witness has seen, and keep the witnesses' keys. Nothing is kept of a log that fails."""
    from msgspec.structs import replace

    from renkei.wire import tlog

    agreed: dict[str, tlog.Agreed] = {}
    asked = tlog.witnessed_path(new.head().origin, key=new.vkey, address=node)
    for address in witnesses:
        body = _fetch(address, token=None)(asked)
        stated = tlog.read_witnessed(body, address=address)
        trusted = new.witnesses.get(address)
        try:
            agreed[address] = tlog.check_witness(
                fetch, stated=stated, kept=new, address=node, trusted=trusted
            )
        except tlog.SplitView as refusal:
            proof = keep.with_name(f"{keep.name}.split-view.json")
            _write(proof, as_json_text(refusal.as_dict()).encode())
            output.say(
                Text(ja="証拠を {file} に保管しました。", en="The proof was kept in {file}."), file=proof
            )
            raise
        new = replace(new, witnesses={**new.witnesses, address: stated.witness})
    return new, agreed


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


def _write(file: Path, body: bytes) -> None:
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_bytes(body)
    fresh.replace(file)
