"""What was said in a process, read back from its lines in the audit log and from what waits in the outbox.

What goes by itself in the moment of another message has no line of its own: a consumer's verification of the agreement
that came, a provider's answer to a verification or to a request for a transfer. These are told with the message.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from renkei.exchange.types import Event, MessageKind, Moment, Outcome, Proposal, Role, Waiting

_K = MessageKind
_KINDS: dict[str, MessageKind] = {
    "exchange.negotiation-requested": _K.CONTRACT_REQUEST,
    "exchange.negotiation-offered": _K.CONTRACT_OFFER,
    "exchange.negotiation-accepted": _K.CONTRACT_ACCEPTED,
    "exchange.negotiation-agreed": _K.CONTRACT_AGREEMENT,
    "exchange.negotiation-verified": _K.CONTRACT_VERIFICATION,
    "exchange.negotiation-finalized": _K.CONTRACT_FINALIZED,
    "exchange.negotiation-terminated": _K.CONTRACT_TERMINATION,
    "exchange.transfer-requested": _K.TRANSFER_REQUEST,
    "exchange.transfer-started": _K.TRANSFER_START,
    "exchange.transfer-resumed": _K.TRANSFER_START,
    "exchange.transfer-suspended": _K.TRANSFER_SUSPENSION,
    "exchange.transfer-completed": _K.TRANSFER_COMPLETION,
    "exchange.transfer-terminated": _K.TRANSFER_TERMINATION,
}
_COUNTERS = {Role.CONSUMER: _K.CONTRACT_REQUEST, Role.PROVIDER: _K.CONTRACT_OFFER}
_ANSWERED = {_K.CONTRACT_FINALIZED: _K.CONTRACT_VERIFICATION, _K.TRANSFER_START: _K.TRANSFER_REQUEST}
"""What a provider has heard when it says this."""
_GIVEN_UP = frozenset({"exchange.peer-silent", "exchange.peer-refused"})
"""Codes under which this node ends a process without a word to the peer."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log on the process."""

    at: datetime
    action: str
    actor: str
    code: str | None = None
    message: str | None = None
    """The kind of message that was taken in the end."""
    untaken: str = ""
    """The kinds of messages, with blanks between, that were never taken."""
    attempts: int | None = None


def moments(
    lines: Iterable[Line],
    *,
    role: Role,
    peer: str,
    by_hand: bool,
    outbox: Sequence[Waiting],
    proposals: Sequence[Proposal],
) -> tuple[Moment, ...]:
    """Return what happened in one side's process, oldest first, with what became of its own messages.

    `outbox` holds the messages that wait, and `proposals` the terms that were put on the table, both oldest first.
    """
    told: list[Moment] = []
    for line in lines:
        _mark_old(told, line, role=role)
        told.extend(_moments(line, told, role=role, peer=peer, by_hand=by_hand))
    waiting = [
        (each.kind, Outcome.FAILING if each.attempts else Outcome.WAITING, each.attempts) for each in outbox
    ]
    _mark(told, waiting, role=role)
    return tuple(_with_terms(told, proposals))


def _moments(line: Line, told: Sequence[Moment], *, role: Role, peer: str, by_hand: bool) -> Iterator[Moment]:
    by = role.other if line.actor == peer else role
    if line.action == "exchange.message-retried":
        yield Moment(at=line.at, event=Event.RETRIED, by=by, actor=line.actor)
        return
    kind = _COUNTERS[by] if line.action == "exchange.negotiation-countered" else _KINDS.get(line.action)
    if kind is None:
        return
    if line.code in _GIVEN_UP and by is role:
        yield Moment(at=line.at, event=Event.GIVEN_UP, by=by, actor=line.actor)
        return
    heard = _ANSWERED.get(kind)
    if heard is not None and by is role is Role.PROVIDER and heard not in {each.kind for each in told}:
        yield _said(line.at, heard, by=role.other, actor=peer, role=role)
    yield _said(line.at, kind, by=by, actor=line.actor, role=role)
    if kind is _K.CONTRACT_AGREEMENT and role is Role.CONSUMER and not by_hand:
        yield _said(line.at, _K.CONTRACT_VERIFICATION, by=role, actor="", role=role)


def _said(at: datetime, kind: MessageKind, *, by: Role, actor: str, role: Role) -> Moment:
    outcome = Outcome.TAKEN if by is role else None
    return Moment(at=at, event=Event.SAID, by=by, actor=actor, kind=kind, outcome=outcome)


def _mark_old(told: list[Moment], line: Line, *, role: Role) -> None:
    """Say of earlier messages what a line tells: that they were taken after all, or never."""
    if line.action == "exchange.message-taken" and line.message is not None:
        _mark(told, [(MessageKind(line.message), Outcome.TAKEN, line.attempts)], role=role)
    kinds = [MessageKind(word) for word in line.untaken.split()]
    attempts = [line.attempts, *(None for _ in kinds[1:])]  # only the oldest was tried: they go in order
    _mark(
        told,
        [(each, Outcome.UNTAKEN, count) for each, count in zip(kinds, attempts, strict=False)],
        role=role,
    )


def _mark(
    told: list[Moment], found: Sequence[tuple[MessageKind, Outcome, int | None]], *, role: Role
) -> None:
    """Mark the last of our messages of these kinds, which come in the order in which they were said."""
    left = list(found)
    for place in range(len(told) - 1, -1, -1):
        if left and told[place].by is role and told[place].kind is left[-1][0]:
            _, outcome, attempts = left.pop()
            told[place] = replace(told[place], outcome=outcome, attempts=attempts)


def _with_terms(told: Iterable[Moment], proposals: Sequence[Proposal]) -> Iterator[Moment]:
    left = iter(proposals)
    for moment in told:
        made = moment.kind in {_K.CONTRACT_REQUEST, _K.CONTRACT_OFFER} and next(left, None)
        yield replace(moment, offer=made.offer) if made else moment
