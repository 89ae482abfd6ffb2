"""`renkei agreement duties`, `fulfil`: what an agreement asks, and the evidence that it was done."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renkei.cli import output
from renkei.cli.output import told
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import NODE, AgreementId
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.exchange.api import OwedDuty, Uses

app = typer.Typer()

DUTIES = {
    "number": Text(ja="番号", en="No."),
    "words": Text(ja="義務", en="Duty"),
    "state": Text(ja="状態", en="State"),
    "due_at": Text(ja="期限", en="Due"),
    "fulfilled_at": Text(ja="履行", en="Fulfilled"),
    "statement": Text(ja="証跡", en="Evidence"),
    "told": Text(ja="相手への連絡", en="Told to the other side"),
}
_TAKEN = Text(ja="届いた", en="taken")
_WAITS = Text(ja="送信待ち", en="waiting to be sent")
_UNTAKEN = Text(ja="相手が受け取らない(「{why}」)", en="not taken (“{why}”)")
_USES = Text(ja="利用回数: {taken} / {allowed} 回", en="Uses: {taken} of {allowed}")
_UNCOUNTED = Text(
    ja="利用回数: 全部で {allowed} 回まで(提供者が数えます)",
    en="Uses: {allowed} in all, counted by the provider",
)
_WINDOW = Text(
    ja="今の期間({ends} まで)の利用: {taken} / {allowed} 回",
    en="Uses in the present window, until {ends}: {taken} of {allowed}",
)

Agreement = Annotated[
    str, typer.Argument(metavar="AGREEMENT", help=told(ja="契約の ID。", en="The agreement's id."))
]


@app.command(
    help=told(
        ja="契約で果たすべき義務と、その期限・状態・証跡を見る。",
        en="Show the duties of an agreement: until when, how each stands, and its evidence.",
    )
)
@output.command()
def duties(*, agreement: Agreement, org: output.Org, as_json: output.AsJson = False) -> None:
    from renkei.exchange import api as exchange

    owed = exchange.duties(AgreementId(agreement), org=output.organisation(org).id)
    output.show([row(each) for each in owed], as_json, columns=DUTIES)


@app.command(
    help=told(
        ja="義務を果たしたことを述べ、署名した証跡を相手に届ける。提供者が記録できるのは対価の受領(compensate)だけ。",
        en="State that a duty is fulfilled: signed, and told to the other side. A provider can only record that it was paid (compensate).",
    )
)
@output.command()
def fulfil(
    *,
    agreement: Agreement,
    number: Annotated[
        int,
        typer.Argument(
            metavar="NUMBER",
            help=told(ja="義務の番号(duties で分かる)。", en="The duty's number, as `duties` shows it."),
        ),
    ],
    org: output.Org,
    statement: Annotated[
        str,
        typer.Option(
            help=told(ja="何をしたか。相手に伝わる。", en="What was done; the other side reads it.")
        ),
    ],
    document: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=told(
                ja="証跡となる文書。SHA-256 だけが伝わる。",
                en="A document that shows it; only its SHA-256 is told.",
            ),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.exchange import api as exchange

    done = exchange.fulfil_duty(
        org=output.organisation(org).id,
        agreement=AgreementId(agreement),
        number=number,
        statement=statement,
        evidence=hashlib.sha256(document.read_bytes()).hexdigest() if document else None,
        actor=NODE,
        now=utc_now(),
    )
    output.show(row(done), as_json, columns=DUTIES)


def row(owed: "OwedDuty") -> dict[str, Any]:
    """Return a duty's fields, with how it stands now and whether the other side knows."""
    fields = {name: getattr(owed, name) for name in owed.__dataclass_fields__}
    return fields | {"state": owed.state(utc_now()).value, "told": _told(owed)}


def uses_in_words(uses: "Uses") -> list[Text]:
    """Say how often the data were used, as far as this side knows; nothing where it is not limited."""
    said: list[Text] = []
    if uses.allowed is not None:
        words = _UNCOUNTED if uses.taken is None else _USES
        said.append(words.fill(taken=uses.taken, allowed=f"{uses.allowed:,}"))
    if uses.window_taken is not None:
        said.append(_WINDOW.fill(taken=uses.window_taken, allowed=uses.window_allowed, ends=uses.window_ends))
    return said


def _told(owed: "OwedDuty") -> Text | None:
    if owed.untold is not None:
        return Text(
            ja=_UNTAKEN.fill(why=owed.untold.ja).ja,
            en=_UNTAKEN.fill(why=owed.untold.en).en,
        )
    if owed.fulfilled_by is not owed.role or owed.fulfilled_at is None:
        return None
    return _TAKEN if owed.told_at is not None else _WAITS
