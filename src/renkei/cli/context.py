"""`renkei context`: JSON-LD contexts that are laid in, notifications that were given up, histories and their end."""

from pathlib import Path
from typing import Annotated, Any

import typer

from renkei.cli import output
from renkei.cli.errors import FileUnreadable
from renkei.cli.output import told
from renkei.kernel.texts import Text

app = typer.Typer(
    help=told(
        ja="エンティティの @context、通知、履歴を管理する(NGSI-LD)。",
        en="Contexts, notifications and histories of entities (NGSI-LD).",
    ),
    no_args_is_help=True,
)

COLUMNS = {
    "url": Text(ja="URL", en="URL"),
    "size": Text(ja="バイト数", en="Bytes"),
    "created_at": Text(ja="登録日時", en="Since"),
}
Url = Annotated[
    str,
    typer.Option(
        "--url",
        help=told(ja="@context が公開されている URL。", en="The address at which the context is published."),
    ),
]


@app.command(
    help=told(
        ja="ファイルの @context を、その URL から取得したものとして全組織のために登録する。期限はない。",
        en="Lay a file's context in as what is published at its address, for every organisation and without expiry.",
    )
)
@output.command()
def load(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help=told(ja="@context の JSON-LD ファイル。", en="JSON-LD file of the context.")
        ),
    ],
    *,
    url: Url,
    as_json: output.AsJson = False,
) -> None:
    from renkei.context import api as context
    from renkei.kernel.clock import utc_now

    stored = context.lay_in_context(url, _read(file), now=utc_now())
    output.show(_shown(stored), as_json, columns=COLUMNS)


@app.command("list", help=told(ja="登録した @context の一覧。", en="List the contexts that are laid in."))
@output.command()
def list_contexts(*, as_json: output.AsJson = False) -> None:
    from renkei.context import api as context

    output.show([_shown(stored) for stored in context.laid_in_contexts()], as_json, columns=COLUMNS)


@app.command(
    help=told(
        ja="登録した @context を消す。以後は URL から取得する。",
        en="Forget a context that is laid in; from then on it is fetched from its address.",
    )
)
@output.command()
def forget(*, url: Url, as_json: output.AsJson = False) -> None:
    from renkei.context import api as context
    from renkei.kernel.clock import utc_now

    output.show(_shown(context.forget_context(url, now=utc_now())), as_json, columns=COLUMNS)


def _read(file: Path) -> str:
    """Return a context's text. Raises cli.file-unreadable, context.ld-context-absent, context.ld-context-invalid."""
    from renkei.context import api as context
    from renkei.wire.ngsild.gathering import read_document
    from renkei.wire.ngsild.jsonld import compile_context

    try:
        body = file.read_bytes()
    except OSError as why:
        raise FileUnreadable(file=str(file), why=str(why)) from None
    document = read_document(body)
    if not isinstance(document, dict) or "@context" not in document:
        raise context.LdContextAbsent
    # Those that it names may be laid in after it: here only what it says itself is looked at.
    compile_context(document["@context"], load=lambda _url: {"@context": {}})
    return body.decode()


def _shown(stored: Any) -> dict[str, Any]:
    return {"url": stored.url, "size": len(stored.body.encode()), "created_at": stored.created_at}


REDELIVERED = {
    "subscription": Text(ja="サブスクリプション", en="Subscription"),
    "notifications": Text(ja="再送する通知", en="Notifications to be sent again"),
}


@app.command(
    help=told(
        ja="届けられずに保留になった通知を、もう一度送る。送信待ちの通知もすぐに試す。",
        en="Send again the notifications of a subscription that were given up or refused; what waits is tried at once.",
    )
)
@output.command()
def redeliver(
    subscription: Annotated[
        str,
        typer.Argument(
            metavar="SUBSCRIPTION",
            help=told(ja="サブスクリプションの ID(URI)。", en="The subscription's id, a URI."),
        ),
    ],
    *,
    org: output.Org,
    as_json: output.AsJson = False,
) -> None:
    from renkei.context import api as context
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE

    count = context.redeliver(output.organisation(org).id, subscription, actor=NODE, now=utc_now())
    output.show({"subscription": subscription, "notifications": count}, as_json, columns=REDELIVERED)


COMPACTED = {
    "fed": Text(ja="公開中の表へ書いた行", en="Rows into published tables"),
    "archived": Text(ja="アーカイブへ移したインスタンス", en="Instances into the archive"),
    "forgotten": Text(ja="保存期間を過ぎて消したもの", en="Forgotten after the retention"),
}
ERASED = {
    "entity": Text(ja="エンティティ", en="Entity"),
    "rows": Text(ja="消したインスタンスと行", en="Instances and rows erased"),
}
KEPT = {
    "org": Text(ja="組織", en="Organisation"),
    "days": Text(ja="履歴の保存日数", en="Days that history is kept"),
}


@app.command(
    help=told(
        ja="履歴をすぐに表へ移し、保存期間を過ぎたものを消す。ふだんはノードが自動で行う。",
        en="Move histories into their tables now, and forget what is past its time; the node does so by itself, too.",
    )
)
@output.command()
def compact(*, as_json: output.AsJson = False) -> None:
    from datetime import timedelta

    from django.conf import settings
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    from renkei.context import api as context
    from renkei.kernel.clock import utc_now

    recent = timedelta(hours=settings.RENKEI.context_recent_hours)
    moved = Text(ja="{task.completed:,.0f} 件を移しました", en="{task.completed:,.0f} instances moved")
    with Progress(
        SpinnerColumn(), TextColumn(moved.in_(output.lang())), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("", total=None)
        done = context.compact_history(
            now=utc_now(), recent=recent, progress=lambda more: bar.advance(task, more)
        )
    output.show(
        {"fed": done.fed, "archived": done.archived, "forgotten": done.forgotten}, as_json, columns=COMPACTED
    )


@app.command(
    help=told(
        ja="エンティティを、現在の値・履歴・アーカイブ・公開中の表から完全に消す。元には戻せない。",
        en="Erase an entity for good: its present, its history, the archive and published tables.",
    )
)
@output.command()
def erase(
    entity: Annotated[
        str,
        typer.Argument(
            metavar="ENTITY", help=told(ja="エンティティの ID(URI)。", en="The entity's id, a URI.")
        ),
    ],
    *,
    org: output.Org,
    as_json: output.AsJson = False,
) -> None:
    from renkei.context import api as context
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE

    uri = context.EntityId(entity)
    rows = context.erase_entity(output.organisation(org).id, uri, actor=NODE, now=utc_now())
    output.show({"entity": entity, "rows": rows}, as_json, columns=ERASED)


@app.command(
    help=told(
        ja="組織の履歴を何日保存するかを決める。",
        en="Say for how many days an organisation's histories are kept.",
    )
)
@output.command()
def retain(
    *,
    org: output.Org,
    days: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS", help=told(ja="日数。省くと無期限。", en="How many days; for ever if left out.")
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.context import api as context
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE

    found = output.organisation(org)
    context.keep_history_for(found.id, days=days, actor=NODE, now=utc_now())
    output.show({"org": org, "days": days}, as_json, columns=KEPT)
