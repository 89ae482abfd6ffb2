"""Which addresses this node connects to.

A peer names addresses that this node then calls, so an address could be a trap: a name that leads inside the network,
or one that leads outside when it is checked and inside when it is called. Therefore the name is resolved once, here, each
address it has is judged, and the connection is made to a judged address; TLS still proves the name.
"""

import ipaddress
import socket
from typing import Any

import httpcore

from renkei.servers.deadline import Timed, left
from renkei.servers.errors import AddressInside
from renkei.servers.names import Address, Names

_EMBEDDING = ipaddress.ip_network("64:ff9b::/96")
"""NAT64 addresses carry an IPv4 address in their last 32 bits (RFC 6052)."""
_SITE = ipaddress.ip_network("fec0::/10")
"""Given up as private addresses, yet still routed inside some networks (RFC 3879)."""
MOST_ADDRESSES = 8
"""Addresses of one name that are tried: a name may have thousands, of which none answers."""


def is_inside(address: Address) -> bool:
    """Tell whether an address is loopback, private, link-local, multicast, reserved, or carries one that is."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried(address)
        if carried is not None:
            return is_inside(carried)
        if address in _SITE:
            return True
    return not address.is_global or address.is_multicast or address.is_reserved or address.is_loopback


def names_inside(host: str) -> bool:
    """Tell whether a host, as it is written, can only be inside: an address, in any spelling, or a name of a local kind.

    Nothing is looked up: a name that leads inside is found out when it is called.
    """
    try:
        return is_inside(ipaddress.ip_address(host.strip("[]").partition("%")[0]))
    except ValueError:
        pass
    try:
        return is_inside(ipaddress.IPv4Address(socket.inet_aton(host)))  # 127.1, 0x7f.1, 2130706433
    except (OSError, UnicodeError):
        name = host.rstrip(".").lower()
        return "." not in name or name.endswith((".localhost", ".internal", ".local", ".test"))


class Guard(httpcore.NetworkBackend):
    """Resolves a name once, judges each address, and connects to a judged one."""

    def __init__(self, *, inside_peers: bool, names: Names | None = None) -> None:
        """`inside_peers` lets every address pass, for tests and demonstrations; `names` looks names up."""
        self._inside_peers = inside_peers
        self._names = names or Names()
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first judged address that answers. Raises AddressInside when the name leads inside."""
        addresses = self._names.addresses(host, port, seconds=left(timeout))
        if not self._inside_peers and any(is_inside(address) for address in addresses):
            raise AddressInside(host=host)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                stream = self._network.connect_tcp(
                    str(address), port, left(timeout), local_address, socket_options
                )
                return Timed(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as why:
                failure = why
        raise failure


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _EMBEDDING:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
