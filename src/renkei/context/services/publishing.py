"""A type of entity published as a table: the feed that its history flows into from then on (`services.feeding`)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from renkei.audit import api as audit
from renkei.context.errors import FeedExists
from renkei.context.models import FeedRow
from renkei.context.services.archiving import archive_of, finish_batch
from renkei.context.types import FeedColumn
from renkei.kernel.ids import Actor, OrgId, TableId
from renkei.kernel.texts import Text
from renkei.lake import api as lake

_TRIES = 5


def publish_type(
    tenant: OrgId,
    type_: str,
    columns: Sequence[FeedColumn],
    *,
    name: str,
    position: str | None = None,
    actor: Actor,
    now: datetime,
) -> TableId:
    """Let the history of a type (IRI) flow into a new table: `entity`, `observed_at`, a column for each attribute chosen.

    A row tells what was said of an entity at one moment; where an attribute was not said, its column is null. With a
    `position` (IRI of a GeoProperty) each row has `latitude` and `longitude` in degrees (WGS 84): where the entity was last
    said to be. What was never observed stands at the time it was recorded. History from before goes first, in the
    background. Raises context.feed-exists, lake.columns-invalid, lake.disk-full.
    """
    for _ in range(_TRIES):
        finish_batch(tenant, now=now)
        made = _published(tenant, type_, columns, name=name, position=position, actor=actor, now=now)
        if made is not None:
            return made
    raise RuntimeError(f"the archive of {tenant} was busy {_TRIES} times while a feed was made")


@transaction.atomic
def _published(
    tenant: OrgId,
    type_: str,
    columns: Sequence[FeedColumn],
    *,
    name: str,
    position: str | None,
    actor: Actor,
    now: datetime,
) -> TableId | None:
    archive = archive_of(tenant, now=now)
    if archive.claimed_to is not None:
        return None
    try:
        table = lake.create_table(
            owner=tenant,
            name=name,
            columns=_described(columns, position),
            subject="entity",
            actor=actor,
            now=now,
        )
    except lake.TableNameTaken:
        raise FeedExists(type=type_, name=name) from None
    FeedRow.objects.create(
        tenant=tenant,
        table=table.id,
        type=type_,
        columns=[{"attribute": one.attribute, "name": one.name, "type": one.type} for one in columns],
        position=position or "",
        archive_to=archive.batch,
        created_at=now,
    )
    audit.record("context.type-published", actor=actor, subject=tenant, at=now, table=table.id)
    return table.id


def _described(columns: Sequence[FeedColumn], position: str | None) -> tuple[lake.Column, ...]:
    first = (
        _column("entity", lake.ColumnType.TEXT, "エンティティの URI", "URI of the entity"),
        _column(
            "observed_at",
            lake.ColumnType.INSTANT,
            "観測日時、なければ記録日時",
            "When it was observed, else when it was recorded",
        ),
    )
    chosen = tuple(
        _column(one.name, lake.ColumnType(one.type), one.attribute, one.attribute) for one in columns
    )
    place = (
        _column("latitude", lake.ColumnType.REAL, "緯度(度、WGS 84)", "Latitude in degrees, WGS 84", "deg"),
        _column("longitude", lake.ColumnType.REAL, "経度(度、WGS 84)", "Longitude in degrees, WGS 84", "deg"),
    )
    return (*first, *chosen, *(place if position else ()))


def _column(name: str, type_: lake.ColumnType, ja: str, en: str, unit: str | None = None) -> lake.Column:
    return lake.Column(name=name, type=type_, unit=unit, text=Text(ja=ja, en=en))
