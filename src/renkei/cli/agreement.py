"""`renkei agreement`: see agreements, suspend and end them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renkei.cli import duties, output, processes
from renkei.cli.errors import BoundsMisspelt, GroupsMisspelt
from renkei.cli.output import told
from renkei.cli.remote import NodeUrl, Token
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE, AgreementId, OrgId
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.exchange.api import Transfer, TransferState

app = typer.Typer(
    help=told(ja="契約を見て、止め、終わらせる。", en="See agreements, suspend and end them."),
    no_args_is_help=True,
)
app.add_typer(duties.app)

COLUMNS = {
    "id": Text(ja="ID", en="Id"),
    "role": Text(ja="立場", en="Role"),
    "peer": Text(ja="相手", en="Other side"),
    "dataset": Text(ja="データセット", en="Dataset"),
    "signed_at": Text(ja="締結", en="Signed"),
    "ends_at": Text(ja="期限", en="Ends"),
    "ended_at": Text(ja="終了", en="Ended"),
}
DETAILS = {
    **COLUMNS,
    "in_force_at": Text(ja="発効", en="In force since"),
    "end_reason": Text(ja="終了の理由", en="Why it ended"),
    "terms_digest": Text(ja="条件のハッシュ", en="Digest of the terms"),
}

PROVISIONS = {
    "at": Text(ja="日時", en="When"),
    "role": Text(ja="記録する側", en="Whose record"),
    "peer": Text(ja="相手", en="Other side"),
    "dataset": Text(ja="データセット", en="Dataset"),
    "agreement": Text(ja="契約", en="Agreement"),
    "channel": Text(ja="経路", en="Channel"),
    "version": Text(ja="表の版", en="Table version"),
    "rows": Text(ja="行数", en="Rows"),
    "keep_until": Text(ja="保存期限", en="Keep until"),
}

TRANSFERS = {
    "id": Text(ja="ID", en="Id"),
    "role": Text(ja="立場", en="Role"),
    "peer": Text(ja="相手", en="Other side"),
    "format": Text(ja="形式", en="Format"),
    "state": Text(ja="状態", en="State"),
}

Agreement = Annotated[
    str, typer.Argument(metavar="AGREEMENT", help=told(ja="契約の ID。", en="The agreement's id."))
]


@app.command("list", help=told(ja="契約の一覧。", en="List agreements."))
@output.command()
def list_agreements(*, org: output.AnyOrg = None, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    owner = output.organisation(org).id if org else None
    found = output.everything(lambda after: exchange.agreements(org=owner, after=after))
    output.show(found, as_json, columns=COLUMNS)


@app.command(help=told(ja="契約とその条件を見る。", en="Show an agreement and its terms."))
@output.command()
def show(*, agreement: Agreement, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    found = exchange.agreement(AgreementId(agreement), org=output.organisation(org).id)
    output.show(found, as_json, columns=DETAILS)
    if not as_json:
        for sentence in processes.sentences(found.terms):
            output.show(sentence)
        for said in duties.uses_in_words(exchange.uses(found, now=utc_now())):
            output.show(said)
        owed = exchange.duties(found.id, org=found.org)
        if owed:
            output.show([duties.row(each) for each in owed], columns=duties.DUTIES)


@app.command(
    help=told(
        ja="契約を終わらせる。転送はすぐに打ち切られ、次の読み出しから断られる。",
        en="End an agreement: its transfers stop at once and the next read is refused.",
    )
)
@output.command()
def end(
    *,
    agreement: Agreement,
    org: output.Org,
    reason: output.Reason,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    ended = exchange.end_agreement(
        org=output.organisation(org).id,
        agreement=AgreementId(agreement),
        reason=reason,
        actor=NODE,
        now=utc_now(),
    )
    output.show(ended, as_json, columns=DETAILS)


@app.command(
    help=told(
        ja="契約の転送を止める。再開するまで読み出しは断られる。",
        en="Suspend an agreement's transfers: reads are refused until they are resumed.",
    )
)
@output.command()
def suspend(
    *,
    agreement: Agreement,
    org: output.Org,
    reason: output.Reason,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    own = output.organisation(org).id
    stopped = [
        exchange.suspend_transfer(org=own, transfer=each.id, reason=reason, actor=NODE, now=utc_now())
        for each in _transfers(AgreementId(agreement), own, exchange.TransferState.STARTED)
    ]
    output.show(stopped, as_json, columns=TRANSFERS)


@app.command(
    help=told(ja="止めた転送を再開する。", en="Resume an agreement's transfers that were suspended.")
)
@output.command()
def resume(*, agreement: Agreement, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    own = output.organisation(org).id
    resumed = [
        exchange.resume_transfer(org=own, transfer=each.id, actor=NODE, now=utc_now())
        for each in _transfers(AgreementId(agreement), own, exchange.TransferState.SUSPENDED)
    ]
    output.show(resumed, as_json, columns=TRANSFERS)


@app.command(
    help=told(
        ja="契約のデータに SQL で問い合わせ、提供者のノードの中で答えを出してもらう。",
        en="Ask a query about the agreement's data, answered inside the provider's node.",
    )
)
@output.command(node=False)
def query(
    *,
    agreement: Agreement,
    sql: Annotated[
        str,
        typer.Option(help=told(ja="表 data からの SELECT を 1 つ。", en="One SELECT from the table data.")),
    ],
    purpose: Annotated[
        str | None,
        typer.Option(
            help=told(ja="利用目的。合意した目的でなければ断られる。", en="What for; refused unless agreed.")
        ),
    ] = None,
    epsilon: Annotated[
        str,
        typer.Option(
            help=told(
                ja="雑音付きの答えに使う予算 ε。省くと全体の 10 分の 1。",
                en="With noise: the ε to use up; a tenth of the budget unless given.",
            )
        ),
    ] = "",
    bounds: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=LOW:HIGH",
            help=told(
                ja="雑音付き: 列の最小値と最大値。", en="With noise: a column's least and greatest value."
            ),
        ),
    ] = None,
    groups: Annotated[
        str,
        typer.Option(
            metavar="JSON",
            help=told(
                ja='雑音付き: 尋ねるグループ(例: [["A"],["B"]])。',
                en='With noise: the groups asked for, such as [["A"],["B"]].',
            ),
        ),
    ] = "[]",
    receipt: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help=told(
                ja="提供証明も書き出すファイル。", en="File to write the provider's signed receipt to."
            ),
        ),
    ] = None,
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node
    from renkei.wire.receipt import ReceiptLacking

    within, asked = dict(map(_bounds, bounds or ())), _asked_groups(groups)
    with Node(node, token) as own:
        agreed = own.agreement(agreement)
        told_ = agreed.answer(sql, purpose=purpose, epsilon=epsilon, bounds=within, groups=asked)
    if receipt is not None:
        if agreed.receipt is None:
            raise ReceiptLacking(where=agreement)
        receipt.write_text(f"{agreed.receipt.text}\n")
    rows = [dict(zip(told_.columns, row, strict=True)) for row in told_.rows]
    if as_json:
        output.show(
            {
                "columns": told_.columns,
                "rows": rows,
                "version": told_.version,
                "smallest_group": told_.smallest_group,
                "epsilon": told_.epsilon,
            },
            as_json,
        )
    else:
        output.show(rows, as_json, columns={name: Text(ja=name, en=name) for name in told_.columns})


def _bounds(text: str) -> tuple[str, tuple[float, float]]:
    """Read `reading=0:40`. Raises cli.bounds-misspelt."""
    column, _, said = text.rpartition("=")
    low, colon, high = said.partition(":")
    if not column or not colon:
        raise BoundsMisspelt(text=text)
    try:
        return column, (float(low), float(high))
    except ValueError:
        raise BoundsMisspelt(text=text) from None


def _asked_groups(text: str) -> tuple[tuple[Any, ...], ...]:
    """Read groups as JSON. Raises cli.groups-misspelt."""
    import msgspec

    from renkei.wire.queries import Cell

    try:
        return msgspec.json.decode(text, type=tuple[tuple[Cell, ...], ...])
    except msgspec.DecodeError:
        raise GroupsMisspelt(text=text) from None


def _transfers(agreement: AgreementId, org: OrgId, state: "TransferState") -> "list[Transfer]":
    """The transfers of an agreement in one state. Raises exchange.agreement-missing."""
    from renkei.exchange import api as exchange

    exchange.agreement(agreement, org=org)
    found = output.everything(lambda after: exchange.transfers(org=org, agreement=agreement, after=after))
    return [each for each in found if each.state is state]


@app.command(
    help=told(
        ja="第三者提供と受領の記録(個人情報保護法 29 条・30 条)。3 年間保存し、消さない。",
        en="Records of what was provided and received (APPI Art. 29, 30); kept for three years, never deleted.",
    )
)
@output.command()
def provisions(
    *,
    org: output.AnyOrg = None,
    agreement: Annotated[
        str | None,
        typer.Option(
            metavar="AGREEMENT",
            help=told(ja="この契約のものだけ。", en="Only those under this agreement."),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    owner = output.organisation(org).id if org else None
    under = AgreementId(agreement) if agreement else None
    found = output.everything(lambda after: exchange.provisions(org=owner, agreement=under, after=after))
    output.show(found, as_json, columns=PROVISIONS)
