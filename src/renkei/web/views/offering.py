"""What an owner does before and after it offers: writes terms, tries them on its table, offers, compares, withdraws."""

import threading
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from renkei.exchange import api as exchange
from renkei.federation import api as federation
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import DatasetId, OfferId, ParticipantId
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.privacy import api as privacy
from renkei.web import wishes as form
from renkei.web.errors import OwnerNeeded, SimulationBusy
from renkei.web.request import PortalRequest
from renkei.web.session import check_may_decide, check_own, signed_in
from renkei.web.views import listing

_AT_ONCE = threading.BoundedSemaphore(2)
"""Simulations of one process at a time: each may use as much memory as a release."""
_CELLS = (*(f"jis-mesh:{level}" for level in (1, 2, 3)), *(f"h3:{level}" for level in range(16)))
_HANDLINGS = ("decide", "automatic", "by-hand")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def write(request: PortalRequest, *, dataset_id: str) -> HttpResponse:
    """Show the form of terms; say, simulate or offer what it says."""
    found = _owned(request, dataset_id)
    if request.method != "POST":
        return _begin(request, found)
    wishes = form.read_form(request.POST, columns=_names(found))
    act = request.POST.get("act", "say")
    try:
        terms = exchange.write_terms(wishes)
        if act == "offer":
            return _offer(request, found, terms)
        facts = _simulated(request, found, terms) if act == "simulate" else {}
        sentences = exchange.describe_terms(terms)
    except Refusal as refusal:
        return _page(request, found, wishes, status=400, trouble=refusal)
    return _page(request, found, wishes, terms=terms, sentences=sentences, **facts)


@require_POST
@signed_in
def withdraw(request: PortalRequest, *, dataset_id: str, offer_id: str) -> HttpResponse:
    """Take an offer out of the catalogue."""
    found = _owned(request, dataset_id)
    offer = exchange.known_offer(OfferId(offer_id), owner=found.owner)
    exchange.withdraw_offer(offer=offer.id, actor=request.caller.actor, now=utc_now())
    return redirect("dataset", dataset_id=found.id)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def compare(request: PortalRequest, *, dataset_id: str) -> HttpResponse:
    """Lay two standing offers side by side; posted, also what each would let leave."""
    found = _seen(request, dataset_id)
    asked = request.POST if request.method == "POST" else request.GET
    offers = [each for each in exchange.offers(dataset=found.id) if each.withdrawn_at is None]
    chosen = [
        next((each for each in offers if each.id == asked.get(name)), None) for name in ("one", "other")
    ]
    one, other = chosen if all(chosen) else (None, None)
    facts: dict[str, Any] = {}
    if one and other:
        facts["comparison"] = exchange.compare_terms(one.terms, before=other.terms)
        if request.method == "POST":
            found = _owned(request, dataset_id)
            facts["released"] = [_simulate(found, each.terms).preview for each in (one, other)]
    return listing.show(
        request,
        "compare",
        section="datasets",
        dataset=found,
        offers=offers,
        one=one,
        beside=other,
        may_simulate=_is_owner(request, found),
        **facts,
    )


@require_safe
@signed_in
def audience(request: PortalRequest, *, dataset_id: str) -> HttpResponse:
    """Show which offers each known participant is shown, and what it would meet if it agreed now."""
    found, now = _seen(request, dataset_id), utc_now()
    org = request.caller.org
    viewer = federation.Viewer(org.id, org.participant) if org else None
    known = federation.nodes(viewer, now=now)
    part = exchange.audience(
        owner=found.owner,
        dataset=found.id,
        others=[exchange.Prospect(each.participant, each.name) for each in known],
        now=now,
        after=listing.after(request),
    )
    return listing.show(request, "audience", section="datasets", dataset=found, part=part)


