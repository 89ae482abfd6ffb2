"""Whether something may be read now, under which agreement, for which purpose."""

from datetime import datetime

from renkei.exchange.errors import (
    AgreementEnded,
    AgreementExpired,
    AgreementNotBegun,
    AgreementNotInForce,
    PurposeNotAgreed,
    RecipientNotAllowed,
    TransferNotStarted,
)
from renkei.exchange.rules.matching import purposes
from renkei.exchange.rules.terms import Terms, parse
from renkei.exchange.types import Agreement, Transfer, TransferState
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import ParticipantId


def check_in_force(agreement: Agreement, *, terms: Terms, now: datetime) -> None:
    """Check that an agreement stands at this time.

    Raises exchange.agreement-not-in-force, agreement-ended, agreement-not-begun, agreement-expired.
    """
    if agreement.ended_at is not None:
        raise AgreementEnded(
            agreement=agreement.id, ended_at=format_utc(agreement.ended_at), reason=agreement.end_reason
        )
    if agreement.in_force_at is None:
        raise AgreementNotInForce(agreement=agreement.id)
    starts, ends = terms.starts, terms.ends
    if starts is not None and (now < starts.at or (now == starts.at and not starts.included)):
        raise AgreementNotBegun(agreement=agreement.id, starts_at=format_utc(starts.at))
    if ends is not None and (now > ends.at or (now == ends.at and not ends.included)):
        raise AgreementExpired(agreement=agreement.id, ends_at=format_utc(ends.at))


def check_recipient(terms: Terms, *, participant: ParticipantId) -> None:
    """Check that the terms are meant for this participant. Raises exchange.recipient-not-allowed."""
    if terms.recipients is not None and participant not in terms.recipients:
        raise RecipientNotAllowed(participant=participant)


def check_readable(transfer: Transfer, agreement: Agreement, *, purpose: str | None, now: datetime) -> None:
    """Check one read.

    Raises what `check_in_force` and `check_recipient` raise, and exchange.transfer-not-started, purpose-not-agreed
    when a purpose is claimed that the agreement does not name.
    """
    terms = parse(agreement.terms)
    check_in_force(agreement, terms=terms, now=now)
    if transfer.state is not TransferState.STARTED:
        raise TransferNotStarted(transfer=transfer.id, state=transfer.state.value, agreement=agreement.id)
    check_recipient(terms, participant=agreement.assignee)
    if purpose is not None and terms.purposes is not None and purpose not in terms.purposes:
        raise PurposeNotAgreed(purpose=purpose, agreement=agreement.id, agreed=purposes(terms))
