"""One connection to an MQTT broker, for the notifications of one turn (ETSI GS CIM 009 v1.9.1, clause 7.2).

paho-mqtt speaks the protocol in a thread of its own. The name of the broker is looked up and judged here, as
`servers.addresses` does for HTTP, and the connection is made to a judged address; TLS still proves the name.
"""

import socket
import ssl
import threading
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from renkei.context import api as context
from renkei.kernel.ids import new_id
from renkei.servers.addresses import MOST_ADDRESSES, is_inside
from renkei.servers.errors import AddressInside
from renkei.servers.names import Names

PORTS = {"mqtt": 1883, "mqtts": 8883}
_CONNECTING = 5.0
_VERSIONS = {"mqtt3.1.1": paho.MQTTv311, "mqtt5.0": paho.MQTTv5}
_BUSY = {
    "Server unavailable",
    "Server busy",
    "Quota exceeded",
    "Connection rate exceeded",
    "Use another server",
}
_names = Names()


class BrokerSilentError(Exception):
    """The broker cannot be reached, or does not answer."""


class BrokerRefusedError(Exception):
    """The broker does not want us, or the message."""


class Broker:
    """A broker that notifications of one endpoint go to; the connection is made with the first of them."""

    def __init__(self, endpoint: context.Endpoint, *, inside_peers: bool) -> None:
        self._parts = urlsplit(endpoint.uri)
        info = dict(endpoint.notifier)
        self._version = _VERSIONS[info.get("MQTT-Version", "mqtt5.0")]
        self._qos = int(info.get("MQTT-QoS", "0"))
        self._topic = unquote(self._parts.path[1:])
        self._inside_peers = inside_peers
        self._client: _Client | None = None

    def __enter__(self) -> "Broker":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _why: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    def publish(self, message: bytes, *, seconds: float) -> None:
        """Hand a message over, by the quality of service asked for.

        Raises BrokerSilentError, BrokerRefusedError, servers.address-inside.
        """
        if self._client is None:
            self._client = self._connected(seconds)
        told = self._client.publish(self._topic, message, qos=self._qos)
        if told.rc != paho.MQTT_ERR_SUCCESS:
            raise BrokerSilentError(f"the connection to the broker is gone: {paho.error_string(told.rc)}")
        try:
            told.wait_for_publish(seconds)
        except (RuntimeError, ValueError) as why:
            raise BrokerSilentError(f"the broker did not take the message: {why}") from why
        if not told.is_published():
            raise BrokerSilentError("the broker did not take the message in time")
        refused = self._client.refused.pop(told.mid, None)
        if refused is not None:
            raise BrokerRefusedError(f"the broker refused the message: {refused}")

    def _connected(self, seconds: float) -> "_Client":
        client = _Client(self._version, addresses=self._addresses(seconds))
        if self._parts.username is not None:
            password = None if self._parts.password is None else unquote(self._parts.password)
            client.username_pw_set(unquote(self._parts.username), password)
        if self._parts.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        client.connect_timeout = min(seconds, _CONNECTING)
        try:
            client.connect(self._parts.hostname or "", self._port(), keepalive=60)
        except (OSError, ssl.SSLError, ValueError) as why:
            raise BrokerSilentError(f"the broker cannot be reached: {why}") from why
        client.loop_start()
        if not client.answered.wait(seconds):
            client.loop_stop()
            raise BrokerSilentError("the broker did not answer in time")
        said = client.said
        if said is not None and said.is_failure:
            client.loop_stop()
            kind = BrokerSilentError if str(said) in _BUSY else BrokerRefusedError
            raise kind(f"the broker does not let us in: {said}")
        return client

    def _port(self) -> int:
        return self._parts.port or PORTS[self._parts.scheme]

    def _addresses(self, seconds: float) -> list[str]:
        host = self._parts.hostname or ""
        try:
            found = _names.addresses(host, self._port(), seconds=seconds)
        except httpcore.NetworkError as why:
            raise BrokerSilentError(str(why)) from why
        except httpcore.TimeoutException as why:
            raise BrokerSilentError(str(why)) from why
        if not self._inside_peers and any(is_inside(address) for address in found):
            raise AddressInside(host=host)
        return [str(address) for address in found[:MOST_ADDRESSES]]


class _Client(paho.Client):
    """Connects to addresses that were judged, and remembers what the broker said."""

    def __init__(self, version: Any, *, addresses: list[str]) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=f"renkei-{new_id().rpartition(':')[2]}",
            protocol=version,
            reconnect_on_failure=False,
        )
        self._judged = addresses
        self.answered = threading.Event()
        self.said: ReasonCode | None = None
        self.refused: dict[int, str] = {}
        self.on_connect = self._on_answer
        self.on_publish = self._on_taken

    def _create_socket_connection(self) -> socket.socket:
        failure: OSError = OSError("the name has no address")
        for address in self._judged:
            try:
                return socket.create_connection((address, self._port), timeout=self._connect_timeout)
            except OSError as why:
                failure = why
        raise failure

    def _on_answer(
        self, _client: paho.Client, _data: Any, _flags: Any, said: ReasonCode, _properties: Any
    ) -> None:
        self.said = said
        self.answered.set()

    def _on_taken(
        self, _client: paho.Client, _data: Any, message: int, said: ReasonCode, _properties: Any
    ) -> None:
        if said is not None and said.is_failure:
            self.refused[message] = str(said)
