"""Negotiations: what is asked for beside what is offered, and the member's decision."""

from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import Actor, DatasetId, NegotiationId
from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers.door import STATUS
from renkei.web import forms
from renkei.web.errors import TermsUnchanged, TermsUnreadable
from renkei.web.request import PortalRequest
from renkei.web.session import check_may_decide, signed_in
from renkei.web.templatetags.portal import page_address, pretty
from renkei.web.views import listing

RULES = ("permission", "prohibition", "obligation")


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of terms, and whether the other side's terms say it too."""

    text: Text
    differs: bool


@require_safe
@signed_in
def negotiations(request: PortalRequest) -> HttpResponse:
    """List negotiations, those that wait for a decision first."""
    org, after = listing.own(request), listing.after(request)
    only_due = "due" in request.GET
    page = exchange.negotiations(org=org, due=only_due, after=after, limit=listing.ON_A_PAGE)
    due: exchange.Slice[exchange.Negotiation] = exchange.Slice()
    if not only_due and after is None:
        due = exchange.negotiations(org=org, due=True, limit=listing.ON_A_PAGE)
    return listing.show(
        request,
        "negotiations",
        section="negotiations",
        shown=(*due, *page),
        page=page,
        more_due=due.next is not None,
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


@require_POST
@signed_in
def counter(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Answer with other terms; what is wrong with them is said on the page, beside what was written."""
    check_may_decide(request.caller)
    found = exchange.negotiation(NegotiationId(negotiation_id), org=listing.meant(request))
    form = forms.Counter(request.POST)
    written = request.POST.get("terms", "")
    try:
        terms = _other_terms(form.cleaned_data["terms"] if form.is_valid() else "", than=found.offer)
        _send_counter(found, terms, actor=request.caller.actor)
    except Refusal as refusal:
        if not found.decision_due:  # the form is no longer on the page
            raise
        return _page(request, negotiation_id, written=written, trouble=refusal)
    return _back(request, found)


def _send_counter(found: exchange.Negotiation, terms: exchange.Policy, *, actor: Actor) -> None:
    org, negotiation, now = found.org, found.id, utc_now()
    if found.role is exchange.Role.PROVIDER:
        exchange.counter(org=org, negotiation=negotiation, terms=terms, actor=actor, now=now)
    else:
        exchange.counter_offer(org=org, negotiation=negotiation, offer=terms, actor=actor, now=now)


def _other_terms(written: str, *, than: exchange.Policy) -> exchange.Policy:
    """Read terms that a person wrote. Raises TermsUnreadable, TermsUnchanged, and what the exchange refuses by name."""
    try:
        terms = msgspec.json.decode(written.encode(errors="replace"), type=dict[str, Any])
    except msgspec.MsgspecError as why:
        raise TermsUnreadable(why=why) from why
    exchange.describe_terms(terms)
    if exchange.terms_digest(terms) == exchange.terms_digest(bare(than)):
        raise TermsUnchanged
    return terms


def bare(offer: exchange.Policy) -> exchange.Policy:
    """Return what an offer says, without its id and whom and what it is about: what a person may change."""
    return {name: offer[name] for name in ("profile", *RULES) if name in offer}


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
    request: PortalRequest,
    number: str,
    *,
    reason: str = "",
    reason_missing: bool = False,
    written: str | None = None,
    trouble: Refusal | None = None,
) -> HttpResponse:
    found = exchange.negotiation(NegotiationId(number), org=listing.meant(request))
    dataset = _own_dataset(found)
    offer = _offer_behind(found, dataset)
    requested, offered = compare(found.offer, offer.terms if offer else None)
    return listing.show(
        request,
        "negotiation",
        section="negotiations",
        status=STATUS[trouble.kind] if trouble else 400 if reason_missing else 200,
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
        written=pretty(bare(found.offer)) if written is None else written,
        trouble=trouble.said(request.lang) if trouble else "",
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
