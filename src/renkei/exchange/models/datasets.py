"""Tables of what is offered."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Q

from renkei.exchange.types import (
    Dataset,
    EntitySource,
    Offer,
    Quality,
)
from renkei.kernel.ids import (
    DatasetId,
    OfferId,
    OrgId,
    TableId,
)
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.privacy.api import Category, ColumnClass
from renkei.privacy.api import Role as ColumnRole

ID = 255
"""Longest id that is taken from a peer."""


class DatasetRow(models.Model):
    """A described table."""

    id = models.CharField(primary_key=True, max_length=ID)
    owner = models.CharField(max_length=45)
    table = models.CharField(max_length=45)
    title_ja = models.TextField()
    title_en = models.TextField()
    description_ja = models.TextField()
    description_en = models.TextField()
    licence = models.CharField(max_length=500)
    themes = models.JSONField(default=list)
    classes = models.JSONField()
    """Name, category and role of each column."""
    version = models.BigIntegerField()
    rows = models.BigIntegerField()
    first = models.DateTimeField(null=True)
    last = models.DateTimeField(null=True)
    completeness = models.JSONField()
    subjects = models.BigIntegerField(null=True)
    published_at = models.DateTimeField()
    revised_at = models.DateTimeField(null=True)
    place = models.JSONField(null=True)
    """Name in both languages, and the box's corners; either may be null."""
    entities = models.JSONField(null=True)
    """The type of entity that the table is the history of (`EntitySource`); null for any other table."""

    class Meta:
        db_table = "exchange_dataset"
        indexes = (models.Index(fields=["owner", "id"], name="exchange_dataset_page"),)

    def as_fact(self) -> Dataset:
        """Return the dataset."""
        return Dataset(
            id=DatasetId(self.id),
            owner=OrgId(self.owner),
            table=TableId(self.table),
            title=Text(ja=self.title_ja, en=self.title_en),
            description=Text(ja=self.description_ja, en=self.description_en),
            licence=self.licence,
            themes=tuple(self.themes),
            classes=unpack(self.classes),
            quality=Quality(
                version=self.version,
                rows=self.rows,
                first=self.first,
                last=self.last,
                completeness=self.completeness,
                subjects=self.subjects,
            ),
            published_at=self.published_at,
            revised_at=self.revised_at,
            place=unpack_place(self.place),
            entities=EntitySource.from_dict(self.entities) if self.entities else None,
        )


class OfferRow(models.Model):
    """Terms under which a dataset can be had."""

    id = models.CharField(primary_key=True, max_length=ID)
    dataset = models.ForeignKey(DatasetRow, on_delete=models.PROTECT, related_name="offers")
    terms = models.JSONField()
    automatic = models.BooleanField()
    by_hand = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "exchange_offer"
        constraints = (
            models.CheckConstraint(
                condition=~Q(automatic=True, by_hand=True), name="exchange_offer_one_handling"
            ),
        )

    def as_fact(self) -> Offer:
        """Return the offer."""
        return Offer(
            id=OfferId(self.id),
            dataset=DatasetId(self.dataset_id),
            terms=self.terms,
            automatic=self.automatic,
            by_hand=self.by_hand,
            created_at=self.created_at,
            withdrawn_at=self.withdrawn_at,
        )


class CatalogueRow(models.Model):
    """Which state an organisation's catalogue is in: another id after every change of what the catalogue says."""

    owner = models.CharField(primary_key=True, max_length=45)
    revision = models.CharField(max_length=45)

    class Meta:
        db_table = "exchange_catalogue"


def pack_place(place: Place | None) -> dict[str, Any] | None:
    """Return a place as it is stored."""
    if place is None:
        return None
    name = None if place.name is None else {"ja": place.name.ja, "en": place.name.en}
    return {"name": name, "box": None if place.box is None else list(place.box.corners())}


def unpack_place(stored: dict[str, Any] | None) -> Place | None:
    """Return a place that was stored."""
    if stored is None:
        return None
    name, box = stored["name"], stored["box"]
    return Place(name=None if name is None else Text(**name), box=None if box is None else Box(*box))


def unpack(classes: Iterable[Sequence[str]]) -> tuple[ColumnClass, ...]:
    """Return classes that were stored."""
    return tuple(_column_class(*each) for each in classes)


@lru_cache(maxsize=10_000)
def _column_class(name: str, category: str, role: str) -> ColumnClass:
    """The same columns stand in many datasets: a page of a catalogue holds thousands."""
    return ColumnClass(name, Category(category), ColumnRole(role))
