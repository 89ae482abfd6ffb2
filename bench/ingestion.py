"""How many uplinks go from the MQTT broker into the owner's committed table in a second, and in how much memory.

    python -m bench.ingestion [--uplinks 100000]

Broker, publisher, ingestion and committer share the machine, as on a node of one machine: everything is in the
figure. The yardstick is a subscriber of the same client library that does nothing with the same messages, in the same
run. `RENKEI_DATABASE_URL` names a database other than SQLite; it must be empty.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from bench.mqtt.publisher import real_lines
from renkei.servers.broker import Broker, throw_away_broker

OUT = 50_000
"""Messages that may be published and not yet received, so that the broker's own memory stays small."""
LOOK = 0.2


def main() -> int:
    """Print the rates, their ratio and the memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uplinks", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as home, throw_away_broker() as broker:
        os.environ.update(
            RENKEI_HOME=home, DJANGO_SETTINGS_MODULE="renkei.config.settings", RENKEI_MQTT_URL=broker.url
        )
        print(f"broker: {broker.kind}; {psutil.cpu_count()} cores; {options.uplinks:,} uplinks")
        bare = _yardstick(broker, min(options.uplinks, 100_000))
        print(f"subscriber that does nothing   {bare:9,.0f} messages/s")
        _set_up()
        with (
            _running("-m", "renkei.config.ingestion") as ingestion,
            _running("-m", "bench.mqtt.committer") as committer,
        ):
            ours = _ingest(broker, options.uplinks, ingestion, committer)
        print(f"broker to committed table      {ours:9,.0f} uplinks/s")
        print(f"ratio                          {ours / bare:9.2f}")
        _check(options.uplinks)
    return 0


def _yardstick(broker: Broker, count: int) -> float:
    command = [sys.executable, "-m", "bench.mqtt.subscriber", str(broker.port), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as subscriber:
        assert subscriber.stdout is not None
        assert subscriber.stdout.readline() == "ready\n"
        started = time.perf_counter()
        with _publisher(broker, count) as allow:
            for line in subscriber.stdout:
                allow(int(line) + OUT)
        return count / (time.perf_counter() - started)


def _set_up() -> None:
    import json

    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.kernel.texts import Text
    from renkei.parties import api as parties
    from renkei.telemetry import api as telemetry

    name = Text(ja="計測", en="Bench")
    org = parties.create_organisation(slug="bench", name=name, actor=NODE, now=utc_now())
    for eui in sorted({json.loads(line)["dev_eui"] for line in real_lines()}):
        telemetry.enrol_device(
            owner=org.id, network=telemetry.Network.HELIUM, eui=eui, name=eui, actor=NODE, now=utc_now()
        )


def _ingest(broker: Broker, count: int, ingestion: psutil.Process, committer: psutil.Process) -> float:
    from renkei.telemetry import api as telemetry

    _await_session(broker)
    base = telemetry.intake(None).received
    tenth, next_look = count // 10, count // 10
    started = time.perf_counter()
    with _publisher(broker, count) as allow:
        while True:
            counted = telemetry.intake(None)
            received = counted.received - base
            allow(received + OUT)
            if received >= next_look:
                _print_memory(received, ingestion, committer)
                next_look += max(tenth, 1) * (5 if received < count / 2 else 10)
            if counted.stored >= count and not counted.staged:
                break
            time.sleep(LOOK)
    rate = count / (time.perf_counter() - started)
    _print_memory(count, ingestion, committer)
    for name, process in (
        ("ingestion", ingestion),
        ("committer", committer),
        ("broker", psutil.Process(broker.pid)),
    ):
        spent = process.cpu_times()
        print(f"  processor time of {name:10} {(spent.user + spent.system) / count * 1e6:6.0f} µs an uplink")
    return rate


def _await_session(broker: Broker) -> None:
    """Send the first message until the node has received it: from then on none is lost, and it is a duplicate."""
    from renkei.telemetry import api as telemetry

    while not telemetry.intake(None).received:
        command = [sys.executable, "-m", "bench.mqtt.publisher", str(broker.port), "1"]
        subprocess.run(command, input="1\n", text=True, check=True)
        time.sleep(LOOK)
    time.sleep(1)


def _print_memory(received: int, *processes: psutil.Process) -> None:
    ingestion, committer = (process.memory_info().rss / 2**20 for process in processes)
    print(f"  after {received:>9,}: ingestion {ingestion:5.0f} MiB, committer {committer:5.0f} MiB")


def _check(count: int) -> None:
    from renkei.lake import api as lake
    from renkei.parties import api as parties
    from renkei.telemetry import api as telemetry

    (org,) = parties.organisations()
    rows = lake.snapshot(telemetry.uplink_table(org.id).id).rows
    assert rows == telemetry.intake(None).stored >= count, (rows, telemetry.intake(None))
    print(f"rows in the table              {rows:9,}")


@contextmanager
def _publisher(broker: Broker, count: int) -> Iterator[Callable[[int], None]]:
    command = [sys.executable, "-m", "bench.mqtt.publisher", str(broker.port), str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        given = process.stdin

        def allow(messages: int) -> None:
            if process.poll() is None:
                print(messages, file=given, flush=True)

        allow(OUT)
        yield allow


@contextmanager
def _running(*command: str) -> Iterator[psutil.Process]:
    with subprocess.Popen([sys.executable, *command]) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())
