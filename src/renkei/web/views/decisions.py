"""What a member does in a negotiation from its page: each act exactly where its state and role allow it."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import Actor, NegotiationId
from renkei.kernel.refusals import Refusal
from renkei.web import forms
from renkei.web.errors import TermsUnchanged, TermsUnreadable
from renkei.web.request import PortalRequest
from renkei.web.session import check_may_decide, signed_in
from renkei.web.templatetags.portal import page_address
from renkei.web.views import listing, processes
from renkei.web.views.negotiations import Slip, bare, show


@require_POST
@signed_in
def agree(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Agree to what is asked for or was accepted, or as the consumer accept what was offered."""
    found = _found(request, negotiation_id)
    provider = found.role is exchange.Role.PROVIDER
    return _step(request, found, exchange.agree if provider else exchange.accept_offer)


@require_POST
@signed_in
def verify(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Confirm that the agreement which came is the one that was meant."""
    return _step(request, _found(request, negotiation_id), exchange.verify_agreement)


@require_POST
@signed_in
def finalize(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Put the agreement that the consumer verified into force."""
    return _step(request, _found(request, negotiation_id), exchange.finalize)


@require_POST
@signed_in
def refuse(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Refuse or break off, with a reason that the other side reads."""
    check_may_decide(request.caller)
    form = forms.Refuse(request.POST)
    if not form.is_valid():
        return show(request, negotiation_id, Slip(reason=request.POST.get("reason", ""), reason_missing=True))
    found = _found(request, negotiation_id)
    exchange.terminate_negotiation(
        org=found.org,
        negotiation=found.id,
        reason=form.cleaned_data["reason"],
        actor=request.caller.actor,
        now=utc_now(),
    )
    return _back(request, found)


@require_POST
@signed_in
def counter(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Answer with other terms; what is wrong with them is said on the page, beside what was written."""
    found = _found(request, negotiation_id)
    form = forms.Counter(request.POST)
    written = request.POST.get("terms", "")
    try:
        terms = _other_terms(form.cleaned_data["terms"] if form.is_valid() else "", than=found.offer)
        _send_counter(found, terms, actor=request.caller.actor)
    except Refusal as refusal:
        if not {exchange.NegotiationMessage.OFFER, exchange.NegotiationMessage.REQUEST} & set(found.may):
            raise  # the form is no longer on the page
        return show(request, negotiation_id, Slip(terms=written, trouble=refusal))
    return _back(request, found)


@require_POST
@signed_in
def retry(request: PortalRequest, *, negotiation_id: str) -> HttpResponse:
    """Have the message that waits tried at once."""
    found = _found(request, negotiation_id)
    processes.retry(request, found)
    return _back(request, found)


def _step(
    request: PortalRequest, found: exchange.Negotiation, act: Callable[..., exchange.Negotiation]
) -> HttpResponseRedirect:
    act(org=found.org, negotiation=found.id, actor=request.caller.actor, now=utc_now())
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


def _found(request: PortalRequest, number: str) -> exchange.Negotiation:
    """Return the negotiation to somebody who may decide on it. Raises DecisionDenied, exchange.negotiation-missing."""
    check_may_decide(request.caller)
    return exchange.negotiation(NegotiationId(number), org=listing.meant(request))


def _back(request: PortalRequest, found: exchange.Negotiation) -> HttpResponseRedirect:
    return redirect(page_address(request, "negotiation", found.id, found.org))
