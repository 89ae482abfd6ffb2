"""What an owner looks at before it offers: ready terms, its table as it would leave, two offers, and who could read."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from renkei.cli import output, processes, terms
from renkei.cli.output import told
from renkei.exchange.types import Wishes
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import DatasetId, OfferId, ParticipantId
from renkei.kernel.texts import Text
from renkei.privacy.types import Delivery

if TYPE_CHECKING:
    from renkei.exchange import api as exchange

TEMPLATES = {
    "name": Text(ja="名前", en="Name"),
    "title": Text(ja="題名", en="Title"),
    "fits": Text(ja="使いどころ", en="When it fits"),
}
_FIGURES = {
    "rows": Text(ja="渡る行", en="Rows that leave"),
    "table_rows": Text(ja="表の行", en="Rows of the table"),
    "smallest_group": Text(ja="最小のグループ", en="Smallest group"),
    "loss": Text(ja="失われる情報(‰)", en="Information lost (‰)"),
}
_WITHHELD = {
    "term": Text(ja="条件", en="Term"),
    "rows": Text(ja="伏せる・変える行", en="Rows withheld or changed"),
    "columns": Text(ja="列(なしは行ごと)", en="Columns (none: whole rows)"),
}
_SAMPLE = Text(ja="受け取る側に見える最初の {count} 行:", en="The first {count} rows as they would be seen:")
_NO_ROWS = Text(
    ja="行は渡りません。上の数値は、答えの元になる行のものです。",
    en="No row leaves; the figures are of the rows that answers are made from.",
)
_MAY = Text(ja="読める", en="may read")
_UNKNOWN = Text(ja="所属や所在地が確認できないため不可({why})", en="no, since nothing is known of it ({why})")
_REFUSED = Text(ja="不可({why})", en="no ({why})")
CHANCES = {
    "participant": Text(ja="参加者", en="Participant"),
    "name": Text(ja="名称", en="Name"),
    "offer": Text(ja="オファー", en="Offer"),
    "sees": Text(ja="カタログで見える", en="Sees it"),
    "reads": Text(ja="いま契約したら", en="If it agreed now"),
}
_OFFER_1 = Annotated[
    str, typer.Argument(metavar="OFFER", help=told(ja="オファーの ID。", en="An offer's id."))
]
_OFFER_2 = Annotated[
    str, typer.Argument(metavar="BESIDE", help=told(ja="比べるオファーの ID。", en="The offer beside it."))
]
_DATASET = Annotated[
    str, typer.Argument(metavar="DATASET", help=told(ja="データセットの ID。", en="The dataset's id."))
]


@output.command()
def templates(*, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    output.show(exchange.TEMPLATES, as_json, columns=TEMPLATES)


@output.command()
@terms.wished
def simulate(
    *,
    dataset: _DATASET,
    wishes: Wishes,
    file: terms.OptionalTermsFile = None,
    template: terms.Template = None,
    participant: Annotated[
        str | None,
        typer.Option(
            metavar="DID", help=told(ja="この参加者ならどうなるか。", en="What this participant would meet.")
        ),
    ] = None,
    stated: Annotated[
        str | None,
        typer.Option(
            "--reading-for",
            metavar="WORD",
            help=told(ja="参加者が述べる利用目的。", en="The purpose that the participant states."),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    seen = exchange.simulate(
        owner=exchange.dataset(DatasetId(dataset)).owner,
        dataset=DatasetId(dataset),
        terms=terms.terms_said(file=file, wishes=wishes, template=template, dataset=dataset),
        participant=ParticipantId(participant) if participant else None,
        purpose=stated,
        now=utc_now(),
    )
    if as_json:
        output.show(_facts(seen), as_json=True)
        return
    for sentence in seen.sentences:
        output.say(sentence)
    _show(seen)


@output.command()
def compare(
    *,
    offer: _OFFER_1,
    beside: _OFFER_2,
    released: Annotated[
        bool,
        typer.Option(
            "--released",
            help=told(
                ja="それぞれで何が渡るかも、いまの表で比べる。",
                en="Compare also what would leave of the table as it is now.",
            ),
        ),
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    one, other = (exchange.known_offer(OfferId(each), owner=None) for each in (offer, beside))
    compared = exchange.compare_terms(one.terms, before=other.terms)
    seen = [_simulated(each) for each in (one, other)] if released else []
    if as_json:
        output.show({"lines": compared.lines, "released": [_facts(each) for each in seen]}, as_json=True)
        return
    processes.show_lines(compared, now=Text(ja=offer, en=offer), before=Text(ja=beside, en=beside))
    for each in seen:
        _show(each)


@output.command()
def audience(
    *,
    dataset: _DATASET,
    after: Annotated[
        str | None,
        typer.Option(
            metavar="DID", help=told(ja="この参加者の次から。", en="Begin behind this participant.")
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange
    from renkei.federation import api as federation

    owner, now = exchange.dataset(DatasetId(dataset)).owner, utc_now()
    known = federation.nodes(None, now=now)
    seen = exchange.audience(
        owner=owner,
        dataset=DatasetId(dataset),
        others=[exchange.Prospect(each.participant, each.name) for each in known],
        now=now,
        after=after,
    )
    rows = [_chance(each) for each in seen.chances]
    if as_json:
        output.show({"chances": rows, "next": seen.next}, as_json=True)
        return
    output.show(rows, columns=CHANCES)
    if seen.next is not None:
        output.say(Text(ja="続きは --after {next}", en="More with --after {next}"), next=seen.next)


def decided(decision: "exchange.Decision") -> Text:
    """Say what a participant would meet."""
    if decision.refusal is None:
        return _MAY
    ja, en = decision.refusal.said("ja"), decision.refusal.said("en")
    pattern = _UNKNOWN if decision.unknown else _REFUSED
    return Text(ja=pattern.ja.format(why=ja), en=pattern.en.format(why=en))


def _simulated(offer: "exchange.Offer") -> "exchange.Simulation":
    from renkei.exchange import api as exchange

    owner = exchange.dataset(offer.dataset).owner
    return exchange.simulate(owner=owner, dataset=offer.dataset, terms=offer.terms, now=utc_now())


def _show(seen: "exchange.Simulation") -> None:
    preview = seen.preview
    output.show(preview, columns=_FIGURES)
    if preview.withheld:
        withheld = [
            {"term": each.term, "rows": each.rows, "columns": ", ".join(each.columns)}
            for each in preview.withheld
        ]
        output.show(withheld, columns=_WITHHELD)
    if preview.sample:
        names = [column.name for column in preview.columns]
        output.show(_SAMPLE.fill(count=len(preview.sample)))
        output.show(
            [dict(zip(names, row, strict=True)) for row in preview.sample],
            columns={name: Text(ja=name, en=name) for name in names},
        )
    elif seen.delivery is Delivery.IN_PLACE:
        output.show(_NO_ROWS)
    if seen.decision is not None:
        words = decided(seen.decision)
        who = seen.decision.participant
        output.show(Text(ja=f"{who}: {words.ja}", en=f"{who}: {words.en}"))


def _facts(seen: "exchange.Simulation") -> dict[str, Any]:
    """Return a simulation as JSON holds it."""
    preview, decision = seen.preview, seen.decision
    return {
        "sentences": seen.sentences,
        "delivery": seen.delivery,
        "version": preview.version,
        "columns": preview.columns,
        "sample": preview.sample,
        "rows": preview.rows,
        "table_rows": preview.table_rows,
        "withheld": preview.withheld,
        "smallest_group": preview.smallest_group,
        "loss": preview.loss,
        "decision": decision
        and {
            "participant": decision.participant,
            "purpose": decision.purpose,
            "may_read": decision.refusal is None,
            "unknown": decision.unknown,
            "refusal": decision.refusal and decision.refusal.as_dict(),
        },
    }


def _chance(each: "exchange.Chance") -> dict[str, object]:
    return {
        "participant": each.prospect.participant,
        "name": each.prospect.name,
        "offer": each.offer.id,
        "sees": each.sees,
        "reads": decided(each.decision),
    }
