"""Writes of the room: one transaction each, with the audit line inside."""

import secrets
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from renkei.audit import api as audit
from renkei.kernel.ids import Actor, OrgId, ParticipantId, new_id
from renkei.kernel.refusals import Kind, Refusal
from renkei.kernel.texts import Text
from renkei.parties.errors import (
    OrganisationMissing,
    PeerTokenReplayed,
    PeerTokenUntrusted,
    SlugTaken,
    TokenMissing,
)
from renkei.parties.models import OrganisationRow, SeenPeerTokenRow, TokenRow
from renkei.parties.ports import DidDocuments
from renkei.parties.rules import keys, organisations, peer_tokens, tokens
from renkei.parties.types import IssuedToken, Organisation, PeerToken, Scope, TokenId

_USED = "INSERT INTO parties_seen_peer_token (digest, forget_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"


@transaction.atomic
def create_organisation(*, slug: str, name: Text, actor: Actor, now: datetime) -> Organisation:
    """Take a member organisation in, with a P-256 signing key of its own.

    Its participant id is the `did:web` of `<public address>/orgs/<slug>`. Raises SlugInvalid, NameInvalid, SlugTaken.
    """
    organisations.check_slug(slug)
    organisations.check_name(name)
    key = keys.new_key()
    jwk = keys.public_jwk(key)
    row = OrganisationRow(
        id=new_id(),
        slug=slug,
        name_ja=name.ja,
        name_en=name.en,
        participant=organisations.participant_of(public_url=settings.RENKEI.public_url, slug=slug),
        key_name=keys.thumbprint(jwk),
        public_key=jwk,
        private_key=audit.conceal(keys.private_bytes(key)),
        created_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise SlugTaken(slug=slug) from None
    fact = row.as_fact()
    audit.record(
        "parties.organisation-created",
        actor=actor,
        subject=fact.id,
        at=now,
        concerns=[fact.participant],
        participant=fact.participant,
        key=row.key_name,
    )
    return fact


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
    audit.record(
        "parties.token-revoked",
        actor=actor,
        subject=row.id,
        at=now,
        concerns=_concerned(row.org),
        org=row.org_id,
    )


def sign_token(*, org: OrgId, audience: ParticipantId, now: datetime) -> str:
    """Write a self-issued ID token by which the organisation shows a peer who it is.

    ES256, valid for one minute, for this audience and one use (Decentralized Claims Protocol 1.0, section 4.3).
    Raises OrganisationMissing.
    """
    row = OrganisationRow.objects.only("participant", "key_name", "private_key").filter(pk=org).first()
    if row is None:
        raise OrganisationMissing(name=org)
    return peer_tokens.sign(
        participant=ParticipantId(row.participant),
        audience=audience,
        jti=new_id(),
        key_name=row.key_name,
        key=_signing_key(bytes(row.private_key)),
        now=now,
    )


def verify_peer(
    token: str, *, audience: ParticipantId, documents: DidDocuments, now: datetime
) -> ParticipantId:
    """Tell which participant stands behind a peer's self-issued ID token, and remember the token as used.

    Raises what `read_peer_token` and `use_peer_token` raise.
    """
    presented = read_peer_token(token, audience=audience, documents=documents, now=now)
    use_peer_token(presented)
    return presented.participant


def read_peer_token(
    token: str, *, audience: ParticipantId, documents: DidDocuments, now: datetime
) -> PeerToken:
    """Verify a peer's self-issued ID token; whoever lets it act calls `use_peer_token`, in the transaction of the act.

    Raises PeerTokenMalformed, PeerTokenExpired, PeerTokenUntrusted; and what `documents` raises when the issuer's DID
    document cannot be had for the moment. Source: Decentralized Claims Protocol 1.0, section 4.3.
    """
    presented = peer_tokens.read_token(token)
    claims = presented.claims
    peer_tokens.check_audience(claims, audience)
    peer_tokens.check_times(claims, now=now)
    peer_tokens.check_signature(presented, _peer_key(presented, documents))
    return PeerToken(ParticipantId(claims.iss), digest=claims.digest(), forget_at=claims.forget_at())


def use_peer_token(token: PeerToken) -> None:
    """Remember a token as used. Raises PeerTokenReplayed when it was."""
    at = connection.ops.adapt_datetimefield_value(token.forget_at)
    with connection.cursor() as cursor:  # plain SQL: this stands on the path of every message
        cursor.execute(_USED, [token.digest, at])
        if cursor.rowcount == 0:
            raise PeerTokenReplayed


def forget_old_tokens(now: datetime) -> int:
    """Forget the peers' tokens that are too old to be used again; return how many."""
    forgotten, _ = SeenPeerTokenRow.objects.filter(forget_at__lt=now).delete()
    return forgotten


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


def _peer_key(presented: peer_tokens.Presented, documents: DidDocuments) -> ec.EllipticCurvePublicKey:
    issuer, kid = presented.claims.iss, presented.kid
    for fetch in (documents.document, documents.newest_document):
        try:
            document = fetch(issuer)
        except Refusal as refusal:
            if refusal.kind is Kind.UNAVAILABLE:
                raise  # the peer may send the same again later
            raise PeerTokenUntrusted(issuer=issuer, why=refusal.said("en")) from refusal
        key = peer_tokens.key_in(document, issuer=issuer, kid=kid)
        if key is not None:
            return key
    raise PeerTokenUntrusted(issuer=issuer, why=f"{kid} is not among the keys that may act for it")


@lru_cache(maxsize=256)
def _signing_key(concealed: bytes) -> ec.EllipticCurvePrivateKey:
    return keys.private_key(audit.reveal(concealed))
