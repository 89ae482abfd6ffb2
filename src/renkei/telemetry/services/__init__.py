"""Writes of the telemetry room."""

from renkei.telemetry.services.devices import enrol_device, erase_device, retire_device
from renkei.telemetry.services.intake import receive
from renkei.telemetry.services.moving import commit_staged

__all__ = ["commit_staged", "enrol_device", "erase_device", "receive", "retire_device"]
