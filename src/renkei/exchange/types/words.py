"""The words of the exchange: sides, states, messages, formats."""

from enum import StrEnum
from typing import Any

PROFILE = "https://w3id.org/renkei/terms/v1"
"""The ODRL profile whose operands this node can evaluate (docs/reference/terms.md)."""

DELTA_SHARING = "DeltaSharing-PULL"
HTTP_DATA = "HttpData-PULL"
HTTP_PUSH = "HttpData-PUSH"
SQL_QUERY = "SqlQuery-PULL"
NGSI_LD = "NGSI-LD-PULL"
NGSI_LD_NOTICES = "NGSI-LD-SUBSCRIPTION"
ENTITY_FORMATS: tuple[str, ...] = (NGSI_LD, NGSI_LD_NOTICES)
"""The formats of the present of a type of entity, for datasets that were published from one."""
TABLE_FORMATS: tuple[str, ...] = (DELTA_SHARING, HTTP_DATA, HTTP_PUSH, SQL_QUERY)
FORMATS: tuple[str, ...] = (*TABLE_FORMATS, *ENTITY_FORMATS)
"""The formats in which a dataset of this node can be delivered."""

Policy = dict[str, Any]
"""An ODRL policy in the compacted JSON of DSP 2025-1."""


class Role(StrEnum):
    """On which side of a contract a participant stands."""

    PROVIDER = "provider"
    CONSUMER = "consumer"

    @property
    def other(self) -> "Role":
        """The side across the table."""
        return Role.CONSUMER if self is Role.PROVIDER else Role.PROVIDER


class NegotiationState(StrEnum):
    """The states of a contract negotiation (DSP 2025-1, contract negotiation protocol)."""

    REQUESTED = "REQUESTED"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    AGREED = "AGREED"
    VERIFIED = "VERIFIED"
    FINALIZED = "FINALIZED"
    TERMINATED = "TERMINATED"


class NegotiationMessage(StrEnum):
    """What one side can say to the other in a negotiation."""

    REQUEST = "request"
    OFFER = "offer"
    ACCEPTED = "accepted"
    AGREEMENT = "agreement"
    VERIFICATION = "verification"
    FINALIZED = "finalized"
    TERMINATION = "termination"


class TransferState(StrEnum):
    """The states of a transfer process (DSP 2025-1, transfer process protocol)."""

    REQUESTED = "REQUESTED"
    STARTED = "STARTED"
    SUSPENDED = "SUSPENDED"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"


class TransferMessage(StrEnum):
    """What one side can say to the other about a transfer."""

    REQUEST = "request"
    START = "start"
    SUSPENSION = "suspension"
    COMPLETION = "completion"
    TERMINATION = "termination"


class MessageKind(StrEnum):
    """The messages that leave through the outbox; the comment says what `Outgoing.payload` holds.

    That a duty is fulfilled goes out with the negotiation that led to the agreement, which it never changes.
    """

    CONTRACT_REQUEST = "contract-request"  # offer: policy with @id and target
    CONTRACT_OFFER = "contract-offer"  # offer: policy with @id and target
    CONTRACT_ACCEPTED = "contract-accepted"  # nothing
    CONTRACT_AGREEMENT = (
        "contract-agreement"  # agreement: policy with @id, target, assigner, assignee, timestamp
    )
    CONTRACT_VERIFICATION = "contract-verification"  # nothing
    CONTRACT_FINALIZED = "contract-finalized"  # nothing
    CONTRACT_TERMINATION = "contract-termination"  # code, reason: list of sentences
    TRANSFER_REQUEST = "transfer-request"  # agreement: id, format; data_address for a push
    TRANSFER_START = (
        "transfer-start"  # data_address: DataAddress.as_dict(); None on resumption and for a push
    )
    TRANSFER_SUSPENSION = "transfer-suspension"  # code, reason
    TRANSFER_COMPLETION = "transfer-completion"  # nothing
    TRANSFER_TERMINATION = "transfer-termination"  # code, reason
    DUTY_FULFILMENT = "contract-duty-fulfilment"  # duty: number, statement: signed
