"""What comes out of an evaluation, in the words of the compliance report (https://w3id.org/force/compliance-report#)."""

from dataclasses import dataclass
from enum import StrEnum

from renkei.exchange.rules.odrl.asked import Deontic, Performance
from renkei.exchange.rules.odrl.policy import RuleKind
from renkei.exchange.rules.odrl.values import Truth


class Premise(StrEnum):
    """What of a rule a premise is about."""

    PARTY = "PartyReport"
    TARGET = "TargetReport"
    ACTION = "ActionReport"
    CONSTRAINT = "ConstraintReport"


class Decision(StrEnum):
    """What a policy finally says of a request."""

    PERMITTED = "permitted"
    PROHIBITED = "prohibited"
    UNDECIDED = "undecided"
    """It says nothing, or what it says hangs on something that is not known or not done yet."""


@dataclass(frozen=True, slots=True)
class PremiseReport:
    """One premise of a rule; constraints have their id, and logical ones their operand and parts."""

    premise: Premise
    truth: Truth
    constraint: str | None = None
    logic: str | None = None
    parts: tuple["PremiseReport", ...] = ()

    @property
    def satisfied(self) -> bool:
        """Whether it is known to hold."""
        return self.truth is True


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule: whether it is in effect for the request, and why."""

    rule: str
    kind: RuleKind
    attempted: bool
    applies: Truth
    """Whether all premises hold; None: that hangs on something that is not known."""
    premises: tuple[PremiseReport, ...]
    conditions: tuple["RuleReport", ...]
    """The reports on a permission's duties, a prohibition's remedies, a duty's consequences."""
    performance: Performance
    deontic: Deontic

    @property
    def active(self) -> bool:
        """Whether the rule is in effect: its premises hold and, for a permission, none of its duties is violated."""
        if self.kind is not RuleKind.PERMISSION:
            return self.applies is True
        return self.applies is True and all(each.deontic is not Deontic.VIOLATED for each in self.conditions)

    @property
    def granted(self) -> bool:
        """Whether a permission may be used: it is active, and every duty that binds is fulfilled."""
        binding = [each for each in self.conditions if each.applies is not False]
        return self.active and all(each.deontic is Deontic.FULFILLED for each in binding)


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """All rules of a policy, and what they come to."""

    policy: str
    rules: tuple[RuleReport, ...]
    decision: Decision
    valid: bool
    """False: rules of the policy conflict, and its strategy makes it invalid then."""
