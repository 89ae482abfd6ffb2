"""What is asked of a policy, and what is known of the world when it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from renkei.exchange.rules.odrl.expressions import World
from renkei.exchange.rules.odrl.hierarchy import Parts


class Performance(StrEnum):
    """Whether the action of a rule was done."""

    PERFORMED = "Performed"
    UNPERFORMED = "Unperformed"
    """It was not, and can no longer be."""
    UNKNOWN = "Unknown"


class Deontic(StrEnum):
    """How what was done stands to what the rule demands."""

    FULFILLED = "Fulfilled"
    VIOLATED = "Violated"
    NON_SET = "NonSet"


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody asks to do, or has done; names in short form. `facts` tell more, such as the purpose."""

    action: str
    party: str | None = None
    target: str | None = None
    facts: World = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What an earlier evaluation found out about a rule; None: it did not say."""

    performance: Performance = Performance.UNKNOWN
    deontic: Deontic | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The state of the world."""

    world: World = field(default_factory=dict)
    """Of each left operand, what is known; also `parts` and `kinds`."""
    about: Mapping[str, World] = field(default_factory=dict)
    """Of a party or an asset, what is known of itself: what refinements of collections are judged by."""
    findings: Mapping[str, Finding] = field(default_factory=dict)
    """By the rule's id."""
    acts: tuple[Act, ...] = ()
    """What was done."""
    actions: Parts = field(default_factory=dict)
    """Of an action that the vocabulary does not have, which ones include it."""
