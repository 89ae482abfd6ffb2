"""`renkei audit witness`: what this node has seen of other nodes' logs."""

from typing import Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.kernel.texts import Text

app = typer.Typer(
    help=told(
        ja="他のノードのログについて、このノードが見たもの。",
        en="What this node has seen of other nodes' logs.",
    ),
    no_args_is_help=True,
)

HEADS = {
    "origin": Text(ja="ログ", en="Log"),
    "size": Text(ja="件数", en="Entries"),
    "seenAt": Text(ja="確認日時", en="Seen at"),
    "peer": Text(ja="参加者", en="Participant"),
    "state": Text(ja="状態", en="State"),
}
VISITED = {
    "peer": Text(ja="参加者", en="Participant"),
    "outcome": Text(ja="結果", en="Outcome"),
    "origin": Text(ja="ログ", en="Log"),
    "size": Text(ja="件数", en="Entries"),
    "attempts": Text(ja="試行", en="Attempts"),
    "code": Text(ja="理由", en="Why"),
}
KEPT = Text(ja="保管", en="kept")
CONTRADICTED = Text(ja="矛盾", en="CONTRADICTED")
ACCUSED = Text(
    ja="{peer} のログ({address})が以前と矛盾しています({code})。両方のヘッドは `--json` で表示されます。",
    en="The log of {peer} at {address} contradicts what was seen before ({code}); `--json` shows both heads.",
)
WITHHELD = Text(
    ja="{peer} のログ({address})は、以前のヘッドの続きであることの証明を示しません({code})。これだけでは、他者に対する証拠になりません。",
    en="The log of {peer} at {address} does not show the proof that it continues what was seen before ({code}); this proves nothing to others.",
)

Origin = Annotated[
    str | None,
    typer.Option(help=told(ja="この名前のログだけ。", en="Only the log of this name.")),
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help=told(ja="最大の件数。", en="At most so many."))]


@app.command(
    "list",
    help=told(
        ja="保管しているヘッド、見つかった矛盾、訪問の結果を表示する。",
        en="Show the heads that are kept, the contradictions that were found, and what became of the visits.",
    ),
)
@output.command()
def list_heads(*, origin: Origin = None, limit: Limit = 100, as_json: output.AsJson = False) -> None:
    from renkei.audit import api as audit
    from renkei.wire import tlog

    heads = audit.witnessed(origin=origin, limit=limit)
    accused = [each for each in audit.contradictions(limit=limit) if origin in {None, each.origin}]
    made = [each for each in audit.visits(limit=limit) if origin in {None, each.origin}]
    if as_json:
        output.show(
            {"key": audit.cosigner_key(), "heads": heads, "contradictions": accused, "visits": made}, as_json
        )
        return
    rows: list[dict[str, object]] = [
        {
            "origin": each.origin,
            "size": None,
            "seenAt": each.seen_at,
            "peer": each.peer,
            "state": CONTRADICTED,
        }
        for each in accused
    ]
    rows += [
        {"origin": each.origin, "size": each.size, "seenAt": each.seen_at, "peer": each.peer, "state": KEPT}
        for each in heads
    ]
    output.show(rows, columns=HEADS)
    output.show(made, columns=VISITED)
    for each in accused:
        text = WITHHELD if each.code == tlog.ProofRefused.code else ACCUSED
        output.say(text, peer=each.peer, address=each.address, code=each.code)


@app.command(
    help=told(
        ja="参加者のノードのログをいま確認し、ヘッドを保管する。",
        en="Look at a participant's log now and keep its head.",
    )
)
@output.command()
def visit(
    *,
    peer: Annotated[
        str, typer.Argument(metavar="DID", help=told(ja="相手の参加者。", en="The participant."))
    ],
    as_json: output.AsJson = False,
) -> None:
    from renkei.audit import api as audit
    from renkei.kernel.clock import utc_now
    from renkei.servers.witnesses import HttpPeerLogs

    made = audit.visit_now(peer, logs=HttpPeerLogs(), now=utc_now())
    output.show(made, as_json, columns=VISITED)


@app.command(
    help=told(
        ja="ログを、保管したヘッドに縛るのをやめる。次に見るヘッドを初回として信頼する。保管した証拠は残る。",
        en="Stop holding a log to the heads that are kept: its next head is trusted as at the first visit. The proof stays.",
    )
)
@output.command()
def forget(
    *,
    log: Annotated[
        str,
        typer.Argument(
            metavar="LOG",
            help=told(
                ja="ログのアドレス、検証鍵、またはその参加者の DID。",
                en="The log's address, its key, or the DID of its participant.",
            ),
        ),
    ],
    as_json: output.AsJson = False,
) -> None:
    from renkei.audit import api as audit
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE

    given_up = audit.forget_log(log=log, actor=NODE, now=utc_now())
    if as_json:
        output.show({"log": log, "heads": given_up}, as_json)
        return
    output.say(
        Text(
            ja="{log} のヘッド {heads} 件を外しました。",
            en="{heads} kept heads of {log} were given up.",
        ),
        log=log,
        heads=given_up,
    )
