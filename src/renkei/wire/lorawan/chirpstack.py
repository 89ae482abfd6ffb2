"""Uplink events of ChirpStack v4 (`integration.UplinkEvent` in its JSON form), by MQTT or HTTP.

The JSON form of protobuf leaves out fields that are zero or empty: a missing `fCnt` is frame 0.
`time` is when the network received the frame.
"""

from typing import Any

import msgspec

from renkei.telemetry.types import Gateway, Network, Unreadable, Uplink
from renkei.wire.lorawan import reading
from renkei.wire.lorawan.airtime import uplink_airtime
from renkei.wire.lorawan.positions import find_pair, valid_pair, without_positions

_CODE_RATES = {"CR_4_5": 1, "CR_4_6": 2, "CR_4_7": 3, "CR_4_8": 4}


class _Named(msgspec.Struct, rename="camel"):
    pass


class _DeviceInfo(_Named):
    dev_eui: reading.Eui


class _Location(_Named):
    latitude: Any = 0
    longitude: Any = 0


class _Reception(_Named):
    gateway_id: reading.Id = ""
    rssi: float = 0
    snr: float = 0
    location: _Location | None = None
    gw_time: reading.Moment | None = None
    ns_time: reading.Moment | None = None


class _Lora(_Named):
    bandwidth: int | None = None
    spreading_factor: int | None = None
    code_rate: str = ""


class _Modulation(_Named):
    lora: _Lora | None = None


class _Transmission(_Named):
    frequency: int | None = None
    modulation: _Modulation | None = None


class _Event(_Named):
    time: reading.Moment
    device_info: _DeviceInfo
    dev_addr: reading.Session = ""
    f_cnt: reading.Counter = 0
    f_port: reading.Port | None = None
    data: bytes = b""
    object: dict[str, Any] | None = None
    rx_info: tuple[_Reception, ...] = ()
    tx_info: _Transmission | None = None


_decoder = msgspec.json.Decoder(_Event)


def parse(body: bytes) -> Uplink | Unreadable:
    """Read one event; what does not fit is answered as Unreadable, naming the place."""
    return reading.read(body, _convert)


def _convert(body: bytes) -> Uplink:
    event = _decoder.decode(body)
    sent = event.tx_info or _Transmission()
    lora = (sent.modulation and sent.modulation.lora) or _Lora()
    content = event.object or {}
    latitude, longitude = find_pair(content) or (None, None)
    return Uplink(
        network=Network.CHIRPSTACK,
        device_eui=reading.eui(event.device_info.dev_eui),
        session=event.dev_addr.upper(),
        counter=event.f_cnt,
        port=event.f_port,
        sent_at=reading.utc(event.time),
        payload=event.data,
        payload_size=len(event.data),
        decoded=without_positions(content),
        latitude=latitude,
        longitude=longitude,
        gateways=tuple([_gateway(reception) for reception in event.rx_info]),
        spreading_factor=lora.spreading_factor,
        bandwidth=lora.bandwidth,
        frequency=sent.frequency,
        airtime=uplink_airtime(
            payload_size=len(event.data),
            spreading_factor=lora.spreading_factor,
            bandwidth=lora.bandwidth,
            coding_rate=_CODE_RATES.get(lora.code_rate, 1),
        ),
    )


def _gateway(reception: _Reception) -> Gateway:
    place = reception.location
    latitude, longitude = (place and valid_pair(place.latitude, place.longitude)) or (None, None)
    received_at = reception.gw_time or reception.ns_time
    return Gateway(
        id=reception.gateway_id,
        latitude=latitude,
        longitude=longitude,
        rssi=reception.rssi,
        snr=reception.snr,
        received_at=None if received_at is None else reading.utc(received_at),
    )
