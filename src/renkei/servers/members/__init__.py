"""The member API: an organisation works with its own node, which speaks to the others for it."""

from renkei.servers.members import acts, doors

ROUTES = [*doors.ROUTES, *acts.ROUTES]

__all__ = ["ROUTES"]
