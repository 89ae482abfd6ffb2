"""What was: instances until they are moved to the archive, and how far archive, feeds and erasures have come."""

from datetime import datetime
from typing import ClassVar

from django.db import models

from renkei.context.models.entities import EntityRow, NameRow


class InstanceRow(models.Model):
    """One instance of an attribute in the history of an entity, until it is moved to the archive."""

    id = models.BigAutoField(primary_key=True)
    """Its instance id on the wire is `urn:ngsi-ld:Instance:<id>`."""
    entity = models.ForeignKey(EntityRow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    name = models.ForeignKey(NameRow, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    dataset = models.CharField(max_length=2000, default="")
    body = models.TextField()
    """The instance in expanded form, as JSON."""
    number = models.FloatField(null=True)
    """Its value where that is one number; a truth counts 1 or 0."""
    observed_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    modified_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    deleted_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """Set on the row that says that an instance was taken away; its body then has no value."""

    class Meta:
        db_table = "context_instance"
        indexes: ClassVar = [
            # Sums over numbers by time need nothing but this index.
            models.Index(
                fields=["entity", "name", "dataset", "observed_at", "number"],
                condition=models.Q(deleted_at__isnull=True),
                name="context_instance_observed",
            ),
            models.Index(
                fields=["entity", "deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="context_instance_deleted",
            ),
        ]


class ArchiveRow(models.Model):
    """The archive of a tenant's history: a table of the lake, and how far instances have been moved into it."""

    tenant = models.CharField(max_length=64, primary_key=True)
    table = models.CharField(max_length=64)
    batch = models.BigIntegerField(default=0)
    """Number of the last batch that was claimed; the archive's rows bear the number of theirs."""
    moved_to = models.BigIntegerField(default=0)
    """Last instance of the batches that are settled."""
    claimed_to = models.BigIntegerField(null=True)
    """Last instance of the batch under way; none while nothing is."""
    claimed_before: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """Instances of the batch under way were written before this."""
    state = models.BigIntegerField(default=0)
    """Goes up whenever rows change places; a reader who finds it changed reads again."""
    swept_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)

    class Meta:
        db_table = "context_archive"


class VoidRow(models.Model):
    """Instances that no longer count though they may still lie in the archive, until they are swept out of it."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=64)
    entity = models.BigIntegerField()
    """The entity's row, which may be gone."""
    instance = models.BigIntegerField(null=True)
    """This one instance; else all those of the attribute up to `until`."""
    moved_to = models.BigIntegerField(null=True)
    """The instance that bears its id now, where it was changed and not deleted."""
    attribute = models.CharField(max_length=2000, default="")
    dataset = models.CharField(max_length=2000, null=True)
    until = models.BigIntegerField(null=True)

    class Meta:
        db_table = "context_void"
        indexes: ClassVar = [models.Index(fields=["entity", "instance"], name="context_void_entity")]


class FeedRow(models.Model):
    """A table of the lake that the history of one type of entity flows into."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=64)
    table = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=2000)
    """IRI of the type."""
    columns = models.JSONField()
    """For each column of an attribute: `attribute` (IRI), `name` and `type`."""
    position = models.CharField(max_length=2000, default="")
    """IRI of the GeoProperty that latitude and longitude come from; empty for none."""
    archive_to = models.BigIntegerField(default=0)
    """Last batch of the archive that was settled when the feed was made: up to it history comes from there."""
    archived = models.BigIntegerField(default=0)
    """Last batch of the archive that stands in the table."""
    moved_to = models.BigIntegerField(default=0)
    """Last instance from the database that stands in the table."""
    batch = models.BigIntegerField(default=0)
    """Number of the last batch that was claimed."""
    claimed_archive = models.BigIntegerField(null=True)
    """Batch of the archive that the batch under way is made of."""
    claimed_to = models.BigIntegerField(null=True)
    """Last instance of the batch under way, where that comes from the database."""
    seen_to = models.BigIntegerField(null=True)
    """Last instance of the next batch, once nobody writes any more who could come before it."""
    seen_by = models.BigIntegerField(null=True)
    """PostgreSQL's transaction by whose end that is so."""
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    class Meta:
        db_table = "context_feed"
        indexes: ClassVar = [models.Index(fields=["tenant", "id"], name="context_feed_tenant")]


class ErasureRow(models.Model):
    """An entity that is being erased; stands until it is gone from the archive and the feeds as well."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=64)
    uri = models.CharField(max_length=2000)
    actor = models.CharField(max_length=255)
    asked_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    class Meta:
        db_table = "context_erasure"


class RetentionRow(models.Model):
    """How long a tenant keeps history."""

    tenant = models.CharField(max_length=64, primary_key=True)
    days = models.IntegerField()

    class Meta:
        db_table = "context_retention"
