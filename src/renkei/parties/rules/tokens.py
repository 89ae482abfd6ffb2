"""API tokens: how a secret is written, recognised, and when it serves."""

import base64
import hashlib
import hmac
import re
from datetime import datetime

from renkei.parties.errors import (
    ExpiryPast,
    LabelInvalid,
    ScopeMissing,
    ScopesEmpty,
    TokenExpired,
    TokenRevoked,
)
from renkei.parties.types import Scope, Token

_SECRET = re.compile(r"rk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_NOBODY = "0" * 64


def check_token_order(
    *, label: str, scopes: frozenset[Scope], expires_at: datetime | None, now: datetime
) -> None:
    """Check what a new token is to be. Raises LabelInvalid, ScopesEmpty or ExpiryPast."""
    if not label.strip() or len(label) > 100:
        raise LabelInvalid
    if not scopes:
        raise ScopesEmpty
    if expires_at is not None and expires_at <= now:
        raise ExpiryPast(expires_at=expires_at.isoformat())


def write_secret(*, token_id: str, randomness: bytes) -> str:
    """Write a token's secret: `rk_<id>_<32 random bytes in base64url>`."""
    return f"rk_{token_id}_{base64.urlsafe_b64encode(randomness).rstrip(b'=').decode()}"


def token_id_in(secret: str) -> str:
    """Return the id in a token's secret, or the empty string where it is no such secret."""
    found = _SECRET.fullmatch(secret)
    return found[1] if found else ""


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret in hexadecimal; it holds 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret_of(secret: str, kept_hash: str | None) -> bool:
    """Tell whether a secret has this hash, in the same time whether or not there is such a token."""
    same = hmac.compare_digest(hash_secret(secret), kept_hash or _NOBODY)
    return same and kept_hash is not None


def check_token_in_force(token: Token, *, scope: Scope | None, now: datetime) -> None:
    """Raise TokenRevoked, TokenExpired or ScopeMissing unless the token serves for this scope (None: any) now."""
    if token.revoked_at is not None:
        raise TokenRevoked(token_id=token.id, revoked_at=token.revoked_at.isoformat())
    if token.expires_at is not None and token.expires_at <= now:
        raise TokenExpired(token_id=token.id, expires_at=token.expires_at.isoformat())
    if scope is not None and scope not in token.scopes:
        raise ScopeMissing(token_id=token.id, scope=scope.value)
