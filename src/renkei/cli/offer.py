"""`renkei offer`: say under which terms a dataset can be had."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renkei.cli import output, processes, terms
from renkei.cli.dataset import Dataset
from renkei.cli.errors import TermsTwice
from renkei.cli.negotiation import DETAILS
from renkei.cli.output import told
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
def draft(
    *,
    purpose: terms.Purpose = None,
    recipient: terms.Recipient = None,
    until: terms.Until = None,
    cell: terms.Cell = None,
    minimum_group: terms.MinimumGroup = None,
    withhold: terms.Withhold = None,
    observed_from: terms.ObservedFrom = None,
    observed_until: terms.ObservedUntil = None,
    onward_allowed: terms.OnwardAllowed = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    written = terms.write_terms(
        terms.Wishes(
            purpose=purpose,
            recipient=recipient,
            until=until,
            cell=cell,
            minimum_group=minimum_group,
            withhold=withhold,
            observed_from=observed_from,
            observed_until=observed_until,
            onward_allowed=onward_allowed,
        )
    )
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
def add(
    *,
    dataset: Dataset,
    file: terms.OptionalTermsFile = None,
    purpose: terms.Purpose = None,
    recipient: terms.Recipient = None,
    until: terms.Until = None,
    cell: terms.Cell = None,
    minimum_group: terms.MinimumGroup = None,
    withhold: terms.Withhold = None,
    observed_from: terms.ObservedFrom = None,
    observed_until: terms.ObservedUntil = None,
    onward_allowed: terms.OnwardAllowed = False,
    automatic: Automatic = False,
    by_hand: ByHand = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    wishes = terms.Wishes(
        purpose=purpose,
        recipient=recipient,
        until=until,
        cell=cell,
        minimum_group=minimum_group,
        withhold=withhold,
        observed_from=observed_from,
        observed_until=observed_until,
        onward_allowed=onward_allowed,
    )
    said, now = _terms(file, wishes), utc_now()
    made = exchange.offer(
        dataset=DatasetId(dataset), terms=said, automatic=automatic, by_hand=by_hand, actor=NODE, now=now
    )
    output.show(made if as_json else _in_words(made), as_json, columns=None if as_json else COLUMNS)


@app.command(
    help=told(
        ja="求められていない相手に、データセットを条件付きで提示する。",
        en="Offer a dataset to a participant that has not asked for it.",
    )
)
@output.command()
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
    file: terms.OptionalTermsFile = None,
    purpose: terms.Purpose = None,
    until: terms.Until = None,
    cell: terms.Cell = None,
    minimum_group: terms.MinimumGroup = None,
    withhold: terms.Withhold = None,
    observed_from: terms.ObservedFrom = None,
    observed_until: terms.ObservedUntil = None,
    onward_allowed: terms.OnwardAllowed = False,
    by_hand: ByHand = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange
    from renkei.servers.peers import Peers

    wishes = terms.Wishes(
        purpose=purpose,
        until=until,
        cell=cell,
        minimum_group=minimum_group,
        withhold=withhold,
        observed_from=observed_from,
        observed_until=observed_until,
        onward_allowed=onward_allowed,
    )
    owner, peer = exchange.dataset(DatasetId(dataset)).owner, Peers().find(consumer)
    made = exchange.propose_offer(
        org=owner,
        consumer=peer.participant,
        address=peer.base,
        dataset=DatasetId(dataset),
        terms=_terms(file, wishes),
        by_hand=by_hand,
        actor=NODE,
        now=utc_now(),
    )
    output.show(made if as_json else processes.in_words(made, DETAILS), as_json, columns=DETAILS)


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


def _terms(file: Path | None, wishes: terms.Wishes) -> dict[str, Any]:
    if file is None:
        return terms.write_terms(wishes)
    if wishes != terms.Wishes():
        raise TermsTwice
    return terms.read_terms(file)


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
