"""The member API: an organisation works with its own node, which speaks to the others for it."""

from renkei.servers.members.doors import ROUTES

__all__ = ["ROUTES"]
