"""How a message in a negotiation that runs is heard: by the right peer, in the right state, once."""

from datetime import datetime
from typing import Any

from renkei.exchange.errors import (
    NegotiationMissing,
)
from renkei.exchange.models import NegotiationRow
from renkei.exchange.rules.machine import NEGOTIATION, step
from renkei.exchange.services.processes import check_ids, content_digest
from renkei.exchange.types import NegotiationMessage, NegotiationState, Policy, Role
from renkei.kernel.ids import OrgId, ParticipantId, new_id

_M, _S = NegotiationMessage, NegotiationState


def hear(
    *,
    org: OrgId,
    peer: ParticipantId,
    pid: str,
    peer_pid: str,
    message: NegotiationMessage,
    now: datetime,
    **content: Any,
) -> tuple[NegotiationRow, bool]:
    """Return the row, locked, in the state that the message leads to; False when it is a repeat.

    In a negotiation the same proposal is not made twice in a row, so the same message again is a sender that did not
    see our answer, whatever has happened since.
    """
    check_ids(peer_pid)
    row = NegotiationRow.objects.select_for_update().filter(pk=pid, org=org, peer=peer).first()
    if row is None or row.peer_pid not in {None, peer_pid}:
        raise NegotiationMissing(negotiation=pid)
    said = content_digest(message, **content)
    if row.heard == said:
        return row, False
    sender = Role(row.role).other
    row.state = step(NEGOTIATION, state=_S(row.state), message=message, sender=sender).value
    row.peer_pid, row.heard, row.updated_at = peer_pid, said, now
    return row, True


def with_id(offer: Policy) -> Policy:
    return {"@id": new_id()} | offer
