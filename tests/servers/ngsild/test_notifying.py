"""Notifications to real receivers: an HTTP server, an MQTT broker, and addresses that nobody should call."""

import hashlib
import json
import socket
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from queue import Queue
from threading import Event
from time import monotonic
from typing import Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from renkei.context import api as context
from renkei.kernel.ids import OrgId
from renkei.servers.broker import find_mosquitto, throw_away_broker
from renkei.servers.ngsild.notifying import NodeNotifier, check_endpoint
from renkei.servers.outgoing import shared_outgoing
from renkei.wire.ngsild.core import CORE_URL
from tests.factories import parties as make
from tests.factories.context import SPEED, VEHICLE, entity, prop
from tests.factories.far_server import FarServer, answer, far_server, hang
from tests.factories.subscriptions import NAME, members
from tests.servers.running import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _inside(settings: Any) -> Iterator[None]:
    settings.RENKEI = replace(settings.RENKEI, inside_peers=True)
    shared_outgoing.cache_clear()
    yield
    shared_outgoing.cache_clear()


@pytest.fixture
def tenant() -> OrgId:
    return make.organisation(slug="tokai-lab").id


def subscription(uri: str, *, told: dict[str, Any] | None = None, **endpoint: Any) -> context.Subscription:
    """Return a subscription as the room reads it."""
    from renkei.context.rules.subscribing.reading import read_subscription

    notification = {"endpoint": {"uri": uri, **endpoint}, **(told or {})}
    return read_subscription(NAME, members(notification=notification) | {"@context": CORE_URL})


def notice(tenant: OrgId, subscribed: context.Subscription, now: datetime) -> context.Notice:
    document = entity(speed=prop(55, createdAt="2026-05-01T09:00:00.000000Z"))
    return context.Notice("urn:ngsi-ld:Notification:7", tenant, subscribed, now, [document])


def send(tenant: OrgId, subscribed: context.Subscription, now: datetime, times: int = 1) -> None:
    with NodeNotifier().opened(subscribed.endpoint) as carry:
        for _ in range(times):
            carry(notice(tenant, subscribed, now))


def test_a_notification_is_posted_with_its_context_and_the_receivers_own_headers(
    tenant: OrgId, now: datetime
):
    info = [{"key": "X-Key", "value": "secret"}]
    with far_server(answer({})) as server:
        send(tenant, subscription(server.url("/notify"), receiverInfo=info), now)

    assert server.asked == ["POST /notify"]
    (headers,) = server.headers
    assert headers["content-type"] == "application/json"
    assert headers["link"] == (
        f'<{CORE_URL}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    )
    assert (headers["x-key"], headers["ngsild-tenant"]) == ("secret", "tokai-lab")
    assert json.loads(server.bodies[0]) == {
        "id": "urn:ngsi-ld:Notification:7",
        "type": "Notification",
        "subscriptionId": NAME,
        "notifiedAt": "2026-05-01T09:00:00Z",
        "data": [{"id": "urn:ngsi-ld:Vehicle:1", "type": VEHICLE, SPEED: {"type": "Property", "value": 55}}],
    }


def test_json_ld_has_its_context_in_each_entity_and_no_link(tenant: OrgId, now: datetime):
    with far_server(answer({})) as server:
        send(tenant, subscription(server.url("/notify"), accept="application/ld+json"), now)

    assert "link" not in server.headers[0]
    assert json.loads(server.bodies[0])["data"][0]["@context"] == CORE_URL


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"format": "keyValues"}, {"id": "urn:ngsi-ld:Vehicle:1", "type": VEHICLE, SPEED: 55}),
        ({"format": "concise"}, {"id": "urn:ngsi-ld:Vehicle:1", "type": VEHICLE, SPEED: 55}),
        ({"pick": ["id"]}, {"id": "urn:ngsi-ld:Vehicle:1"}),
        ({"omit": ["type", SPEED]}, {"id": "urn:ngsi-ld:Vehicle:1"}),
        ({"attributes": ["https://example.org/other"]}, {"id": "urn:ngsi-ld:Vehicle:1", "type": VEHICLE}),
    ],
)
def test_entities_are_shown_as_asked_for(
    tenant: OrgId, now: datetime, told: dict[str, Any], shown: dict[str, Any]
):
    with far_server(answer({})) as server:
        send(tenant, subscription(server.url("/notify"), told=told), now)

    assert json.loads(server.bodies[0])["data"] == [shown]


def test_geojson_is_a_collection_of_features(tenant: OrgId, now: datetime):
    with far_server(answer({})) as server:
        send(tenant, subscription(server.url("/notify"), accept="application/geo+json"), now)

    assert server.headers[0]["content-type"] == "application/geo+json"
    data = json.loads(server.bodies[0])["data"]
    assert (data["type"], data["features"][0]["geometry"]) == ("FeatureCollection", None)


def test_many_notifications_go_over_one_connection(tenant: OrgId, now: datetime):
    with far_server(answer({"taken": True})) as server:
        send(tenant, subscription(server.url("/notify")), now, times=20)

    assert (len(server.asked), server.connections) == (20, 1)


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, context.ReceiverRefused),
        (404, context.ReceiverRefused),
        (302, context.ReceiverRefused),
        (408, context.ReceiverFaulted),
        (429, context.ReceiverFaulted),
        (500, context.ReceiverFaulted),
        (503, context.ReceiverFaulted),
    ],
)
def test_a_status_says_whether_it_may_be_taken_later(
    tenant: OrgId, now: datetime, status: int, raised: type[Exception]
):
    with far_server(answer({}, status=status)) as server, pytest.raises(raised) as caught:
        send(tenant, subscription(server.url("/notify")), now)
    assert caught.type is raised


