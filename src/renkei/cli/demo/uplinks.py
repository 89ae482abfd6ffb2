"""The uplinks of the demo: real ones, some of them sent twice, and a handful that are broken on purpose."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

RECORDINGS = ("EMS_A81758FFFE04B1C1", "FTD_0018B20000020", "IMST_33323431007C727B")
DEVICES = {
    "A81758FFFE04B1C1": "Climate sensor / 温湿度センサー",
    "0018B20000020CA0": "Field tester A, carried / 携帯型電測器 A",
    "0018B20000020CAC": "Field tester B, carried / 携帯型電測器 B",
    "0018B20000020CBC": "Field tester C, carried / 携帯型電測器 C",
    "33323431007C727B": "Indoor test node / 屋内試験ノード",
}
EVERY_TENTH = 10
IN_FLIGHT = 2_000


@dataclass(frozen=True, slots=True)
class Recordings:
    """Where the uplinks come from."""

    paths: tuple[Path, ...]
    excerpt: bool
    """True when the full recordings are not at hand and the packaged excerpt stands in."""

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Yield each recorded uplink as (device EUI, JSON as the network sent it)."""
        for path in self.paths:
            with gzip.open(path) as lines:
                for line in lines:
                    yield json.loads(line)["dev_eui"], line.strip()


def find_recordings(folder: Path) -> Recordings:
    """Return the recordings in the folder, or the packaged excerpt where they are absent."""
    full = tuple(folder / f"{name}.gz" for name in RECORDINGS)
    if all(path.exists() for path in full):
        return Recordings(full, excerpt=False)
    samples = Path(str(files("renkei.telemetry") / "samples"))
    return Recordings(tuple(sorted(samples.glob("*.gz"))), excerpt=True)


def broken_messages(example: bytes, *, oversize: int) -> tuple[tuple[str, bytes], ...]:
    """Return messages that a node has to refuse, each with the topic's device: made from a real one."""
    stranger = {**json.loads(example), "dev_eui": "00000000DEADBEEF"}
    from_2099 = {**json.loads(example), "reported_at": 4_070_908_800_000, "fcnt": 4_000_000}
    odd_counter = {**json.loads(example), "fcnt": "twelve"}
    return (
        ("broken", example[: len(example) // 2]),
        ("broken", json.dumps(odd_counter).encode()),
        ("00000000DEADBEEF", json.dumps(stranger).encode()),
        ("clock", json.dumps(from_2099).encode()),
        ("huge", b'{"dev_eui":"' + b"A" * oversize + b'"}'),
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """What went to the broker."""

    recorded: int
    again: int
    broken: int

    @property
    def messages(self) -> int:
        """All messages that the broker took."""
        return self.recorded + self.again + self.broken


def publish(recordings: Recordings, *, broker: str, oversize: int, tick: Callable[[int], None]) -> Sent:
    """Send every uplink through a real MQTT broker at QoS 1, each tenth twice, then the broken ones.

    `tick` is told how many recorded uplinks have gone out. Returns once the broker has acknowledged everything.
    """
    address = urlsplit(broker)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="renkei-demo-network-server")
    client.max_inflight_messages_set(IN_FLIGHT)
    client.connect(address.hostname or "127.0.0.1", address.port or 1883)
    client.loop_start()
    recorded = again = 0
    last: mqtt.MQTTMessageInfo | None = None
    example = b"{}"
    for recorded, (device, message) in enumerate(recordings.messages(), start=1):
        last = client.publish(f"helium/{device}/rx", message, qos=1)
        if recorded % EVERY_TENTH == 0:
            last = client.publish(f"helium/{device}/rx", message, qos=1)
            again += 1
        if recorded % IN_FLIGHT == 0:
            last.wait_for_publish(60.0)
            tick(recorded)
        example = message
    broken = broken_messages(example, oversize=oversize)
    for device, message in broken:
        last = client.publish(f"helium/{device}/rx", message, qos=1)
    if last is not None:
        last.wait_for_publish(60.0)
    tick(recorded)
    client.disconnect()
    client.loop_stop()
    return Sent(recorded, again, len(broken))
