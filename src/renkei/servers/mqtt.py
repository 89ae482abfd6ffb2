"""Uplinks from an MQTT broker into the telemetry room, each acknowledged only after it is safe.

One thread reads what the broker has sent, hands it to the room as one batch, and acknowledges the batch once its
transaction stands. While a batch is being stored the next one gathers in the socket, so batches grow with the load
and a quiet node answers at once. The session is kept by the broker (`clean_session` off, one client id for a node):
what was not acknowledged when a process, the network or the database went away is sent again, and the room knows
what it already has. A message that cannot be read or stored is counted and acknowledged like any other, so that it
never comes back.
"""

import hashlib
import logging
import select
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from renkei.kernel.clock import utc_now
from renkei.telemetry import api as telemetry
from renkei.wire import mqtt as wire
from renkei.wire.lorawan import chirpstack, helium, the_things_stack
from renkei.wire.lorawan.reading import OVERSIZE, WRONG_SHAPE, unreadable
from renkei.wire.mqtt import PacketMalformedError

log = logging.getLogger(__name__)

TOPICS: dict[str, str] = {
    "application/+/device/+/event/up": "ChirpStack v4",
    "v3/+/devices/+/up": "The Things Stack v3",
    "helium/+/rx": "Helium",
}
"""What is subscribed to, and whose messages they are."""
LARGEST_BATCH = 2_000
LONGEST_GATHERING = timedelta(milliseconds=50)
KEEPALIVE = 60
_PARSERS: dict[str, Callable[[bytes], telemetry.Uplink | telemetry.Unreadable]] = {
    "application": chirpstack.parse,
    "v3": the_things_stack.parse,
    "helium": helium.parse,
}
_LOOK = 0.2
"""Seconds between two looks at whether to stop."""
_PATIENCE = 10.0
"""Seconds that the broker may take to let a connection be made, or to take what is said to it."""
_READ = 1 << 18
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


class BrokerGoneError(OSError):
    """The broker refused, or the connection to it ended."""


def run_ingestion(mqtt_url: str, stop: threading.Event) -> None:
    """Take uplinks from the broker at `mqtt://[user:password@]host[:port]` (or `mqtts://`) until told to stop.

    A broker or a database that cannot be reached is tried again, after half a second at first and half a minute at
    most; nothing is acknowledged meanwhile. Raises ValueError for any other kind of address.
    """
    address = urlsplit(mqtt_url)
    if address.scheme not in {"mqtt", "mqtts"} or not address.hostname:
        raise ValueError("RENKEI_MQTT_URL must look like mqtt://user:password@host:1883")
    pause = _FIRST_PAUSE
    while not stop.is_set():
        subscriber = None
        try:
            subscriber = Subscriber(address)
            subscriber.serve(stop)
        except (OSError, PacketMalformedError, OperationalError, InterfaceError) as why:
            pause = _FIRST_PAUSE if subscriber and subscriber.stored else pause
            log.warning("ingestion pauses for %.1f s: %s", pause, why)
            connection.close()
            stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            if subscriber:
                subscriber.close()
            close_old_connections()


