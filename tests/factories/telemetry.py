"""Devices, uplinks and network messages for tests."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from renkei.kernel.ids import Actor, OrgId
from renkei.parties import api as parties
from renkei.telemetry import api as telemetry

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
EUI = "0018B20000020CBC"


def device(
    *,
    org: parties.Organisation,
    eui: str = EUI,
    network: telemetry.Network = telemetry.Network.HELIUM,
    name: str = "field tester",
    now: datetime = MAY,
) -> telemetry.Device:
    """Enrol an organisation's device."""
    return telemetry.enrol_device(owner=org.id, network=network, eui=eui, name=name, actor=org.actor, now=now)


def uplink(
    *,
    eui: str = EUI,
    network: telemetry.Network = telemetry.Network.HELIUM,
    session: str = "D2010048",
    counter: int = 1,
    sent_at: datetime = MAY,
    **more: Any,
) -> telemetry.Uplink:
    """Return one uplink, heard by one gateway unless told."""
    heard = (telemetry.Gateway(id="gw-1", latitude=45.195, longitude=5.718, rssi=-109.0, snr=-20.0),)
    return telemetry.Uplink(
        **{
            "network": network,
            "device_eui": eui,
            "session": session,
            "counter": counter,
            "port": 1,
            "sent_at": sent_at,
            "payload_size": 15,
            "decoded": {"temperature": 34},
            "latitude": 45.195,
            "longitude": 5.718,
            "gateways": heard,
            "spreading_factor": 11,
            "bandwidth": 125_000,
            "frequency": 867_900_000,
            "airtime": 0.905216,
            **more,
        }
    )


def uplinks(count: int, *, eui: str = EUI, first: int = 1, since: datetime = MAY) -> list[telemetry.Uplink]:
    """Return uplinks of one device, a second apart, counters from `first` on."""
    return [
        uplink(eui=eui, counter=first + number, sent_at=since + timedelta(milliseconds=number))
        for number in range(count)
    ]


def receive(
    *items: telemetry.Uplink | telemetry.Unreadable, owner: OrgId | None = None, now: datetime = MAY
) -> list[str]:
    """Hand messages over and return what became of each: its fate, or the code under which it was refused."""
    outcomes = telemetry.receive(items, owner=owner, now=now).outcomes
    return [outcome.code or outcome.fate.value for outcome in outcomes]


def retire(kept: telemetry.Device, *, actor: Actor, now: datetime = MAY) -> telemetry.Device:
    """Retire a device."""
    return telemetry.retire_device(owner=kept.owner, device_id=kept.id, actor=actor, now=now)


def helium_message(
    *, eui: str = EUI, counter: int = 1, sent_ms: int = 1_630_589_706_147, **more: Any
) -> bytes:
    """Return a message as Helium's integration posts it."""
    message = {
        "name": "FTD_20CBC",
        "app_eui": "0018B24441524632",
        "dev_eui": eui,
        "devaddr": "D2010048",
        "fcnt": counter,
        "port": 1,
        "payload_size": 15,
        "hotspots": [
            {
                "channel": 7,
                "frequency": 867.9000244140625,
                "id": "111KEcyjmMxhvUK85fP3dTCNLvfzNqmjVaTVMejhQQyEdSHVbU2",
                "lat": 45.19500732421875,
                "long": 5.7183837890625,
                "name": "long-walnut-owl",
                "reported_at": sent_ms,
                "rssi": -109,
                "snr": -20,
                "spreading": "SF11BW125",
                "status": "success",
            }
        ],
        "reported_at": sent_ms,
        "decoded": {"payload": {"temperature": 34, "batteryVoltage": 4087}},
    }
    return json.dumps(message | more).encode()
