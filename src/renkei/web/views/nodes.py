"""Known nodes: whose catalogues are crawled, how that goes, and the operator's acts."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from renkei.federation import api as federation
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties
from renkei.servers.catalogues import DspCatalogues
from renkei.servers.door import STATUS
from renkei.web import forms
from renkei.web.errors import OperatorNeeded
from renkei.web.request import PortalRequest
from renkei.web.session import signed_in
from renkei.web.views import listing
from renkei.web.views.finding import viewer


@require_safe
@signed_in
def nodes(request: PortalRequest) -> HttpResponse:
    """List the known nodes; the operator finds the form to add one below."""
    return _page(request)


@require_POST
@signed_in
def add(request: PortalRequest) -> HttpResponse:
    """Add a node, once its identity has been proven; what goes wrong is said beside the form."""
    _check_operator(request)
    form = forms.AddNode(request.POST)
    written = {name: request.POST.get(name, "") for name in ("address", "org")}
    if not form.is_valid():
        return _page(request, status=400, written=written, incomplete=True)
    try:
        federation.add_node(
            found=DspCatalogues().find(form.cleaned_data["address"].strip()),
            org=OrgId(form.cleaned_data["org"]),
            shared=not form.cleaned_data["private"],
            actor=request.caller.actor,
            now=utc_now(),
        )
    except Refusal as refusal:
        return _page(
            request, status=STATUS[refusal.kind], written=written, trouble=refusal.said(request.lang)
        )
    return redirect("nodes")


@require_POST
@signed_in
def crawl(request: PortalRequest, *, node: str) -> HttpResponse:
    """Have a node crawled soon."""
    _check_operator(request)
    federation.ask_soon(node=federation.NodeId(node), actor=request.caller.actor, now=utc_now())
    return redirect("nodes")


@require_POST
@signed_in
def remove(request: PortalRequest, *, node: str) -> HttpResponse:
    """Remove a node and what was found there."""
    _check_operator(request)
    federation.remove_node(node=federation.NodeId(node), actor=request.caller.actor, now=utc_now())
    return redirect("nodes")


def _check_operator(request: PortalRequest) -> None:
    if request.caller.org is not None:
        raise OperatorNeeded


def _page(
    request: PortalRequest,
    *,
    status: int = 200,
    written: dict[str, str] | None = None,
    incomplete: bool = False,
    trouble: str = "",
) -> HttpResponse:
    return listing.show(
        request,
        "nodes",
        section="nodes",
        status=status,
        nodes=federation.nodes(viewer(request), now=utc_now()),
        owners=listing.owners(request),
        organisations=parties.organisations() if request.caller.org is None else (),
        current=federation.Standing.CURRENT,
        stale=federation.Standing.STALE,
        written=written or {},
        incomplete=incomplete,
        trouble=trouble,
    )
