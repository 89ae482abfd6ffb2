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
import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import paho.mqtt.client as paho
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from renkei.kernel.clock import utc_now
from renkei.telemetry import api as telemetry
from renkei.wire.lorawan import chirpstack, helium, the_things_stack
from renkei.wire.lorawan.reading import OVERSIZE

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
        subscriber = Subscriber(address)
        try:
            subscriber.serve(stop)
        except (OSError, OperationalError, InterfaceError) as why:
            pause = _FIRST_PAUSE if subscriber.stored else min(pause * 2, _LONGEST_PAUSE)
            log.warning("ingestion pauses for %.1f s: %s", pause, why)
            connection.close()
            stop.wait(pause)
        finally:
            subscriber.close()
            close_old_connections()


class Subscriber:
    """One connection to the broker, from its start to its end."""

    def __init__(self, address: SplitResult) -> None:
        self.stored = 0
        """Messages that were handed over and acknowledged."""
        self._address = address
        self._subscribed = False
        self._refused = ""
        self._items: list[telemetry.Uplink | telemetry.Unreadable] = []
        self._to_acknowledge: list[tuple[int, int]] = []
        self._client = self._make_client()

    def serve(self, stop: threading.Event) -> None:
        """Store what comes until told to stop. Raises OSError or a database error when that cannot go on."""
        port = self._address.port or (8883 if self._address.scheme == "mqtts" else 1883)
        self._client.connect(str(self._address.hostname), port, keepalive=KEEPALIVE)
        while not stop.is_set():
            self._gather()
            if self._items:
                self._hand_over()
            self._check(self._client.loop_misc())
            self._flush()

    def close(self) -> None:
        """Leave the broker; what it has not been told about stays in its keeping."""
        try:
            self._client.disconnect()
            self._flush()
        except OSError:
            log.debug("the connection had already ended")

    def _make_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id(),
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        if self._address.username:
            password = self._address.password
            client.username_pw_set(unquote(self._address.username), password and unquote(password))
        if self._address.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        # With this set, paho queues what is to be sent, and `_flush` sends it in one go.
        client.on_socket_register_write = lambda *_: None
        return client

    def _on_connect(
        self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            return
        client.subscribe([(topic, 1) for topic in TOPICS])
        if not self._subscribed:
            log.info("ingestion is connected to %s", self._address.hostname)
        self._subscribed = True

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._items.append(read_message(message.topic, bytes(message.payload)))
        self._to_acknowledge.append((message.mid, message.qos))

    def _gather(self) -> None:
        """Read until nothing more is there, the batch is full, or its first message has waited long enough."""
        until = monotonic() + _LOOK
        while len(self._items) < LARGEST_BATCH and self._readable(0 if self._items else _LOOK):
            self._check(self._client.loop_read())
            if self._refused:
                raise BrokerGoneError(f"the broker refused: {self._refused}")
            if len(self._items) == 1:
                until = monotonic() + LONGEST_GATHERING.total_seconds()
            if monotonic() > until:
                return

    def _readable(self, seconds: float) -> bool:
        socket = self._client.socket()
        if socket is None:
            raise BrokerGoneError("the broker closed the connection")
        if isinstance(socket, ssl.SSLSocket) and socket.pending():
            return True
        return bool(select.select([socket], [], [], seconds)[0])

    def _hand_over(self) -> None:
        items, to_acknowledge = self._items, self._to_acknowledge
        self._items, self._to_acknowledge = [], []
        store(items)
        for number, qos in to_acknowledge:
            if qos:
                self._client.ack(number, qos)
        self.stored += len(items)

    def _flush(self) -> None:
        while self._client.want_write():
            socket = self._client.socket()
            if socket is None:
                raise BrokerGoneError("the broker closed the connection")
            select.select([], [socket], [], _LOOK)
            self._check(self._client.loop_write())

    def _check(self, code: MQTTErrorCode) -> None:
        if code not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN):
            raise BrokerGoneError(paho.error_string(code))


def read_message(topic: str, body: bytes) -> telemetry.Uplink | telemetry.Unreadable:
    """Read one message by the network that its topic belongs to; one beyond RENKEI_MAX_BODY is not read."""
    limit = settings.RENKEI.max_body
    if len(body) > limit:
        why = f"{len(body)} bytes, {limit} allowed"
        return telemetry.Unreadable(code=OVERSIZE, why=why, size=len(body), sha256="")
    return _PARSERS[topic.partition("/")[0]](body)


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
