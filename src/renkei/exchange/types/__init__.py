"""The nouns of the exchange: facts that leave the room, and the words of both state machines."""

from renkei.exchange.types.datasets import Dataset, Listing, Offer, Page, Quality, Revision
from renkei.exchange.types.delivery import Access, Figures, Outgoing, Provision, Sent, Waiting
from renkei.exchange.types.processes import Agreement, DataAddress, Negotiation, Transfer
from renkei.exchange.types.pushes import Delivery, Push, Pushed
from renkei.exchange.types.slices import Slice
from renkei.exchange.types.words import (
    DELTA_SHARING,
    FORMATS,
    HTTP_DATA,
    HTTP_PUSH,
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
    "HTTP_PUSH",
    "PROFILE",
    "Access",
    "Agreement",
    "DataAddress",
    "Dataset",
    "Delivery",
    "Figures",
    "Listing",
    "MessageKind",
    "Negotiation",
    "NegotiationMessage",
    "NegotiationState",
    "Offer",
    "Outgoing",
    "Page",
    "Policy",
    "Provision",
    "Push",
    "Pushed",
    "Quality",
    "Revision",
    "Role",
    "Sent",
    "Slice",
    "Transfer",
    "TransferMessage",
    "TransferState",
    "Waiting",
]
