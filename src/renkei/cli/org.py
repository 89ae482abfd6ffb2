"""`renkei org`: the organisations of this node, their signing keys, and the tokens with which they act."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output, standing
from renkei.cli.errors import NowAlone
from renkei.cli.output import told
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.parties.api import IssuedToken

app = typer.Typer(
    help=told(ja="組織と、そのトークンと鍵。", en="Organisations, their tokens and keys."),
    no_args_is_help=True,
)
app.add_typer(standing.app)

ORGANISATIONS = {
    "slug": Text(ja="短い名前", en="Slug"),
    "name": Text(ja="名称", en="Name"),
    "participant": Text(ja="参加者 ID", en="Participant"),
    "created_at": Text(ja="登録日時", en="Created"),
}
TOKENS = {
    "id": Text(ja="ID", en="Id"),
    "label": Text(ja="用途", en="Label"),
    "scopes": Text(ja="権限", en="Scopes"),
    "created_at": Text(ja="発行日時", en="Issued"),
    "expires_at": Text(ja="期限", en="Expires"),
    "revoked_at": Text(ja="取り消し", en="Revoked"),
}
KEYS = {
    "name": Text(ja="名前", en="Name"),
    "created_at": Text(ja="作成日時", en="Since"),
    "signs_from": Text(ja="署名開始", en="Signs from"),
    "signs_until": Text(ja="署名終了", en="Signs until"),
    "leaves_at": Text(ja="文書から外れる", en="Leaves the document"),
    "wiped_at": Text(ja="消去", en="Wiped"),
}
OVERLAP, LEAD = 24, 15
SHOWN_ONCE = Text(
    ja="この秘密が表示されるのは今回だけです。安全な場所に保管してください。",
    en="This secret is shown this once: keep it in a safe place.",
)


class ScopeWord(StrEnum):
    """The scopes of a token as words of the command line; the room's own enum needs Django to be imported."""

    INGEST = "ingest"
    EXCHANGE = "exchange"
    PUBLISH = "publish"
    AUDIT = "audit"
    CONTEXT_READ = "context-read"
    CONTEXT_WRITE = "context-write"


Overlap = Annotated[
    int | None,
    typer.Option(
        metavar="HOURS",
        help=told(
            ja=f"前の鍵を、署名に使わなくなってから文書に残す時間。省けば {OVERLAP}。",
            en=f"How long the former key stays in the document after it stopped signing; {OVERLAP} if left out.",
        ),
    ),
]
Lead = Annotated[
    int | None,
    typer.Option(
        metavar="MINUTES",
        help=told(
            ja=f"新しい鍵で署名を始めるまでの時間。省けば {LEAD}。",
            en=f"How long until the new key signs; {LEAD} if left out.",
        ),
    ),
]
Now = Annotated[
    bool,
    typer.Option(
        "--now",
        help=told(
            ja="鍵が漏れたか失われたとき。新しい鍵で直ちに署名し、前の鍵をすべて直ちに文書から外す。",
            en="For a key that has leaked or is lost: the new key signs at once, and every former key leaves the document at once.",
        ),
    ),
]
Slug = Annotated[
    str, typer.Argument(metavar="SLUG", help=told(ja="組織の短い名前。", en="The organisation's slug."))
]
Label = Annotated[
    str,
    typer.Option(
        help=told(ja="トークンの用途。後で見分けるため。", en="What the token is for, to know it later.")
    ),
]
Expires = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"],
        help=told(
            ja="有効期限(時差がなければ UTC)。省けば取り消すまで有効。",
            en="When it expires (UTC unless an offset is given); until revoked if left out.",
        ),
    ),
]


