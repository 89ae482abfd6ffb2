"""Organisations, tokens and peers of another node, with good defaults."""

from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from renkei.kernel.ids import NODE, Actor, ParticipantId
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from renkei.parties.rules.keys import new_key, public_jwk

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


def organisation(
    *, slug: str = "tokai-lab", actor: Actor = NODE, now: datetime = MAY
) -> parties.Organisation:
    """Create a member organisation."""
    name = Text(ja=f"{slug} 研究所", en=f"{slug} laboratory")
    return parties.create_organisation(slug=slug, name=name, actor=actor, now=now)


def token(
    *,
    org: parties.Organisation,
    scopes: frozenset[parties.Scope] = frozenset(parties.Scope),
    label: str = "test",
    expires_at: datetime | None = None,
    now: datetime = MAY,
) -> parties.IssuedToken:
    """Issue an organisation's token, with every scope unless told."""
    return parties.issue_token(
        org=org.id, label=label, scopes=scopes, expires_at=expires_at, actor=org.actor, now=now
    )


class Peer:
    """A participant of another node: its key, its document, its tokens."""

    def __init__(self, did: str = "did:web:peer.example:orgs:far") -> None:
        self.did = ParticipantId(did)
        self.key = new_key()
        self.kid = f"{did}#key"

    def document(self, **changes: Any) -> dict[str, Any]:
        """Return its DID document, with members changed."""
        method = {
            "id": self.kid,
            "type": "JsonWebKey2020",
            "controller": self.did,
            "publicKeyJwk": public_jwk(self.key),
        }
        plain = {"id": self.did, "verificationMethod": [method], "capabilityInvocation": [self.kid]}
        return plain | changes

    def claims(self, *, audience: str, now: datetime = MAY, **changes: Any) -> dict[str, Any]:
        """Return what its token says, with claims changed; None leaves one out."""
        issued = int(now.timestamp())
        plain = {
            "iss": self.did,
            "sub": self.did,
            "aud": audience,
            "jti": "urn:uuid:1",
            "iat": issued,
            "exp": issued + 60,
        }
        return {name: value for name, value in (plain | changes).items() if value is not None}

    def token(
        self,
        *,
        audience: str,
        now: datetime = MAY,
        kid: str | None = None,
        signed_by: ec.EllipticCurvePrivateKey | None = None,
        **changes: Any,
    ) -> str:
        """Write its token, with claims changed, another kid or another signer."""
        claims = self.claims(audience=audience, now=now, **changes)
        return jwt.encode(claims, signed_by or self.key, algorithm="ES256", headers={"kid": kid or self.kid})


class Documents:
    """Documents that are at hand; `newest`, where given, is what a second look finds."""

    def __init__(self, document: dict[str, Any], newest: dict[str, Any] | None = None) -> None:
        self._document, self._newest = document, newest or document
        self.asked: list[str] = []

    def document(self, did: str) -> dict[str, Any]:
        """Return the document."""
        self.asked.append(did)
        return self._document

    def newest_document(self, did: str) -> dict[str, Any]:
        """Return the newest document."""
        self.asked.append(f"{did} again")
        return self._newest
