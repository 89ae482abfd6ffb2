"""Who is signed in: a session that names a token, which is looked at again on every request."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import rotate_token

from renkei.audit import api as audit
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties
from renkei.web import attempts
from renkei.web.errors import DecisionDenied, PageMissing, SignInNeeded, TokenTooNarrow
from renkei.web.request import PortalRequest

TOKEN = "token"  # noqa: S105  the name of a session's field

P = ParamSpec("P")


def sign_in(request: HttpRequest, *, secret: str, now: datetime) -> parties.Caller:
    """Begin a new session for whoever stands behind a token.

    Raises TooManyAttempts after ten wrong tokens from one address in a quarter of an hour, what `parties.caller`
    raises for a wrong token, and TokenTooNarrow for one that is only for machines.
    """
    address = attempts.network_of(request.META.get("REMOTE_ADDR", ""))
    attempts.check(address, now=now)
    try:
        caller = parties.caller(secret.strip(), now=now)
        _check_for_people(caller)
    except Refusal:
        attempts.note(address, now=now)
        raise
    _record("signed-in", caller, now=now)
    request.session.flush()  # a session that an attacker planted before is not the one that is signed in
    rotate_token(request)
    request.session[TOKEN] = caller.token_id
    return caller


def sign_out(request: HttpRequest, *, now: datetime) -> None:
    """End the session, whether or not its token is still good."""
    with suppress(SignInNeeded):
        _record("signed-out", caller_of(request, now=now), now=now)
    request.session.flush()


def forget_old_sessions(*, now: datetime) -> int:
    """Remove the sessions whose time is over; return how many."""
    forgotten, _ = Session.objects.filter(expire_date__lt=now).delete()
    return forgotten


def signed_in(
    view: Callable[Concatenate[PortalRequest, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Let a view be reached only by those whose token is still good; sets `request.caller`."""

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        asked = cast("PortalRequest", request)
        asked.caller = caller_of(request, now=utc_now())
        return view(asked, *args, **kwargs)

    return checked


def caller_of(request: HttpRequest, *, now: datetime) -> parties.Caller:
    """Return who is signed in. Raises SignInNeeded when nobody is, or the token has been revoked or has expired."""
    token_id = request.session.get(TOKEN)
    if token_id is None:
        raise SignInNeeded
    try:
        return parties.caller_of_token(token_id, now=now)
    except Refusal:
        request.session.flush()
        raise SignInNeeded from None


def check_may_decide(caller: parties.Caller) -> None:
    """Refuse an act to whoever may only look. Raises DecisionDenied."""
    if parties.Scope.PUBLISH not in caller.scopes:
        raise DecisionDenied


def check_own(caller: parties.Caller, owner: OrgId) -> None:
    """Refuse what belongs to somebody else as if it did not exist; the operator sees all. Raises PageMissing."""
    if caller.org is not None and caller.org.id != owner:
        raise PageMissing


def _check_for_people(caller: parties.Caller) -> None:
    if not caller.scopes & {parties.Scope.EXCHANGE, parties.Scope.PUBLISH}:
        raise TokenTooNarrow


@transaction.atomic
def _record(action: str, caller: parties.Caller, *, now: datetime) -> None:
    audit.record(
        f"web.{action}",
        actor=caller.actor,
        subject=caller.token_id,
        at=now,
        concerns=(caller.org.participant,) if caller.org else (),
    )
