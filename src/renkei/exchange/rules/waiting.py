"""What a process waits for, in words."""

from renkei.exchange.types import HTTP_PUSH, NegotiationState, Role, TransferState
from renkei.kernel.texts import Text

_N, _T = NegotiationState, TransferState
_P, _C = Role.PROVIDER, Role.CONSUMER

_NEGOTIATION: dict[tuple[NegotiationState, Role], Text] = {
    (_N.REQUESTED, _P): Text(ja="自組織の判断(承認、拒否、対案)", en="your decision: agree, refuse or make a counter-offer"),
    (_N.REQUESTED, _C): Text(ja="提供者の判断", en="the provider's decision"),
    (_N.OFFERED, _P): Text(ja="対案に対する利用者の返答", en="the consumer's answer to the offer"),
    (_N.OFFERED, _C): Text(ja="自組織の判断(受諾、対案、打ち切り)", en="your decision: accept, make a counter-offer or terminate"),
    (_N.ACCEPTED, _P): Text(ja="契約の送付", en="the agreement to be sent"),
    (_N.ACCEPTED, _C): Text(ja="提供者からの契約", en="the agreement from the provider"),
    (_N.AGREED, _P): Text(ja="利用者による契約の確認", en="the consumer to verify the agreement"),
    (_N.AGREED, _C): Text(ja="契約の確認", en="the agreement to be verified"),
    (_N.VERIFIED, _P): Text(ja="成立の通知の送付", en="the final message to be sent"),
    (_N.VERIFIED, _C): Text(ja="提供者による成立の通知", en="the provider to finalize"),
}  # fmt: skip
_TRANSFER: dict[tuple[TransferState, Role], Text] = {
    (_T.REQUESTED, _P): Text(ja="転送の開始", en="the transfer to be started"),
    (_T.REQUESTED, _C): Text(ja="提供者による転送の開始", en="the provider to start"),
    (_T.SUSPENDED, _P): Text(ja="転送の再開", en="the transfer to be resumed"),
    (_T.SUSPENDED, _C): Text(ja="転送の再開", en="the transfer to be resumed"),
}
_NEGOTIATION_BY_HAND: dict[tuple[NegotiationState, Role], Text] = {
    (_N.ACCEPTED, _P): Text(ja="自組織による契約の送付", en="you to send the agreement"),
    (_N.AGREED, _C): Text(ja="自組織による契約の確認", en="you to verify the agreement"),
    (_N.VERIFIED, _P): Text(ja="自組織による成立の通知", en="you to finalize"),
}  # fmt: skip
_TRANSFER_BY_HAND: dict[tuple[TransferState, Role], Text] = {
    (_T.REQUESTED, _P): Text(ja="自組織による転送の開始", en="you to start the transfer"),
}
_PUSH: dict[Role, Text] = {
    _P: Text(ja="利用者へのデータの送り込み", en="the data to be pushed to the consumer"),
    _C: Text(ja="提供者によるデータの送り込み", en="the provider to push the data"),
}
_TROUBLE = Text(
    ja="相手方への送信(失敗したため再試行します:「{trouble}」)",
    en="the peer to take our message, which is tried again; the last failure: “{trouble}”",
)
_PUSH_TROUBLE = Text(
    ja="利用者へのデータの送り込み(失敗したため再試行します:「{trouble}」)",
    en="the data to be pushed to the consumer, which is tried again; the last failure: “{trouble}”",
)


def negotiation(*, state: NegotiationState, role: Role, by_hand: bool, trouble: str) -> Text | None:
    """Return what our side of a negotiation waits for; None when it is over."""
    if trouble:
        return _TROUBLE.fill(trouble=trouble)
    ours = _NEGOTIATION_BY_HAND.get((state, role)) if by_hand else None
    return ours or _NEGOTIATION.get((state, role))


def transfer(
    *,
    state: TransferState,
    role: Role,
    format: str,  # noqa: A002 - the field's word
    by_hand: bool,
    trouble: str,
) -> Text | None:
    """Return what our side of a transfer waits for; None when it can be read or is over."""
    if state is _T.STARTED and format == HTTP_PUSH and not (trouble and role is _C):
        return _PUSH_TROUBLE.fill(trouble=trouble) if trouble else _PUSH[role]
    if trouble:
        return _TROUBLE.fill(trouble=trouble)
    ours = _TRANSFER_BY_HAND.get((state, role)) if by_hand else None
    return ours or _TRANSFER.get((state, role))


def decision_due(*, state: NegotiationState, role: Role, by_hand: bool) -> bool:
    """Tell whether our own member has to decide, or to take a step by hand."""
    if by_hand and (state, role) in _NEGOTIATION_BY_HAND:
        return True
    return (state, role) in {(_N.REQUESTED, _P), (_N.OFFERED, _C)}


def start_due(*, state: TransferState, role: Role, by_hand: bool) -> bool:
    """Tell whether our own member has to start a transfer."""
    return by_hand and (state, role) in _TRANSFER_BY_HAND
