"""Messages of ChirpStack v4 and The Things Stack v3, written by hand after their published formats."""

import json
from typing import Any

EUI = "70B3D57ED005B89A"


def chirpstack_event(**changes: Any) -> bytes:
    event = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2026-05-01T08:59:58.775023242+00:00",
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "tenantName": "Tokai Lab",
            "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
            "applicationName": "Greenhouses",
            "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
            "deviceProfileName": "AS923 class A",
            "deviceName": "soil 3",
            "devEui": EUI.lower(),
            "tags": {"row": "3"},
        },
        "devAddr": "00189440",
        "dr": 2,
        "fPort": 85,
        "data": "AWcA6g==",
        "object": {
            "temperature": 23.4,
            "gps_1": {"latitude": 35.1815, "longitude": 136.9066, "altitude": 12.0},
        },
        "rxInfo": [
            {
                "gatewayId": "0016c001f153a14c",
                "uplinkId": 4217106255,
                "gwTime": "2026-05-01T08:59:58.775023+00:00",
                "nsTime": "2026-05-01T08:59:58.801+00:00",
                "rssi": -36,
                "snr": 10.5,
                "location": {"latitude": 35.17, "longitude": 136.9},
                "context": "E3OWOQ==",
                "crcStatus": "CRC_OK",
            },
            {"gatewayId": "0016c001f153a14d", "rssi": -101},
        ],
        "txInfo": {
            "frequency": 923_200_000,
            "modulation": {"lora": {"bandwidth": 125_000, "spreadingFactor": 10, "codeRate": "CR_4_5"}},
        },
    }
    return json.dumps(event | changes).encode()


def the_things_stack_message(**changes: Any) -> bytes:
    uplink = {
        "session_key_id": "AWNbm/4zfqx0jZ5q1NlBmw==",
        "f_port": 2,
        "f_cnt": 1834,
        "frm_payload": "ASsBKAAA",
        "decoded_payload": {"temperature_c": 29.9, "humidity_pct": 29.6},
        "rx_metadata": [
            {
                "gateway_ids": {"gateway_id": "eui-aa555a0000000101", "eui": "AA555A0000000101"},
                "time": "2026-05-01T08:59:58.392Z",
                "rssi": -68,
                "channel_rssi": -68,
                "snr": 9.2,
                "location": {"latitude": 35.2, "longitude": 136.8, "source": "SOURCE_REGISTRY"},
            }
        ],
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125_000, "spreading_factor": 7, "coding_rate": "4/5"}},
            "frequency": "923200000",
        },
        "received_at": "2026-05-01T08:59:58.412345678Z",
        "consumed_airtime": "0.051456s",
        "locations": {"user": {"latitude": 35.18, "longitude": 136.91, "source": "SOURCE_REGISTRY"}},
    }
    message = {
        "end_device_ids": {
            "device_id": "dev1",
            "application_ids": {"application_id": "app1"},
            "dev_eui": EUI,
            "join_eui": "0000000000000001",
            "dev_addr": "260babcd",
        },
        "correlation_ids": ["as:up:01HX6YGQ7E0V83YRZ7K4S5J4ZN"],
        "received_at": "2026-05-01T08:59:58.650Z",
        "uplink_message": {name: value for name, value in (uplink | changes).items() if value is not None},
    }
    return json.dumps(message).encode()
