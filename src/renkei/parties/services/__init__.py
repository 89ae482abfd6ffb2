"""Writes of the room: one transaction each, with the audit line inside."""
