"""What others said that this node keeps: JSON-LD contexts, and registrations of context sources."""

from datetime import datetime
from typing import ClassVar

from django.db import models

from renkei.context.types import Registration
from renkei.context.types.contexts import ContextKind, StoredContext


class StoredContextRow(models.Model):
    """A JSON-LD context that this node serves or has fetched (clause 5.13)."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=64)
    """Whose it is; empty for what was fetched from elsewhere or was laid in by the operator, for everybody."""
    local_id = models.CharField(max_length=64, unique=True)
    url = models.CharField(max_length=2000)
    kind = models.CharField(max_length=20)
    """`Cached`, `Hosted` or `ImplicitlyCreated`."""
    body = models.TextField()
    """The document as it was received."""
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    last_used_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    used = models.BigIntegerField(default=0)
    expires_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """When what was fetched is to be fetched again."""

    class Meta:
        db_table = "context_stored_context"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "url"], name="context_stored_context_once"),
        ]

    def as_fact(self) -> StoredContext:
        """Return it as others see it."""
        return StoredContext(
            local_id=self.local_id,
            url=self.url,
            kind=ContextKind(self.kind),
            body=self.body,
            created_at=self.created_at,
            used=self.used,
            last_used_at=self.last_used_at,
            expires_at=self.expires_at,
        )


class RegistrationRow(models.Model):
    """What another context source says that it has (clause 5.2.9): kept and found, not yet asked."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=64)
    uri = models.CharField(max_length=2000)
    body = models.JSONField()
    """The registration in expanded form: types and names of attributes are IRIs."""
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    modified_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    expires_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)

    class Meta:
        db_table = "context_registration"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "uri"], name="context_registration_once"),
        ]

    def as_fact(self) -> Registration:
        """Return it as the other rooms see it."""
        return Registration(self.uri, self.body, self.created_at, self.modified_at, self.expires_at)
