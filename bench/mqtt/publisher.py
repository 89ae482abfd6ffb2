"""Publish real uplinks with QoS 1 as fast as is allowed, with as little work as possible.

    python -m bench.mqtt.publisher PORT COUNT

A line on the standard input raises the number of messages that may be out. It speaks MQTT 3.1.1 by hand, since a
client library would need more of the two cores than the broker does.
"""

import gzip
import re
import select
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).parents[3] / "shared" / "data" / "lorawan"
EXCERPT = Path(__file__).parents[2] / "src" / "renkei" / "telemetry" / "samples"
UNACKNOWLEDGED = 5_000
COUNTER = re.compile(rb'"fcnt":(\d+)')
TOPIC = b"helium/bench/rx"


def real_lines() -> list[bytes]:
    """Return the whole data set where it lies beside the project, else the shipped excerpt."""
    files = sorted(DATA.glob("*.gz")) or sorted(EXCERPT.glob("*.gz"))
    return [line for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def uplinks(count: int) -> Iterator[bytes]:
    """Yield messages, each another uplink: every round through the data has counters of its own."""
    lines = real_lines()
    for number in range(count):
        turn, place = divmod(number, len(lines))
        line = lines[place]
        if turn:
            found = COUNTER.search(line)
            assert found is not None
            line = b'%s"fcnt":%d%s' % (
                line[: found.start()],
                int(found[1]) + turn * 100_000,
                line[found.end() :],
            )
        yield line


def packets(count: int) -> Iterator[bytes]:
    """Yield PUBLISH packets (MQTT 3.1.1, section 3.3)."""
    head = struct.pack("!H", len(TOPIC)) + TOPIC
    for number, line in enumerate(uplinks(count)):
        body = head + struct.pack("!H", number % 65_535 + 1) + line
        yield b"\x32" + _length(len(body)) + body


def main() -> None:
    """Publish, and end when the broker has acknowledged everything."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    allowed = [0]
    raised = threading.Condition()

    def listen() -> None:
        for line in sys.stdin:
            with raised:
                allowed[0] = int(line)
                raised.notify()

    threading.Thread(target=listen, daemon=True).start()
    with socket.create_connection(("127.0.0.1", port)) as broker:
        broker.sendall(b"\x10\x11\x00\x04MQTT\x04\x02\x00\x00\x00\x05bench")
        assert broker.recv(4) == b"\x20\x02\x00\x00"
        sent = acknowledged = 0
        waiting = bytearray()
        for packet in packets(count):
            waiting += packet
            sent += 1
            if sent % 50 and sent < count:
                continue
            with raised:
                raised.wait_for(lambda: allowed[0] >= min(sent, count))  # noqa: B023 - used at once
            broker.sendall(waiting)
            waiting.clear()
            while sent - acknowledged > UNACKNOWLEDGED or select.select([broker], [], [], 0)[0]:
                acknowledged += len(broker.recv(65_536)) / 4
        while acknowledged < count:
            acknowledged += len(broker.recv(65_536)) / 4


def _length(size: int) -> bytes:
    digits = bytearray()
    while True:
        size, digit = divmod(size, 128)
        digits.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(digits)


if __name__ == "__main__":
    main()