def test_a_receiver_that_is_gone_or_hangs_is_unavailable(tenant: OrgId, now: datetime):
    with pytest.raises(context.ReceiverUnavailable):
        send(tenant, subscription(f"http://127.0.0.1:{free_port()}/notify"), now)
    with far_server(hang) as server, pytest.raises(context.ReceiverUnavailable):
        send(tenant, subscription(server.url("/notify"), timeout=200), now)


INSIDE = [
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://10.0.0.8/x",
    "https://169.254.169.254/latest",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://intranet/x",
    "mqtts://192.168.1.2/topic",
    "http://receiver.example/x",
    "mqtt://receiver.example/topic",
]


@pytest.mark.parametrize("uri", INSIDE)
def test_addresses_inside_and_without_tls_are_refused_when_named_and_when_called(
    tenant: OrgId, now: datetime, settings: Any, uri: str
):
    settings.RENKEI = replace(settings.RENKEI, inside_peers=False)
    shared_outgoing.cache_clear()

    with pytest.raises(Exception, match=r"servers\.address-(inside|insecure)"):
        check_endpoint(uri)
    with pytest.raises(context.ReceiverRefused):
        send(tenant, subscription(uri), now)


needs_mosquitto = pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed")


@contextmanager
def listening(port: int, topic: str, **account: str) -> Iterator["Queue[bytes]"]:
    """Listen to a topic of a broker."""
    messages: Queue[bytes] = Queue()
    ready: Queue[bool] = Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2)
    if account:
        client.username_pw_set(**account)
    client.on_connect = lambda *_: client.subscribe(topic, qos=2)
    client.on_subscribe = lambda *_: ready.put(True)
    client.on_message = lambda _client, _data, message: messages.put(message.payload)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        ready.get(timeout=10)
        yield messages
    finally:
        client.disconnect()
        client.loop_stop()


@needs_mosquitto
@pytest.mark.parametrize(
    "info",
    [{}, {"MQTT-QoS": "1"}, {"MQTT-QoS": "2"}, {"MQTT-Version": "mqtt3.1.1"}, {"MQTT-Version": "mqtt5.0"}],
)
def test_a_message_carries_what_http_says_in_headers(tenant: OrgId, now: datetime, info: dict[str, str]):
    notifier = [{"key": name, "value": value} for name, value in info.items()]
    receiver = [{"key": "my-key", "value": "my-value"}]
    with throw_away_broker(kind="mosquitto") as broker, listening(broker.port, "cars/all") as messages:
        uri = f"mqtt://127.0.0.1:{broker.port}/cars/all"
        send(tenant, subscription(uri, notifierInfo=notifier, receiverInfo=receiver), now)
        message = json.loads(messages.get(timeout=10))

    assert message["metadata"] == {
        "Content-Type": "application/json",
        "NGSILD-Tenant": "tokai-lab",
        "Link": f'<{CORE_URL}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"',
        "my-key": "my-value",
    }
    assert (message["body"]["type"], message["body"]["data"][0]["id"]) == (
        "Notification",
        "urn:ngsi-ld:Vehicle:1",
    )


@contextmanager
def locked_broker(folder: Path) -> Iterator[int]:
    """Run a Mosquitto that lets only `me` with the password `pass/word` in."""
    accounts, port = folder / "accounts", free_port()
    salt, rounds = b"twelve bytes", 101
    hashed = hashlib.pbkdf2_hmac("sha512", b"pass/word", salt, rounds)
    accounts.write_text(f"me:$7${rounds}${b64encode(salt).decode()}${b64encode(hashed).decode()}\n")
    accounts.chmod(0o644)
    folder.chmod(0o755)
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {accounts}\nuser root\n"
    )
    process = subprocess.Popen(
        [str(find_mosquitto()), "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await(port)
        yield port
    finally:
        process.terminate()
        process.wait(5)


def _await(port: int) -> None:
    until = monotonic() + 10
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert monotonic() < until, "the broker did not start"
        Event().wait(0.01)


@needs_mosquitto
def test_user_and_password_stand_in_the_address(tenant: OrgId, now: datetime, tmp_path: Path):
    with locked_broker(tmp_path) as port:
        with listening(port, "cars", username="me", password="pass/word") as messages:
            send(tenant, subscription(f"mqtt://me:pass%2Fword@127.0.0.1:{port}/cars"), now)
            assert messages.get(timeout=10)
        with pytest.raises(context.ReceiverRefused):
            send(tenant, subscription(f"mqtt://me:wrong@127.0.0.1:{port}/cars"), now)


def test_a_broker_that_is_gone_is_unavailable(tenant: OrgId, now: datetime):
    with pytest.raises(context.ReceiverUnavailable):
        send(tenant, subscription(f"mqtt://127.0.0.1:{free_port()}/cars"), now)


def test_a_broker_that_hangs_is_unavailable_in_time(tenant: OrgId, now: datetime):
    with far_server(_silent) as server, pytest.raises(context.ReceiverUnavailable):
        send(tenant, subscription(f"mqtt://127.0.0.1:{server.port}/cars", timeout=300), now)


def _silent(_request: Any, server: FarServer) -> None:
    server.over.wait(30)
