"""Negotiations: which there are, and one with its terms side by side, what it waits for and what was said in it."""

import msgspec
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import DatasetId, NegotiationId
from renkei.kernel.refusals import Kind, Refusal
from renkei.servers.door import STATUS
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.templatetags.portal import pretty
from renkei.web.views import listing, processes

RULES = ("permission", "prohibition", "obligation")


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wrote into a form that was not taken, and why it was not."""

    reason: str = ""
    reason_missing: bool = False
    terms: str | None = None
    trouble: Refusal | None = None

    @property
    def status(self) -> int:
        """The status of the page that shows it."""
        if self.trouble is not None:
            return STATUS[self.trouble.kind]
        return 400 if self.reason_missing else 200


@require_safe
@signed_in
def negotiations(request: PortalRequest) -> HttpResponse:
    """List negotiations, those that wait for a decision first; or only these, or only what is stuck or fails."""
    org, after = listing.own(request), listing.after(request)
    only_due, only_stuck = "due" in request.GET, "stuck" in request.GET
    page = exchange.negotiations(
        org=org,
        due=None if only_stuck else only_due,
        stuck_at=utc_now() if only_stuck else None,
        after=after,
        limit=listing.ON_A_PAGE,
    )
    due: exchange.Slice[exchange.Negotiation] = exchange.Slice()
    if not only_due and not only_stuck and after is None:
        due = exchange.negotiations(org=org, due=True, limit=listing.ON_A_PAGE)
    return listing.show(
        request,
        "negotiations",
        section="negotiations",
        shown=(*due, *page),
        page=page,
        more_due=due.next is not None,
        chosen="stuck" if only_stuck else "due" if only_due else "all",
        owners=listing.owners(request),
        titles=listing.titles(request),
    )


@require_safe
@signed_in
def negotiation(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Show one negotiation."""
    return show(request, negotiation_id)


def show(request: PortalRequest, number: str, slip: Slip | None = None) -> HttpResponse:
    """Show one negotiation, with what was written into a form that was not taken."""
    found, slip = exchange.negotiation(NegotiationId(number), org=listing.meant(request)), slip or Slip()
    dataset = _own_dataset(found)
    return listing.show(
        request,
        "negotiation",
        section="negotiations",
        status=slip.status,
        negotiation=found,
        dataset=dataset,
        titles={dataset.id: dataset.title} if dataset else {},
        comparison=exchange.compare(found),
        reason=slip.reason,
        reason_missing=slip.reason_missing,
        written=pretty(bare(found.offer)) if slip.terms is None else slip.terms,
        trouble=slip.trouble.said(request.lang) if slip.trouble else "",
        **processes.facts(request, found),
    )


def bare(offer: exchange.Policy) -> exchange.Policy:
    """Return what an offer says, without its id and whom and what it is about: what a person may change."""
    return {name: offer[name] for name in ("profile", *RULES) if name in offer}


def _own_dataset(negotiation: exchange.Negotiation) -> exchange.Dataset | None:
    if negotiation.role is exchange.Role.CONSUMER:
        return None
    try:
        return exchange.dataset(DatasetId(negotiation.dataset))
    except Refusal as refusal:
        if refusal.kind is not Kind.MISSING:
            raise
        return None
