"""Tables of the room."""

from django.db import models

from renkei.kernel.ids import OrgId, ParticipantId
from renkei.kernel.texts import Text
from renkei.parties.types import Organisation, Scope, Token, TokenId


class OrganisationRow(models.Model):
    """A member organisation and its signing key."""

    id = models.CharField(primary_key=True, max_length=45)
    slug = models.CharField(max_length=41, unique=True)
    name_ja = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    participant = models.CharField(max_length=255, unique=True)
    key_name = models.CharField(max_length=43)
    """The key's thumbprint (RFC 7638), which is also the fragment of its id in the DID document."""
    public_key = models.JSONField()
    """The public key as a JWK."""
    private_key = models.BinaryField()
    """The private key, PKCS #8 DER, concealed with the node's secret."""
    created_at = models.DateTimeField()

    class Meta:
        db_table = "parties_organisation"

    def as_fact(self) -> Organisation:
        """Return the organisation without its key."""
        return Organisation(
            id=OrgId(self.id),
            slug=self.slug,
            name=Text(ja=self.name_ja, en=self.name_en),
            participant=ParticipantId(self.participant),
            created_at=self.created_at,
        )


class TokenRow(models.Model):
    """An API token; of the secret only the hash is kept."""

    id = models.CharField(primary_key=True, max_length=16)
    org = models.ForeignKey(OrganisationRow, null=True, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=100)
    scopes = models.CharField(max_length=100)
    """Scopes with a space between them, sorted."""
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "parties_token"

    def as_fact(self) -> Token:
        """Return the token without the hash of its secret."""
        return Token(
            id=TokenId(self.id),
            org=None if self.org_id is None else OrgId(self.org_id),
            label=self.label,
            scopes=frozenset(Scope(scope) for scope in self.scopes.split()),
            created_at=self.created_at,
            expires_at=self.expires_at,
            revoked_at=self.revoked_at,
        )


class SeenPeerTokenRow(models.Model):
    """A peer's token that was used, kept until it could not be used again anyway."""

    digest = models.CharField(primary_key=True, max_length=64)
    """SHA-256 over issuer and `jti`: both come from outside and may be long."""
    forget_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "parties_seen_peer_token"
