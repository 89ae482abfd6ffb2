"""What a process waits for, for whom, and since when: every state that is not final has an answer."""

from datetime import datetime

from renkei.exchange.types import HTTP_PUSH, NegotiationState, Role, TransferState, Turn, Wait, Waiting
from renkei.kernel.texts import Text

_N, _T = NegotiationState, TransferState
_P, _C = Role.PROVIDER, Role.CONSUMER

NEGOTIATION: dict[tuple[NegotiationState, Role], tuple[Turn, Text]] = {
    (_N.REQUESTED, _P): (Turn.OURS, Text(ja="自組織の判断(承認、拒否、対案)", en="your decision: agree, refuse or make a counter-offer")),
    (_N.REQUESTED, _C): (Turn.PEER, Text(ja="提供者の判断", en="the provider's decision")),
    (_N.OFFERED, _P): (Turn.PEER, Text(ja="提示した条件に対する利用者の返答", en="the consumer's answer to the offer")),
    (_N.OFFERED, _C): (Turn.OURS, Text(ja="自組織の判断(受諾、対案、打ち切り)", en="your decision: accept, make a counter-offer or terminate")),
    (_N.ACCEPTED, _P): (Turn.OURS, Text(ja="自組織による契約の送付", en="you to send the agreement")),
    (_N.ACCEPTED, _C): (Turn.PEER, Text(ja="提供者からの契約", en="the agreement from the provider")),
    (_N.AGREED, _P): (Turn.PEER, Text(ja="利用者による契約の確認", en="the consumer to verify the agreement")),
    (_N.AGREED, _C): (Turn.OURS, Text(ja="自組織による契約の確認", en="you to verify the agreement")),
    (_N.VERIFIED, _P): (Turn.OURS, Text(ja="自組織による成立の通知", en="you to finalize")),
    (_N.VERIFIED, _C): (Turn.PEER, Text(ja="提供者による成立の通知", en="the provider to finalize")),
}  # fmt: skip
"""What each side waits for once the peer has taken all that we said; a negotiation rests only where somebody has to act."""
TRANSFER: dict[tuple[TransferState, Role], tuple[Turn, Text]] = {
    (_T.REQUESTED, _P): (Turn.OURS, Text(ja="自組織による転送の開始", en="you to start the transfer")),
    (_T.REQUESTED, _C): (Turn.PEER, Text(ja="提供者による転送の開始", en="the provider to start")),
    (_T.STARTED, _P): (Turn.PEER, Text(ja="利用者による読み出し(完了はどちらからでも伝えられます)", en="the consumer to read the data; either side may complete the transfer")),
    (_T.STARTED, _C): (Turn.OURS, Text(ja="自組織による読み出し(終わったら完了を伝えられます)", en="you to read the data, and to complete the transfer when you have it all")),
}  # fmt: skip
_SUSPENDED = {
    Turn.OURS: Text(ja="自組織による転送の再開", en="you to resume the transfer"),
    Turn.PEER: Text(ja="相手による転送の再開", en="the peer to resume the transfer"),
}
DECISIONS = (
    (_N.REQUESTED, _P),
    (_N.OFFERED, _C),
    (_N.ACCEPTED, _P),
    (_N.AGREED, _C),
    (_N.VERIFIED, _P),
)
"""Where our member has to act before a negotiation goes on."""
STARTS = ((_T.REQUESTED, _P),)
"""Where our member has to act before a transfer goes on."""
_FAILING = Text(
    ja="相手方への送信(失敗したため再試行します:「{trouble}」)",
    en="the peer to take our message, which is tried again; the last failure: “{trouble}”",
)
_UNSENT = Text(ja="このノードからの送信", en="this node to send our message")
_IN_HAND = Text(
    ja="このノードからの送信(送信中です。途切れたときは {until} 以降に送り直します)",
    en="this node to send our message, which is under way; should that break off, it goes again from {until}",
)
_PUSH: dict[Role, tuple[Turn, Text]] = {
    _P: (Turn.NODE, Text(ja="利用者へのデータの送り込み", en="the data to be pushed to the consumer")),
    _C: (Turn.PEER, Text(ja="提供者によるデータの送り込み", en="the provider to push the data")),
}
_PUSH_FAILING = Text(
    ja="利用者へのデータの送り込み(失敗したため再試行します:「{trouble}」)",
    en="the data to be pushed to the consumer, which is tried again; the last failure: “{trouble}”",
)


def negotiation(
    *, state: NegotiationState, role: Role, unsent: Waiting | None, since: datetime
) -> Wait | None:
    """Return what our side of a negotiation waits for; None when it is over and the peer knows.

    `unsent` is our oldest message that the peer has not taken; `since` is when the state was reached.
    """
    rests = NEGOTIATION.get((state, role))
    return _wait(rests, due=decision_due(state=state, role=role), unsent=unsent, since=since)


def transfer(
    *,
    state: TransferState,
    role: Role,
    format: str,  # noqa: A002 - the field's word
    suspended_by: Role | None,
    unsent: Waiting | None,
    failure: Text | None,
    since: datetime,
) -> Wait | None:
    """Return what our side of a transfer waits for; None when it is over and the peer knows.

    `failure` says why our last message, or the last push, was not taken; None where it was.
    """
    rests = TRANSFER.get((state, role))
    if state is _T.SUSPENDED:
        turn = Turn.PEER if suspended_by is role.other else Turn.OURS
        rests = turn, _SUSPENDED[turn]
    if state is _T.STARTED and format == HTTP_PUSH:
        fails = failure is not None and role is _P
        rests = (Turn.PEER, _with_failure(_PUSH_FAILING, failure)) if fails else _PUSH[role]
    return _wait(rests, due=start_due(state=state, role=role), unsent=unsent, since=since)


def decision_due(*, state: NegotiationState, role: Role) -> bool:
    """Tell whether our own member has to decide, or to take a step by hand."""
    return (state, role) in DECISIONS


def start_due(*, state: TransferState, role: Role) -> bool:
    """Tell whether our own member has to start a transfer."""
    return (state, role) in STARTS


def _wait(
    rests: tuple[Turn, Text] | None, *, due: bool, unsent: Waiting | None, since: datetime
) -> Wait | None:
    if unsent is not None and not due:  # what has moved on to our decision was heard, whatever we know of it
        return _on_its_way(unsent)
    return None if rests is None else Wait(what=rests[1], turn=rests[0], since=since)


def _with_failure(text: Text, failure: Text | None) -> Text:
    why = failure or Text(ja="-", en="-")
    return Text(ja=text.ja.format(trouble=why.ja), en=text.en.format(trouble=why.en))


def _on_its_way(message: Waiting) -> Wait:
    if message.leased_until is not None:
        what, turn = _IN_HAND.fill(until=f"{message.leased_until:%Y-%m-%d %H:%M:%S} UTC"), Turn.NODE
    elif message.attempts:
        what, turn = _with_failure(_FAILING, message.failure), Turn.PEER
    else:
        what, turn = _UNSENT, Turn.NODE
    return Wait(what=what, turn=turn, since=message.queued_at)
