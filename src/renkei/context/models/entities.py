"""Entities as they are, and the indexes beside them. `services.storing` writes them, with plain SQL and many rows at a time.

Rows beside an entity are written and deleted with it, in one transaction, and nowhere else; so the database is not made
to look for the entity and the name of each of them once more.
"""

from datetime import datetime
from typing import ClassVar

from django.db import models


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
