"""How organisations of two nodes know each other: tokens that ours sign, tokens that peers show."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection

from renkei.kernel.ids import OrgId, ParticipantId, new_id
from renkei.kernel.refusals import Kind, Refusal
from renkei.parties.errors import PeerTokenReplayed, PeerTokenUntrusted
from renkei.parties.models import SeenPeerTokenRow
from renkei.parties.ports import DidDocuments
from renkei.parties.rules import peer_tokens, statements
from renkei.parties.services.keys import signer
from renkei.parties.types import PeerToken

_USED = "INSERT INTO parties_seen_peer_token (digest, forget_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"


def sign_token(*, org: OrgId, audience: ParticipantId, now: datetime) -> str:
    """Write a self-issued ID token by which the organisation shows a peer who it is.

    ES256, valid for one minute, for this audience and one use (Decentralized Claims Protocol 1.0, section 4.3).
    Raises OrganisationMissing, and what the vault raises when the key cannot be had.
    """
    signs = signer(org, now=now)
    return peer_tokens.sign(
        participant=signs.participant,
        audience=audience,
        jti=new_id(),
        key_name=signs.key_name,
        key=signs.key,
        now=now,
    )


def sign_statement(*, org: OrgId, type: str, payload: bytes, now: datetime) -> str:  # noqa: A002 - the header's word
    """Sign what an organisation states, for whoever holds its DID document, and return it as a compact JWS (RFC 7515).

    ES256 with the key that signs now; `type` is the header's `typ` and keeps one kind of statement from passing for
    another. Raises OrganisationMissing, and what the vault raises when the key cannot be had.
    """
    signs = signer(org, now=now)
    return statements.sign(payload, type=type, key_id=f"{signs.participant}#{signs.key_name}", key=signs.key)


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
    peer_tokens.check_kid(presented)
    peer_tokens.check_signature(presented, _peer_key(presented, documents))
    return PeerToken(
        ParticipantId(claims.iss),
        digest=claims.digest(),
        forget_at=claims.forget_at(),
        access_token=claims.token,
    )


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
