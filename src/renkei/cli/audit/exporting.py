"""`renkei audit export` and `renkei audit page`: what an auditor takes away, and the page that verifies it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output
from renkei.cli.errors import AlreadyThere
from renkei.cli.output import told
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.servers.exports import Exporting

EXPORT_HELP = told(
    ja="対象についての記録を、証明・署名付きヘッド・証人の見たヘッドとともに一つのファイルに書き出す。合意なら、その交渉・転送・公開も含む。",
    en="Write the entries on a subject into one file, with proofs, signed head and what witnesses saw; of an agreement also its negotiation, transfers and releases.",
)
PAGE_HELP = told(
    ja="証明をブラウザーで検証する、単独で動くページを書き出す。",
    en="Write the self-contained page that verifies a proof in the browser.",
)

Subject = Annotated[
    str,
    typer.Option(
        help=told(ja="対象の ID(合意、転送など)。", en="Id of the subject (an agreement, a transfer …).")
    ),
]
Witnesses = Annotated[
    list[str] | None,
    typer.Option(
        "--witness",
        metavar="NODE",
        help=told(
            ja="このログを見たはずのノードのアドレス。その署名も含める。何度でも指定できる。",
            en="Address of a node that should have seen this log; its cosignature is included; may be repeated.",
        ),
    ),
]
Out = Annotated[
    Path, typer.Option(dir_okay=False, help=told(ja="書き出すファイル。", en="The file to write."))
]
Start = Annotated[int, typer.Option(min=0, help=told(ja="この番号から。", en="From this index on."))]
Limit = Annotated[
    int, typer.Option(min=1, max=1_000_000, help=told(ja="最大の件数。", en="At most so many entries."))
]
Shown = Annotated[
    Path | None,
    typer.Option(
        "--export",
        exists=True,
        dir_okay=False,
        help=told(ja="この書き出しをページに入れておく。", en="Put this export into the page."),
    ),
]


@output.command()
def export(
    *,
    subject: Subject,
    out: Out,
    org: output.AnyOrg = None,
    witness: Witnesses = None,
    start: Start = 0,
    limit: Limit = 100_000,
    as_json: output.AsJson = False,
) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.servers import exports
    from renkei.servers.witnesses import HttpPeerLogs

    _check_free(out)
    asking = None if org is None else output.organisation(org)
    asked = exports.Asked(subject=subject, org=asking, start=start, limit=limit)
    ready = exports.prepare(asked, witnesses=witness or [], logs=HttpPeerLogs(), now=utc_now())
    part = out.with_name(f"{out.name}.part")
    with part.open("wb") as file:
        file.writelines(ready.parts())
    part.replace(out)
    frame = ready.frame
    fact = {
        "file": str(out),
        "entries": len(ready.places),
        "witnessed": len(frame.witnessed),
        "confirmed": len(frame.cosigned),
        "provisions": len(frame.provisions),
        "following": frame.following,
    }
    if as_json:
        output.show(fact, as_json)
        return
    output.say(
        Text(ja="{entries} 件を {file} に書き出しました。", en="Wrote {entries} entries to {file}."), **fact
    )
    _say_what_lacks(ready)


@output.command(node=False)
def page(*, out: Out, export: Shown = None, as_json: output.AsJson = False) -> None:
    from renkei.servers import proof_page
    from renkei.wire import tlog

    _check_free(out)
    shown = None
    if export is not None:
        shown = export.read_bytes()
        tlog.read_export(shown)  # a page with something else in it would only tell so to whoever opens it
    out.write_bytes(proof_page.page(shown))
    if as_json:
        output.show({"file": str(out)}, as_json)
        return
    output.say(Text(ja="{file} を書き出しました。", en="Wrote {file}."), file=out)


def _check_free(out: Path) -> None:
    if out.exists():
        raise AlreadyThere(file=out)


def _say_what_lacks(ready: "Exporting") -> None:
    for address in ready.silent:
        output.say(
            Text(
                ja="{node} はこのログのヘッドを見ていません。",
                en="{node} has seen no head of this log.",
            ),
            node=address,
        )
    if ready.frame.following is not None:
        output.say(
            Text(
                ja="続きは `--start {following}` で書き出せます。",
                en="There are more: go on with `--start {following}`.",
            ),
            following=ready.frame.following,
        )
