"""`renkei negotiation`: see negotiations, why they wait and for whom, and take every step that is ours."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renkei.cli import output, processes
from renkei.cli.output import told
from renkei.cli.terms import TermsFile, read_terms
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE, NegotiationId
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.exchange import api as exchange

app = typer.Typer(
    help=told(ja="交渉を見て、答え、進める。", en="See negotiations, answer them and take their steps."),
    no_args_is_help=True,
)

COLUMNS = {
    "id": Text(ja="ID", en="Id"),
    "role": Text(ja="立場", en="Role"),
    "peer": Text(ja="相手", en="Other side"),
    "dataset": Text(ja="データセット", en="Dataset"),
    "state": Text(ja="状態", en="State"),
    "turn": Text(ja="動く番", en="Who has to act"),
    "waiting_for": Text(ja="待っているもの", en="Waiting for"),
    "waiting_since": Text(ja="いつから", en="Since"),
}
DETAILS = {
    **COLUMNS,
    "by_hand": Text(ja="一手ずつ人が進める", en="Every step by hand"),
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
    stuck: Annotated[
        bool,
        typer.Option(
            "--stuck",
            help=told(
                ja="送信に失敗しているか、相手が 7 日以上動かないものだけ。",
                en="Only those whose message fails, or whose other side has not moved for 7 days.",
            ),
        ),
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    owner, at = output.organisation(org).id if org else None, utc_now() if stuck else None
    due = True if waiting else None
    found = output.everything(
        lambda after: exchange.negotiations(org=owner, due=due, stuck_at=at, after=after)
    )
    columns = COLUMNS | (processes.UNSENT if stuck else {})
    output.show(
        found if as_json else [processes.in_words(each, columns) for each in found], as_json, columns=columns
    )


@app.command(
    help=told(
        ja="交渉を見る: 何を待ち、誰の番か、条件の違い、これまでのやり取り。",
        en="Show a negotiation: what it waits for and whose turn it is, the terms compared, what was said.",
    )
)
@output.command()
def show(*, negotiation: Negotiation, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    found = exchange.negotiation(NegotiationId(negotiation), org=output.organisation(org).id)
    comparison, history = exchange.compare(found), exchange.history(found.id, org=found.org)
    if as_json:
        output.show({"negotiation": found, "comparison": comparison, "history": history}, as_json)
        return
    _show(found)
    processes.show_silence(found)
    processes.show_comparison(comparison)
    processes.show_history(history, found)


@app.command(
    help=told(
        ja="求められた条件に合意する。人が進める交渉では、受諾された後に契約を送る。利用者なら、示された条件を受諾する。",
        en="Agree to what is asked for, or by hand to what was accepted; as the consumer, accept what was offered.",
    )
)
@output.command()
def agree(*, negotiation: Negotiation, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    number, own = NegotiationId(negotiation), output.organisation(org).id
    provider = exchange.negotiation(number, org=own).role is exchange.Role.PROVIDER
    _step(exchange.agree if provider else exchange.accept_offer, number, org=org, as_json=as_json)


@app.command(
    help=told(ja="利用者として、示された条件を受諾する。", en="As the consumer, accept what was offered.")
)
@output.command()
def accept(*, negotiation: Negotiation, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    _step(exchange.accept_offer, negotiation, org=org, as_json=as_json)


@app.command(
    help=told(
        ja="利用者として、届いた契約を確認する(人が進める交渉)。",
        en="As the consumer, verify by hand the agreement that came.",
    )
)
@output.command()
def verify(*, negotiation: Negotiation, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    _step(exchange.verify_agreement, negotiation, org=org, as_json=as_json)


@app.command(
    help=told(
        ja="提供者として、利用者が確認した契約を成立させる(人が進める交渉)。",
        en="As the provider, put by hand into force what the consumer verified.",
    )
)
@output.command()
def finalize(*, negotiation: Negotiation, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    _step(exchange.finalize, negotiation, org=org, as_json=as_json)


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
    _show(answered, as_json=as_json)


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

    _step(exchange.terminate_negotiation, negotiation, org=org, as_json=as_json, reason=reason)


@app.command(
    help=told(
        ja="成立前の交渉を、理由を付けて打ち切る。",
        en="Terminate a negotiation that is not finalized, with a reason.",
    )
)
@output.command()
def terminate(
    *,
    negotiation: Negotiation,
    org: output.Org,
    reason: output.Reason,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    _step(exchange.terminate_negotiation, negotiation, org=org, as_json=as_json, reason=reason)


@app.command(
    help=told(
        ja="届いていないメッセージを、すぐに送り直す。",
        en="Have the message that the other side has not taken tried at once.",
    )
)
@output.command()
def retry(*, negotiation: Negotiation, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    own = output.organisation(org).id
    exchange.retry_now(org=own, process=negotiation, actor=NODE, now=utc_now())
    _show(exchange.negotiation(NegotiationId(negotiation), org=own), as_json=as_json)


def _step(
    act: Callable[..., "exchange.Negotiation"], negotiation: str, *, org: str, as_json: bool, **said: Any
) -> None:
    own = output.organisation(org).id
    done = act(org=own, negotiation=NegotiationId(negotiation), actor=NODE, now=utc_now(), **said)
    _show(done, as_json=as_json)


def _show(found: "exchange.Negotiation", *, as_json: bool = False) -> None:
    columns = processes.with_unsent(found, DETAILS)
    output.show(found if as_json else processes.in_words(found, columns), as_json, columns=columns)
