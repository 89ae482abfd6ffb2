"""The telemetry room's door."""

from renkei.telemetry.columns import UPLINK_COLUMNS
from renkei.telemetry.errors import refusal_of
from renkei.telemetry.queries import device, devices, intake, refused_samples, repeats, uplink_table
from renkei.telemetry.services import commit_staged, enrol_device, erase_device, receive, retire_device
from renkei.telemetry.types import (
    Device,
    Fate,
    Gateway,
    Intake,
    Network,
    Outcome,
    Received,
    RefusedSample,
    Repeats,
    Unreadable,
    Uplink,
)

__all__ = [
    "UPLINK_COLUMNS",
    "Device",
    "Fate",
    "Gateway",
    "Intake",
    "Network",
    "Outcome",
    "Received",
    "RefusedSample",
    "Repeats",
    "Unreadable",
    "Uplink",
    "commit_staged",
    "device",
    "devices",
    "enrol_device",
    "erase_device",
    "intake",
    "receive",
    "refusal_of",
    "refused_samples",
    "repeats",
    "retire_device",
    "uplink_table",
]
