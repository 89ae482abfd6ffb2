"""The ingestion and the committing process are killed again and again while uplinks stream in over real MQTT.

Whatever the moment of each death, every uplink stands in the owner's table exactly once.
"""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

import paho.mqtt.client as paho
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from paho.mqtt.enums import CallbackAPIVersion

from renkei.kernel.clock import utc_now
from renkei.lake import api as lake
from renkei.servers.broker import Broker, find_mosquitto, throw_away_broker
from renkei.telemetry import api as telemetry
from tests.factories.parties import organisation
from tests.factories.telemetry import device, helium_message

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed"),
]
UPLINKS = 9_000
SLICE = 1_500
"""Published between two deaths; each death comes in the first half of what a slice stores."""
COMMITTER = """
import django; django.setup()
from renkei.kernel.clock import utc_now
from renkei.telemetry import api as telemetry
while True:
    telemetry.commit_staged(now=utc_now(), limit=700)
"""


class Restarted:
    """A program of the node, killed without warning and started again."""

    def __init__(self, *command: str, environment: dict[str, str]) -> None:
        self._command, self._environment = command, environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, *self._command], env=self._environment)

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        assert self._process is not None
        assert self.runs(), "it ended by itself"
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """A database that other processes reach too; the tests' own SQLite lives in this process's memory."""
    if connection.vendor != "sqlite":
        yield
        return
    named, in_memory = connection.settings_dict["NAME"], connection.connection
    connection.connection = None
    connection.settings_dict["NAME"] = str(tmp_path / "node.sqlite3")
    try:
        call_command("migrate", verbosity=0)
        yield
        connection.close()
    finally:
        connection.settings_dict["NAME"], connection.connection = named, in_memory


@contextmanager
def node(broker: Broker) -> Iterator[tuple[Restarted, Restarted]]:
    """The two programs on the test's own database; killed at the end, whatever happened."""
    named = connection.settings_dict
    where = f"{named['USER']}@{named['HOST']}:{named['PORT']}" if named["HOST"] else ""
    scheme = "postgresql" if connection.vendor == "postgresql" else "sqlite"
    environment = os.environ | {
        "RENKEI_DATABASE_URL": f"{scheme}://{where}/{named['NAME']}",
        "RENKEI_MQTT_URL": broker.url,
        "RENKEI_HOME": str(settings.RENKEI.home),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    programs = (
        Restarted("-m", "renkei.config.ingestion", environment=environment),
        Restarted("-c", COMMITTER, environment=environment),
    )
    for program in programs:
        program.start()
    try:
        yield programs
    finally:
        for program in programs:
            if program.runs():
                program.kill()


def publish(broker: Broker, numbers: range, since: int) -> None:
    """Publish these uplinks, and every fifth one a second time; return when the broker has taken them all."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="network-server", protocol=paho.MQTTv311)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for number in numbers:
        body = helium_message(counter=number, sent_ms=since + number)
        for _ in range(2 if number % 5 == 0 else 1):
            sent = client.publish("helium/field-tester/rx", body, qos=1)
        if number % 100 == 0:
            sent.wait_for_publish(30)
    sent.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def wait_until_stored(count: int) -> None:
    end = monotonic() + 90
    while telemetry.intake(None).stored < count:
        assert monotonic() < end, telemetry.intake(None)
        threading.Event().wait(0.05)


@pytest.mark.usefixtures("shared_database")
def test_every_uplink_is_stored_once_however_often_the_processes_die():
    org = organisation()
    device(org=org)
    moments = random.Random(20260501)
    since = int((utc_now() - timedelta(days=1)).timestamp() * 1000)

    with throw_away_broker(kind="mosquitto") as broker, node(broker) as (ingestion, committer):
        wait_for_session(broker)
        for slice_start in range(0, UPLINKS, SLICE):
            numbers = range(slice_start, slice_start + SLICE)
            publisher = threading.Thread(target=publish, args=(broker, numbers, since))
            publisher.start()
            wait_until_stored(slice_start + moments.randrange(1, SLICE // 2))
            for program in (ingestion, committer):
                program.kill()
                program.start()
            publisher.join(60)
        wait_until_stored(UPLINKS - SLICE + SLICE // 2)
        publish(broker, range(UPLINKS, UPLINKS + SLICE), since)
        wait_until_stored(UPLINKS + SLICE)
        assert ingestion.stop() == 0
        committer.kill()
    while telemetry.commit_staged(now=utc_now()):
        pass

    stored = lake.read(telemetry.uplink_table(org.id).id).read_all().column("counter").to_pylist()
    assert sorted(stored) == list(range(UPLINKS + SLICE))
    assert telemetry.devices(org.id)[0].uplinks == UPLINKS + SLICE
    assert telemetry.intake(org.id).stored == UPLINKS + SLICE


def wait_for_session(broker: Broker) -> None:
    """Return once the node has subscribed: a message for nobody comes through."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="probe", protocol=paho.MQTTv311)
    client.connect(broker.host, broker.port)
    client.loop_start()
    end = monotonic() + 60
    while not telemetry.intake(None).received:
        assert monotonic() < end, "the node never subscribed"
        client.publish("helium/probe/rx", b"anybody there?", qos=1).wait_for_publish(10)
        threading.Event().wait(0.2)
    client.disconnect()
    client.loop_stop()
