"""Negotiations and transfers, with what they wait for."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from django.db import connection
from django.db.models import F, Q, QuerySet

from renkei.exchange.errors import NegotiationMissing, ProcessMissing, TransferMissing
from renkei.exchange.models import NegotiationRow, ProcessRow, TransferRow, with_unsent
from renkei.exchange.queries import PART
from renkei.exchange.rules import waiting
from renkei.exchange.slicing import part
from renkei.exchange.types import (
    SILENCE,
    Negotiation,
    Role,
    Slice,
    Transfer,
    TransferState,
    Turn,
)
from renkei.kernel.ids import AgreementId, NegotiationId, OrgId, ParticipantId, TransferId
from renkei.kernel.texts import Text

_OPEN = ("REQUESTED", "OFFERED", "ACCEPTED", "AGREED", "VERIFIED")
_REQUESTED = {case: rest for case, rest in waiting.TRANSFER.items() if case[0] is TransferState.REQUESTED}
"""Where a transfer waits for the peer; one that runs is read in its own time."""
_STATE = """
SELECT state FROM exchange_negotiation WHERE id = %s AND org = %s
UNION ALL SELECT state FROM exchange_transfer WHERE id = %s AND org = %s
"""
_T = TypeVar("_T", bound=ProcessRow)


def negotiation(negotiation_id: NegotiationId, *, org: OrgId | None) -> Negotiation:
    """Return one negotiation of an organisation, or of the node where `org` is None.

    Raises exchange.negotiation-missing.
    """
    rows = NegotiationRow.objects.filter(pk=negotiation_id)
    row = (rows if org is None else rows.filter(org=org)).first()
    if row is None:
        raise NegotiationMissing(negotiation=negotiation_id)
    return with_unsent([row])[0].as_fact()


def negotiation_for_peer(pid: str, *, org: OrgId, peer: ParticipantId) -> Negotiation:
    """Return a negotiation to the peer it is held with. Raises exchange.negotiation-missing."""
    row = NegotiationRow.objects.filter(pk=pid, org=org, peer=peer).first()
    if row is None:
        raise NegotiationMissing(negotiation=pid)
    return row.as_fact()


def negotiations(
    *,
    org: OrgId | None,
    open_only: bool = False,
    due: bool | None = None,
    stuck_at: datetime | None = None,
    after: str | None = None,
    limit: int = PART,
) -> Slice[Negotiation]:
    """Return an organisation's negotiations, or the node's, newest first; two queries at most.

    With `due` only those that wait for our member, or only the others; with `stuck_at` only those whose message fails,
    or whose peer has been silent for a week at that time. Raises exchange.place-unknown.
    """
    rows = NegotiationRow.objects.all() if org is None else NegotiationRow.objects.filter(org=org)
    rows = rows.filter(state__in=_OPEN) if open_only else rows
    rows = _waiting_for_us(rows, due=due, cases=waiting.DECISIONS)
    rows = rows if stuck_at is None else rows.filter(stuck_negotiation(stuck_at))
    found, following = part(rows, by="created_at", after=after, limit=limit)
    return Slice((row.as_fact() for row in with_unsent(found)), following=following)


def state(process: str, *, org: OrgId) -> str | None:
    """Return the state of an organisation's negotiation or transfer; None where there is none. One query, a cheap one.

    Plain SQL: whoever waits for a process asks after each of its changes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [process, org, process, org])
        found = cursor.fetchone()
    return None if found is None else str(found[0])


def transfer(transfer_id: TransferId, *, org: OrgId | None) -> Transfer:
    """Return one transfer; a consumer that asks for its own gets the data address with its secret.

    Raises exchange.transfer-missing.
    """
    rows = TransferRow.objects.select_related("agreement").filter(pk=transfer_id)
    row = (rows if org is None else rows.filter(org=org)).first()
    if row is None:
        raise TransferMissing(transfer=transfer_id)
    return with_unsent([row])[0].as_fact(revealed=org is not None and row.role == Role.CONSUMER)


def transfer_for_peer(pid: str, *, org: OrgId, peer: ParticipantId) -> Transfer:
    """Return a transfer to the peer it runs with. Raises exchange.transfer-missing."""
    row = TransferRow.objects.select_related("agreement").filter(pk=pid, org=org, peer=peer).first()
    if row is None:
        raise TransferMissing(transfer=pid)
    return row.as_fact()


def transfers(
    *,
    org: OrgId | None,
    agreement: AgreementId | None = None,
    due: bool | None = None,
    stuck_at: datetime | None = None,
    after: str | None = None,
    limit: int = PART,
) -> Slice[Transfer]:
    """Return an organisation's transfers, or the node's, newest first, without data addresses; two queries at most.

    `due` and `stuck_at` are as for negotiations. Raises exchange.place-unknown.
    """
    rows = TransferRow.objects.select_related("agreement")
    rows = rows if org is None else rows.filter(org=org)
    rows = rows if agreement is None else rows.filter(agreement__agreement=agreement)
    rows = _waiting_for_us(rows, due=due, cases=waiting.STARTS)
    rows = rows if stuck_at is None else rows.filter(stuck_transfer(stuck_at))
    found, following = part(rows, by="created_at", after=after, limit=limit)
    return Slice((row.as_fact() for row in with_unsent(found)), following=following)


def process_row(process: str, *, org: OrgId | None) -> NegotiationRow | TransferRow:
    """Return the row of a negotiation or a transfer. Raises exchange.process-missing."""
    for rows in (NegotiationRow.objects.all(), TransferRow.objects.select_related("agreement")):
        row = rows.filter(pk=process, **({} if org is None else {"org": org})).first()
        if row is not None:
            return row
    raise ProcessMissing(process=process)


def _waiting_for_us(
    rows: QuerySet[_T], *, due: bool | None, cases: Iterable[tuple[StrEnum, Role]]
) -> QuerySet[_T]:
    """Keep what waits for our member, as `rules.waiting` says it of one row, or leave it out."""
    if due is None:
        return rows
    ours = _any(cases)
    return rows.filter(ours) if due else rows.exclude(ours)


def stuck_negotiation(now: datetime) -> Q:
    """Choose the negotiations whose message fails, or whose peer has been silent for a week."""
    return _stuck(waiting.NEGOTIATION, now=now)


def stuck_transfer(now: datetime) -> Q:
    """Choose the transfers whose message fails, or whose peer has been silent for a week."""
    theirs = Q(state=TransferState.SUSPENDED.value) & ~Q(suspended_by="") & ~Q(suspended_by=F("role"))
    return _stuck(_REQUESTED, now=now) | (theirs & Q(updated_at__lte=now - SILENCE))


def _stuck(states: Mapping[tuple[Any, Role], tuple[Turn, Text]], *, now: datetime) -> Q:
    """Choose what fails to be delivered, and where the peer has left us waiting for a week."""
    theirs = _any(case for case, (turn, _) in states.items() if turn is Turn.PEER)
    return ~Q(trouble="") | (theirs & Q(updated_at__lte=now - SILENCE))


def _any(cases: Iterable[tuple[StrEnum, Role]]) -> Q:
    found = Q()
    for state, role in cases:
        found |= Q(state=state.value, role=role.value)
    return found
