"""Decisions of the room: no database, no clock, no network."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from renkei.kernel.did import did_of
from renkei.kernel.ids import ParticipantId
from renkei.kernel.texts import Text
from renkei.parties.errors import (
    ExpiryPast,
    LabelInvalid,
    NameInvalid,
    ScopeMissing,
    ScopesEmpty,
    SlugInvalid,
    TokenExpired,
    TokenRevoked,
)
from renkei.parties.types import Scope, Token

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,40}")
_SECRET = re.compile(r"rk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_NOBODY = "0" * 64


def check_slug(slug: str) -> None:
    """Raise SlugInvalid unless the slug is 2 to 41 lower-case letters, digits and hyphens."""
    if not _SLUG.fullmatch(slug):
        raise SlugInvalid(slug=slug[:80])


def check_name(name: Text) -> None:
    """Raise NameInvalid unless both languages have 1 to 200 characters."""
    if not all(said.strip() and len(said) <= 200 for said in (name.ja, name.en)):
        raise NameInvalid


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


def participant_of(*, public_url: str, slug: str) -> ParticipantId:
    """Return the `did:web` of an organisation of the node at this address."""
    return did_of(root_of(public_url=public_url, slug=slug))


def root_of(*, public_url: str, slug: str) -> str:
    """Return the address below which an organisation's DID document and dataspace endpoints lie."""
    return f"{public_url}/orgs/{slug}"


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


def write_did_document(
    *, participant: ParticipantId, key_name: str, jwk: Mapping[str, str], root: str
) -> dict[str, Any]:
    """Write an organisation's DID document (DID Core 1.0; services of Dataspace Protocol 2025-1, section 4.4)."""
    key_id = f"{participant}#{key_name}"
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/suites/jws-2020/v1",
            "https://w3id.org/dspace/2025/1/context.jsonld",
        ],
        "id": participant,
        "verificationMethod": [
            {"id": key_id, "type": "JsonWebKey2020", "controller": participant, "publicKeyJwk": dict(jwk)}
        ],
        "authentication": [key_id],
        "assertionMethod": [key_id],
        "capabilityInvocation": [key_id],
        "service": [
            {
                "id": f"{participant}#catalog",
                "type": "CatalogService",
                "serviceEndpoint": f"{root}/dsp/2025-1/catalog",
            },
            {
                "id": f"{participant}#dataspace",
                "type": "DataService",
                "serviceEndpoint": f"{root}/.well-known/dspace-version",
            },
        ],
    }
