"""Tables of the exchange."""

from renkei.exchange.models.datasets import ID, DatasetRow, OfferRow
from renkei.exchange.models.outbox import PAYLOAD_PURPOSE, OutboxRow, stored_failure, with_unsent
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
    "DatasetRow",
    "NegotiationRow",
    "OfferRow",
    "OutboxRow",
    "ProcessRow",
    "ProvisionRow",
    "TransferRow",
    "stored_failure",
    "with_unsent",
]
