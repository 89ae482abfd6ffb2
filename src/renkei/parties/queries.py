"""Reads of the room, answered with facts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from renkei.kernel.ids import OrgId
from renkei.parties.errors import (
    OrganisationMissing,
    OrganisationNeeded,
    ScopeMissing,
    TokenMissing,
    TokenUnknown,
)
from renkei.parties.models import KeyRow, OrganisationRow, TokenRow, VouchRow
from renkei.parties.rules.standing import standing_of
from renkei.parties.rules.tokens import check_token_in_force, hash_secret, is_secret_of, token_id_in
from renkei.parties.types import Caller, Key, Member, Organisation, Scope, Standing, Token, TokenId, Vouch

REMEMBERED = timedelta(seconds=1)
"""How long a process takes a token that it has verified for verified."""
_MOST_REMEMBERED = 10_000
_lately: dict[str, tuple[datetime, Token, Organisation | None]] = {}
"""By the hash of the secret: when the token was verified, what it is and whose."""


def organisation(org_id: OrgId) -> Organisation:
    """Return one organisation of this node. Raises OrganisationMissing."""
    return _one(OrganisationRow.objects.filter(pk=org_id).first(), org_id).as_fact()


def organisation_by_slug(slug: str) -> Organisation:
    """Return the organisation with this short name. Raises OrganisationMissing."""
    return _one(OrganisationRow.objects.filter(slug=slug).first(), slug).as_fact()


def organisation_by_participant(did: str) -> Organisation | None:
    """Return the organisation of this node that peers know by this id, or None where it is not one of this node."""
    row = OrganisationRow.objects.filter(participant=did).first()
    return None if row is None else row.as_fact()


def organisations() -> tuple[Organisation, ...]:
    """Return the organisations of this node, by short name."""
    return tuple(row.as_fact() for row in OrganisationRow.objects.order_by("slug"))


def tokens(org: OrgId | None) -> tuple[Token, ...]:
    """Return an organisation's tokens, or the operator's where `org` is None, newest first."""
    return tuple(row.as_fact() for row in TokenRow.objects.filter(org_id=org).order_by("-created_at", "id"))


def keys(org: OrgId) -> tuple[Key, ...]:
    """Return an organisation's signing keys, newest first, also those that have left its document."""
    return tuple(row.as_fact() for row in KeyRow.objects.filter(org=org).order_by("-created_at", "name"))


def standing(participant: str, *, now: datetime) -> Standing:
    """Return the bodies that a participant is known to belong to and the places where it is known to be; one query.

    Today that is what an operator has vouched for. Credentials that a participant presents (DCP 1.0.1) are another way
    to know the same, and belong behind this function, so that whoever decides need not care how it is known.
    """
    return standings([participant], now=now)[participant]


def standings(participants: Sequence[str], *, now: datetime) -> dict[str, Standing]:
    """Return the standing of each of these participants; one query."""
    rows = VouchRow.objects.filter(participant__in=participants, revoked_at__isnull=True)
    held: dict[str, list[Vouch]] = {participant: [] for participant in participants}
    for row in rows:
        held[row.participant].append(row.as_fact())
    return {participant: standing_of(vouches, now=now) for participant, vouches in held.items()}


def vouched(participant: str | None = None) -> tuple[Vouch, ...]:
    """Return what was entered about a participant, or about all, the newest first, also what no longer holds."""
    rows = VouchRow.objects.all() if participant is None else VouchRow.objects.filter(participant=participant)
    return tuple(row.as_fact() for row in rows.order_by("-entered_at", "-id"))


def caller(secret: str, *, scope: Scope | None = None, now: datetime) -> Caller:
    """Tell who stands behind a token's secret: a Member, or the operator.

    `scope` is what the caller is about to do; None asks for none in particular. Raises TokenUnknown, whichever part of
    the secret is wrong; and for a right secret TokenRevoked, TokenExpired or ScopeMissing.
    """
    return _caller(*_verified(secret), scope=scope, now=now)


def member(secret: str, *, scope: Scope | None = None, now: datetime) -> Member:
    """Tell which organisation stands behind a token's secret.

    Raises what `caller` raises, and OrganisationNeeded for an operator's token.
    """
    found = caller(secret, scope=scope, now=now)
    if not isinstance(found, Member):
        raise OrganisationNeeded
    return found


def member_of_late(secret: str, *, scope: Scope, now: datetime) -> Member:
    """Tell which organisation stands behind a token's secret, as `member` does, from memory for up to a second.

    For endpoints that one caller asks a thousand times a second. Whether the token is in force now and serves for this
    scope is checked each time. A token that is revoked in this process is forgotten at once; one that another process
    revokes, within `REMEMBERED`. Raises what `member` raises.
    """
    shown = hash_secret(secret)
    seen = _lately.get(shown)
    if seen is None or not timedelta(0) <= now - seen[0] < REMEMBERED:
        if len(_lately) >= _MOST_REMEMBERED:
            _lately.clear()
        seen = _lately[shown] = (now, *_verified(secret))
    found = _caller(*seen[1:], scope=scope, now=now)
    if not isinstance(found, Member):
        raise OrganisationNeeded
    return found


def forget_callers() -> None:
    """Forget what `member_of_late` remembers: a token was revoked."""
    _lately.clear()


def caller_of_token(token_id: TokenId, *, now: datetime) -> Caller:
    """Tell who stands behind a token that was shown before, as a page's session does on each request.

    Raises TokenMissing, TokenRevoked or TokenExpired.
    """
    row = TokenRow.objects.select_related("org").filter(pk=token_id).first()
    if row is None:
        raise TokenMissing(token_id=token_id)
    return _caller(*_facts(row), scope=None, now=now)


def check_scope(found: Caller, scope: Scope) -> None:
    """Raise ScopeMissing unless the caller's token serves for this scope too."""
    if scope not in found.scopes:
        raise ScopeMissing(token_id=found.token_id, scope=scope.value)


def _verified(secret: str) -> tuple[Token, Organisation | None]:
    """Return the token with this secret, in force or not, and whose it is. Raises TokenUnknown."""
    row = TokenRow.objects.select_related("org").filter(pk=token_id_in(secret)).first()
    if not is_secret_of(secret, row.secret_hash if row else None) or row is None:
        raise TokenUnknown
    return _facts(row)


def _facts(row: TokenRow) -> tuple[Token, Organisation | None]:
    return row.as_fact(), None if row.org is None else row.org.as_fact()


def _caller(token: Token, org: Organisation | None, *, scope: Scope | None, now: datetime) -> Caller:
    check_token_in_force(token, scope=scope, now=now)
    if org is None:
        return Caller(org=None, token_id=token.id, scopes=token.scopes)
    return Member(org=org, token_id=token.id, scopes=token.scopes)


def _one(row: OrganisationRow | None, name: str) -> OrganisationRow:
    if row is None:
        raise OrganisationMissing(name=name)
    return row
