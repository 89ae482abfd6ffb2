"""What terms say, in a form that can be evaluated."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from renkei.exchange.rules.odrl.expressions import Expression, atoms
from renkei.privacy.types import Cell, Delivery, Mask, MinimumGroup, TimeStep


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of the time in which use is allowed."""

    at: datetime
    included: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many uses in each window of time; windows follow each other from the epoch on, UTC."""

    uses: int
    window: timedelta


class DutyAction(StrEnum):
    """What a recipient can be bound to do (ODRL Vocabulary 2.2, section 4; `rk:` words are this profile's)."""

    ATTRIBUTE = "attribute"
    DELETE = "delete"
    LOG = "rk:log"
    INFORM = "inform"
    COMPENSATE = "compensate"


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that the recipient has to do."""

    action: DutyAction
    first: bool = False
    """Whether nothing can be read before it is done (a `duty` of the permission, not an `obligation`)."""
    within: timedelta | None = None
    """How long after the agreement came into force; to delete: after the last delivery."""
    by: datetime | None = None
    amount: Decimal | None = None
    """To compensate: how much, of which `unit` (ISO 4217)."""
    unit: str = ""
    credit: str = ""
    """To attribute: the words that name the source."""


@dataclass(frozen=True, slots=True)
class Ban:
    """A prohibition: an action that nothing technical prevents, or the use itself where the constraints hold."""

    action: str
    when: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What an offer or agreement says. None: the terms do not say."""

    purposes: frozenset[str] | None = None
    recipients: frozenset[str] | None = None
    memberships: frozenset[str] | None = None
    """Bodies, of which the recipient has to belong to one."""
    places: frozenset[str] | None = None
    """Places, in one of which the recipient has to be (ISO 3166)."""
    starts: Bound | None = None
    ends: Bound | None = None
    elapsed: timedelta | None = None
    """For how long after it came into force an agreement can be used."""
    uses: int | None = None
    rate: Rate | None = None
    when: tuple[Expression, ...] = ()
    """Alternatives (or, xone) that all have to hold besides."""
    cell: Cell | None = None
    time_step: TimeStep | None = None
    minimum_group: MinimumGroup | None = None
    group_by: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    masks: frozenset[Mask] = frozenset()
    observed_from: datetime | None = None
    observed_until: datetime | None = None
    delivery: Delivery = Delivery.ROWS
    budget: Decimal | None = None
    """In place: the ε that answers may use up in all."""
    banned: frozenset[Ban] = frozenset()
    duties: tuple[Duty, ...] = ()

    @property
    def no_distribution(self) -> bool:
        """Whether the data may not be passed on."""
        return Ban("distribute") in self.banned

    def speak_besides(self, *operands: str) -> bool:
        """Tell whether alternatives, or prohibitions of use, speak of one of these operands."""
        bans = [each for ban in self.banned for each in ban.when]
        return any(each.operand in operands for each in atoms(*self.when, *bans))
