"""What the pages of lists share: whose things they show, in pages of fifty, with names instead of ids."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render

from renkei.exchange import api as exchange
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.web.request import PortalRequest

ON_A_PAGE = 50


def own(request: PortalRequest) -> OrgId | None:
    """Return whose things the caller sees; None for the operator, who sees everyone's."""
    return request.caller.org.id if request.caller.org else None


def meant(request: PortalRequest) -> OrgId | None:
    """Return whose copy of a thing is asked for: the caller's own, or what the operator's link names, if anyone."""
    return own(request) or OrgId(request.GET.get("org", "")) or None


def sentences(policy: exchange.Policy) -> tuple[Text, ...]:
    """Say terms in words; terms that this node cannot evaluate (a peer may hold such) are said to be so."""
    try:
        return exchange.describe_terms(policy)
    except Refusal as refusal:
        return (Text(ja=refusal.said("ja"), en=refusal.said("en")),)


def owners(request: PortalRequest) -> Mapping[str, parties.Organisation]:
    """Return the organisations whose things may be shown, by id."""
    shown = (request.caller.org,) if request.caller.org else parties.organisations()
    return {organisation.id: organisation for organisation in shown}


def titles(request: PortalRequest) -> Mapping[str, Text]:
    """Return the titles of the datasets that the caller may see, by id."""
    return {dataset.id: dataset.title for dataset in exchange.datasets(own(request))}


def page(request: PortalRequest, things: Sequence[Any]) -> "Page[Any]":
    """Return the page of a list that `?page=` names; the nearest one where there is none such."""
    return Paginator(things, ON_A_PAGE).get_page(request.GET.get("page"))


def after(request: PortalRequest) -> str | None:
    """Return where the part of a long list begins that is asked for; None for the first."""
    return request.GET.get("after") or None


def show(
    request: PortalRequest, template: str, *, section: str, status: int = 200, **facts: Any
) -> HttpResponse:
    """Render a page under its entry of the menu."""
    return render(request, f"web/{template}.html", {"section": section, **facts}, status=status)
