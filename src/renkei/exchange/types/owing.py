"""What an agreement allows and asks: uses left, and duties."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from renkei.exchange.types.words import Role
from renkei.kernel.ids import AgreementId, OrgId, ParticipantId
from renkei.kernel.texts import Text

FULFILMENT_TYPE = "renkei-duty+jwt"
"""The `typ` of a signed statement that a duty is fulfilled."""


class DutyState(StrEnum):
    """How a duty stands at a moment."""

    OPEN = "open"
    FULFILLED = "fulfilled"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class OwedDuty:
    """A duty of an agreement in force, as one side keeps it."""

    agreement: AgreementId
    org: OrgId
    role: Role
    """Our side of the agreement."""
    peer: ParticipantId
    dataset: str
    number: int
    """Its place among the duties of the terms in normal form, which both sides have, from 1."""
    action: str
    first: bool
    """Whether nothing can be read before it is fulfilled."""
    words: Text
    """What has to be done."""
    due_at: datetime | None
    """Until when; None where the terms do not say, or nothing was delivered that would have to be deleted."""
    fulfilled_at: datetime | None
    """By this node's clock."""
    fulfilled_by: Role | None
    """Who stated so."""
    statement: str
    """What was stated last; of a duty that is open again, before the delivery that opened it."""
    evidence: str
    """SHA-256 of a document that shows it; empty where there is none."""
    proof: str
    """The statement, signed (compact JWS)."""
    told_at: datetime | None
    """When the other side took what we stated; None where it has not, or where the other side stated it."""
    untold: Text | None
    """Why the other side does not take what we stated."""

    def state(self, now: datetime) -> DutyState:
        """Return how it stands: what is due at this very moment is not overdue yet."""
        if self.fulfilled_at is not None:
            return DutyState.FULFILLED
        if self.due_at is not None and now > self.due_at:
            return DutyState.OVERDUE
        return DutyState.OPEN


@dataclass(frozen=True, slots=True)
class Uses:
    """How often the data of an agreement may be used, and were; None where the terms do not count."""

    allowed: int | None = None
    taken: int | None = None
    """None on the consumer's side: only the provider counts."""
    window_allowed: int | None = None
    """In each window of the rate."""
    window_taken: int | None = None
    """In the present window; None on the consumer's side."""
    window_ends: datetime | None = None

    @property
    def left(self) -> int | None:
        """How many are left in all; None where they are not limited, or not known."""
        if self.allowed is None or self.taken is None:
            return None
        return max(0, self.allowed - self.taken)
