"""Self-issued ID tokens by which nodes know each other (Decentralized Claims Protocol 1.0, section 4): pure checks.

The order matters: what costs nothing is checked first, so that a stranger cannot make the node fetch a document or
remember a token that could not be valid anyway.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from renkei.kernel.did import url_of
from renkei.kernel.ids import ParticipantId
from renkei.parties.errors import PeerTokenExpired, PeerTokenMalformed, PeerTokenUntrusted
from renkei.parties.rules.keys import public_key

ALGORITHM = "ES256"
LIFETIME = 60
"""Seconds for which this node's own tokens are valid."""
LONGEST_LIFETIME = 300
"""Seconds for which a peer's token may be valid."""
LEEWAY = 60
"""Seconds by which two nodes' clocks may differ."""
LONGEST_TOKEN = 8192
LATEST = 253_402_214_400
"""9999-12-31, the end of representable time, less the leeway that is added to it."""

_jws = jwt.PyJWS(algorithms=[ALGORITHM])


class Claims(msgspec.Struct, frozen=True):
    """What a self-issued ID token must say; other members are let pass."""

    iss: str
    sub: str
    aud: str | list[str]
    jti: str
    iat: int | float
    exp: int | float
    nbf: int | float | None = None
    token: str | None = None
    """An access token for the issuer's credential service; opaque, and of no meaning for who the issuer is."""

    def forget_at(self) -> datetime:
        """Return the time from which the token would be refused by its age alone."""
        return datetime.fromtimestamp(self.exp + LEEWAY, tz=UTC)

    def digest(self) -> str:
        """Return what stands for this token among those seen: SHA-256 over issuer and `jti`."""
        return hashlib.sha256(msgspec.json.encode([self.iss, self.jti])).hexdigest()


class Presented(msgspec.Struct, frozen=True):
    """A token as it was read, not yet trusted."""

    token: str
    kid: str
    claims: Claims


def read_token(token: str) -> Presented:
    """Read a token's header and claims without trusting them.

    Raises PeerTokenMalformed unless it is a compact JWS with algorithm ES256, a `kid`, no critical extension, and
    all required claims, with `iss` = `sub` = a did:web.
    """
    if len(token) > LONGEST_TOKEN:
        raise PeerTokenMalformed(why=f"it is longer than {LONGEST_TOKEN} characters")
    try:
        parts = _jws.decode_complete(token, options={"verify_signature": False})
        claims = msgspec.json.decode(parts["payload"], type=Claims)
        url_of(claims.iss)
    except (jwt.PyJWTError, msgspec.DecodeError, ValueError, RecursionError) as why:
        raise PeerTokenMalformed(why=str(why)) from None
    header = parts["header"]
    if header.get("alg") != ALGORITHM or "crit" in header:
        raise PeerTokenMalformed(why=f"it is not signed with {ALGORITHM} alone")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise PeerTokenMalformed(why="its header names no kid")
    if claims.iss != claims.sub:
        raise PeerTokenMalformed(why="iss and sub differ")
    if not 0 < len(claims.jti) <= 255:
        raise PeerTokenMalformed(why="jti is not 1 to 255 characters long")
    return Presented(token=token, kid=kid, claims=claims)


def check_audience(claims: Claims, audience: ParticipantId) -> None:
    """Raise PeerTokenMalformed unless the token is meant for this participant and nobody else."""
    if claims.aud not in (audience, [audience]):
        raise PeerTokenMalformed(why=f"aud is not {audience}")


def check_times(claims: Claims, *, now: datetime) -> None:
    """Raise PeerTokenExpired unless the token is valid now and lives for at most five minutes."""
    at = now.timestamp()
    if not 0 <= claims.iat < claims.exp < LATEST:
        why = "exp is not after iat"
    elif claims.exp - claims.iat > LONGEST_LIFETIME:
        why = f"it would live for more than {LONGEST_LIFETIME} s"
    elif claims.exp + LEEWAY <= at:
        why = "exp has passed"
    elif max(claims.iat, claims.nbf or 0) > at + LEEWAY:
        why = "iat or nbf lies in the future"
    else:
        return
    raise PeerTokenExpired(why=why, now=now.isoformat())


def check_kid(presented: Presented) -> None:
    """Raise PeerTokenUntrusted when the `kid` names a key of another document than the issuer's.

    It may be absolute (`did:web:peer.example#key`) or relative to the issuer's document (`#key`).
    """
    document, issuer = presented.kid.partition("#")[0], presented.claims.iss
    if document not in ("", issuer):
        raise PeerTokenUntrusted(issuer=issuer, why=f"{presented.kid} is not a key of its own document")


def key_in(document: Mapping[str, Any], *, issuer: str, kid: str) -> ec.EllipticCurvePublicKey | None:
    """Return the issuer's key of this id, or None where its document does not give that key the right to act.

    The document must be the issuer's, the key must stand in its `capabilityInvocation`, itself or by its id (DID
    Core 1.0, section 5.3.4). Raises PeerTokenUntrusted when the document is another's or the key is unusable.
    """
    if document.get("id") != issuer:
        raise PeerTokenUntrusted(issuer=issuer, why="the DID document has another id")
    wanted = _absolute(kid, issuer)
    invoking = _methods(document.get("capabilityInvocation"))
    if wanted not in {_id_of(method, issuer) for method in invoking}:
        return None
    for method in [*_methods(document.get("verificationMethod")), *invoking]:
        if isinstance(method, Mapping) and _id_of(method, issuer) == wanted:
            return _key_of(method, issuer)
    return None


def check_signature(presented: Presented, key: ec.EllipticCurvePublicKey) -> None:
    """Raise PeerTokenUntrusted unless the token was signed with this key."""
    try:
        _jws.decode_complete(presented.token, key, algorithms=[ALGORITHM])
    except jwt.PyJWTError:
        raise PeerTokenUntrusted(
            issuer=presented.claims.iss, why="the signature does not fit the key"
        ) from None


def sign(
    *,
    participant: ParticipantId,
    audience: ParticipantId,
    jti: str,
    key_name: str,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> str:
    """Write and sign a self-issued ID token that is valid for one minute."""
    issued = int(now.timestamp())
    claims = {
        "iss": participant,
        "sub": participant,
        "aud": audience,
        "jti": jti,
        "iat": issued,
        "exp": issued + LIFETIME,
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": f"{participant}#{key_name}"})


def _key_of(method: Mapping[str, Any], issuer: str) -> ec.EllipticCurvePublicKey:
    if method.get("controller", issuer) != issuer:
        raise PeerTokenUntrusted(issuer=issuer, why="the key is controlled by somebody else")
    try:
        return public_key(method.get("publicKeyJwk"))
    except ValueError as why:
        raise PeerTokenUntrusted(issuer=issuer, why=str(why)) from None


def _methods(listed: object) -> Sequence[object]:
    return listed if isinstance(listed, list) else ()


def _id_of(method: object, issuer: str) -> str:
    named = method.get("id") if isinstance(method, Mapping) else method
    return _absolute(named, issuer) if isinstance(named, str) else ""


def _absolute(key_id: str, issuer: str) -> str:
    return f"{issuer}{key_id}" if key_id.startswith("#") else key_id
