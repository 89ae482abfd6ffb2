"""Decentralised identifiers of the method `web`: an address of the web written as an id, and back (did:web, section 3)."""

import re
from typing import Literal
from urllib.parse import urlsplit

from renkei.kernel.ids import ParticipantId

Scheme = Literal["https", "http"]

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._-]|%[0-9A-F]{2})+")
_MAX = 255


def did_of(url: str) -> ParticipantId:
    """Return the `did:web` of an http or https address without query, fragment or user.

    Raises ValueError when the address has such parts, a host that is no name or IPv4 address, or makes an id of
    more than 255 characters.
    """
    parts = urlsplit(url)
    extra = parts.query or parts.fragment or parts.username or parts.password
    unsayable = ":" in parts.path or "//" in parts.path
    if parts.scheme not in {"https", "http"} or extra or unsayable or not parts.hostname:
        raise ValueError(f"{url!r} cannot be written as did:web")
    host = parts.hostname if parts.port is None else f"{parts.hostname}%3A{parts.port}"
    path = parts.path.strip("/")
    did = ":".join(["did:web", host, *(path.split("/") if path else [])])
    url_of(did)
    return ParticipantId(did)


def url_of(did: str, *, scheme: Scheme = "https") -> str:
    """Return the address that a `did:web` stands for, without the document's name at its end.

    The method knows https only; `http` is for nodes inside one network. Raises ValueError when the id is no
    well-formed `did:web` of at most 255 characters.
    """
    authority, *segments = did.removeprefix("did:web:").split(":")
    host, colon, port = authority.partition("%3A")
    if not did.startswith("did:web:") or len(did) > _MAX or not _HOST.fullmatch(host):
        raise ValueError(f"{did[:_MAX]!r} is no did:web")
    if colon and not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
        raise ValueError(f"{did!r} has no usable port")
    if not all(_SEGMENT.fullmatch(segment) and segment not in {".", ".."} for segment in segments):
        raise ValueError(f"{did!r} has a path that did:web does not allow")
    return "/".join([f"{scheme}://{host}:{port}" if colon else f"{scheme}://{host}", *segments])
