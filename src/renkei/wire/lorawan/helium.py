"""Uplinks in the form of Helium's Console HTTP and MQTT integrations, with the additions of CampusIoT's data set.

`reported_at` (milliseconds) is when the network received the frame. `frequency` is MHz as a 32-bit float widened to
64 bits, so it is rounded to the 100 Hz step in which LoRaWAN gives frequencies (LoRaWAN 1.0.4, 5.6).
`_devLocation`, where present, is the device's place and goes before any position that the payload itself tells.
"""

import re
from functools import lru_cache
from typing import Any

import msgspec

from renkei.telemetry.types import Gateway, Network, Unreadable, Uplink
from renkei.wire.lorawan import reading
from renkei.wire.lorawan.airtime import uplink_airtime
from renkei.wire.lorawan.positions import find_pair, valid_pair, without_positions

_SPREADING = re.compile(r"SF(\d{1,2})BW(\d{1,4})")


class _Hotspot(msgspec.Struct):
    id: reading.Id = ""
    name: reading.Id = ""
    lat: Any = None
    long: Any = None
    rssi: float | None = None
    snr: float | None = None
    spreading: str = ""
    frequency: float | None = None
    reported_at: reading.Milliseconds | None = None


class _Place(msgspec.Struct):
    latitude: Any = None
    longitude: Any = None


class _Decoded(msgspec.Struct):
    payload: dict[str, Any] | None = None


class _Message(msgspec.Struct):
    dev_eui: reading.Eui
    reported_at: reading.Milliseconds
    fcnt: reading.Counter = 0
    port: reading.Port | None = None
    devaddr: reading.Session = ""
    payload: bytes | None = None
    payload_size: reading.Size | None = None
    hotspots: tuple[_Hotspot, ...] = ()
    decoded: _Decoded | None = None
    place: _Place | None = msgspec.field(default=None, name="_devLocation")


_decoder = msgspec.json.Decoder(_Message)


def parse(body: bytes) -> Uplink | Unreadable:
    """Read one message; what does not fit is answered as Unreadable, naming the place."""
    return reading.read(body, _convert)


def _convert(body: bytes) -> Uplink:
    message = _decoder.decode(body)
    first = message.hotspots[0] if message.hotspots else _Hotspot()
    spreading_factor, bandwidth = _modulation(first.spreading)
    content = (message.decoded.payload if message.decoded else None) or {}
    place = message.place and valid_pair(message.place.latitude, message.place.longitude)
    latitude, longitude = place or find_pair(content) or (None, None)
    size = _size(message)
    return Uplink(
        network=Network.HELIUM,
        device_eui=reading.eui(message.dev_eui),
        session=message.devaddr.upper(),
        counter=message.fcnt,
        port=message.port,
        sent_at=reading.from_milliseconds(message.reported_at),
        payload=message.payload,
        payload_size=size,
        decoded=without_positions(content),
        latitude=latitude,
        longitude=longitude,
        gateways=tuple([_gateway(hotspot) for hotspot in message.hotspots]),
        spreading_factor=spreading_factor,
        bandwidth=bandwidth,
        frequency=None if first.frequency is None else round(first.frequency * 10_000) * 100,
        airtime=uplink_airtime(payload_size=size, spreading_factor=spreading_factor, bandwidth=bandwidth),
    )


def _size(message: _Message) -> int:
    if message.payload is not None:
        return len(message.payload)
    return message.payload_size or 0


def _gateway(hotspot: _Hotspot) -> Gateway:
    latitude, longitude = _asserted(hotspot) or (None, None)
    return Gateway(
        id=hotspot.id or hotspot.name,
        latitude=latitude,
        longitude=longitude,
        rssi=hotspot.rssi,
        snr=hotspot.snr,
        received_at=None if hotspot.reported_at is None else reading.from_milliseconds(hotspot.reported_at),
    )


def _asserted(hotspot: _Hotspot) -> tuple[float, float] | None:
    """Return a hotspot's place; one that never asserted its location is reported in the cell at the south pole."""
    pair = valid_pair(hotspot.lat, hotspot.long)
    return None if pair is None or (pair[0] < -89.9 and pair[1] < -179.9) else pair


@lru_cache(maxsize=64)
def _modulation(spreading: str) -> tuple[int | None, int | None]:
    """Return spreading factor and bandwidth in Hz of a name like `SF12BW125`; FSK has neither."""
    found = _SPREADING.fullmatch(spreading)
    return (int(found[1]), int(found[2]) * 1000) if found else (None, None)
