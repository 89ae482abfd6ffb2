"""The nouns of the exchange: facts that leave the room, and the words of both state machines."""

from renkei.exchange.types.comparison import Basis, Change, Comparison, Difference
from renkei.exchange.types.datasets import Dataset, Listing, Offer, Page, Quality, Revision
from renkei.exchange.types.delivery import Access, Figures, Outgoing, Provision, Sent
from renkei.exchange.types.processes import Agreement, DataAddress, Negotiation, Transfer
from renkei.exchange.types.slices import Slice
from renkei.exchange.types.waiting import (
    PATIENCE,
    SILENCE,
    Event,
    Moment,
    Outcome,
    Proposal,
    Turn,
    Wait,
    Waiting,
)
from renkei.exchange.types.words import (
    DELTA_SHARING,
    FORMATS,
    HTTP_DATA,
    PROFILE,
    MessageKind,
    NegotiationMessage,
    NegotiationState,
    Policy,
    Role,
    TransferMessage,
    TransferState,
)

__all__ = [
    "DELTA_SHARING",
    "FORMATS",
    "HTTP_DATA",
    "PATIENCE",
    "PROFILE",
    "SILENCE",
    "Access",
    "Agreement",
    "Basis",
    "Change",
    "Comparison",
    "DataAddress",
    "Dataset",
    "Difference",
    "Event",
    "Figures",
    "Listing",
    "MessageKind",
    "Moment",
    "Negotiation",
    "NegotiationMessage",
    "NegotiationState",
    "Offer",
    "Outcome",
    "Outgoing",
    "Page",
    "Policy",
    "Proposal",
    "Provision",
    "Quality",
    "Revision",
    "Role",
    "Sent",
    "Slice",
    "Transfer",
    "TransferMessage",
    "TransferState",
    "Turn",
    "Wait",
    "Waiting",
]