@app.command(
    help=told(
        ja="組織を登録する。署名鍵は最初に必要になったときに作られる。",
        en="Take an organisation in; its signing key is made when it is first needed.",
    )
)
@output.command()
def add(
    slug: Slug,
    *,
    name: Annotated[str, typer.Option("--name", help=told(ja="英語の名称。", en="English name."))],
    name_ja: Annotated[
        str | None,
        typer.Option(
            "--name-ja",
            help=told(
                ja="日本語の名称。省けば英語と同じ。", en="Japanese name; the English one if left out."
            ),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.parties import api as parties

    both = Text(ja=name_ja or name, en=name)
    made = parties.create_organisation(slug=slug, name=both, actor=NODE, now=utc_now())
    output.show(made, as_json, columns=ORGANISATIONS)


@app.command("list", help=told(ja="このノードの組織の一覧。", en="List the organisations of this node."))
@output.command()
def list_organisations(*, as_json: output.AsJson = False) -> None:
    from renkei.parties import api as parties

    output.show(parties.organisations(), as_json, columns=ORGANISATIONS)


@app.command(help=told(ja="組織のトークンを発行する。", en="Issue a token for an organisation."))
@output.command()
def token(
    slug: Slug,
    *,
    label: Label,
    scope: Annotated[
        list[ScopeWord],
        typer.Option(
            help=told(
                ja="権限(複数指定可)。ingest: 受信、exchange: 交渉と取得、publish: 公開と判断、audit: 証明の取得、context-read・context-write: エンティティの読み書き(NGSI-LD)。",
                en="What it may do (repeatable). ingest: send uplinks; exchange: negotiate and read; publish: publish and decide; audit: fetch proofs; context-read, context-write: read and write entities (NGSI-LD).",
            )
        ),
    ],
    expires: Expires = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.parties import api as parties

    issued = parties.issue_token(
        org=output.organisation(slug).id,
        label=label,
        scopes=frozenset(parties.Scope(word.value) for word in scope),
        expires_at=_in_utc(expires),
        actor=NODE,
        now=utc_now(),
    )
    _show_issued(issued, as_json=as_json)


@app.command(
    "operator-token",
    help=told(
        ja="運用者のトークンを発行する。全組織を見られるが、組織として行動はできない。",
        en="Issue an operator's token: it sees every organisation and acts for none.",
    ),
)
@output.command()
def operator_token(*, label: Label, expires: Expires = None, as_json: output.AsJson = False) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.parties import api as parties

    issued = parties.issue_operator_token(label=label, expires_at=_in_utc(expires), actor=NODE, now=utc_now())
    _show_issued(issued, as_json=as_json)


@app.command(help=told(ja="トークンの一覧(秘密は表示しない)。", en="List tokens, without their secrets."))
@output.command()
def tokens(
    slug: Annotated[
        str | None,
        typer.Argument(
            metavar="SLUG",
            help=told(
                ja="組織の短い名前。省けば運用者のトークン。",
                en="The organisation's slug; the operator's tokens if left out.",
            ),
        ),
    ] = None,
    *,
    as_json: output.AsJson = False,
) -> None:
    from renkei.parties import api as parties

    org = None if slug is None else output.organisation(slug).id
    output.show(parties.tokens(org), as_json, columns=TOKENS)


@app.command(
    help=told(
        ja="トークンを取り消す。直ちに効き、元には戻せない。", en="Revoke a token: at once and for good."
    )
)
@output.command()
def revoke(
    token_id: Annotated[
        str, typer.Argument(metavar="TOKEN", help=told(ja="トークンの ID。", en="The token's id."))
    ],
    *,
    as_json: output.AsJson = False,
) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.parties import api as parties

    parties.revoke_token(token_id=parties.TokenId(token_id), actor=NODE, now=utc_now())
    output.show({"id": token_id, "revoked": True}, as_json)


@app.command(
    "rotate-key",
    help=told(
        ja="署名鍵を交換する。新しい鍵は直ちに DID 文書に載り、予告時間の後に署名に使われる。前の鍵は重なりの期間の終わりに文書から外れる。",
        en="Rotate the signing key: the new one stands in the DID document at once and signs after the lead time; the former one leaves the document at the end of the overlap.",
    ),
)
@output.command()
def rotate_key(
    slug: Slug,
    *,
    overlap: Overlap = None,
    lead: Lead = None,
    now: Now = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.parties import api as parties

    if now and (overlap, lead) != (None, None):
        raise NowAlone
    org, at = output.organisation(slug).id, utc_now()
    if now:
        made = parties.replace_key(org=org, actor=NODE, now=at)
    else:
        made = parties.rotate_key(
            org=org,
            overlap=timedelta(hours=OVERLAP if overlap is None else overlap),
            lead=timedelta(minutes=LEAD if lead is None else lead),
            actor=NODE,
            now=at,
        )
    output.show(made, as_json, columns=KEYS)


@app.command(
    help=told(
        ja="組織の署名鍵の一覧(秘密の部分は表示しない)。",
        en="List an organisation's signing keys, without their private halves.",
    )
)
@output.command()
def keys(slug: Slug, *, as_json: output.AsJson = False) -> None:
    from renkei.parties import api as parties

    output.show(parties.keys(output.organisation(slug).id), as_json, columns=KEYS)


def _show_issued(issued: "IssuedToken", *, as_json: output.AsJson) -> None:
    output.show(issued if as_json else issued.secret, as_json)
    output.say(SHOWN_ONCE)


def _in_utc(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
