"""The columns of an owner's table of uplinks, and an uplink as one row of it.

What the columns mean for privacy: `device` names the device and so, for a carried one, its bearer. `latitude` and
`longitude` are the device's place. `gateway`, `gateway_latitude` and `gateway_longitude` tell roughly the same place,
since a gateway hears a few kilometres far; `rssi` and `snr` narrow that down. `session` is a pseudonym of the device
that lasts until it joins again. `decoded` holds no position keys, while `payload` is the raw content and may hold
anything, positions too.
"""

from datetime import datetime

import msgspec

from renkei.kernel.texts import Text
from renkei.lake.api import Column, ColumnType
from renkei.telemetry.rules import microseconds
from renkei.telemetry.types import Gateway, Uplink

TABLE_NAME = "uplinks"
SUBJECT = "device"

UPLINK_COLUMNS: tuple[Column, ...] = (
    Column("network", ColumnType.TEXT, None, Text(ja="ネットワーク", en="Network")),
    Column("device", ColumnType.TEXT, None, Text(ja="デバイスの EUI", en="Device EUI")),
    Column(
        "session",
        ColumnType.TEXT,
        None,
        Text(ja="セッション(デバイスアドレス)", en="Session (device address)"),
    ),
    Column("counter", ColumnType.INTEGER, None, Text(ja="フレームカウンター", en="Frame counter")),
    Column("port", ColumnType.INTEGER, None, Text(ja="ポート", en="Port")),
    Column(
        "sent_at", ColumnType.INSTANT, None, Text(ja="ネットワークの受信時刻", en="Received by the network")
    ),
    Column("received_at", ColumnType.INSTANT, None, Text(ja="ノードの受信時刻", en="Received by the node")),
    Column("payload_size", ColumnType.INTEGER, "By", Text(ja="ペイロードの大きさ", en="Payload size")),
    Column("payload", ColumnType.BYTES, None, Text(ja="ペイロード", en="Payload")),
    Column("decoded", ColumnType.TEXT, None, Text(ja="解読した値(JSON)", en="Decoded values (JSON)")),
    Column("latitude", ColumnType.REAL, "deg", Text(ja="デバイスの緯度", en="Device latitude")),
    Column("longitude", ColumnType.REAL, "deg", Text(ja="デバイスの経度", en="Device longitude")),
    Column(
        "gateway_count",
        ColumnType.INTEGER,
        "1",
        Text(ja="受信したゲートウェイの数", en="Gateways that heard it"),
    ),
    Column(
        "gateway",
        ColumnType.TEXT,
        None,
        Text(ja="最も強く受信したゲートウェイ", en="Gateway that heard it loudest"),
    ),
    Column("gateway_latitude", ColumnType.REAL, "deg", Text(ja="ゲートウェイの緯度", en="Gateway latitude")),
    Column(
        "gateway_longitude", ColumnType.REAL, "deg", Text(ja="ゲートウェイの経度", en="Gateway longitude")
    ),
    Column("rssi", ColumnType.REAL, "dB[mW]", Text(ja="受信強度", en="Received signal strength")),
    Column("snr", ColumnType.REAL, "dB", Text(ja="信号対雑音比", en="Signal-to-noise ratio")),
    Column("spreading_factor", ColumnType.INTEGER, "1", Text(ja="拡散率", en="Spreading factor")),
    Column("bandwidth", ColumnType.INTEGER, "Hz", Text(ja="帯域幅", en="Bandwidth")),
    Column("frequency", ColumnType.INTEGER, "Hz", Text(ja="周波数", en="Frequency")),
    Column("airtime", ColumnType.REAL, "s", Text(ja="送信時間", en="Time on air")),
)

_NOWHERE = Gateway(id="")
_encoder = msgspec.msgpack.Encoder()


def encode_row(uplink: Uplink, *, sent_us: int, received_at: datetime) -> bytes:
    """Return an uplink as one row of the table, its values in the columns' order, in MessagePack."""
    best = uplink.best_gateway() or _NOWHERE
    return _encoder.encode(
        (
            uplink.network,
            uplink.device_eui,
            uplink.session,
            uplink.counter,
            uplink.port,
            sent_us,
            microseconds(received_at),
            uplink.payload_size,
            uplink.payload,
            msgspec.json.encode(uplink.decoded).decode(),
            uplink.latitude,
            uplink.longitude,
            len(uplink.gateways),
            best.id or None,
            best.latitude,
            best.longitude,
            best.rssi,
            best.snr,
            uplink.spreading_factor,
            uplink.bandwidth,
            uplink.frequency,
            uplink.airtime,
        )
    )
