"""What holds for every message, however odd."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.telemetry.types import Unreadable, Uplink
from renkei.wire.lorawan import chirpstack, helium, the_things_stack
from renkei.wire.lorawan.airtime import lora_airtime
from renkei.wire.lorawan.positions import tells_position, without_positions
from renkei.wire.lorawan.reading import from_milliseconds
from tests.factories.telemetry import helium_message
from tests.wire.lorawan.messages import chirpstack_event, the_things_stack_message

PARSERS = (helium.parse, chirpstack.parse, the_things_stack.parse)
WHOLE = (helium_message(), chirpstack_event(), the_things_stack_message())
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
POSITIONS = st.sampled_from(
    ["latitude", "lon", "lng", "long", "alt", "gpsLat", "gps_1", "Location", "_geohash_precision", "last_position",
     "LATITUDE", "devLat", "coordinates", "gnssFix"]
)  # fmt: skip


@given(st.binary(max_size=400))
def test_no_bytes_make_a_parser_raise(body):
    for parse in PARSERS:
        assert isinstance(parse(body), Uplink | Unreadable)


@given(data=st.data(), which=st.sampled_from([0, 1, 2]), value=JSON)
def test_a_message_with_any_value_anywhere_is_read_or_refused(data, which, value):
    message = json.loads(WHOLE[which])
    place = message
    while True:
        name = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[name], dict) or data.draw(st.booleans()):
            break
        place = place[name]
    place[name] = value

    read = PARSERS[which](json.dumps(message).encode())

    assert isinstance(read, Uplink | Unreadable)
    if isinstance(read, Uplink):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(read), type=Uplink) == read


@given(st.data())
def test_a_message_cut_anywhere_is_broken_json(data):
    body = data.draw(st.sampled_from(WHOLE))
    cut = data.draw(st.integers(0, len(body) - 1))

    read = PARSERS[WHOLE.index(body)](body[:cut])

    assert isinstance(read, Unreadable)
    assert read.code == "telemetry.broken-json"


@given(content=st.dictionaries(st.text(max_size=12), JSON, max_size=4), key=POSITIONS, value=JSON)
def test_no_key_that_tells_a_position_is_left_at_any_depth(content, key, value):
    placed = {"readings": [content | {key: value}], key: value, "deeper": {"still": {key: value}}}

    def keys(of: Any) -> list[str]:
        if isinstance(of, dict):
            return [*of, *(inner for value in of.values() for inner in keys(value))]
        return [inner for value in of for inner in keys(value)] if isinstance(of, list) else []

    assert [left for left in keys(without_positions(placed)) if tells_position(left)] == []


@pytest.mark.parametrize(
    "key", ["temperature", "x", "humidity", "platform", "along", "batteryVoltage", "digital", "alternator"]
)
def test_other_readings_are_kept(key):
    assert without_positions({key: 1}) == {key: 1}


@given(st.integers(0, 7_258_118_400_000))
def test_milliseconds_are_exact(since_1970):
    at = from_milliseconds(since_1970)

    assert (int(at.replace(microsecond=0).timestamp()) * 1000 + at.microsecond / 1000) == since_1970


def test_the_airtime_of_a_known_packet():
    """The vector of ns-3's lorawan module: 10 bytes, SF7, 125 kHz."""
    assert lora_airtime(size=10, spreading_factor=7, bandwidth=125_000) == pytest.approx(0.041216, abs=1e-9)


@given(
    size=st.integers(0, 254),
    spreading_factor=st.integers(7, 12),
    bandwidth=st.sampled_from([125_000, 250_000, 500_000]),
    coding_rate=st.integers(1, 4),
)
def test_a_longer_packet_is_never_sooner_over(size, spreading_factor, bandwidth, coding_rate):
    how = {"spreading_factor": spreading_factor, "bandwidth": bandwidth, "coding_rate": coding_rate}

    assert 0 < lora_airtime(size=size, **how) <= lora_airtime(size=size + 1, **how)


@pytest.mark.parametrize("odd", [{"spreading_factor": 6}, {"bandwidth": 0}, {"size": -1}, {"coding_rate": 5}])
def test_what_is_no_lora_packet_has_no_airtime(odd):
    with pytest.raises(ValueError, match="no LoRa packet"):
        lora_airtime(**({"size": 10, "spreading_factor": 7, "bandwidth": 125_000} | odd))
