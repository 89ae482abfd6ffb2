"""API tokens: issued and revoked."""

import secrets
from datetime import datetime

from django.db import transaction

from renkei.audit import api as audit
from renkei.kernel.ids import Actor, OrgId
from renkei.parties.errors import OrganisationMissing, TokenMissing
from renkei.parties.models import OrganisationRow, TokenRow
from renkei.parties.queries import forget_callers
from renkei.parties.rules import tokens
from renkei.parties.types import IssuedToken, Scope, TokenId


@transaction.atomic
def issue_token(
    *,
    org: OrgId,
    label: str,
    scopes: frozenset[Scope],
    expires_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> IssuedToken:
    """Give an organisation an API token; the secret is in the answer and nowhere else.

    `expires_at` None: until it is revoked. Raises OrganisationMissing, LabelInvalid, ScopesEmpty, ExpiryPast.
    """
    owner = OrganisationRow.objects.filter(pk=org).first()
    if owner is None:
        raise OrganisationMissing(name=org)
    return _issue(owner, label=label, scopes=scopes, expires_at=expires_at, actor=actor, now=now)


@transaction.atomic
def issue_operator_token(
    *, label: str, expires_at: datetime | None = None, actor: Actor, now: datetime
) -> IssuedToken:
    """Give the node's operator a token that stands for no organisation and sees them all.

    Raises LabelInvalid, ExpiryPast.
    """
    return _issue(None, label=label, scopes=frozenset(Scope), expires_at=expires_at, actor=actor, now=now)


@transaction.atomic
def revoke_token(*, token_id: TokenId, actor: Actor, now: datetime) -> None:
    """Take a token out of force from now on; a second time changes nothing. Raises TokenMissing."""
    row = TokenRow.objects.select_for_update(of=("self",)).select_related("org").filter(pk=token_id).first()
    if row is None:
        raise TokenMissing(token_id=token_id)
    if row.revoked_at is not None:
        return
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    transaction.on_commit(forget_callers)
    audit.record(
        "parties.token-revoked",
        actor=actor,
        subject=row.id,
        at=now,
        concerns=_concerned(row.org),
        org=row.org_id,
    )


def _issue(
    owner: OrganisationRow | None,
    *,
    label: str,
    scopes: frozenset[Scope],
    expires_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> IssuedToken:
    tokens.check_token_order(label=label, scopes=scopes, expires_at=expires_at, now=now)
    token_id = secrets.token_hex(8)
    secret = tokens.write_secret(token_id=token_id, randomness=secrets.token_bytes(32))
    row = TokenRow.objects.create(
        id=token_id,
        org=owner,
        label=label,
        scopes=" ".join(sorted(scopes)),
        secret_hash=tokens.hash_secret(secret),
        created_at=now,
        expires_at=expires_at,
    )
    audit.record(
        "parties.token-issued",
        actor=actor,
        subject=token_id,
        at=now,
        concerns=_concerned(owner),
        org=row.org_id,
        scopes=row.scopes,
    )
    return IssuedToken(secret=secret, token=row.as_fact())


def _concerned(owner: OrganisationRow | None) -> list[str]:
    return [] if owner is None else [owner.participant]
