"""`renkei node-secret`: change the secret with which the node conceals what it stores."""

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.kernel.texts import Text

app = typer.Typer(
    help=told(ja="ノードの秘密を変える。", en="Change the node's secret."), no_args_is_help=True
)

CHANGED = {"former": Text(ja="前の秘密", en="Secret before")}
RENEWED = {
    "log_keys": Text(ja="ログの鍵", en="Log keys"),
    "organisation_keys": Text(ja="組織の鍵", en="Organisations' keys"),
    "messages_and_addresses": Text(ja="メッセージとデータアドレス", en="Messages and data addresses"),
}
RESTART = Text(
    ja="ノードのすべてのプロセスを起動し直してから、`renkei node-secret renew` を実行してください。",
    en="Restart every process of the node, then run `renkei node-secret renew`.",
)
DONE = Text(
    ja="保存されているものはすべて今の秘密で暗号化されています。前の秘密(`node.secret.former` または `RENKEI_FORMER_NODE_SECRET`)を消し、ノードを起動し直してください。",
    en="Everything stored is encrypted with the present secret. Delete the one before (`node.secret.former` or `RENKEI_FORMER_NODE_SECRET`), then restart the node.",
)


@app.command(
    help=told(
        ja="新しい秘密を `node.secret` に作る。前の秘密は `node.secret.former` に残る。ノードを止めて行う。",
        en="Make a new secret in `node.secret`; the one before stays in `node.secret.former`. Stop the node first.",
    )
)
@output.command()
def change(*, as_json: output.AsJson = False) -> None:
    from renkei.audit import api as audit

    output.show({"former": str(audit.change_node_secret())}, as_json, columns=CHANGED)
    output.say(RESTART)


@app.command(
    help=told(
        ja="保存されているものを今の秘密で暗号化し直す。途中で止めても、もう一度実行すればよい。",
        en="Encrypt everything stored with the present secret; if broken off, run it again.",
    )
)
@output.command()
def renew(*, as_json: output.AsJson = False) -> None:
    from renkei.audit import api as audit
    from renkei.exchange import api as exchange
    from renkei.kernel.clock import utc_now
    from renkei.parties import api as parties

    now = utc_now()
    renewed = {
        "log_keys": audit.renew_log_key(now=now),
        "organisation_keys": parties.renew_secrets(now=now),
        "messages_and_addresses": exchange.renew_concealed(now=now),
    }
    output.show(renewed, as_json, columns=RENEWED)
    output.say(DONE)
