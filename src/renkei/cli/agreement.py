"""`renkei agreement`: see agreements, suspend and end them."""

from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import duties, output, processes
from renkei.cli.output import told
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
