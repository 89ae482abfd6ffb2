"""`renkei offer`: say under which terms a dataset can be had."""

from typing import TYPE_CHECKING, Annotated

import typer

from renkei.cli import output, processes, prospects, terms
from renkei.cli.dataset import Dataset
from renkei.cli.negotiation import DETAILS
from renkei.cli.output import told
from renkei.exchange.types import Wishes
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE, DatasetId, OfferId
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.exchange.api import Offer

app = typer.Typer(
    help=told(ja="データセットを条件付きで提供する。", en="Offer datasets under terms."), no_args_is_help=True
)

COLUMNS = {
    "id": Text(ja="ID", en="Id"),
    "automatic": Text(ja="自動で合意", en="Automatic"),
    "by_hand": Text(ja="一手ずつ人が進める", en="By hand"),
    "terms": Text(ja="条件", en="Terms"),
    "withdrawn_at": Text(ja="取り下げ", en="Withdrawn"),
}

Automatic = Annotated[
    bool,
    typer.Option(
        "--automatic",
        help=told(
            ja="条件どおりの申し込みには自動で合意する。",
            en="Agree by itself to a request that fits the terms.",
        ),
    ),
]

ByHand = Annotated[
    bool,
    typer.Option(
        "--by-hand",
        help=told(
            ja="交渉の一手ごと、転送の開始ごとに、人が進める。",
            en="Leave every step of a negotiation, and the start of each transfer, to a person.",
        ),
    ),
]


@app.command(
    help=told(
        ja="オプションで述べた条件を ODRL(JSON)で書き出す。保存はしない。",
        en="Write the terms that the options say as ODRL (JSON); nothing is stored.",
    )
)
@output.command()
@terms.wished
def draft(
    *,
    wishes: Wishes,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    written = exchange.write_terms(wishes)
    for sentence in exchange.describe_terms(written):
        if not as_json:
            output.say(sentence)
    output.show(written, as_json=True)


@app.command(
    help=told(
        ja="データセットを提供する。条件はファイル(ODRL)かオプションで述べる。",
        en="Offer a dataset; the terms come from a file (ODRL) or from the options.",
    )
)
@output.command()
@terms.wished
def add(
    *,
    dataset: Dataset,
    wishes: Wishes,
    file: terms.OptionalTermsFile = None,
    template: terms.Template = None,
    automatic: Automatic = False,
    by_hand: ByHand = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    said = terms.terms_said(file=file, wishes=wishes, template=template, dataset=dataset)
    made = exchange.offer(
        dataset=DatasetId(dataset),
        terms=said,
        automatic=automatic,
        by_hand=by_hand,
        actor=NODE,
        now=utc_now(),
    )
    output.show(made if as_json else _in_words(made), as_json, columns=None if as_json else COLUMNS)


@app.command(
    help=told(
        ja="求められていない相手に、データセットを条件付きで提示する。",
        en="Offer a dataset to a participant that has not asked for it.",
    )
)
@output.command()
@terms.wished
def propose(
    *,
    dataset: Dataset,
    consumer: Annotated[
        str,
        typer.Argument(
            metavar="CONSUMER",
            help=told(ja="相手の DID かアドレス。", en="The participant's DID or its root's address."),
        ),
    ],
    wishes: Wishes,
    file: terms.OptionalTermsFile = None,
    template: terms.Template = None,
    by_hand: ByHand = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange
    from renkei.servers.peers import Peers

    owner, peer = exchange.dataset(DatasetId(dataset)).owner, Peers().find(consumer)
    made = exchange.propose_offer(
        org=owner,
        consumer=peer.participant,
        address=peer.base,
        dataset=DatasetId(dataset),
        terms=terms.terms_said(file=file, wishes=wishes, template=template, dataset=dataset),
        by_hand=by_hand,
        actor=NODE,
        now=utc_now(),
    )
    output.show(made if as_json else processes.in_words(made, DETAILS), as_json, columns=DETAILS)


app.command(
    "templates", help=told(ja="そのまま使える条件のひな型の一覧。", en="List ready terms to begin from.")
)(prospects.templates)
app.command(
    "simulate",
    help=told(
        ja="提供する前に、条件どおりなら今の表の何がどう渡るかを見る。何も記録されない。",
        en="See, before offering, what terms would let leave of the table as it is now; nothing is recorded.",
    ),
)(prospects.simulate)
app.command(
    "compare", help=told(ja="二つのオファーの条件を並べる。", en="Lay the terms of two offers side by side.")
)(prospects.compare)


@app.command("list", help=told(ja="データセットのオファーの一覧。", en="List a dataset's offers."))
@output.command()
def list_offers(*, dataset: Dataset, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    found = exchange.offers(dataset=DatasetId(dataset))
    output.show(found if as_json else [_in_words(each) for each in found], as_json, columns=COLUMNS)


@app.command(
    help=told(
        ja="提供をやめる。既に結んだ契約は続く。", en="Withdraw an offer; agreements already made go on."
    )
)
@output.command()
def withdraw(
    *,
    offer: Annotated[
        str, typer.Argument(metavar="OFFER", help=told(ja="オファーの ID。", en="The offer's id."))
    ],
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    gone = exchange.withdraw_offer(offer=OfferId(offer), actor=NODE, now=utc_now())
    output.show(gone if as_json else _in_words(gone), as_json, columns=COLUMNS)


def _in_words(offer: "Offer") -> dict[str, object]:
    from renkei.exchange import api as exchange

    said = exchange.describe_terms(offer.terms)
    return {
        "id": offer.id,
        "automatic": offer.automatic,
        "by_hand": offer.by_hand,
        "terms": Text(ja="\n".join(each.ja for each in said), en="\n".join(each.en for each in said)),
        "withdrawn_at": offer.withdrawn_at,
    }
