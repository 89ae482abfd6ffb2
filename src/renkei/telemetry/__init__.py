"""Devices and their uplinks: who owns which device, what was received, and each uplink in the owner's table once."""
