"""One transfer: what it waits for, what was said, and what a member does about it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import TransferId
from renkei.web import forms
from renkei.web.request import PortalRequest
from renkei.web.session import check_may_decide, signed_in
from renkei.web.templatetags.portal import page_address
from renkei.web.views import listing, processes


@require_safe
@signed_in
def transfer(request: PortalRequest, *, transfer_id: str) -> HttpResponse:
    """Show one transfer."""
    return _show(request, transfer_id)


@require_POST
@signed_in
def start(request: PortalRequest, *, transfer_id: str) -> HttpResponse:
    """Start by hand what was requested, or let a suspended transfer go on."""
    found = _found(request, transfer_id)
    resumes = found.state is exchange.TransferState.SUSPENDED
    return _act(request, found, exchange.resume_transfer if resumes else exchange.start_transfer)


@require_POST
@signed_in
def complete(request: PortalRequest, *, transfer_id: str) -> HttpResponse:
    """Say that everything was read."""
    return _act(request, _found(request, transfer_id), exchange.complete_transfer)


@require_POST
@signed_in
def suspend(request: PortalRequest, *, transfer_id: str) -> HttpResponse:
    """Stop the reading for a while, with a reason that the other side reads."""
    return _with_reason(request, transfer_id, exchange.suspend_transfer, form="suspend")


@require_POST
@signed_in
def terminate(request: PortalRequest, *, transfer_id: str) -> HttpResponse:
    """End the transfer, with a reason that the other side reads."""
    return _with_reason(request, transfer_id, exchange.terminate_transfer, form="terminate")


@require_POST
@signed_in
def retry(request: PortalRequest, *, transfer_id: str) -> HttpResponse:
    """Have the message that waits tried at once."""
    found = _found(request, transfer_id)
    processes.retry(request, found)
    return _back(request, found)


def _show(request: PortalRequest, number: str, *, reason: str = "", without_reason: str = "") -> HttpResponse:
    found = exchange.transfer(TransferId(number), org=listing.meant(request))
    return listing.show(
        request,
        "transfer",
        section="transfers",
        status=400 if without_reason else 200,
        transfer=found,
        titles=listing.titles(request),
        reason=reason,
        without_reason=without_reason,
        deliveries=exchange.deliveries(found.id, org=found.org),
        expects=found.role is exchange.Role.CONSUMER and found.format == exchange.HTTP_PUSH,
        **processes.facts(request, found),
    )


def _with_reason(
    request: PortalRequest, number: str, act: Callable[..., exchange.Transfer], *, form: str
) -> HttpResponse:
    found, given = _found(request, number), forms.Refuse(request.POST)
    if not given.is_valid():
        return _show(request, number, reason=request.POST.get("reason", ""), without_reason=form)
    return _act(request, found, act, reason=given.cleaned_data["reason"])


def _act(
    request: PortalRequest, found: exchange.Transfer, act: Callable[..., exchange.Transfer], **said: Any
) -> HttpResponseRedirect:
    act(org=found.org, transfer=found.id, actor=request.caller.actor, now=utc_now(), **said)
    return _back(request, found)


def _found(request: PortalRequest, number: str) -> exchange.Transfer:
    """Return the transfer to somebody who may decide on it. Raises DecisionDenied, exchange.transfer-missing."""
    check_may_decide(request.caller)
    return exchange.transfer(TransferId(number), org=listing.meant(request))


def _back(request: PortalRequest, found: exchange.Transfer) -> HttpResponseRedirect:
    return redirect(page_address(request, "transfer", found.id, found.org))
