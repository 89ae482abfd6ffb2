"""Tables of the telemetry room. Times in the busy ones are microseconds since 1970, so that plain SQL reads them."""

from datetime import date, datetime

from django.db import models

from renkei.kernel.ids import DeviceId, OrgId
from renkei.telemetry.rules import from_microseconds
from renkei.telemetry.types import Device, Network, RefusedSample


class StreamRow(models.Model):
    """One owner's uplinks on their way into its table, and the batch that is being moved."""

    owner = models.CharField(max_length=255, unique=True)
    table = models.CharField(max_length=64)
    batch = models.BigIntegerField(default=0)
    """The number of the last batch that was claimed."""
    claimed_to = models.BigIntegerField(null=True)
    """The last staged row of that batch; null once the batch is settled."""
    claimed_rows = models.BigIntegerField(default=0)
    """How many staged rows that batch had when it was claimed."""

    class Meta:
        db_table = "telemetry_stream"

    def __str__(self) -> str:
        return self.owner


class DeviceRow(models.Model):
    """One enrolled device."""

    urn = models.CharField(max_length=64, unique=True)
    stream = models.ForeignKey(StreamRow, on_delete=models.PROTECT, related_name="+")
    network = models.CharField(max_length=32)
    eui = models.CharField(max_length=16)
    name = models.CharField(max_length=100)
    enrolled_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    retired_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    last_seen_us = models.BigIntegerField(null=True)
    last_rssi = models.FloatField(null=True)
    last_snr = models.FloatField(null=True)
    uplinks = models.BigIntegerField(default=0)

    class Meta:
        db_table = "telemetry_device"
        constraints = (
            models.UniqueConstraint(
                fields=("network", "eui"),
                condition=models.Q(retired_at__isnull=True),
                name="telemetry_device_enrolled_once",
            ),
        )
        indexes = (models.Index(fields=("eui",), name="telemetry_device_eui"),)

    def __str__(self) -> str:
        return f"{self.network} {self.eui}"

    def as_fact(self) -> Device:
        """Return the device as the other rooms see it."""
        return Device(
            id=DeviceId(self.urn),
            owner=OrgId(self.stream.owner),
            network=Network(self.network),
            eui=self.eui,
            name=self.name,
            enrolled_at=self.enrolled_at,
            retired_at=self.retired_at,
            last_seen=None if self.last_seen_us is None else from_microseconds(self.last_seen_us),
            last_rssi=self.last_rssi,
            last_snr=self.last_snr,
            uplinks=self.uplinks,
        )


class SeenRow(models.Model):
    """An uplink that was stored once and will not be stored again."""

    pk = models.CompositePrimaryKey("device_id", "session", "counter", "sent_us")
    device = models.ForeignKey(DeviceRow, on_delete=models.CASCADE, related_name="+", db_index=False)
    session = models.CharField(max_length=8, blank=True)
    counter = models.BigIntegerField()
    sent_us = models.BigIntegerField()

    class Meta:
        db_table = "telemetry_seen"

    def __str__(self) -> str:
        return f"{self.session} {self.counter}"


class StagedRow(models.Model):
    """An uplink that is safe here and not yet in its owner's table."""

    stream = models.ForeignKey(StreamRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    body = models.BinaryField()

    class Meta:
        db_table = "telemetry_staged"
        indexes = (models.Index(fields=("stream", "id"), name="telemetry_staged_in_order"),)

    def __str__(self) -> str:
        return str(self.pk)


class TallyRow(models.Model):
    """How many messages met one fate on one day; no owner: nobody's device, over MQTT."""

    owner = models.CharField(max_length=255, blank=True)
    code = models.CharField(max_length=64)
    day: "models.DateField[date, date]" = models.DateField()
    count = models.BigIntegerField()

    class Meta:
        db_table = "telemetry_tally"
        constraints = (models.UniqueConstraint(fields=("owner", "code", "day"), name="telemetry_tally_one"),)

    def __str__(self) -> str:
        return f"{self.day} {self.code}"


class RefusedRow(models.Model):
    """One of the last messages refused, without its content."""

    owner = models.CharField(max_length=255, blank=True, db_index=True)
    at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    code = models.CharField(max_length=64)
    why = models.CharField(max_length=300)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "telemetry_refused"

    def __str__(self) -> str:
        return f"{self.code} {self.why}"

    def as_fact(self) -> RefusedSample:
        """Return the sample as the other rooms see it."""
        return RefusedSample(at=self.at, code=self.code, why=self.why, size=self.size, sha256=self.sha256)
