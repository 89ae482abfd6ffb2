"""Negotiations: what is asked for beside what is offered, and the member's decision."""

from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import DatasetId, NegotiationId
from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.web import forms
from renkei.web.request import PortalRequest
from renkei.web.session import check_may_decide, signed_in
from renkei.web.templatetags.portal import page_address
from renkei.web.views import listing


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of terms, and whether the other side's terms say it too."""

    text: Text
    differs: bool


@require_safe
@signed_in
def negotiations(request: PortalRequest) -> HttpResponse:
    """List negotiations, those that wait for a decision first."""
    found = exchange.negotiations(org=listing.own(request), limit=listing.MOST)
    return listing.show(
        request,
        "negotiations",
        section="negotiations",
        page=listing.page(request, sorted(found, key=lambda each: not each.decision_due)),
        owners=listing.owners(request),
        titles=listing.titles(request),
    )


@require_safe
@signed_in
def negotiation(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Show one negotiation with both sides' terms."""
    return _page(request, negotiation_id)


@require_POST
@signed_in
def agree(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Agree to what is asked for, or as the consumer accept what was offered."""
    check_may_decide(request.caller)
    found = exchange.negotiation(NegotiationId(negotiation_id), org=listing.meant(request))
    act = exchange.agree if found.role is exchange.Role.PROVIDER else exchange.accept_offer
    act(org=found.org, negotiation=found.id, actor=request.caller.actor, now=utc_now())
    return _back(request, found)


@require_POST
@signed_in
def refuse(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Refuse what is asked for, with a reason that the other side reads."""
    check_may_decide(request.caller)
    form = forms.Refuse(request.POST)
    if not form.is_valid():
        return _page(request, negotiation_id, reason=request.POST.get("reason", ""), reason_missing=True)
    found = exchange.negotiation(NegotiationId(negotiation_id), org=listing.meant(request))
    act = exchange.refuse if found.role is exchange.Role.PROVIDER else exchange.terminate_negotiation
    reason = form.cleaned_data["reason"]
    act(org=found.org, negotiation=found.id, reason=reason, actor=request.caller.actor, now=utc_now())
    return _back(request, found)


def compare(
    requested: exchange.Policy, offered: exchange.Policy | None
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Say both sides' terms, marking the sentences that only one of them has; the second is empty where no offer is known."""
    asked, given = listing.sentences(requested), listing.sentences(offered) if offered else ()
    return (
        tuple(Line(text=each, differs=bool(given) and each not in given) for each in asked),
        tuple(Line(text=each, differs=each not in asked) for each in given),
    )


def _page(
    request: PortalRequest, number: str, *, reason: str = "", reason_missing: bool = False
) -> HttpResponse:
    found = exchange.negotiation(NegotiationId(number), org=listing.meant(request))
    dataset = _own_dataset(found)
    offer = _offer_behind(found, dataset)
    requested, offered = compare(found.offer, offer.terms if offer else None)
    return listing.show(
        request,
        "negotiation",
        section="negotiations",
        status=400 if reason_missing else 200,
        negotiation=found,
        dataset=dataset,
        titles={dataset.id: dataset.title} if dataset else {},
        offer=offer,
        requested=requested,
        offered=offered,
        differs=any(line.differs for line in (*requested, *offered)),
        may_decide=parties.Scope.PUBLISH in request.caller.scopes,
        reason=reason,
        reason_missing=reason_missing,
    )


def _own_dataset(negotiation: exchange.Negotiation) -> exchange.Dataset | None:
    if negotiation.role is exchange.Role.CONSUMER:
        return None
    try:
        return exchange.dataset(DatasetId(negotiation.dataset))
    except Refusal as refusal:
        if refusal.kind is not Kind.MISSING:
            raise
        return None


def _offer_behind(
    negotiation: exchange.Negotiation, dataset: exchange.Dataset | None
) -> exchange.Offer | None:
    if dataset is None:
        return None
    offers = exchange.offers(dataset=dataset.id)
    return next((each for each in offers if each.id == negotiation.offer.get("@id")), None)


def _back(request: PortalRequest, found: exchange.Negotiation) -> HttpResponseRedirect:
    return redirect(page_address(request, "negotiation", found.id, found.org))
