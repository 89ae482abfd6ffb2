"""Tables of the room. `services.storing` writes most of them, with plain SQL and many rows at a time.

Rows beside an entity are written and deleted with it, in one transaction, and nowhere else; so the database is not made
to look for the entity and the name of each of them once more.
"""

from datetime import datetime
from typing import ClassVar

from django.db import models

from renkei.context.types import Registration
from renkei.context.types.contexts import ContextKind, StoredContext


class NameRow(models.Model):
    """An IRI of a tenant's types and attributes under a small number, so that indexes over many rows stay small."""

    tenant = models.CharField(max_length=64)
    iri = models.CharField(max_length=2000)

    class Meta:
        db_table = "context_name"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "iri"], name="context_name_once"),
        ]


class EntityRow(models.Model):
    """An entity that a tenant knows: its present, where it has one, beside its history."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=64)
    uri = models.CharField(max_length=2000)
    present = models.JSONField(null=True)
    """The entity as it is, in expanded form; none where only its history is known, or where it was deleted."""
    types = models.JSONField(default=list)
    """IRIs of the types that its history speaks of; as the present's, where there is one."""
    scopes = models.JSONField(default=list)
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    modified_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    deleted_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    expires_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    archived_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """When some of its history was last moved to the archive."""

    class Meta:
        db_table = "context_entity"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "uri"], name="context_entity_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "id"], name="context_entity_tenant"),
            models.Index(
                fields=["tenant", "id"],
                condition=models.Q(present__isnull=True),
                name="context_entity_past",
            ),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
                name="context_entity_expiry",
            ),
        ]


class TypeRow(models.Model):
    """A type of an entity that has a present."""

    id = models.BigAutoField(primary_key=True)
    entity = models.ForeignKey(EntityRow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    name = models.ForeignKey(NameRow, on_delete=models.PROTECT, db_index=False, db_constraint=False)

    class Meta:
        db_table = "context_type"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "entity"], name="context_type_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["entity"], name="context_type_entity")]


class ScopeRow(models.Model):
    """A scope of an entity that has a present."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=64)
    entity = models.ForeignKey(EntityRow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    scope = models.CharField(max_length=500)

    class Meta:
        db_table = "context_scope"
        indexes: ClassVar = [
            models.Index(fields=["tenant", "scope", "entity"], name="context_scope_found"),
            models.Index(fields=["entity"], name="context_scope_entity"),
        ]


class ValueRow(models.Model):
    """One value of one instance of an attribute of a present entity: what the query language compares.

    A list of values has a row for each; an instance that holds nothing to compare has one row of the sort `o`.
    """

    id = models.BigAutoField(primary_key=True)
    entity = models.ForeignKey(EntityRow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    name = models.ForeignKey(NameRow, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    sort = models.CharField(max_length=1)
    """`n` number, `b` truth (number 1 or 0), `s` text, `u` URI (of a relationship or vocabulary), `o` anything else."""
    number = models.FloatField(null=True)
    """The number; of the text of a date or time, its microseconds since 1970."""
    text = models.CharField(max_length=255, null=True)
    """The text, or its first 255 characters; PostgreSQL compares it by code points (migration 0005)."""
    several = models.BooleanField(default=False)
    """Whether the entity has more rows of this name."""

    class Meta:
        db_table = "context_value"
        indexes: ClassVar = [
            models.Index(fields=["name", "entity", "sort", "number", "several"], name="context_value_entity"),
            models.Index(
                fields=["name", "sort", "number", "entity"],
                condition=models.Q(number__isnull=False),
                name="context_value_number",
            ),
            models.Index(
                fields=["name", "text", "entity"],
                condition=models.Q(text__isnull=False),
                name="context_value_text",
            ),
            models.Index(
                fields=["name", "entity"], condition=models.Q(several=True), name="context_value_several"
            ),
        ]


class PlaceRow(models.Model):
    """Where one instance of a GeoProperty of a present entity lies: the box around it, in degrees."""

    id = models.BigAutoField(primary_key=True)
    entity = models.ForeignKey(EntityRow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    name = models.ForeignKey(NameRow, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    strip = models.IntegerField()
    """Where the index looks for it: `rules.indexing.strip`."""
    geometry = models.TextField()
    """GeoJSON."""

    class Meta:
        db_table = "context_place"
        indexes: ClassVar = [
            models.Index(fields=["name", "strip", "south", "west", "entity"], name="context_place_strip"),
            models.Index(fields=["name", "entity"], name="context_place_entity"),
        ]


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


class SubscriptionRow(models.Model):
    """A subscription, as its subscriber wrote it, and how its notifications fare."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=64)
    uri = models.CharField(max_length=2000)
    body = models.JSONField()
    """Its members in expanded form; see `rules.subscribing.reading`."""
    revision = models.CharField(max_length=64, default="")
    """Another one after each change, so that what was read of it before is known to be old."""
    is_active = models.BooleanField(default=True)
    expires_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    modified_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    next_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """When it is next due, for one with a time interval."""
    times_sent = models.BigIntegerField(default=0)
    times_failed = models.BigIntegerField(default=0)
    last_notification: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True
    )
    last_success: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    last_failure: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=255, default="")

    class Meta:
        db_table = "context_subscription"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "uri"], name="context_subscription_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_at"], condition=models.Q(next_at__isnull=False), name="context_subscription_due"
            ),
        ]


class WatchRow(models.Model):
    """That a tenant has or had subscriptions, and a mark that is another one after each change of any of them.

    Every write of an entity reads it, so that it knows of the subscriptions that other processes took.
    """

    tenant = models.CharField(max_length=64, primary_key=True)
    mark = models.CharField(max_length=64)

    class Meta:
        db_table = "context_watch"


class NotificationRow(models.Model):
    """A notification on its way: written with the change that it tells of, gone when its endpoint has taken it."""

    id = models.BigAutoField(primary_key=True)
    # No constraint: whoever writes an entity is not to wait for, nor to fail over, a subscription being deleted.
    subscription = models.ForeignKey(SubscriptionRow, on_delete=models.CASCADE, db_constraint=False)
    endpoint = models.CharField(max_length=500)
    """The queue that it stands in: where it goes."""
    body = models.TextField()
    """The entities told of, as they were at the time, in expanded form, as JSON."""
    made_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    due_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    """From when on it may be sent; it is given up a stated time after that."""
    attempts = models.IntegerField(default=0)
    failed_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """When it was given up; it waits for a redelivery by command."""

    class Meta:
        db_table = "context_notification"
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "due_at", "id"],
                condition=models.Q(failed_at__isnull=True),
                name="context_notification_queue",
            ),
            models.Index(
                fields=["failed_at"],
                condition=models.Q(failed_at__isnull=False),
                name="context_notification_failed",
            ),
        ]


class LaneRow(models.Model):
    """An endpoint that somebody is sending to, or that is in trouble."""

    objects: "ClassVar[models.Manager[LaneRow]]"
    endpoint = models.CharField(max_length=500, primary_key=True)
    lease = models.CharField(max_length=64)
    """Whose turn it is; empty for nobody's."""
    leased_until: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    """In a row."""
    retry_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    """Until then nobody calls it."""

    class Meta:
        db_table = "context_lane"


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
