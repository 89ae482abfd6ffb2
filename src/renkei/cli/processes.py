"""What the commands on negotiations and transfers print alike: what is waited for, the terms compared, what was said."""

from typing import TYPE_CHECKING, Any

from renkei.cli import output
from renkei.cli.tables import as_json_text
from renkei.kernel.texts import Text

if TYPE_CHECKING:
    from renkei.exchange import api as exchange

UNSENT = {
    "unsent.attempts": Text(ja="試行", en="Attempts"),
    "unsent.failure": Text(ja="最後の失敗", en="Last failure"),
    "unsent.next_at": Text(ja="次の試行", en="Next attempt"),
    "unsent.gives_up_at": Text(ja="あきらめる時刻", en="Given up at"),
}
"""What is shown of a message of ours that the peer has not taken yet."""
TURNS = {
    "ours": Text(ja="自組織", en="your organisation"),
    "node": Text(ja="このノード(自動)", en="this node, by itself"),
}
_CHANGES = {
    "same": Text(ja="同じ", en="same"),
    "added": Text(ja="追加", en="added"),
    "removed": Text(ja="削除", en="removed"),
    "changed": Text(ja="変更", en="changed"),
}
_BASES = {
    "published": Text(ja="公開したオファーの条件", en="Terms of the published offer"),
    "ours": Text(ja="前にこちらが示した条件", en="Terms that we proposed before"),
    "theirs": Text(ja="前に相手が示した条件", en="Terms that the other side proposed before"),
}
_OUTCOMES = {
    "taken": Text(ja="届いた", en="taken"),
    "waiting": Text(ja="送信待ち", en="waiting"),
    "failing": Text(ja="再試行中", en="failing"),
    "untaken": Text(ja="届かなかった", en="never taken"),
}
_STORY = {
    "at": Text(ja="日時", en="When"),
    "by": Text(ja="誰が", en="Who"),
    "what": Text(ja="何を", en="What"),
    "outcome": Text(ja="結果", en="Outcome"),
    "attempts": Text(ja="試行", en="Attempts"),
}
_SILENT = Text(
    ja="相手からは 7 日以上、動きがありません。直接たずねるか、理由を書いて打ち切ることができます。",
    en="The other side has not moved for more than 7 days. Ask it directly, or terminate with a reason.",
)
_ALONE = Text(
    ja="ほかに示された条件はないので、比べる相手はありません。",
    en="No other terms have been proposed, so there is nothing to compare them with.",
)


def in_words(process: Any, columns: dict[str, Text]) -> dict[str, Any]:
    """Return a process's fields with the name of whoever has to act, and each reason on a line of its own."""
    row = {name: _reached(process, name) for name in columns}
    if "turn" in row and process.turn is not None:
        row["turn"] = TURNS.get(process.turn, process.peer)
    if "reasons" in row:
        row["reasons"] = "\n".join(process.reasons)
    return row


def with_unsent(process: Any, columns: dict[str, Text]) -> dict[str, Text]:
    """Return the fields to show: those of the waiting message only where one waits."""
    return columns | (UNSENT if process.unsent is not None else {})


def show_silence(process: "exchange.Negotiation | exchange.Transfer") -> None:
    """Point out a peer that has let a process lie for a week."""
    from renkei.kernel.clock import utc_now

    if process.silent(utc_now()):
        output.show(_SILENT)


def sentences(policy: "exchange.Policy") -> tuple[Text, ...]:
    """Say terms in words; where this node cannot evaluate them say so, and give them as ODRL."""
    from renkei.exchange import api as exchange
    from renkei.kernel.refusals import Refusal

    try:
        return exchange.describe_terms(policy)
    except Refusal as refusal:
        raw = as_json_text(policy)
        return Text(ja=refusal.said("ja"), en=refusal.said("en")), Text(ja=raw, en=raw)


def show_comparison(comparison: "exchange.Comparison") -> None:
    """Print the terms on the table, point by point, beside what they are compared with."""
    now = Text(ja="いまの条件", en="Terms on the table")
    if comparison.basis is None:
        output.show(_ALONE)
        show_lines(comparison, now=now, before=None)
        return
    show_lines(comparison, now=now, before=_BASES[comparison.basis.value])


def show_lines(comparison: "exchange.Comparison", *, now: Text, before: Text | None) -> None:
    """Print terms, point by point, under a heading, and beside others where these have one, too."""
    if comparison.obstacle is not None:
        output.show(comparison.obstacle)
    headings = {"now": now}
    if before is not None:
        headings = {"change": Text(ja="違い", en="Difference"), "now": now, "before": before}
    output.show(
        [
            {"change": _CHANGES[line.change.value], "now": line.now, "before": line.before}
            for line in comparison.lines
        ],
        columns=headings,
    )


def show_history(
    moments: "tuple[exchange.Moment, ...]", process: "exchange.Negotiation | exchange.Transfer"
) -> None:
    """Print what was said so far, and what became of our messages."""
    output.show(
        [
            {
                "at": moment.at,
                "by": TURNS["ours"] if moment.by is process.role else process.peer,
                "what": moment.kind or moment.event,
                "outcome": moment.outcome and _OUTCOMES[moment.outcome.value],
                "attempts": moment.attempts,
            }
            for moment in moments
        ],
        columns=_STORY,
    )


def _reached(process: Any, name: str) -> Any:
    for step in name.split("."):
        process = getattr(process, step, None)
    return process
