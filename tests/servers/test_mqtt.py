"""Uplinks over real MQTT: what is acknowledged, what is refused, and that nothing comes back for ever."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic

import paho.mqtt.client as paho
import pytest
from django.conf import settings
from django.db import OperationalError
from paho.mqtt.enums import CallbackAPIVersion

from renkei.kernel.clock import utc_now
from renkei.servers import mqtt
from renkei.servers.broker import Broker, find_mosquitto, throw_away_broker
from renkei.telemetry import api as telemetry
from renkei.wire.lorawan import helium
from tests.factories.parties import organisation
from tests.factories.telemetry import device, helium_message
from tests.wire.lorawan import messages

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = ["amqtt", *(["mosquitto"] if find_mosquitto() else [])]


@pytest.fixture(params=KINDS)
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    with throw_away_broker(kind=request.param) as running:
        yield running


@contextmanager
def ingestion(broker: Broker) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=mqtt.run_ingestion, args=(broker.url, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def publish(broker: Broker, *sent: tuple[str, bytes]) -> None:
    """Publish with QoS 1 and return when the broker has taken everything."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="network-server", protocol=paho.MQTTv311)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for topic, body in sent:
        client.publish(topic, body, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread does, and fail when it never does."""
    end = monotonic() + 30
    while not true():
        assert monotonic() < end, "it never came true"
        threading.Event().wait(0.02)


def received() -> int:
    return telemetry.intake(None).received


def open_session(broker: Broker) -> None:
    """Let the broker know the node, so that it keeps what is published while the node is away."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=mqtt.client_id(), clean_session=False, protocol=paho.MQTTv311
    )
    subscribed = threading.Event()
    client.on_connect = lambda *_: client.subscribe([(topic, 1) for topic in mqtt.TOPICS])
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(broker.host, broker.port)
    client.loop_start()
    assert subscribed.wait(10)
    client.disconnect()
    client.loop_stop()


def test_uplinks_of_every_network_arrive_by_their_topics(broker):
    org = organisation()
    device(org=org)
    device(org=org, eui=messages.EUI, network=telemetry.Network.CHIRPSTACK)
    device(org=org, eui=messages.EUI, network=telemetry.Network.THE_THINGS_STACK)
    open_session(broker)
    now = utc_now().isoformat()

    publish(
        broker,
        ("helium/0018B20000020CBC/rx", helium_message()),
        ("helium/0018B20000020CBC/rx", helium_message()),
        (f"application/17c8/device/{messages.EUI.lower()}/event/up", messages.chirpstack_event(time=now)),
        (f"application/17c8/device/{messages.EUI.lower()}/event/join", b"{}"),
        ("v3/app1@tenant/devices/dev1/up", messages.the_things_stack_message(received_at=now)),
    )
    with ingestion(broker):
        until(lambda: received() == 4)

    counted = telemetry.intake(org.id)
    assert (counted.stored, counted.duplicates) == (3, 1)


def test_what_cannot_be_stored_is_counted_and_never_comes_back(broker):
    device(org=organisation())
    open_session(broker)

    publish(
        broker,
        ("helium/x/rx", b"{broken"),
        ("helium/x/rx", b"x" * (settings.RENKEI.max_body + 1)),
        ("helium/x/rx", helium_message(eui="FFFFFFFFFFFFFFFF")),
        ("helium/x/rx", helium_message(sent_ms=0)),
        ("helium/x/rx", helium_message()),
    )
    with ingestion(broker):
        until(lambda: received() == 5)
    with ingestion(broker):
        publish(broker, ("helium/x/rx", helium_message(counter=2)))
        until(lambda: received() == 6)

    counted = telemetry.intake(None)
    assert (counted.stored, counted.duplicates) == (2, 0)
    assert counted.refused == {
        "telemetry.broken-json": 1,
        "telemetry.oversize": 1,
        "telemetry.unknown-device": 1,
        "telemetry.clock-far-off": 1,
    }


@pytest.mark.skipif(find_mosquitto() is None, reason="amqtt does not send again what was not acknowledged")
def test_nothing_is_acknowledged_while_the_database_is_away(monkeypatch):
    device(org=organisation())
    receive, refusals = telemetry.receive, []

    def receive_later(*given: object, **more: object) -> telemetry.Received:
        if len(refusals) < 2:
            refusals.append(given)
            raise OperationalError("the database is away")
        return receive(*given, **more)  # type: ignore[arg-type]  # handed through as it came

    monkeypatch.setattr(telemetry, "receive", receive_later)
    with throw_away_broker(kind="mosquitto") as broker:
        open_session(broker)
        publish(broker, ("helium/x/rx", helium_message()))
        with ingestion(broker):
            until(lambda: received() == 1)

    assert len(refusals) == 2
    assert telemetry.intake(None).stored == 1


def test_a_message_that_breaks_the_store_does_not_take_the_others_with_it(monkeypatch):
    device(org=organisation())
    receive = telemetry.receive
    good = [helium.parse(helium_message(counter=number)) for number in (1, 2)]
    bad = helium.parse(helium_message(counter=99))

    def receive_unless_bad(items: list[object], *, owner: None, now: datetime) -> telemetry.Received:
        if bad in items:
            raise RuntimeError("a bug")
        return receive(items, owner=owner, now=now)  # type: ignore[arg-type]  # handed through as it came

    monkeypatch.setattr(telemetry, "receive", receive_unless_bad)
    mqtt.store([good[0], bad, good[1]])

    counted = telemetry.intake(None)
    assert (counted.stored, counted.refused) == (2, {"telemetry.unstorable": 1})


def test_ingestion_waits_for_a_broker_that_is_not_there_and_stops_when_told():
    stop = threading.Event()
    thread = threading.Thread(target=mqtt.run_ingestion, args=("mqtt://127.0.0.1:9", stop))
    thread.start()

    stop.set()
    thread.join(10)

    assert not thread.is_alive()


@pytest.mark.parametrize("url", ["", "http://127.0.0.1", "mqtt://", "127.0.0.1:1883"])
def test_an_address_that_is_no_brokers_is_refused(url):
    with pytest.raises(ValueError, match="RENKEI_MQTT_URL"):
        mqtt.run_ingestion(url, threading.Event())
