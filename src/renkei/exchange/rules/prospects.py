"""What somebody would meet under terms that are not agreed to yet."""

from dataclasses import replace

from renkei.exchange.errors import AgreementNotBegun, MembershipMissing, PlaceNotAllowed
from renkei.exchange.rules.access import decide
from renkei.exchange.rules.plan import check_end
from renkei.exchange.rules.terms import Terms
from renkei.exchange.types import Circumstances, Decision
from renkei.kernel.clock import format_utc
from renkei.kernel.refusals import Refusal

DRAFT = "draft"
"""What a refusal names in the place of an agreement."""


def decision_of(terms: Terms, circumstances: Circumstances, *, offer: str = DRAFT) -> Decision:
    """Decide what a first read would meet now, were an agreement made under the terms at this moment.

    Duties that reading waits for stand against it, since nobody has done them yet.
    """
    waiting = tuple(duty.action.value for duty in terms.duties if duty.first)
    then = replace(circumstances, in_force_at=circumstances.now, open_duties=waiting)
    refusal = _refusal(terms, then, offer=offer)
    unknown = (isinstance(refusal, MembershipMissing) and not circumstances.memberships) or (
        isinstance(refusal, PlaceNotAllowed) and not circumstances.places
    )
    return Decision(circumstances.participant, circumstances.purpose, refusal, unknown=unknown)


def _refusal(terms: Terms, circumstances: Circumstances, *, offer: str) -> Refusal | None:
    try:
        check_end(terms, now=circumstances.now)
        now, starts = circumstances.now, terms.starts
        if starts is not None and (now < starts.at or (now == starts.at and not starts.included)):
            raise AgreementNotBegun(agreement=offer, starts_at=format_utc(starts.at))
        decide(terms, circumstances, agreement=offer)
    except Refusal as refusal:
        return refusal
    return None
