"""HTTP over bare ASGI, for doors that are asked thousands of times a second: what a toolkit would cost them is most of it."""

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from renkei.servers.door import stated_length
from renkei.servers.errors import BodyTooLarge

_BODILESS: Final = frozenset({204, 304})


def headers_of(scope: Scope) -> dict[str, str]:
    """Return a request's headers by their names in lower case; of one that came twice, the first."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


async def body_of(receive: Receive, headers: Mapping[str, str], *, limit: int) -> bytes:
    """Return a request's body. Raises BodyTooLarge beyond so many bytes, and ClientDisconnect."""
    if stated_length(headers) > limit:
        raise BodyTooLarge(limit=limit)
    message = await receive()
    first: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False) and len(first) <= limit:
        return first
    body = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
        if not message.get("more_body", False):
            return bytes(body)
        message = await receive()


async def answer(
    send: Send,
    status: int,
    body: bytes,
    *,
    media_type: str,
    headers: Iterable[tuple[str, str]] = (),
    head: bool = False,
) -> None:
    """Send an answer whole; to a HEAD, all but its body (RFC 9110, 9.3.2)."""
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    if body:
        raw.append((b"content-type", media_type.encode("latin-1")))
    if status not in _BODILESS:
        raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head else body})
