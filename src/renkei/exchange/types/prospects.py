"""What an offer would mean: to the data, and to whom."""

from dataclasses import dataclass

from renkei.exchange.types.datasets import Offer
from renkei.kernel.ids import ParticipantId
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.privacy.types import Delivery, Preview


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody would meet who read under terms now."""

    participant: ParticipantId
    purpose: str | None
    refusal: Refusal | None
    """None where the read would be answered."""
    unknown: bool = False
    """Whether it is refused only since nothing is known of the participant's membership or place."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What terms would do to a dataset as it is now."""

    preview: Preview
    delivery: Delivery
    sentences: tuple[Text, ...]
    decision: Decision | None = None
    """None where no participant is asked about."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """A participant who could ask for data."""

    participant: ParticipantId
    name: Text | None = None


@dataclass(frozen=True, slots=True)
class Chance:
    """One participant before one offer."""

    prospect: Prospect
    offer: Offer
    sees: bool
    """Whether the offer stands in the catalogue that the participant is shown."""
    decision: Decision


@dataclass(frozen=True, slots=True)
class Audience:
    """A part of the participants, each before every offer, in the order of their DIDs."""

    chances: tuple[Chance, ...]
    next: str | None
    """After which participant the next part begins; None at the end."""
