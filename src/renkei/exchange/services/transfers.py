"""Transfers as our members drive them; what peers say is in `received`."""

from datetime import datetime
from typing import Any

from django.db import transaction

from renkei.exchange.errors import AgreementMissing, FormUnwanted, TransferMissing
from renkei.exchange.models import AgreementRow, TransferRow
from renkei.exchange.rules.access import check_in_force
from renkei.exchange.rules.machine import TRANSFER, step
from renkei.exchange.rules.terms import evaluable
from renkei.exchange.services.data_addresses import open_address
from renkei.exchange.services.formats import check_format
from renkei.exchange.services.landings import landing_address
from renkei.exchange.services.processes import check_ids, enqueue, record, save, stated
from renkei.exchange.types import HTTP_PUSH, MessageKind, Role, Transfer, TransferMessage, TransferState
from renkei.kernel.ids import Actor, AgreementId, OrgId, TransferId, new_id

TERMINATED_BY = {
    Role.PROVIDER: "exchange.terminated-by-provider",
    Role.CONSUMER: "exchange.terminated-by-consumer",
}
SUSPENDED_BY = {
    Role.PROVIDER: "exchange.suspended-by-provider",
    Role.CONSUMER: "exchange.suspended-by-consumer",
}
_M, _S = TransferMessage, TransferState


@transaction.atomic
def request_transfer(
    *,
    org: OrgId,
    agreement: AgreementId,
    format: str,  # noqa: A002 - the field's word
    form: str | None = None,
    actor: Actor,
    now: datetime,
) -> Transfer:
    """Ask the provider to start delivering under an agreement, in one of the formats of its catalogue.

    For a push the request says where the data shall land, with a secret of which only the hash stays here, and with
    `form` how files shall be written.
    Raises exchange.form-unwanted, agreement-missing, privacy.rows-stay, and what `check_in_force` raises.
    """
    check_ids(format)
    if form and format != HTTP_PUSH:
        raise FormUnwanted(format=format, form=form)
    found = (
        AgreementRow.objects.select_related("negotiation")
        .filter(agreement=agreement, org=org, role=Role.CONSUMER.value)
        .first()
    )
    if found is None:
        raise AgreementMissing(agreement=agreement)
    terms = evaluable(found.terms)
    check_in_force(found.as_fact(), terms=terms, now=now)
    check_format(terms, format)
    row = TransferRow.objects.create(
        id=new_id(),
        role=Role.CONSUMER.value,
        org=org,
        participant=found.assignee,
        peer=found.assigner,
        peer_address=found.negotiation.peer_address,
        dataset=found.dataset,
        agreement=found,
        format=format,
        state=step(TRANSFER, state=None, message=_M.REQUEST, sender=Role.CONSUMER).value,
        created_at=now,
        updated_at=now,
    )
    payload: dict[str, Any] = {"agreement": agreement, "format": format}
    if format == HTTP_PUSH:
        payload["data_address"] = landing_address(row, form=form).as_dict()
    enqueue(row, MessageKind.TRANSFER_REQUEST, now=now, opening=True, payload=payload)
    record(row, "transfer-requested", actor=actor, now=now, agreement=agreement, format=format)
    return row.as_fact()


@transaction.atomic
def start_transfer(*, org: OrgId, transfer: TransferId, actor: Actor, now: datetime) -> Transfer:
    """Start by hand what a consumer has requested: it gets the data address, with a new secret; a push becomes due.

    The agreement has to be in force. Raises exchange.transfer-missing, transition-illegal, and what `check_in_force`
    raises.
    """
    row = _taken(org=org, transfer=transfer, message=_M.START)
    signed = row.agreement
    check_in_force(signed.as_fact(), terms=evaluable(signed.terms), now=now)
    address = open_address(row)
    payload = {"data_address": address.as_dict() if address else None}
    row.save(update_fields=["secret_hash"])
    return _say(row, MessageKind.TRANSFER_START, "transfer-started", actor=actor, now=now, payload=payload)


@transaction.atomic
def suspend_transfer(
    *, org: OrgId, transfer: TransferId, reason: str, actor: Actor, now: datetime
) -> Transfer:
    """Stop the reading for a while; the secret stays.

    Raises exchange.transfer-missing, transition-illegal, reason-missing.
    """
    why, row = stated(reason), _taken(org=org, transfer=transfer, message=_M.SUSPENSION)
    row.code, row.reasons, row.suspended_by = SUSPENDED_BY[Role(row.role)], [why], row.role
    return _say(row, MessageKind.TRANSFER_SUSPENSION, "transfer-suspended", actor=actor, now=now)


@transaction.atomic
def resume_transfer(*, org: OrgId, transfer: TransferId, actor: Actor, now: datetime) -> Transfer:
    """Let the reading go on after a suspension, with the same secret.

    Raises exchange.transfer-missing, transition-illegal.
    """
    row = _taken(org=org, transfer=transfer, message=_M.START)
    row.code, row.reasons = None, []
    payload = {"data_address": None}
    return _say(row, MessageKind.TRANSFER_START, "transfer-resumed", actor=actor, now=now, payload=payload)


@transaction.atomic
def complete_transfer(*, org: OrgId, transfer: TransferId, actor: Actor, now: datetime) -> Transfer:
    """Say that everything was read; the secret is void from now. Raises exchange.transfer-missing, transition-illegal."""
    row = _taken(org=org, transfer=transfer, message=_M.COMPLETION)
    return _say(row, MessageKind.TRANSFER_COMPLETION, "transfer-completed", actor=actor, now=now, payload={})


@transaction.atomic
def terminate_transfer(
    *, org: OrgId, transfer: TransferId, reason: str, actor: Actor, now: datetime
) -> Transfer:
    """End the transfer; the secret is void from now, and the reason reaches the peer as it is written.

    Raises exchange.transfer-missing, transition-illegal, reason-missing.
    """
    why, row = stated(reason), _taken(org=org, transfer=transfer, message=_M.TERMINATION)
    row.code, row.reasons = TERMINATED_BY[Role(row.role)], [why]
    return _say(row, MessageKind.TRANSFER_TERMINATION, "transfer-terminated", actor=actor, now=now)


def _taken(*, org: OrgId, transfer: TransferId, message: TransferMessage) -> TransferRow:
    rows = TransferRow.objects.select_for_update(of=("self",)).select_related("agreement")
    row = rows.filter(pk=transfer, org=org).first()
    if row is None:
        raise TransferMissing(transfer=transfer)
    # What a consumer starts is a resumption: the table allows it only out of SUSPENDED.
    row.state = step(TRANSFER, state=_S(row.state), message=message, sender=Role(row.role)).value
    return row


def _say(
    row: TransferRow,
    kind: MessageKind,
    action: str,
    *,
    actor: Actor,
    now: datetime,
    payload: dict[str, Any] | None = None,
) -> Transfer:
    save(row, now=now, fields=["suspended_by"])
    enqueue(
        row, kind, now=now, payload={"code": row.code, "reason": row.reasons} if payload is None else payload
    )
    record(row, action, actor=actor, now=now, agreement=row.agreement.agreement)
    return row.as_fact()
