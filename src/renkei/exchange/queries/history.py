"""What was said in a process, and what is on its table beside what was."""

from datetime import datetime

from renkei.audit import api as audit
from renkei.exchange.models import NegotiationRow, OfferRow, OutboxRow
from renkei.exchange.queries.processes import process_row
from renkei.exchange.rules.comparing import lines
from renkei.exchange.rules.history import Line, moments
from renkei.exchange.types import Basis, Comparison, Moment, Negotiation, Policy, Proposal, Role
from renkei.kernel.ids import OrgId


def history(process: str, *, org: OrgId | None) -> tuple[Moment, ...]:
    """Return what was said in an organisation's negotiation or transfer, or in the node's, oldest first.

    Raises exchange.process-missing.
    """
    row = process_row(process, org=org)
    negotiation = row if isinstance(row, NegotiationRow) else None
    outbox = OutboxRow.objects.filter(process=row.pk).select_related("negotiation", "transfer").order_by("pk")
    proposals = (
        (*negotiation.as_fact().earlier, Proposal(negotiation.proposer, negotiation.offer))
        if negotiation
        else ()
    )
    return moments(
        (_line(act) for act in audit.acts(row.pk)),
        role=Role(row.role),
        peer=row.peer,
        by_hand=row.by_hand,
        outbox=[message.as_waiting() for message in outbox],
        proposals=proposals,
    )


def compare(negotiation: Negotiation) -> Comparison:
    """Lay the terms on the table beside those they are to be judged by.

    On the provider's side that is the published offer which the negotiation began with, else what we proposed last; on
    the consumer's what we asked for last, or, while that is what is on the table, what the provider offered.
    """
    basis, before, withdrawn_at = _basis(negotiation)
    said, obstacle = lines(negotiation.offer, before)
    return Comparison(lines=said, obstacle=obstacle, basis=basis, before=before, withdrawn_at=withdrawn_at)


def _basis(negotiation: Negotiation) -> tuple[Basis | None, Policy | None, datetime | None]:
    ours = [each.offer for each in negotiation.earlier if each.by is negotiation.role]
    theirs = [each.offer for each in negotiation.earlier if each.by is not negotiation.role]
    if negotiation.role is Role.PROVIDER:
        named = (*theirs, negotiation.offer)[0].get("@id")
        row = OfferRow.objects.filter(pk=named, dataset=negotiation.dataset).first()
        if row is not None:
            return Basis.PUBLISHED, row.terms, row.withdrawn_at
    if ours and negotiation.proposed_by is not negotiation.role:
        return Basis.OURS, ours[-1], None
    if theirs:
        return Basis.THEIRS, theirs[-1], None
    return (None if negotiation.published is None else Basis.PUBLISHED), negotiation.published, None


def _line(act: audit.Act) -> Line:
    def word(name: str) -> str | None:
        found = act.facts.get(name)
        return found if isinstance(found, str) else None

    attempts = act.facts.get("attempts")
    return Line(
        at=act.at,
        action=act.action,
        actor=act.actor,
        code=word("code"),
        message=word("message"),
        untaken=word("untaken") or "",
        attempts=attempts if isinstance(attempts, int) else None,
    )
