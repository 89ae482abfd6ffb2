"""What the portal itself has to remember."""

from typing import ClassVar

from django.db import models


class FailedSignIn(models.Model):
    """One attempt with a token that was refused, kept while it counts against the address."""

    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["address", "at"], name="web_failed_by_address")]
