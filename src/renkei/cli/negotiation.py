"""`renkei negotiation`: see negotiations and decide on those that wait for us."""

from typing import Annotated

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.cli.terms import TermsFile, read_terms
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE, NegotiationId
from renkei.kernel.texts import Text

app = typer.Typer(
    help=told(ja="届いた交渉に答える。", en="Answer negotiations that came in."), no_args_is_help=True
)

COLUMNS = {
    "id": Text(ja="ID", en="Id"),
    "role": Text(ja="立場", en="Role"),
    "peer": Text(ja="相手", en="Other side"),
    "dataset": Text(ja="データセット", en="Dataset"),
    "state": Text(ja="状態", en="State"),
    "decision_due": Text(ja="決定待ち", en="Decision due"),
    "waiting_for": Text(ja="待っているもの", en="Waiting for"),
    "updated_at": Text(ja="更新", en="Updated"),
}
DETAILS = {
    **COLUMNS,
    "agreement": Text(ja="契約", en="Agreement"),
    "code": Text(ja="コード", en="Code"),
    "reasons": Text(ja="理由", en="Reasons"),
}

Negotiation = Annotated[
    str, typer.Argument(metavar="NEGOTIATION", help=told(ja="交渉の ID。", en="The negotiation's id."))
]


@app.command("list", help=told(ja="交渉の一覧。", en="List negotiations."))
@output.command()
def list_negotiations(
    *,
    org: output.AnyOrg = None,
    waiting: Annotated[
        bool,
        typer.Option(
            "--waiting",
            help=told(ja="こちらの決定を待つものだけ。", en="Only those that wait for our decision."),
        ),
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    owner = output.organisation(org).id if org else None
    due = True if waiting else None
    found = output.everything(lambda after: exchange.negotiations(org=owner, due=due, after=after))
    output.show(found, as_json, columns=COLUMNS)


@app.command(help=told(ja="交渉の状態と条件を見る。", en="Show a negotiation and its terms."))
@output.command()
def show(*, negotiation: Negotiation, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    found = exchange.negotiation(NegotiationId(negotiation), org=output.organisation(org).id)
    output.show(found, as_json, columns=DETAILS)
    if not as_json:
        for sentence in exchange.describe_terms(found.offer):
            output.show(sentence)


@app.command(
    help=told(
        ja="求められた条件に合意する(利用者なら、示された条件を受諾する)。",
        en="Agree to what is asked for; as the consumer, accept what was offered.",
    )
)
@output.command()
def agree(*, negotiation: Negotiation, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    number, own = NegotiationId(negotiation), output.organisation(org).id
    provider = exchange.negotiation(number, org=own).role is exchange.Role.PROVIDER
    act = exchange.agree if provider else exchange.accept_offer
    output.show(act(org=own, negotiation=number, actor=NODE, now=utc_now()), as_json, columns=DETAILS)


@app.command(
    help=told(
        ja="別の条件(ODRL)を示して、相手の答えを待つ。",
        en="Answer with other terms (ODRL) and wait for the other side.",
    )
)
@output.command()
def counter(
    *,
    negotiation: Negotiation,
    file: TermsFile,
    org: output.Org,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    number, own, said = NegotiationId(negotiation), output.organisation(org).id, read_terms(file)
    if exchange.negotiation(number, org=own).role is exchange.Role.PROVIDER:
        answered = exchange.counter(org=own, negotiation=number, terms=said, actor=NODE, now=utc_now())
    else:
        answered = exchange.counter_offer(org=own, negotiation=number, offer=said, actor=NODE, now=utc_now())
    output.show(answered, as_json, columns=DETAILS)


@app.command(help=told(ja="理由を付けて断る。", en="Refuse, with a reason."))
@output.command()
def refuse(
    *,
    negotiation: Negotiation,
    org: output.Org,
    reason: output.Reason,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    number, own = NegotiationId(negotiation), output.organisation(org).id
    provider = exchange.negotiation(number, org=own).role is exchange.Role.PROVIDER
    act = exchange.refuse if provider else exchange.terminate_negotiation
    refused = act(org=own, negotiation=number, reason=reason, actor=NODE, now=utc_now())
    output.show(refused, as_json, columns=DETAILS)
