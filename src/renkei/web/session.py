"""Who is signed in: a session that names a token, which is looked at again on every request."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token

from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties
from renkei.web.errors import DecisionDenied, PageMissing, SignInNeeded, TokenTooNarrow, TooManyAttempts
from renkei.web.models import FailedSignIn
from renkei.web.request import PortalRequest

TOKEN = "token"  # noqa: S105  the name of a session's field
ATTEMPTS = 10
WINDOW = timedelta(minutes=15)

P = ParamSpec("P")


def sign_in(request: HttpRequest, *, secret: str, now: datetime) -> parties.Caller:
    """Begin a new session for whoever stands behind a token.

    Raises TooManyAttempts after ten wrong tokens from one address in a quarter of an hour, what `parties.caller`
    raises for a wrong token, and TokenTooNarrow for one that is only for machines.
    """
    address = request.META.get("REMOTE_ADDR", "")[:64]
    _check_attempts(address, now=now)
    try:
        caller = parties.caller(secret.strip(), now=now)
        _check_for_people(caller)
    except Refusal:
        FailedSignIn.objects.create(address=address, at=now)
        raise
    request.session.flush()  # a session that an attacker planted before is not the one that is signed in
    rotate_token(request)
    request.session[TOKEN] = caller.token_id
    return caller


def sign_out(request: HttpRequest) -> None:
    """End the session."""
    request.session.flush()


def signed_in(view: Callable[Concatenate[PortalRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view be reached only by those whose token is still good; sets `request.caller`."""

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
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


def _check_attempts(address: str, *, now: datetime) -> None:
    FailedSignIn.objects.filter(at__lt=now - WINDOW).delete()
    if FailedSignIn.objects.filter(address=address).count() >= ATTEMPTS:
        raise TooManyAttempts(count=ATTEMPTS, minutes=WINDOW.seconds // 60)
