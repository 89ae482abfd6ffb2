"""How a peer's message is taken: from the right peer, in the right state, once."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection

from renkei.exchange.errors import (
    AnswersUntaken,
    NegotiationMissing,
    PidTaken,
    TooManyOpenings,
    TransferMissing,
    TransitionIllegal,
)
from renkei.exchange.models import NegotiationRow, TransferRow
from renkei.exchange.rules.machine import NEGOTIATION, TRANSFER, step
from renkei.exchange.services.processes import check_ids, content_digest, insert, unqueue_taken
from renkei.exchange.types import NegotiationMessage, NegotiationState, Role, TransferMessage, TransferState
from renkei.kernel.ids import OrgId, ParticipantId

HOUR = timedelta(hours=1)
OPENINGS = 3600
"""Negotiations, and transfers, that one peer may open with one organisation in an hour."""
WAITING = 100
"""Messages that may wait for one peer to take them before it opens more: who never takes any holds the sender up."""
_RECENT = """
SELECT count(*) FROM (
    SELECT 1 FROM {table} WHERE org = %s AND peer = %s AND created_at > %s AND opening <> '' LIMIT %s
) AS recent
"""
_UNTAKEN = """
SELECT count(*) FROM (
    SELECT 1 FROM exchange_outbox AS message
    LEFT JOIN exchange_negotiation AS negotiation ON negotiation.id = message.negotiation_id
    LEFT JOIN exchange_transfer AS transfer ON transfer.id = message.transfer_id
    WHERE (negotiation.org = %s AND negotiation.peer = %s) OR (transfer.org = %s AND transfer.peer = %s)
    LIMIT %s
) AS untaken
"""
"""Plain SQL: these stand on the path of every opening, and putting such queries together costs more than running them."""
R = TypeVar("R", NegotiationRow, TransferRow)


def opened_before(
    kind: type[R], *, org: OrgId, peer: ParticipantId, role: Role, peer_pid: str, said: str
) -> R | None:
    """Return the process that this peer opened under this pid; None when there is none.

    `said` is the digest of the message that opens it. Raises exchange.pid-taken when another message did.
    """
    opened = kind.objects.exclude(opening="")
    row = opened.filter(org=org, peer=peer, role=role.value, peer_pid=peer_pid).first()
    if row is not None and row.opening != said:
        raise PidTaken(pid=peer_pid)
    return row


def store(row: R, *, peer_pid: str) -> R:
    """Store a process that a peer opened, and return it, or the one that the same message opened a moment before.

    Raises exchange.too-many-openings and answers-untaken for a peer that opens without measure.
    """
    _check_pace(row)
    if insert(row):
        return row
    known = opened_before(
        type(row),
        org=OrgId(row.org),
        peer=ParticipantId(row.peer),
        role=Role(row.role),
        peer_pid=peer_pid,
        said=row.opening,
    )
    return known or row


def advance_negotiation(
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

    The same message again is a sender that did not see our answer, whatever has happened since. A proposal that its
    sender has given an id of its own (`message_id` in the content) is another one when the id is. Raises
    exchange.negotiation-missing, transition-illegal.
    """
    check_ids(peer_pid)
    row = NegotiationRow.objects.select_for_update().filter(pk=pid, org=org, peer=peer).first()
    if row is None or row.peer_pid not in {None, peer_pid}:
        raise NegotiationMissing(negotiation=pid)
    said = content_digest(message, **content)
    if row.heard == said:
        return row, False
    sender = Role(row.role).other
    row.state = step(NEGOTIATION, state=NegotiationState(row.state), message=message, sender=sender).value
    row.peer_pid, row.heard, row.updated_at = peer_pid, said, now
    if message is not NegotiationMessage.TERMINATION:
        unqueue_taken(row)
    return row, True


def advance_transfer(
    *,
    org: OrgId,
    peer: ParticipantId,
    pid: str,
    peer_pid: str,
    message: TransferMessage,
    now: datetime,
    **content: Any,
) -> tuple[TransferRow, bool]:
    """Return the row, locked, in the state that the message leads to; False when it is a repeat.

    A transfer can rightly be suspended twice in the same words with a resumption of ours between, so a message that
    is legal now is taken as new. Raises exchange.transfer-missing, transition-illegal.
    """
    check_ids(peer_pid)
    rows = TransferRow.objects.select_for_update(of=("self",)).select_related("agreement")
    row = rows.filter(pk=pid, org=org, peer=peer).first()
    if row is None or row.peer_pid not in {None, peer_pid}:
        raise TransferMissing(transfer=pid)
    said = content_digest(message, **content)
    sender = Role(row.role).other
    try:
        following = step(TRANSFER, state=TransferState(row.state), message=message, sender=sender)
    except TransitionIllegal:
        if row.heard == said:
            return row, False
        raise
    row.state, row.peer_pid, row.heard, row.updated_at = following.value, peer_pid, said, now
    if message is not TransferMessage.TERMINATION:
        unqueue_taken(row)
    return row, True


def _check_pace(row: NegotiationRow | TransferRow) -> None:
    since = connection.ops.adapt_datetimefield_value(row.created_at - HOUR)
    with connection.cursor() as cursor:
        cursor.execute(_RECENT.format(table=row._meta.db_table), [row.org, row.peer, since, OPENINGS])
        if cursor.fetchone()[0] >= OPENINGS:
            raise TooManyOpenings(limit=OPENINGS)
        cursor.execute(_UNTAKEN, [row.org, row.peer, row.org, row.peer, WAITING])
        if cursor.fetchone()[0] >= WAITING:
            raise AnswersUntaken(limit=WAITING)
