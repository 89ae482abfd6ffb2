"""Tables of the room."""

from django.db import models
from django.db.models import F, Q

from renkei.kernel.ids import Actor, OrgId, ParticipantId
from renkei.kernel.texts import Text
from renkei.parties.types import (
    Key,
    KeyName,
    Organisation,
    Scope,
    Token,
    TokenId,
    Vouch,
    VouchId,
    VouchKind,
)


class OrganisationRow(models.Model):
    """A member organisation."""

    id = models.CharField(primary_key=True, max_length=45)
    slug = models.CharField(max_length=41, unique=True)
    name_ja = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    participant = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "parties_organisation"

    def as_fact(self) -> Organisation:
        """Return the organisation."""
        return Organisation(
            id=OrgId(self.id),
            slug=self.slug,
            name=Text(ja=self.name_ja, en=self.name_en),
            participant=ParticipantId(self.participant),
            created_at=self.created_at,
        )


class KeyRow(models.Model):
    """A signing key of an organisation; its private half lies in the vault."""

    name = models.CharField(primary_key=True, max_length=43)
    """The key's thumbprint (RFC 7638), which is also the fragment of its id in the DID document."""
    org = models.ForeignKey(OrganisationRow, on_delete=models.PROTECT, related_name="+")
    public_key = models.JSONField()
    """The public half as a JWK."""
    created_at = models.DateTimeField()
    signs_from = models.DateTimeField()
    signs_until = models.DateTimeField(null=True)
    leaves_at = models.DateTimeField(null=True)
    wiped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "parties_key"
        constraints = (
            models.UniqueConstraint(
                fields=["org"], condition=Q(signs_until__isnull=True), name="parties_key_one_newest"
            ),
            models.CheckConstraint(
                condition=Q(signs_until__isnull=True, leaves_at__isnull=True)
                | Q(signs_until__gte=F("signs_from"), leaves_at__gte=F("signs_until")),
                name="parties_key_order",
            ),
        )
        indexes = (
            models.Index(
                fields=["leaves_at"], condition=Q(wiped_at__isnull=True), name="parties_key_to_wipe"
            ),
        )

    def as_fact(self) -> Key:
        """Return the key without either half."""
        return Key(
            name=KeyName(self.name),
            created_at=self.created_at,
            signs_from=self.signs_from,
            signs_until=self.signs_until,
            leaves_at=self.leaves_at,
            wiped_at=self.wiped_at,
        )


class SecretRow(models.Model):
    """A secret of the vault, where the vault is the database."""

    name = models.CharField(primary_key=True, max_length=100)
    concealed = models.BinaryField()
    """Concealed with the node's secret, bound to the name."""

    class Meta:
        db_table = "parties_secret"


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


class VouchRow(models.Model):
    """What somebody entered about a participant, of this node or of another."""

    id = models.CharField(primary_key=True, max_length=45)
    participant = models.CharField(max_length=255)
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=200)
    evidence = models.CharField(max_length=500)
    document = models.CharField(max_length=64, default="")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    entered_by = models.CharField(max_length=255)
    entered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "parties_vouch"
        indexes = (
            models.Index(
                fields=["participant"], condition=Q(revoked_at__isnull=True), name="parties_vouch_standing"
            ),
        )

    def as_fact(self) -> Vouch:
        """Return what was entered."""
        return Vouch(
            id=VouchId(self.id),
            participant=ParticipantId(self.participant),
            kind=VouchKind(self.kind),
            value=self.value,
            evidence=self.evidence,
            document=self.document,
            since=self.since,
            until=self.until,
            entered_by=Actor(self.entered_by),
            entered_at=self.entered_at,
            revoked_at=self.revoked_at,
        )
