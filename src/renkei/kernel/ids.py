"""Identifiers: each kind of thing has a type of its own, so that one cannot be passed for another."""

import os
import time
from typing import NewType

OrgId = NewType("OrgId", str)
"""An organisation hosted on this node."""
ParticipantId = NewType("ParticipantId", str)
"""An organisation as its peers know it: a DID, here or on another node."""
DeviceId = NewType("DeviceId", str)
TableId = NewType("TableId", str)
DatasetId = NewType("DatasetId", str)
OfferId = NewType("OfferId", str)
NegotiationId = NewType("NegotiationId", str)
AgreementId = NewType("AgreementId", str)
TransferId = NewType("TransferId", str)
DeliveryId = NewType("DeliveryId", str)
"""Something that was pushed to this node."""
Actor = NewType("Actor", str)
"""Who acts: an organisation's participant id, or `node` for the node itself."""

NODE = Actor("node")


def new_id() -> str:
    """Return a new `urn:uuid:` of version 7, so that ids sort by the time they were made (RFC 9562, 5.7)."""
    stamp = time.time_ns() // 1_000_000
    value = (stamp << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    text = f"{value:032x}"
    return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
