"""`renkei negotiate`: ask a provider for a dataset and follow what becomes of it."""

from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output, processes
from renkei.cli.output import told
from renkei.cli.remote import NodeUrl, Provider, Token, Wait
from renkei.cli.terms import TermsFile, read_terms
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.client import Agreement
    from renkei.wire.member import Negotiation

app = typer.Typer(
    help=told(ja="データセットの利用を交渉する。", en="Negotiate for a dataset."), no_args_is_help=True
)

COLUMNS = {
    "id": Text(ja="交渉", en="Negotiation"),
    "role": Text(ja="立場", en="Role"),
    "peer": Text(ja="相手", en="Other side"),
    "dataset": Text(ja="データセット", en="Dataset"),
    "state": Text(ja="状態", en="State"),
    "turn": Text(ja="動く番", en="Who has to act"),
    "waiting_for": Text(ja="待っているもの", en="Waiting for"),
    "waiting_since": Text(ja="いつから", en="Since"),
    "agreement": Text(ja="契約", en="Agreement"),
    "code": Text(ja="コード", en="Code"),
    "reasons": Text(ja="理由", en="Reasons"),
}
AGREED = {
    "id": Text(ja="契約", en="Agreement"),
    "peer": Text(ja="相手", en="Other side"),
    "dataset": Text(ja="データセット", en="Dataset"),
    "terms": Text(ja="条件", en="Terms"),
    "in_force": Text(ja="有効", en="In force"),
    "ends_at": Text(ja="終了日時", en="Ends at"),
}

Id = Annotated[
    str, typer.Argument(metavar="NEGOTIATION", help=told(ja="交渉の ID。", en="The negotiation's id."))
]


@app.command(
    "start",
    help=told(
        ja="データセットの利用を申し込み、合意するか断られるまで待つ。",
        en="Ask for a dataset and wait until it is agreed or refused.",
    ),
)
@output.command(node=False)
def start(
    *,
    provider: Provider,
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help=told(ja="データセットの ID。", en="The dataset's id."))
    ],
    offer: Annotated[
        str, typer.Argument(metavar="OFFER", help=told(ja="オファーの ID。", en="The offer's id."))
    ],
    purpose: Annotated[
        str | None,
        typer.Option(
            help=told(
                ja="利用目的を一つに絞る(例: research)。",
                en="The one purpose that is wanted, such as research.",
            )
        ),
    ] = None,
    by_hand: Annotated[
        bool,
        typer.Option(
            "--by-hand",
            help=told(
                ja="届いた契約を自分で確認する(verify)。",
                en="Verify the agreement yourself when it comes, with `verify`.",
            ),
        ),
    ] = False,
    wait: Wait = 60.0,
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        begun = own.negotiate_for(
            provider=provider, dataset=dataset, offer=offer, purpose=purpose, by_hand=by_hand
        )
        if not wait:
            _show(begun, as_json=as_json)
            return
        _show_agreement(own.conclude(begun.id, timeout=wait), as_json=as_json)


@app.command("list", help=told(ja="自組織の交渉の一覧。", en="List your organisation's negotiations."))
@output.command(node=False)
def list_negotiations(*, node: NodeUrl = None, token: Token = None, as_json: output.AsJson = False) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        found = own.negotiations()
    output.show(
        found if as_json else [processes.in_words(each, COLUMNS) for each in found], as_json, columns=COLUMNS
    )


@app.command("show", help=told(ja="交渉を一つ表示する。", en="Show one negotiation."))
@output.command(node=False)
def show(*, id: Id, node: NodeUrl = None, token: Token = None, as_json: output.AsJson = False) -> None:  # noqa: A002 — the word on the command line
    from renkei.client import Node

    with Node(node, token) as own:
        found = own.negotiation(id)
    _show(found, as_json=as_json)


@app.command(
    "accept",
    help=told(
        ja="提供者の対案を受け入れ、成立を待つ。",
        en="Accept the provider's counter-offer and wait for the agreement.",
    ),
)
@output.command(node=False)
def accept(
    *,
    id: Id,  # noqa: A002 — as above
    wait: Wait = 60.0,
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        own.accept(id)
        _show_agreement(own.conclude(id, timeout=wait), as_json=as_json)


@app.command("end", help=told(ja="交渉を打ち切る。", en="End a negotiation."))
@output.command(node=False)
def end(
    *,
    id: Id,  # noqa: A002 — as above
    reason: Annotated[
        str, typer.Option(help=told(ja="相手に伝わる理由。", en="Why; the other side will read it."))
    ],
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        ended = own.give_up(id, reason=reason)
    _show(ended, as_json=as_json)


@app.command(
    "verify",
    help=told(
        ja="届いた契約を確認し、成立を待つ。",
        en="Verify the agreement that came and wait until it is in force.",
    ),
)
@output.command(node=False)
def verify(
    *,
    id: Id,  # noqa: A002 — as above
    wait: Wait = 60.0,
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        verified = own.verify_agreement(id)
        if not wait:
            _show(verified, as_json=as_json)
            return
        _show_agreement(own.conclude(id, timeout=wait), as_json=as_json)


@app.command(
    "counter",
    help=told(ja="別の条件(ODRL)を示して、相手の答えを待つ。", en="Answer with other terms (ODRL)."),
)
@output.command(node=False)
def counter(
    *,
    id: Id,  # noqa: A002 — as above
    file: TermsFile,
    node: NodeUrl = None,
    token: Token = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.client import Node

    with Node(node, token) as own:
        answered = own.counter(id, terms=read_terms(file))
    _show(answered, as_json=as_json)


@app.command(
    "retry",
    help=told(
        ja="届いていないメッセージを、すぐに送り直す。",
        en="Have the message that was not taken tried at once.",
    ),
)
@output.command(node=False)
def retry(*, id: Id, node: NodeUrl = None, token: Token = None, as_json: output.AsJson = False) -> None:  # noqa: A002 — as above
    from renkei.client import Node

    with Node(node, token) as own:
        tried = own.retry_negotiation(id)
    _show(tried, as_json=as_json)


def _show_agreement(agreement: "Agreement", *, as_json: bool) -> None:
    output.show(agreement.signed, as_json, columns=AGREED)


def _show(found: "Negotiation", *, as_json: bool) -> None:
    columns = processes.with_unsent(found, COLUMNS)
    output.show(found if as_json else processes.in_words(found, columns), as_json, columns=columns)
