"""Enrolling, retiring and erasing devices."""

from datetime import datetime

from django.db import transaction

from renkei.audit import api as audit
from renkei.context import api as context
from renkei.kernel.ids import Actor, DeviceId, OrgId, TableId, new_id
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.telemetry import rules
from renkei.telemetry.columns import SUBJECT, TABLE_NAME, UPLINK_COLUMNS
from renkei.telemetry.entities import entity_id
from renkei.telemetry.errors import DeviceMissing, DeviceTaken
from renkei.telemetry.models import DeviceRow, SeenRow, StagedRow, StreamRow
from renkei.telemetry.services.moving import commit_stream
from renkei.telemetry.types import Device, Network

_ERASURE_BATCH = 50_000


@transaction.atomic
def enrol_device(
    *, owner: OrgId, network: Network, eui: str, name: str, actor: Actor, now: datetime
) -> Device:
    """Enrol an organisation's device, from which on its uplinks are stored.

    The first one makes the organisation's table of uplinks. A device that its owner had retired is taken up again.
    Raises telemetry.eui-malformed, telemetry.name-unusable, telemetry.device-taken.
    """
    eui, name = rules.clean_eui(eui), rules.clean_name(name)
    organisation = parties.organisation(owner)
    if DeviceRow.objects.filter(network=network, eui=eui, retired_at__isnull=True).exists():
        raise DeviceTaken(network=network.value, eui=eui)

    stream = _stream_of(owner, actor=actor, now=now)
    row, _ = DeviceRow.objects.update_or_create(
        stream=stream,
        network=network.value,
        eui=eui,
        defaults={"name": name, "retired_at": None},
        create_defaults={"name": name, "urn": new_id(), "enrolled_at": now},
    )
    audit.record(
        "telemetry.device-enrolled",
        actor=actor,
        subject=row.urn,
        at=now,
        concerns=(organisation.participant,),
        network=network.value,
    )
    return row.as_fact()


@transaction.atomic
def retire_device(*, owner: OrgId, device_id: DeviceId, actor: Actor, now: datetime) -> Device:
    """Stop taking a device's uplinks; what is stored stays. Retiring it again changes nothing.

    Raises telemetry.device-missing when this owner has no such device.
    """
    row = _locked(owner, device_id)
    if row.retired_at is None:
        row.retired_at = now
        row.save(update_fields=["retired_at"])
        _record("telemetry.device-retired", row, actor=actor, now=now)
    return row.as_fact()


def erase_device(*, owner: OrgId, device_id: DeviceId, actor: Actor, now: datetime) -> lake.Erased:
    """Erase a device, its entity and everything it sent, physically, and return what was erased from the table.

    The device is retired first and all that is staged is moved, so that no row of it can enter the table afterwards;
    a call that was interrupted can be repeated. Releases made from the table are the caller's to drop.
    Raises telemetry.device-missing.
    """
    device = retire_device(owner=owner, device_id=device_id, actor=actor, now=now)
    stream = StreamRow.objects.get(owner=owner)
    staged = StagedRow.objects.filter(stream=stream)
    last = staged.order_by("id").values_list("id", flat=True).last() or 0
    while staged.filter(id__lte=last).exists():
        commit_stream(stream.pk, now=now, limit=_ERASURE_BATCH)
    erased = lake.erase(TableId(stream.table), subject=device.eui, actor=actor, now=now)
    _erase_entity(device, actor=actor, now=now)
    with transaction.atomic():
        row = _locked(owner, device_id)
        SeenRow.objects.filter(device=row).delete()
        _record("telemetry.device-erased", row, actor=actor, now=now, rows=erased.rows)
        row.delete()
    return erased


def _erase_entity(device: Device, *, actor: Actor, now: datetime) -> None:
    try:
        context.erase_entity(device.owner, entity_id(device.network, device.eui), actor=actor, now=now)
    except context.EntityMissing:
        return  # it never sent anything, or a call that was interrupted came this far


def _stream_of(owner: OrgId, *, actor: Actor, now: datetime) -> StreamRow:
    stream = StreamRow.objects.select_for_update().filter(owner=owner).first()
    if stream is not None:
        return stream
    table = lake.create_table(
        owner=owner, name=TABLE_NAME, columns=UPLINK_COLUMNS, subject=SUBJECT, actor=actor, now=now
    )
    return StreamRow.objects.create(owner=owner, table=table.id)


def _locked(owner: OrgId, device_id: DeviceId) -> DeviceRow:
    rows = DeviceRow.objects.select_related("stream").select_for_update()
    row = rows.filter(urn=device_id, stream__owner=owner).first()
    if row is None:
        raise DeviceMissing(device=device_id)
    return row


def _record(action: str, row: DeviceRow, *, actor: Actor, now: datetime, **facts: int) -> None:
    participant = parties.organisation(OrgId(row.stream.owner)).participant
    audit.record(action, actor=actor, subject=row.urn, at=now, concerns=(participant,), **facts)
