"""Agreements: their terms, where they stand, what was transferred under them, and how to end one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import AgreementId
from renkei.parties import api as parties
from renkei.web import forms
from renkei.web.request import PortalRequest
from renkei.web.session import check_may_decide, signed_in
from renkei.web.templatetags.portal import page_address
from renkei.web.views import listing


@require_safe
@signed_in
def agreements(request: PortalRequest) -> HttpResponse:
    """List agreements."""
    return listing.show(
        request,
        "agreements",
        section="agreements",
        page=exchange.agreements(
            org=listing.own(request), after=listing.after(request), limit=listing.ON_A_PAGE
        ),
        owners=listing.owners(request),
        titles=listing.titles(request),
    )


@require_safe
@signed_in
def agreement(request: PortalRequest, *, agreement_id: str) -> HttpResponse:
    """Show one agreement."""
    return _page(request, agreement_id)


@require_POST
@signed_in
def end(request: PortalRequest, *, agreement_id: str) -> HttpResponse:
    """End an agreement and its transfers, with a reason that the other side reads."""
    check_may_decide(request.caller)
    form = forms.Refuse(request.POST)
    if not form.is_valid():
        return _page(request, agreement_id, reason=request.POST.get("reason", ""), reason_missing=True)
    found = exchange.agreement(AgreementId(agreement_id), org=listing.meant(request))
    exchange.end_agreement(
        org=found.org,
        agreement=found.id,
        reason=form.cleaned_data["reason"],
        actor=request.caller.actor,
        now=utc_now(),
    )
    return redirect(page_address(request, "agreement", found.id, found.org))


@require_POST
@signed_in
def fulfil(request: PortalRequest, *, agreement_id: str, number: int) -> HttpResponse:
    """State that a duty is fulfilled, which the other side is told."""
    check_may_decide(request.caller)
    form = forms.Fulfil(request.POST)
    if not form.is_valid():
        return _page(request, agreement_id, unsaid=number)
    found = exchange.agreement(AgreementId(agreement_id), org=listing.meant(request))
    exchange.fulfil_duty(
        org=found.org,
        agreement=found.id,
        number=number,
        statement=form.cleaned_data["statement"],
        evidence=form.cleaned_data["evidence"] or None,
        actor=request.caller.actor,
        now=utc_now(),
    )
    return redirect(page_address(request, "agreement", found.id, found.org))


def _may_state(owed: exchange.OwedDuty) -> bool:
    """Tell whether there is something for this side to state; to delete, as often as something was read."""
    if owed.role is exchange.Role.CONSUMER:
        return owed.fulfilled_at is None or owed.action == "delete"
    return owed.fulfilled_at is None and owed.action == "compensate"


def _owed(found: exchange.Agreement) -> list[dict[str, Any]]:
    """Return the duties, each with how it stands and whether it is for this side to state that it is fulfilled."""
    now = utc_now()
    return [
        {
            "duty": each,
            "state": each.state(now),
            "ours": _may_state(each),
        }
        for each in exchange.duties(found.id, org=found.org)
    ]


def _page(
    request: PortalRequest,
    number: str,
    *,
    reason: str = "",
    reason_missing: bool = False,
    unsaid: int | None = None,
) -> HttpResponse:
    found = exchange.agreement(AgreementId(number), org=listing.meant(request))
    titles = listing.titles(request)
    own = found.dataset in titles
    may_end = found.ended_at is None and found.in_force_at is not None
    return listing.show(
        request,
        "agreement",
        section="agreements",
        status=400 if reason_missing or unsaid is not None else 200,
        agreement=found,
        titles=titles,
        dataset={"id": found.dataset, "title": titles[found.dataset]} if own else None,
        sentences=listing.sentences(found.terms),
        transfers=exchange.transfers(
            org=found.org, agreement=found.id, after=listing.after(request), limit=listing.ON_A_PAGE
        ),
        owners=listing.owners(request),
        owed=_owed(found),
        uses=exchange.uses(found, now=utc_now()),
        unsaid=unsaid,
        may_fulfil=parties.Scope.PUBLISH in request.caller.scopes,
        may_end=may_end and parties.Scope.PUBLISH in request.caller.scopes,
        reason=reason,
        reason_missing=reason_missing,
    )
