"""Finding data: the search over all known catalogues, and asking for what was found."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.servers.door import STATUS
from renkei.web import forms
from renkei.web.errors import MemberNeeded, PageMissing
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.templatetags.portal import page_address
from renkei.web.views import listing


@require_safe
@signed_in
def find(request: PortalRequest) -> HttpResponse:
    """Search; a question that cannot be read is said to be so above the form, which keeps it."""
    asked = {name: request.GET.get(name, "") for name in federation.QUERY_PARTS}
    trouble: Refusal | None = None
    page: exchange.Slice[federation.Entry] = exchange.Slice()
    try:
        page = federation.search(
            federation.read_query(asked),
            viewer=viewer(request),
            now=utc_now(),
            after=listing.after(request),
            limit=listing.ON_A_PAGE,
        )
    except Refusal as refusal:
        trouble = refusal
    return listing.show(
        request,
        "find",
        section="find",
        status=STATUS[trouble.kind] if trouble else 200,
        asked=asked,
        narrowed=any(asked[name] for name in federation.QUERY_PARTS if name != "text"),
        page=page,
        trouble=trouble.said(request.lang) if trouble else "",
    )


@require_safe
@signed_in
def entry(request: PortalRequest, *, entry: int) -> HttpResponse:
    """Show one dataset that was found, with the offers that are made to the reader."""
    return _page(request, federation.entry(entry, viewer=viewer(request), now=utc_now()))


@require_POST
@signed_in
def ask(request: PortalRequest, *, entry: int) -> HttpResponse:
    """Ask the provider for the dataset under one of its offers: a negotiation begins."""
    org = request.caller.org
    if org is None:
        raise MemberNeeded
    parties.check_scope(request.caller, parties.Scope.EXCHANGE)
    found = federation.entry(entry, viewer=viewer(request), now=utc_now())
    form = forms.AskFor(request.POST)
    if not form.is_valid():
        raise PageMissing
    policy = next(
        (
            offer.policy
            for offer in found.described.offers
            if offer.policy.get("@id") == form.cleaned_data["offer"]
        ),
        None,
    )
    if policy is None or found.standing is federation.Standing.WITHDRAWN:
        raise PageMissing
    purpose = form.cleaned_data["purpose"] or None
    try:
        begun = exchange.request_negotiation(
            org=org.id,
            provider=found.participant,
            address=found.base,
            dataset=found.described.dataset,
            offer=dict(policy),
            purpose=purpose,
            actor=request.caller.actor,
            now=utc_now(),
        )
    except Refusal as refusal:
        return _page(request, found, trouble=refusal, offer=form.cleaned_data["offer"], purpose=purpose or "")
    return redirect(page_address(request, "negotiation", begun.id, begun.org))


def viewer(request: PortalRequest) -> federation.Viewer | None:
    """Return the member as the one who searches; None for the operator, who finds everything."""
    org = request.caller.org
    return None if org is None else federation.Viewer(org=org.id, participant=org.participant)


def _page(
    request: PortalRequest,
    found: federation.Entry,
    *,
    trouble: Refusal | None = None,
    offer: str = "",
    purpose: str = "",
) -> HttpResponse:
    may_ask = (
        request.caller.org is not None
        and parties.Scope.EXCHANGE in request.caller.scopes
        and found.standing is not federation.Standing.WITHDRAWN
    )
    return listing.show(
        request,
        "found",
        section="find",
        status=STATUS[trouble.kind] if trouble else 200,
        entry=found,
        said=found.described,
        offers=[_line(each.policy) for each in found.described.offers],
        may_ask=may_ask
        and request.caller.org is not None
        and request.caller.org.participant != found.participant,
        trouble=trouble.said(request.lang) if trouble else "",
        chosen=offer,
        purpose=purpose,
    )


def _line(policy: Mapping[str, Any]) -> tuple[str, exchange.Policy, tuple[Text, ...]]:
    return str(policy.get("@id", "")), dict(policy), listing.sentences(dict(policy))
