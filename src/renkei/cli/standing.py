"""`renkei org vouch`, `vouched`, `unvouch`: what the node knows of participants, its own and those of other nodes."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from renkei.cli import output
from renkei.cli.errors import OneOfTwo
from renkei.cli.output import told
from renkei.kernel.texts import Text

app = typer.Typer()

VOUCHES = {
    "id": Text(ja="ID", en="Id"),
    "participant": Text(ja="参加者", en="Participant"),
    "kind": Text(ja="種類", en="Kind"),
    "value": Text(ja="値", en="Value"),
    "evidence": Text(ja="根拠", en="Evidence"),
    "since": Text(ja="開始", en="Since"),
    "until": Text(ja="終了", en="Until"),
    "revoked_at": Text(ja="取り消し", en="Revoked"),
}

_DID = typer.Argument(
    metavar="DID",
    help=told(
        ja="参加者の DID。他ノードの参加者でもよい。", en="The participant's DID, of this node or another."
    ),
)


@app.command(
    help=told(
        ja="参加者が団体に属すること、またはある場所にいることを、根拠とともに登録する。契約の条件(rk:membership、spatial)はこれを見て判断される。",
        en="Enter, with what shows it, that a participant belongs to a body or is in a place: terms on rk:membership and spatial are judged by it.",
    )
)
@output.command()
def vouch(
    participant: Annotated[str, _DID],
    *,
    evidence: Annotated[
        str,
        typer.Option(
            help=told(
                ja="何を見て確かめたか。個人に関することは書かない。",
                en="What shows it; nothing personal.",
            )
        ),
    ],
    membership: Annotated[
        str | None, typer.Option(help=told(ja="属する団体。", en="The body it belongs to."))
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(help=told(ja="いる場所(ISO 3166、例: JP-13)。", en="Where it is (ISO 3166, as JP-13).")),
    ] = None,
    document: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=told(
                ja="根拠の文書。SHA-256 だけを残す。",
                en="A document that shows it; only its SHA-256 is kept.",
            ),
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"],
            help=told(
                ja="いつまで有効か(時差がなければ UTC)。省けば取り消すまで。",
                en="Until when it holds (UTC unless an offset is given); until revoked if left out.",
            ),
        ),
    ] = None,
    as_json: output.AsJson = False,
) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE, ParticipantId
    from renkei.parties import api as parties

    if (membership is None) == (place is None):
        raise OneOfTwo(one="--membership", other="--place")
    entered = parties.vouch(
        participant=ParticipantId(participant),
        kind=parties.VouchKind.PLACE if membership is None else parties.VouchKind.MEMBERSHIP,
        value=membership or place or "",
        evidence=evidence,
        document=hashlib.sha256(document.read_bytes()).hexdigest() if document else "",
        until=until if until is None or until.tzinfo else until.replace(tzinfo=UTC),
        actor=NODE,
        now=utc_now(),
    )
    output.show(entered, as_json, columns=VOUCHES)


@app.command(
    help=told(
        ja="参加者について登録したことの一覧。効力のないものも含む。",
        en="List what was entered about participants, also what no longer holds.",
    )
)
@output.command()
def vouched(participant: Annotated[str | None, _DID] = None, *, as_json: output.AsJson = False) -> None:
    from renkei.parties import api as parties

    output.show(parties.vouched(participant), as_json, columns=VOUCHES)


@app.command(
    help=told(
        ja="登録したことを取り消す。次の読み出しから効く。",
        en="Revoke what was entered: the next read sees it.",
    )
)
@output.command()
def unvouch(
    vouch_id: Annotated[
        str, typer.Argument(metavar="ID", help=told(ja="登録の ID。", en="The id of what was entered."))
    ],
    *,
    as_json: output.AsJson = False,
) -> None:
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.parties import api as parties

    revoked = parties.revoke_vouch(vouch_id=parties.VouchId(vouch_id), actor=NODE, now=utc_now())
    output.show(revoked, as_json, columns=VOUCHES)
