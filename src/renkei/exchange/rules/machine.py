"""A state machine as a table, and the one way to read it."""

from collections.abc import Mapping
from typing import TypeVar

from renkei.exchange.errors import TransitionIllegal
from renkei.exchange.types import (
    MessageKind,
    NegotiationMessage,
    NegotiationState,
    Role,
    TransferMessage,
    TransferState,
)

N, T = NegotiationMessage, TransferMessage
P, C = Role.PROVIDER, Role.CONSUMER
_NS, _TS = NegotiationState, TransferState

NEGOTIATION: Mapping[tuple[NegotiationState | None, NegotiationMessage, Role], NegotiationState] = {
    (None, N.REQUEST, C): _NS.REQUESTED,
    (None, N.OFFER, P): _NS.OFFERED,
    (_NS.REQUESTED, N.OFFER, P): _NS.OFFERED,
    (_NS.REQUESTED, N.AGREEMENT, P): _NS.AGREED,
    (_NS.REQUESTED, N.TERMINATION, P): _NS.TERMINATED,
    (_NS.REQUESTED, N.TERMINATION, C): _NS.TERMINATED,
    (_NS.OFFERED, N.REQUEST, C): _NS.REQUESTED,
    (_NS.OFFERED, N.ACCEPTED, C): _NS.ACCEPTED,
    (_NS.OFFERED, N.TERMINATION, P): _NS.TERMINATED,
    (_NS.OFFERED, N.TERMINATION, C): _NS.TERMINATED,
    (_NS.ACCEPTED, N.AGREEMENT, P): _NS.AGREED,
    (_NS.ACCEPTED, N.TERMINATION, P): _NS.TERMINATED,
    (_NS.ACCEPTED, N.TERMINATION, C): _NS.TERMINATED,
    (_NS.AGREED, N.VERIFICATION, C): _NS.VERIFIED,
    (_NS.AGREED, N.TERMINATION, P): _NS.TERMINATED,
    (_NS.AGREED, N.TERMINATION, C): _NS.TERMINATED,
    (_NS.VERIFIED, N.FINALIZED, P): _NS.FINALIZED,
    (_NS.VERIFIED, N.TERMINATION, P): _NS.TERMINATED,
    (_NS.VERIFIED, N.TERMINATION, C): _NS.TERMINATED,
}
"""(state, message, sender) -> next state; None is the state before the opening message (DSP 2025-1, negotiation)."""

TRANSFER: Mapping[tuple[TransferState | None, TransferMessage, Role], TransferState] = {
    (None, T.REQUEST, C): _TS.REQUESTED,
    (_TS.REQUESTED, T.START, P): _TS.STARTED,
    (_TS.REQUESTED, T.TERMINATION, P): _TS.TERMINATED,
    (_TS.REQUESTED, T.TERMINATION, C): _TS.TERMINATED,
    (_TS.STARTED, T.SUSPENSION, P): _TS.SUSPENDED,
    (_TS.STARTED, T.SUSPENSION, C): _TS.SUSPENDED,
    (_TS.STARTED, T.COMPLETION, P): _TS.COMPLETED,
    (_TS.STARTED, T.COMPLETION, C): _TS.COMPLETED,
    (_TS.STARTED, T.TERMINATION, P): _TS.TERMINATED,
    (_TS.STARTED, T.TERMINATION, C): _TS.TERMINATED,
    (_TS.SUSPENDED, T.START, P): _TS.STARTED,
    (_TS.SUSPENDED, T.START, C): _TS.STARTED,
    (_TS.SUSPENDED, T.TERMINATION, P): _TS.TERMINATED,
    (_TS.SUSPENDED, T.TERMINATION, C): _TS.TERMINATED,
}
"""(state, message, sender) -> next state; None is the state before the opening message (DSP 2025-1, transfer)."""

MESSAGES: Mapping[MessageKind, NegotiationMessage | TransferMessage] = {
    MessageKind.CONTRACT_REQUEST: N.REQUEST,
    MessageKind.CONTRACT_OFFER: N.OFFER,
    MessageKind.CONTRACT_ACCEPTED: N.ACCEPTED,
    MessageKind.CONTRACT_AGREEMENT: N.AGREEMENT,
    MessageKind.CONTRACT_VERIFICATION: N.VERIFICATION,
    MessageKind.CONTRACT_FINALIZED: N.FINALIZED,
    MessageKind.CONTRACT_TERMINATION: N.TERMINATION,
    MessageKind.TRANSFER_REQUEST: T.REQUEST,
    MessageKind.TRANSFER_START: T.START,
    MessageKind.TRANSFER_SUSPENSION: T.SUSPENSION,
    MessageKind.TRANSFER_COMPLETION: T.COMPLETION,
    MessageKind.TRANSFER_TERMINATION: T.TERMINATION,
}
"""What each message of the outbox says."""

S = TypeVar("S", NegotiationState, TransferState)
M = TypeVar("M", NegotiationMessage, TransferMessage)


def step(table: Mapping[tuple[S | None, M, Role], S], *, state: S | None, message: M, sender: Role) -> S:
    """Return the state that a message leads to. Raises exchange.transition-illegal naming what is allowed instead."""
    following = table.get((state, message, sender))
    if following is None:
        raise TransitionIllegal(
            state=state.value if state else "-",
            message=message.value,
            sender=sender.value,
            allowed=", ".join(allowed(table, state=state)) or "-",
        )
    return following


def allowed(table: Mapping[tuple[S | None, M, Role], S], *, state: S | None) -> list[str]:
    """Return what may be said in a state, as `message (sender)`, in the table's order."""
    return [f"{message.value} ({sender.value})" for (at, message, sender) in table if at is state]


def shows_taken(kind: MessageKind, *, sender: Role, opening: bool, state: str) -> bool:
    """Tell whether a peer that says it is in a state must have taken our message.

    It has when it is where the message leads, or where only its own next steps from there can have brought it. A peer
    that has terminated has not: it is over for it without us.
    """
    message = MESSAGES[kind]
    if state == _NS.TERMINATED:
        return message in {N.TERMINATION, T.TERMINATION}
    if isinstance(message, NegotiationMessage):
        return state in _after(NEGOTIATION, message=message, sender=sender, opening=opening)
    return state in _after(TRANSFER, message=message, sender=sender, opening=opening)


def _after(
    table: Mapping[tuple[S | None, M, Role], S], *, message: M, sender: Role, opening: bool
) -> set[S | None]:
    steps = [
        (at, to)
        for (at, said, by), to in table.items()
        if said == message and by is sender and (at is None) is opening
    ]
    targets = {to for _, to in steps}
    later = _reached(table, start=set[S | None](targets), mover=sender.other)
    if opening:  # nobody holds a process that was not opened
        return later
    return targets | (later - _reached(table, start={at for at, _ in steps}, mover=sender.other))


def _reached(
    table: Mapping[tuple[S | None, M, Role], S], *, start: set[S | None], mover: Role
) -> set[S | None]:
    """Return the states to which one side alone can bring a process."""
    found, border = set[S | None](), start
    while border:
        found |= border
        border = {to for (at, _, by), to in table.items() if by is mover and at in border and to not in found}
    return found
