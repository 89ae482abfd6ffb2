"""What this node knows when somebody wants to use data: only its own clock, its own counts, what was vouched for."""

from dataclasses import replace
from datetime import datetime

from renkei.exchange.models import AgreementRow
from renkei.exchange.rules.terms import Terms
from renkei.exchange.services.owing import open_firsts
from renkei.exchange.services.uses import uses_taken
from renkei.exchange.types import Circumstances
from renkei.kernel.ids import ParticipantId
from renkei.parties import api as parties


def circumstances(row: AgreementRow, *, terms: Terms, purpose: str | None, now: datetime) -> Circumstances:
    """Return what is known while a use goes on that was taken before; what the terms do not ask for is not looked up."""
    bans = any(ban.action == "use" for ban in terms.banned)
    asked = bans or terms.memberships or terms.places or terms.when
    standing = parties.standing(row.assignee, now=now) if asked else parties.Standing()
    return Circumstances(
        now=now,
        participant=ParticipantId(row.assignee),
        purpose=purpose,
        memberships=standing.memberships,
        places=standing.places,
        in_force_at=row.in_force_at,
        open_duties=open_firsts(row, terms=terms),
    )


def before_a_use(known: Circumstances, row: AgreementRow, *, terms: Terms) -> Circumstances:
    """Return what is known before another use, with how many were taken."""
    uses, recent = uses_taken(row.pk, terms=terms, now=known.now)
    return replace(known, uses=uses, recent_uses=recent)
