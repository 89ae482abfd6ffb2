"""Tables of the exchange."""

from renkei.exchange.models.asked import LEDGER_PURPOSE, BudgetRow, LedgerRow, MarksRow, QueryRow
from renkei.exchange.models.datasets import ID, CatalogueRow, DatasetRow, OfferRow, pack_place
from renkei.exchange.models.notices import NoticeRow
from renkei.exchange.models.outbox import PAYLOAD_PURPOSE, OutboxRow, with_unsent
from renkei.exchange.models.owing import UNFULFILLED, WHOLE, DutyRow, UsageRow
from renkei.exchange.models.processes import (
    ADDRESS_PURPOSE,
    AgreementRow,
    NegotiationRow,
    ProcessRow,
    TransferRow,
    stored_failure,
)
from renkei.exchange.models.provisions import ProvisionRow
from renkei.exchange.models.pushes import DESTINATION_PURPOSE, DeliveryRow, PushRow

__all__ = [
    "ADDRESS_PURPOSE",
    "DESTINATION_PURPOSE",
    "ID",
    "LEDGER_PURPOSE",
    "PAYLOAD_PURPOSE",
    "UNFULFILLED",
    "WHOLE",
    "AgreementRow",
    "BudgetRow",
    "CatalogueRow",
    "DatasetRow",
    "DeliveryRow",
    "DutyRow",
    "LedgerRow",
    "MarksRow",
    "NegotiationRow",
    "NoticeRow",
    "OfferRow",
    "OutboxRow",
    "ProcessRow",
    "ProvisionRow",
    "PushRow",
    "QueryRow",
    "TransferRow",
    "UsageRow",
    "pack_place",
    "stored_failure",
    "with_unsent",
]
