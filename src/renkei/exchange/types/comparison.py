"""Terms beside other terms."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from renkei.exchange.types.words import Policy
from renkei.kernel.texts import Text


class Change(StrEnum):
    """How one point of the terms on the table stands to what they are compared with."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Basis(StrEnum):
    """What the terms on the table are compared with."""

    PUBLISHED = "published"
    """The offer of the catalogue that the negotiation began with."""
    OURS = "ours"
    """What our side proposed last."""
    THEIRS = "theirs"
    """What the peer proposed last."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One point of the terms, as both say it; None where one does not say it."""

    change: Change
    now: Text | None
    before: Text | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The terms on the table, point by point, beside what they are compared with."""

    lines: tuple[Difference, ...]
    obstacle: Text | None = None
    """Why the lines are ODRL and not sentences: this node cannot evaluate the terms."""
    basis: Basis | None = None
    """None when no other terms are known; the lines are then all the same."""
    before: Policy | None = None
    withdrawn_at: datetime | None = None
    """When the published offer was withdrawn; None while it stands."""

    @property
    def differs(self) -> bool:
        """Tell whether any point is not the same."""
        return any(line.change is not Change.SAME for line in self.lines)
