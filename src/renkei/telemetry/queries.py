"""Reads of the telemetry room."""

from django.db.models import Count, QuerySet, Sum

from renkei.kernel.ids import DeviceId, OrgId, TableId
from renkei.lake import api as lake
from renkei.telemetry.errors import DeviceMissing, TableMissing
from renkei.telemetry.models import DeviceRow, RefusedRow, SeenRow, StagedRow, StreamRow, TallyRow
from renkei.telemetry.types import Device, Fate, Intake, RefusedSample, Repeats


def devices(owner: OrgId | None) -> tuple[Device, ...]:
    """Return an owner's devices, or everybody's, by owner and name; retired ones too."""
    rows = DeviceRow.objects.select_related("stream").order_by("stream__owner", "name", "id")
    return tuple(row.as_fact() for row in (rows if owner is None else rows.filter(stream__owner=owner)))


def device(device_id: DeviceId, *, owner: OrgId | None = None) -> Device:
    """Return one device. Raises telemetry.device-missing when there is none, or none of this owner's."""
    rows = DeviceRow.objects.select_related("stream").filter(urn=device_id)
    row = (rows if owner is None else rows.filter(stream__owner=owner)).first()
    if row is None:
        raise DeviceMissing(device=device_id)
    return row.as_fact()


def uplink_table(owner: OrgId) -> lake.Table:
    """Return the table of an owner's uplinks. Raises telemetry.table-missing before its first device is enrolled."""
    stream = StreamRow.objects.filter(owner=owner).first()
    if stream is None:
        raise TableMissing(owner=owner)
    return lake.table(TableId(stream.table))


def intake(owner: OrgId | None) -> Intake:
    """Return what came in for an owner and what became of it; for everybody and nobody when no owner is given."""
    tallies: QuerySet[TallyRow] = TallyRow.objects.all()
    staged: QuerySet[StagedRow] = StagedRow.objects.all()
    if owner is not None:
        tallies, staged = tallies.filter(owner=owner), staged.filter(stream__owner=owner)
    counts = dict(tallies.values_list("code").annotate(total=Sum("count")).order_by("code"))
    return Intake(
        received=sum(counts.values()),
        stored=counts.pop(Fate.STORED.value, 0),
        duplicates=counts.pop(Fate.DUPLICATE.value, 0),
        refused=counts,
        staged=staged.count(),
    )


def repeats(owner: OrgId | None) -> Repeats:
    """Return how often an owner's frames were sent again over the air; reads every stored uplink's identity."""
    rows = SeenRow.objects.all()
    if owner is not None:
        rows = rows.filter(device__stream__owner=owner)
    frames = rows.values("device_id", "session", "counter").annotate(times=Count("sent_us"))
    totals = frames.aggregate(uplinks=Sum("times"), frames=Count("*"))
    return Repeats(uplinks=totals["uplinks"] or 0, frames=totals["frames"])


def refused_samples(owner: OrgId | None, *, limit: int = 50) -> tuple[RefusedSample, ...]:
    """Return the last refused messages, newest first, without their content."""
    rows = RefusedRow.objects.order_by("-id")
    return tuple(row.as_fact() for row in (rows if owner is None else rows.filter(owner=owner))[:limit])
