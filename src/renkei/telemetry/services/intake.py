"""Taking messages in: each is stored once, known as a duplicate, or refused and counted, a batch in one transaction.

A batch first locks its devices and their owners' streams, always in the same order. So two receivers never wait for
each other in a circle, a device cannot be retired under a batch, and whoever moves staged rows into a table
(`services.moving`) knows that no row with a lower number can still appear.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from renkei.kernel.ids import OrgId
from renkei.telemetry import rules
from renkei.telemetry.columns import encode_row
from renkei.telemetry.models import DeviceRow, RefusedRow
from renkei.telemetry.services import sql
from renkei.telemetry.types import Fate, Gateway, Outcome, Received, Unreadable, Uplink

SAMPLES_KEPT = 200
_SAMPLES_OF_A_BATCH = 20
_STORED = Outcome(Fate.STORED)
_DUPLICATE = Outcome(Fate.DUPLICATE)


@dataclass(frozen=True, slots=True)
class _Enrolled:
    id: int
    stream: int
    owner: str


@dataclass(slots=True)
class _Heard:
    """What one batch tells of one device."""

    count: int = 0
    at: int = 0
    last: Uplink | None = None


@dataclass(slots=True)
class _Batch:
    """What is decided about a batch before anything is written."""

    outcomes: list[Outcome] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    new: dict[sql.Key, int] = field(default_factory=dict)
    """Each identity's first place in the batch."""


@transaction.atomic
def receive(items: Sequence[Uplink | Unreadable], *, owner: OrgId | None, now: datetime) -> Received:
    """Take a batch of messages and answer what became of each, in their order.

    With an owner, only its own devices are known. One transaction: when this returns, what is stored stays stored;
    when it raises, nothing of the batch is. A refused message is counted, and its digest kept among the last few.
    """
    devices = _lock_devices(items, owner)
    batch = _judge(items, devices, owner=owner or "", now=now)
    fresh = sql.remember(sorted(batch.new))
    staged: list[tuple[int, bytes]] = []
    heard: dict[int, _Heard] = {}
    for key, place in batch.new.items():
        if key not in fresh:
            batch.outcomes[place] = _DUPLICATE
            continue
        uplink = items[place]
        assert isinstance(uplink, Uplink)  # noqa: S101  only uplinks have a key
        device = devices[uplink.network, uplink.device_eui]
        staged.append((device.stream, encode_row(uplink, sent_us=key[3], received_at=now)))
        _note(heard.setdefault(device.id, _Heard()), uplink, key[3])
    sql.stage(staged)
    sql.mark_heard(_signals(heard))
    _count(batch, now)
    _keep_samples(items, batch, now)
    return Received(tuple(batch.outcomes))


def _lock_devices(
    items: Sequence[Uplink | Unreadable], owner: OrgId | None
) -> dict[tuple[str, str], _Enrolled]:
    euis = {item.device_eui for item in items if isinstance(item, Uplink)}
    rows = DeviceRow.objects.filter(eui__in=euis, retired_at__isnull=True)
    if owner is not None:
        rows = rows.filter(stream__owner=owner)
    locked = rows.select_related("stream").select_for_update().order_by("stream_id", "id")
    return {
        (network, eui): _Enrolled(pk, stream, owned_by)
        for pk, network, eui, stream, owned_by in locked.values_list(
            "id", "network", "eui", "stream_id", "stream__owner"
        )
    }


def _judge(
    items: Sequence[Uplink | Unreadable],
    devices: dict[tuple[str, str], _Enrolled],
    *,
    owner: str,
    now: datetime,
) -> _Batch:
    batch = _Batch()
    for place, item in enumerate(items):
        if isinstance(item, Unreadable):
            batch.outcomes.append(rules.unreadable_outcome(item))
            batch.owners.append(owner)
            continue
        device = devices.get((item.network, item.device_eui))
        if device is None:
            batch.outcomes.append(rules.stranger_outcome(item))
            batch.owners.append(owner)
            continue
        batch.owners.append(device.owner)
        refused = rules.clock_outcome(item, now=now)
        if refused is not None:
            batch.outcomes.append(refused)
            continue
        key = (device.id, item.session, item.counter, rules.microseconds(item.sent_at))
        batch.outcomes.append(_DUPLICATE if key in batch.new else _STORED)
        batch.new.setdefault(key, place)
    return batch


def _note(heard: _Heard, uplink: Uplink, at: int) -> None:
    heard.count += 1
    if at >= heard.at:
        heard.at, heard.last = at, uplink


def _signals(heard: dict[int, _Heard]) -> list[tuple[int, int, int, float | None, float | None]]:
    signals: list[tuple[int, int, int, float | None, float | None]] = []
    for device, what in sorted(heard.items()):
        best = (what.last and what.last.best_gateway()) or Gateway(id="")
        signals.append((device, what.count, what.at, best.rssi, best.snr))
    return signals


def _count(batch: _Batch, now: datetime) -> None:
    met = Counter(
        (owner, outcome.code or outcome.fate.value)
        for owner, outcome in zip(batch.owners, batch.outcomes, strict=True)
    )
    day = now.date().isoformat()
    sql.add_tallies((owner, code, day, count) for (owner, code), count in met.items())


def _keep_samples(items: Sequence[Uplink | Unreadable], batch: _Batch, now: datetime) -> None:
    refused = [place for place, outcome in enumerate(batch.outcomes) if outcome.fate is Fate.REFUSED]
    if not refused:
        return
    for place in refused[-_SAMPLES_OF_A_BATCH:]:
        sample = rules.sample_of(items[place], batch.outcomes[place], now=now)
        RefusedRow.objects.create(
            owner=batch.owners[place],
            at=sample.at,
            code=sample.code,
            why=sample.why,
            size=sample.size,
            sha256=sample.sha256,
        )
    for owner in sorted({batch.owners[place] for place in refused}):
        kept = RefusedRow.objects.filter(owner=owner).order_by("-id").values_list("id", flat=True)
        oldest = kept[SAMPLES_KEPT - 1 : SAMPLES_KEPT].first()
        if oldest is not None:
            RefusedRow.objects.filter(owner=owner, id__lt=oldest).delete()
