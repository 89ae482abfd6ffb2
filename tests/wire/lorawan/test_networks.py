"""Each network's message becomes the same kind of uplink."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from renkei.telemetry.types import Gateway, Network, Unreadable, Uplink
from renkei.wire.lorawan import chirpstack, helium, the_things_stack
from tests.factories.telemetry import helium_message
from tests.wire.lorawan.messages import EUI, chirpstack_event, the_things_stack_message

SAMPLES = Path(helium.__file__).parents[2] / "telemetry" / "samples"


def at(second: int, microsecond: int) -> datetime:
    return datetime(2026, 5, 1, 8, 59, second, microsecond, tzinfo=UTC)


def test_a_helium_message_is_read():
    assert helium.parse(helium_message()) == Uplink(
        network=Network.HELIUM,
        device_eui="0018B20000020CBC",
        session="D2010048",
        counter=1,
        port=1,
        sent_at=datetime(2021, 9, 2, 13, 35, 6, 147000, tzinfo=UTC),
        payload=None,
        payload_size=15,
        decoded={"temperature": 34, "batteryVoltage": 4087},
        gateways=(
            Gateway(
                id="111KEcyjmMxhvUK85fP3dTCNLvfzNqmjVaTVMejhQQyEdSHVbU2",
                latitude=45.19500732421875,
                longitude=5.7183837890625,
                rssi=-109,
                snr=-20,
                received_at=datetime(2021, 9, 2, 13, 35, 6, 147000, tzinfo=UTC),
            ),
        ),
        spreading_factor=11,
        bandwidth=125_000,
        frequency=867_900_000,
        airtime=pytest.approx(0.905216),
    )


def test_a_chirpstack_event_is_read_and_its_missing_counter_is_frame_zero():
    assert chirpstack.parse(chirpstack_event()) == Uplink(
        network=Network.CHIRPSTACK,
        device_eui=EUI,
        session="00189440",
        counter=0,
        port=85,
        sent_at=at(58, 775023),
        payload=b"\x01\x67\x00\xea",
        payload_size=4,
        decoded={"temperature": 23.4},
        latitude=35.1815,
        longitude=136.9066,
        gateways=(
            Gateway(
                id="0016c001f153a14c",
                latitude=35.17,
                longitude=136.9,
                rssi=-36,
                snr=10.5,
                received_at=at(58, 775023),
            ),
            Gateway(id="0016c001f153a14d", rssi=-101, snr=0),
        ),
        spreading_factor=10,
        bandwidth=125_000,
        frequency=923_200_000,
        airtime=pytest.approx(0.329728),
    )


def test_a_message_of_the_things_stack_is_read():
    assert the_things_stack.parse(the_things_stack_message()) == Uplink(
        network=Network.THE_THINGS_STACK,
        device_eui=EUI,
        session="260BABCD",
        counter=1834,
        port=2,
        sent_at=at(58, 412346),
        payload=b"\x01\x2b\x01\x28\x00\x00",
        payload_size=6,
        decoded={"temperature_c": 29.9, "humidity_pct": 29.6},
        latitude=35.18,
        longitude=136.91,
        gateways=(
            Gateway(
                id="eui-aa555a0000000101",
                latitude=35.2,
                longitude=136.8,
                rssi=-68,
                snr=9.2,
                received_at=at(58, 392000),
            ),
        ),
        spreading_factor=7,
        bandwidth=125_000,
        frequency=923_200_000,
        airtime=0.051456,
    )


def test_the_things_stack_leaves_out_what_is_zero():
    bare = the_things_stack_message(
        f_cnt=None, f_port=None, frm_payload=None, consumed_airtime=None, received_at=None, settings=None
    )

    uplink = the_things_stack.parse(bare)

    assert isinstance(uplink, Uplink)
    assert (uplink.counter, uplink.port, uplink.payload_size, uplink.airtime) == (0, None, 0, None)
    assert uplink.sent_at == at(58, 650000)


def test_airtime_is_computed_where_the_things_stack_does_not_state_it():
    uplink = the_things_stack.parse(the_things_stack_message(consumed_airtime=None))

    assert isinstance(uplink, Uplink)
    assert uplink.airtime == pytest.approx(0.051456)


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        ({"latitude": 45.18, "longitude": 5.74}, (45.18, 5.74)),
        ({"latitude": 0, "longitude": 0}, (0.0, 0.0)),
        ({"latitude": 90.1, "longitude": 5.74}, (None, None)),
        ({"latitude": 45.18, "longitude": -180.5}, (None, None)),
        ({"latitude": 45.18}, (None, None)),
        ({"latitude": "45.18", "longitude": True}, (None, None)),
        (None, (None, None)),
    ],
)
def test_a_place_that_is_none_is_left_out_and_the_reading_stays(place, kept):
    uplink = helium.parse(helium_message(_devLocation=place))

    assert isinstance(uplink, Uplink)
    assert (uplink.latitude, uplink.longitude) == kept
    assert uplink.decoded == {"temperature": 34, "batteryVoltage": 4087}


def test_a_hotspot_that_never_told_its_place_has_none():
    somewhere = {"id": "h", "lat": -89.99725341796875, "long": -179.9945068359375, "rssi": -69, "snr": 8.5}

    uplink = helium.parse(helium_message(hotspots=[somewhere]))

    assert isinstance(uplink, Uplink)
    assert uplink.gateways == (Gateway(id="h", rssi=-69, snr=8.5),)


def test_a_message_without_gateways_is_still_an_uplink():
    uplink = helium.parse(helium_message(hotspots=[]))

    assert isinstance(uplink, Uplink)
    assert (uplink.best_gateway(), uplink.spreading_factor, uplink.airtime) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "code", "why"),
    [
        (b"", "telemetry.broken-json", "Input data was truncated"),
        (b"\xff\xfe", "telemetry.broken-json", "JSON is malformed: invalid character (byte 0)"),
        (b"[]", "telemetry.wrong-shape", "Expected `object`, got `array`"),
        (b"{}", "telemetry.wrong-shape", "Object missing required field `dev_eui`"),
        (helium_message(counter=-1), "telemetry.wrong-shape", "Expected `int` >= 0 - at `$.fcnt`"),
        (
            helium_message(devaddr="'; DROP"),
            "telemetry.wrong-shape",
            "Expected `str` matching regex '^([0-9A-Fa-f]{8})?$' - at `$.devaddr`",
        ),
        (
            helium_message(decoded={"payload": {"pulses": 2**70}}),
            "telemetry.wrong-shape",
            "a whole number beyond 64 bits in the decoded payload",
        ),
        (b'{"decoded":' * 50_000, "telemetry.wrong-shape", "nested too deeply"),
    ],
)
def test_what_does_not_fit_is_refused_by_place(body, code, why):
    refused = helium.parse(body)

    assert isinstance(refused, Unreadable)
    assert (refused.code, refused.why, refused.size) == (code, why, len(body))


def test_another_networks_message_is_refused():
    for parse, body in (
        (helium.parse, chirpstack_event()),
        (chirpstack.parse, the_things_stack_message()),
        (the_things_stack.parse, helium_message()),
    ):
        refused = parse(body)
        assert isinstance(refused, Unreadable)
        assert refused.code == "telemetry.wrong-shape"


def test_every_line_of_the_shipped_excerpt_is_an_uplink():
    lines = [
        line for file in SAMPLES.glob("*.gz") for line in gzip.decompress(file.read_bytes()).splitlines()
    ]

    read = [helium.parse(line) for line in lines]

    assert len(read) >= 1_500
    assert [item for item in read if isinstance(item, Unreadable)] == []
