"""Uplink messages of The Things Stack v3 in its JSON format, by MQTT or webhook.

Empty and zero fields are left out: a missing `f_cnt` is frame 0. The inner `received_at` is the network server's
time of reception; the outer one, the application server's, stands in where it is missing.
"""

from datetime import datetime
from typing import Any

import msgspec

from renkei.telemetry.types import Gateway, Network, Unreadable, Uplink
from renkei.wire.lorawan import reading
from renkei.wire.lorawan.airtime import uplink_airtime
from renkei.wire.lorawan.positions import find_pair, valid_pair, without_positions

_CODING_RATES = {"4/5": 1, "4/6": 2, "4/7": 3, "4/8": 4}


class _DeviceIds(msgspec.Struct):
    dev_eui: reading.Eui
    dev_addr: reading.Session = ""


class _GatewayIds(msgspec.Struct):
    gateway_id: reading.Id = ""
    eui: reading.Id = ""


class _Location(msgspec.Struct):
    latitude: Any = 0
    longitude: Any = 0


class _Reception(msgspec.Struct):
    gateway_ids: _GatewayIds = msgspec.field(default_factory=_GatewayIds)
    rssi: float = 0
    snr: float = 0
    location: _Location | None = None
    time: reading.Moment | None = None
    received_at: reading.Moment | None = None


class _Lora(msgspec.Struct):
    bandwidth: int | None = None
    spreading_factor: int | None = None
    coding_rate: str = ""


class _DataRate(msgspec.Struct):
    lora: _Lora | None = None


class _Settings(msgspec.Struct):
    data_rate: _DataRate = msgspec.field(default_factory=_DataRate)
    coding_rate: str = ""
    frequency: str = ""


class _Uplink(msgspec.Struct):
    f_cnt: reading.Counter = 0
    f_port: reading.Port | None = None
    frm_payload: bytes = b""
    decoded_payload: dict[str, Any] | None = None
    rx_metadata: tuple[_Reception, ...] = ()
    settings: _Settings = msgspec.field(default_factory=_Settings)
    received_at: reading.Moment | None = None
    consumed_airtime: str = ""
    locations: dict[str, _Location] = msgspec.field(default_factory=dict)


class _Message(msgspec.Struct):
    end_device_ids: _DeviceIds
    uplink_message: _Uplink
    received_at: reading.Moment | None = None


_decoder = msgspec.json.Decoder(_Message)


def parse(body: bytes) -> Uplink | Unreadable:
    """Read one message; what does not fit is answered as Unreadable, naming the place."""
    return reading.read(body, _convert)


def _convert(body: bytes) -> Uplink:
    message = _decoder.decode(body)
    uplink, device = message.uplink_message, message.end_device_ids
    lora = uplink.settings.data_rate.lora or _Lora()
    latitude, longitude = _place(uplink) or (None, None)
    return Uplink(
        network=Network.THE_THINGS_STACK,
        device_eui=reading.eui(device.dev_eui),
        session=device.dev_addr.upper(),
        counter=uplink.f_cnt,
        port=uplink.f_port,
        sent_at=_sent_at(message),
        payload=uplink.frm_payload,
        payload_size=len(uplink.frm_payload),
        decoded=without_positions(uplink.decoded_payload or {}),
        latitude=latitude,
        longitude=longitude,
        gateways=tuple([_gateway(reception) for reception in uplink.rx_metadata]),
        spreading_factor=lora.spreading_factor,
        bandwidth=lora.bandwidth,
        frequency=int(uplink.settings.frequency) if _is_whole(uplink.settings.frequency) else None,
        airtime=_airtime(uplink, lora),
    )


def _sent_at(message: _Message) -> datetime:
    at = message.uplink_message.received_at or message.received_at
    if at is None:
        raise reading.OutOfPlaceError("neither `$.uplink_message.received_at` nor `$.received_at` is there")
    return reading.utc(at)


def _place(uplink: _Uplink) -> tuple[float, float] | None:
    """Return the device's position: what its payload tells now goes before what is registered of it."""
    told = find_pair(uplink.decoded_payload or {})
    known = (valid_pair(place.latitude, place.longitude) for place in uplink.locations.values())
    return told or next((pair for pair in known if pair), None)


def _airtime(uplink: _Uplink, lora: _Lora) -> float | None:
    stated = uplink.consumed_airtime.removesuffix("s")
    if _is_whole(stated.replace(".", "", 1)):
        return float(stated)
    return uplink_airtime(
        payload_size=len(uplink.frm_payload),
        spreading_factor=lora.spreading_factor,
        bandwidth=lora.bandwidth,
        coding_rate=_CODING_RATES.get(lora.coding_rate or uplink.settings.coding_rate, 1),
    )


def _gateway(reception: _Reception) -> Gateway:
    place = reception.location
    latitude, longitude = (place and valid_pair(place.latitude, place.longitude)) or (None, None)
    received_at = reception.time or reception.received_at
    return Gateway(
        id=reception.gateway_ids.gateway_id or reception.gateway_ids.eui,
        latitude=latitude,
        longitude=longitude,
        rssi=reception.rssi,
        snr=reception.snr,
        received_at=None if received_at is None else reading.utc(received_at),
    )


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
