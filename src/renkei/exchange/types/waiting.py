"""What a process waits for, for whom, and what has been said in it so far."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from renkei.exchange.types.words import MessageKind, Policy, Role
from renkei.kernel.ids import OrgId, ParticipantId
from renkei.kernel.texts import Text

PATIENCE = timedelta(hours=24)
"""How long a message is tried before its process is given up."""
SILENCE = timedelta(days=7)
"""How long a peer may leave a process as it is before its silence is pointed out."""


class Turn(StrEnum):
    """Who has to act so that a process goes on."""

    OURS = "ours"
    """Our member."""
    PEER = "peer"
    NODE = "node"
    """This node, by itself."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a process waits for, who has to act, and since when."""

    what: Text
    turn: Turn
    since: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that has not gone out yet, for people: no payload."""

    id: int
    kind: MessageKind
    org: OrgId
    peer: ParticipantId
    own_pid: str
    attempts: int
    queued_at: datetime
    next_at: datetime
    failure: Text | None = None
    """Why the last attempt failed."""
    tried_at: datetime | None = None
    """When it was first tried."""
    leased_until: datetime | None = None
    """Until when a worker has it in hand; None when none has."""

    @property
    def gives_up_at(self) -> datetime | None:
        """When it is tried for the last time, and its process given up; None before the first failure."""
        return None if self.tried_at is None else self.tried_at + PATIENCE


@dataclass(frozen=True, slots=True)
class Proposal:
    """Terms that one side has put on the table."""

    by: Role
    offer: Policy


class Outcome(StrEnum):
    """What became of a message of ours."""

    TAKEN = "taken"
    """The peer has it."""
    WAITING = "waiting"
    """It has not been tried yet."""
    FAILING = "failing"
    """The peer could not take it so far; it is tried again."""
    UNTAKEN = "untaken"
    """It was taken back, or given up: the peer never had it."""


class Event(StrEnum):
    """What a moment of a process is."""

    SAID = "said"
    """A message."""
    RETRIED = "retried"
    """Our member had a waiting message tried at once."""
    GIVEN_UP = "given-up"
    """This node ended the process: the peer refused our message, or took none for too long."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of a process: a message, or what became of one."""

    at: datetime
    event: Event
    by: Role
    actor: str
    kind: MessageKind | None = None
    """Which message was said; None where none was."""
    outcome: Outcome | None = None
    """Only for our own messages."""
    attempts: int | None = None
    """How often it was tried; only for what was not taken at once."""
    offer: Policy | None = None
    """The terms that it put on the table."""
