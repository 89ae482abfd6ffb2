"""Tables of the exchange."""

from renkei.exchange.models.datasets import ID, CatalogueRow, DatasetRow, OfferRow, pack_place
from renkei.exchange.models.outbox import PAYLOAD_PURPOSE, OutboxRow
from renkei.exchange.models.processes import (
    ADDRESS_PURPOSE,
    AgreementRow,
    NegotiationRow,
    ProcessRow,
    TransferRow,
)
from renkei.exchange.models.provisions import ProvisionRow

__all__ = [
    "ADDRESS_PURPOSE",
    "ID",
    "PAYLOAD_PURPOSE",
    "AgreementRow",
    "CatalogueRow",
    "DatasetRow",
    "NegotiationRow",
    "OfferRow",
    "OutboxRow",
    "ProcessRow",
    "ProvisionRow",
    "TransferRow",
    "pack_place",
]