def _begin(request: PortalRequest, found: exchange.Dataset) -> HttpResponse:
    """Show the form empty, or filled in from a template or an offer."""
    untold: tuple[Text, ...] = ()
    wishes, status, trouble = exchange.Wishes(), 200, None
    try:
        if name := request.GET.get("template"):
            wishes = exchange.template_wishes(name, dataset=found.id)
        elif number := request.GET.get("from"):
            read = exchange.read_back(exchange.known_offer(OfferId(number), owner=found.owner).terms)
            wishes, untold = read.wishes, read.untold
    except Refusal as refusal:
        status, trouble = 400, refusal
    return _page(request, found, wishes, status=status, trouble=trouble, untold=untold)


def _page(
    request: PortalRequest,
    found: exchange.Dataset,
    wishes: exchange.Wishes,
    *,
    status: int = 200,
    trouble: Refusal | None = None,
    **facts: Any,
) -> HttpResponse:
    names = _names(found)
    said = form.shown(wishes, columns=names, purposes=exchange.PURPOSES)
    handling = request.POST.get("handling", _HANDLINGS[0])
    return listing.show(
        request,
        "offering",
        section="datasets",
        status=status,
        dataset=found,
        trouble=trouble and trouble.said(request.lang),
        wrong=trouble and form.FIELD_OF.get(str(trouble.facts.get("operand", ""))),
        templates=exchange.TEMPLATES,
        begun_from=request.GET.get("template", ""),
        purposes=exchange.PURPOSES,
        names=names,
        cells=_CELLS,
        steps=tuple(privacy.TimeStep),
        deliveries=tuple(privacy.Delivery),
        masks=tuple(privacy.MaskKind),
        forbiddable=form.FORBIDDABLE,
        spans=form.SPANS,
        handling=handling if handling in _HANDLINGS else _HANDLINGS[0],
        asker=request.POST.get("asker", "")[:500],
        asker_purpose=request.POST.get("asker_purpose", "")[:200],
        **said,
        **facts,
    )


def _offer(request: PortalRequest, found: exchange.Dataset, terms: exchange.Policy) -> HttpResponse:
    handling = request.POST.get("handling")
    exchange.offer(
        dataset=found.id,
        terms=terms,
        automatic=handling == "automatic",
        by_hand=handling == "by-hand",
        actor=request.caller.actor,
        now=utc_now(),
    )
    return redirect("dataset", dataset_id=found.id)


def _simulated(request: PortalRequest, found: exchange.Dataset, terms: exchange.Policy) -> dict[str, Any]:
    asker = request.POST.get("asker", "").strip()
    purpose = request.POST.get("asker_purpose", "").strip() or None
    simulation = _simulate(found, terms, asker=asker, purpose=purpose)
    return {"simulation": simulation, "in_place": simulation.delivery is privacy.Delivery.IN_PLACE}


def _simulate(
    found: exchange.Dataset, terms: exchange.Policy, *, asker: str = "", purpose: str | None = None
) -> exchange.Simulation:
    """Simulate terms, a few at a time. Raises SimulationBusy and what the exchange raises."""
    if not _AT_ONCE.acquire(blocking=False):
        raise SimulationBusy
    try:
        return exchange.simulate(
            owner=found.owner,
            dataset=found.id,
            terms=terms,
            participant=ParticipantId(asker) if asker else None,
            purpose=purpose,
            now=utc_now(),
        )
    finally:
        _AT_ONCE.release()


def _seen(request: PortalRequest, dataset_id: str) -> exchange.Dataset:
    found = exchange.dataset(DatasetId(dataset_id))
    check_own(request.caller, found.owner)
    return found


def _owned(request: PortalRequest, dataset_id: str) -> exchange.Dataset:
    """Return a dataset to a member of its owner who may decide. Raises DecisionDenied, OwnerNeeded, PageMissing."""
    found = _seen(request, dataset_id)
    if request.caller.org is None:
        raise OwnerNeeded
    check_may_decide(request.caller)
    return found


def _is_owner(request: PortalRequest, found: exchange.Dataset) -> bool:
    return request.caller.org is not None and request.caller.org.id == found.owner


def _names(found: exchange.Dataset) -> Sequence[str]:
    return [column.name for column in found.classes]
