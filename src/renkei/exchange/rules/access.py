"""Whether something may be read now, under which agreement, for which purpose."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from renkei.exchange.errors import (
    AgreementEnded,
    AgreementExpired,
    AgreementNotBegun,
    AgreementNotInForce,
    AlternativesUnmet,
    DutyOpen,
    MembershipMissing,
    PlaceNotAllowed,
    PurposeNotAgreed,
    RateExceeded,
    RecipientNotAllowed,
    TransferNotStarted,
    UseProhibited,
    UsesExhausted,
)
from renkei.exchange.rules.matching import purposes
from renkei.exchange.rules.odrl.expressions import Expression, Logical, atoms, compile_expression, truth
from renkei.exchange.rules.terms import Terms, parsed
from renkei.exchange.types import Agreement, Circumstances, Transfer, TransferState
from renkei.kernel.clock import format_utc
from renkei.kernel.ids import ParticipantId

_MOST_COMPILED = 4096


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
    if agreement.expired_at is not None:  # it stays so, whatever the clock says now
        raise AgreementExpired(
            agreement=agreement.id, ends_at=format_utc(agreement.ends_at or agreement.expired_at)
        )
    if starts is not None and (now < starts.at or (now == starts.at and not starts.included)):
        raise AgreementNotBegun(agreement=agreement.id, starts_at=format_utc(starts.at))
    if ends is not None and (now > ends.at or (now == ends.at and not ends.included)):
        raise AgreementExpired(agreement=agreement.id, ends_at=format_utc(ends.at))
    if terms.elapsed is not None and now > agreement.in_force_at + terms.elapsed:
        raise AgreementExpired(
            agreement=agreement.id, ends_at=format_utc(agreement.in_force_at + terms.elapsed)
        )


def check_recipient(terms: Terms, *, participant: ParticipantId) -> None:
    """Check that the terms are meant for this participant. Raises exchange.recipient-not-allowed."""
    if terms.recipients is not None and participant not in terms.recipients:
        raise RecipientNotAllowed(participant=participant)


def check_readable(transfer: Transfer, agreement: Agreement, circumstances: Circumstances) -> None:
    """Check one read: whether the agreement and its transfer are alive, and what `decide` decides.

    Raises what `check_in_force` and `decide` raise, and exchange.transfer-not-started.
    """
    terms = parsed(agreement.terms)
    check_in_force(agreement, terms=terms, now=circumstances.now)
    if transfer.state is not TransferState.STARTED:
        raise TransferNotStarted(transfer=transfer.id, state=transfer.state.value, agreement=agreement.id)
    decide(terms, circumstances, agreement=agreement.id)


def decide(terms: Terms, circumstances: Circumstances, *, agreement: str) -> None:
    """Decide whether a use is permitted in these circumstances: the first term that stands against it refuses it.

    What is not known stands against it, too: of the recipient's membership and place as of an alternative or a
    prohibition. Raises exchange.recipient-not-allowed, purpose-not-agreed when a purpose is claimed that the terms do
    not name, membership-missing, place-not-allowed, alternatives-unmet, use-prohibited, duty-open, uses-exhausted,
    rate-exceeded.
    """
    check_recipient(terms, participant=circumstances.participant)
    purpose = circumstances.purpose
    if purpose is not None and terms.purposes is not None and purpose not in terms.purposes:
        raise PurposeNotAgreed(purpose=purpose, agreement=agreement, agreed=purposes(terms))
    if terms.memberships is not None and not terms.memberships & circumstances.memberships:
        raise MembershipMissing(
            participant=circumstances.participant, bodies=", ".join(sorted(terms.memberships))
        )
    if terms.places is not None and not _within(circumstances.places, terms.places):
        raise PlaceNotAllowed(participant=circumstances.participant, places=", ".join(sorted(terms.places)))
    if terms.when or terms.banned:
        _check_logic(terms, circumstances, agreement=agreement)
    if circumstances.open_duties:
        raise DutyOpen(agreement=agreement, duties=", ".join(circumstances.open_duties))
    if terms.uses is not None and circumstances.uses >= terms.uses:
        raise UsesExhausted(agreement=agreement, uses=terms.uses)
    if terms.rate is not None and circumstances.recent_uses >= terms.rate.uses:
        raise RateExceeded(agreement=agreement, uses=terms.rate.uses, window=str(terms.rate.window))


def world_of(terms: Terms, circumstances: Circumstances) -> Mapping[str, Any]:
    """Return what is known of the operands that alternatives and prohibitions speak of.

    A use whose purpose is not claimed is for the one purpose that the terms name, where they name one.
    """
    world: dict[str, Any] = {"dateTime": circumstances.now, "recipient": circumstances.participant}
    claimed = circumstances.purpose
    if claimed is None and terms.purposes is not None and len(terms.purposes) == 1:
        (claimed,) = terms.purposes
    if claimed is not None:
        world["purpose"] = claimed
    if circumstances.memberships:
        world["rk:membership"] = tuple(sorted(circumstances.memberships))
    if circumstances.places:
        world["spatial"] = tuple(sorted(circumstances.places))
    if circumstances.in_force_at is not None:
        world["elapsedTime"] = circumstances.now - circumstances.in_force_at
    return world


def _check_logic(terms: Terms, circumstances: Circumstances, *, agreement: str) -> None:
    world = world_of(terms, circumstances)
    for expression in terms.when:
        if not _compiled(expression)(world):
            raise AlternativesUnmet(agreement=agreement, operands=_spoken(expression))
    for ban in terms.banned:
        # a prohibition of which it is not known whether it holds is not known not to hold
        if ban.action == "use" and truth(Logical("and", ban.when), world) is not False:
            raise UseProhibited(agreement=agreement, operands=_spoken(*ban.when))


@lru_cache(maxsize=_MOST_COMPILED)
def _compiled(expression: Expression) -> Callable[[Mapping[str, Any]], bool]:
    return compile_expression(expression)


def _spoken(*expressions: Expression) -> str:
    return ", ".join(sorted({each.operand for each in atoms(*expressions)}))


def _within(places: frozenset[str], allowed: frozenset[str]) -> bool:
    return any(place == each or place.startswith(f"{each}-") for place in places for each in allowed)