class Subscriber:
    """One connection to the broker, from its start to its end."""

    def __init__(self, address: SplitResult) -> None:
        self.stored = 0
        """Messages that were handed over and acknowledged."""
        self._address = address
        self._socket = _connect(address)
        self._reader = wire.Reader(largest=settings.RENKEI.max_body)
        self._items: list[telemetry.Uplink | telemetry.Unreadable] = []
        self._to_acknowledge: list[int] = []
        self._last_heard = self._last_said = monotonic()

    def serve(self, stop: threading.Event) -> None:
        """Store what comes until told to stop. Raises OSError or a database error when that cannot go on."""
        username, password = self._address.username, self._address.password
        self._say(
            wire.connect_packet(
                client_id=client_id(),
                keepalive=KEEPALIVE,
                username=None if username is None else unquote(username),
                password=None if password is None else unquote(password),
            )
        )
        while not stop.is_set():
            self._gather()
            if self._items:
                self._hand_over()
            self._keep_alive()

    def close(self) -> None:
        """Leave the broker; what it has not been told about stays in its keeping."""
        try:
            self._say(wire.DISCONNECT)
        except OSError:
            log.debug("the connection had already ended")
        finally:
            self._socket.close()

    def _gather(self) -> None:
        """Read until nothing more is there, the batch is full, or its first message has waited long enough."""
        until = None
        while len(self._items) < LARGEST_BATCH and self._readable(0 if self._items else _LOOK):
            data = self._socket.recv(_READ)
            if not data:
                raise BrokerGoneError("the broker closed the connection")
            self._last_heard = monotonic()
            for packet in self._reader.feed(data):
                if isinstance(packet, wire.Message):
                    self._take(packet)
                else:
                    self._hear(packet)
            until = until or self._last_heard + LONGEST_GATHERING.total_seconds()
            if self._last_heard > until:
                return

    def _take(self, message: wire.Message) -> None:
        self._items.append(read_message(message.topic, message.body, size=message.size))
        if message.number is not None:
            self._to_acknowledge.append(message.number)

    def _hear(self, answer: wire.Answer) -> None:
        if answer.refused:
            raise BrokerGoneError(f"the broker refused: {answer.refused}")
        if answer.kind == wire.CONNACK:
            self._say(wire.subscribe_packet(TOPICS, number=1))
        elif answer.kind == wire.SUBACK:
            for place in answer.refused_topics:
                log.warning("the broker lets nothing of %s through to this node", list(TOPICS)[place])
            log.info("ingestion is connected to %s", self._address.hostname)

    def _hand_over(self) -> None:
        items, numbers = self._items, self._to_acknowledge
        self._items, self._to_acknowledge = [], []
        store(items)
        self._say(wire.acknowledgements(numbers))
        self.stored += len(items)

    def _keep_alive(self) -> None:
        now = monotonic()
        if now - self._last_heard > KEEPALIVE * 1.5:
            raise BrokerGoneError("the broker no longer answers")
        if now - self._last_said > KEEPALIVE / 2:
            self._say(wire.PING)

    def _say(self, packets: bytes) -> None:
        self._socket.sendall(packets)
        self._last_said = monotonic()

    def _readable(self, seconds: float) -> bool:
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        return bool(select.select([self._socket], [], [], seconds)[0])


def _connect(address: SplitResult) -> socket.socket:
    secure = address.scheme == "mqtts"
    host, port = str(address.hostname), address.port or (8883 if secure else 1883)
    plain = socket.create_connection((host, port), timeout=_PATIENCE)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not secure:
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def read_message(topic: str, body: bytes | None, *, size: int) -> telemetry.Uplink | telemetry.Unreadable:
    """Read one message by the network that its topic belongs to; None is one beyond RENKEI_MAX_BODY, never read."""
    if body is None:
        why = f"{size} bytes, {settings.RENKEI.max_body} allowed"
        return telemetry.Unreadable(code=OVERSIZE, why=why, size=size, sha256="")
    parse = _PARSERS.get(topic.partition("/")[0])
    return (
        unreadable(body, WRONG_SHAPE, f"no network has the topic {topic}") if parse is None else parse(body)
    )


def store(items: list[telemetry.Uplink | telemetry.Unreadable]) -> None:
    """Hand a batch to the room; when one message cannot be stored, store the others and count that one.

    Raises Django's OperationalError or InterfaceError when the database cannot be reached.
    """
    try:
        telemetry.receive(items, owner=None, now=utc_now())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a batch of %d could not be stored; its messages are stored one by one", len(items))
        for item in items:
            _store_alone(item)


def _store_alone(item: telemetry.Uplink | telemetry.Unreadable) -> None:
    try:
        telemetry.receive([item], owner=None, now=utc_now())
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.exception("a message could not be stored and is refused")
        refused = telemetry.Unreadable(
            code="telemetry.unstorable", why=type(fault).__name__, size=0, sha256=""
        )
        telemetry.receive([refused], owner=None, now=utc_now())


def client_id() -> str:
    """Return the same id for the same node, so that the broker finds the node's session again."""
    return f"renkei-{hashlib.sha256(settings.RENKEI.public_url.encode()).hexdigest()[:16]}"
