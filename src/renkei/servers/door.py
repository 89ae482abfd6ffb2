"""What all doors share: a body with a limit, a room called outside the event loop, a refusal in the door's own words.

A handler is an ordinary function from `Call` to `Reply`. It runs in a pool of threads, each of which keeps its own
database connection, so that the event loop is free for other callers while a room works. A handler that waits for
something to happen is a coroutine function instead, which calls rooms through `in_room` and holds no thread meanwhile.
A handler that may have to wait for another node runs in a pool apart, so that a node that never answers, as any
stranger can name one, keeps nobody from sending, reading or deciding.
"""

import asyncio
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar, cast

import msgspec
from django.conf import settings
from django.db import close_old_connections
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from renkei.kernel.refusals import Kind, Refusal
from renkei.servers.errors import BodyMalformed, BodyTooLarge, Fault, TokenMissing

log = logging.getLogger(__name__)

STATUS: dict[Kind, int] = {
    Kind.INVALID: 400,
    Kind.UNKNOWN_CALLER: 401,
    Kind.DENIED: 403,
    Kind.MISSING: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
}
"""The usual status for each kind; a protocol that says otherwise has a table of its own."""

_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')
_LONGEST_CONDITION: Final = 8192

_rooms = ThreadPoolExecutor(max_workers=8, thread_name_prefix="room")
_far = ThreadPoolExecutor(max_workers=16, thread_name_prefix="far")
T = TypeVar("T")
M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read whole."""

    method: str
    path: Mapping[str, str]
    """The path's parameters."""
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    """Header names are lower-case."""
    body: bytes = field(default=b"", repr=False)

    def bearer(self) -> str:
        """Return the bearer token. Raises TokenMissing when there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenMissing
        return token.strip()

    def read(self, shape: type[M]) -> M:
        """Decode the JSON body. Raises BodyMalformed with the place and the reason when it does not fit."""
        try:
            return msgspec.json.decode(self.body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
            raise BodyMalformed(why=str(why)) from None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whole."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def is_known(tag: str, *, given: str | None) -> bool:
    """Tell whether an `If-None-Match` names a tag, weakly compared, or any at all (RFC 9110, section 13.1.2)."""
    given = (given or "")[:_LONGEST_CONDITION]
    return given.strip() == "*" or tag in _TAG.findall(given)


def json_reply(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with a value as JSON."""
    return Reply(status=status, body=msgspec.json.encode(value), headers=headers or {})


def plain_refusal(refusal: Refusal, _call: Call) -> Reply:
    """Answer with a refusal as it is, under the usual status."""
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind is Kind.UNKNOWN_CALLER else {}
    return json_reply(refusal.as_dict(), status=STATUS[refusal.kind], headers=headers)


Handler = Callable[[Call], Reply] | Callable[[Call], Coroutine[Any, Any, Reply]]


async def in_room(work: Callable[[], T], *, far: bool = False) -> T:
    """Run blocking work of a room in its pool and return what it returns; `far`: it may wait for another node."""

    def run() -> T:
        try:
            return work()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_far if far else _rooms, run)


def route(
    path: str,
    handler: Handler,
    *,
    methods: list[str],
    refuse: Callable[[Refusal, Call], Reply] = plain_refusal,
    limit: int | None = None,
    far: bool = False,
) -> Route:
    """Mount a handler at a path.

    `refuse` writes a refusal in the door's own form; `limit` is the largest body in bytes, `RENKEI_MAX_BODY` unless
    told otherwise; `far` says that the handler may have to wait for another node. A handler's bug is logged with its
    trace and answered as a `servers.fault`, without detail.
    """
    return Route(path, _endpoint(handler, refuse, limit, far), methods=methods)


def _endpoint(
    handler: Handler,
    refuse: Callable[[Refusal, Call], Reply],
    limit: int | None,
    far: bool,  # noqa: FBT001 - handed on by `route`, which names it
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        call = Call(request.method, request.path_params, request.query_params, request.headers)
        try:
            check_address(call)
            largest = settings.RENKEI.max_body
            body = await _body(request, min(limit, largest) if limit else largest)
            call = Call(call.method, call.path, call.query, call.headers, body)
            reply = await _handled(handler, call, far=far)
        except Refusal as refusal:
            reply = await in_room(partial(refuse, refusal, call))
        except ClientDisconnect:
            reply = Reply(status=400)
        except Exception:
            log.exception("a bug behind %s %s", request.method, request.url.path)
            fault = refuse(Fault(), call)
            reply = Reply(500, fault.body, fault.media_type, fault.headers)
        return Response(reply.body, reply.status, dict(reply.headers), reply.media_type)

    return endpoint


def check_address(call: Call) -> None:
    """Refuse an address with NUL as `servers.body-malformed`.

    PostgreSQL stores no NUL and breaks on a question with one: nothing that was ever named has it.
    """
    if any("\x00" in str(part) for part in (*call.path.values(), *call.query.values())):
        raise BodyMalformed(why="the address holds the character NUL")


async def _handled(handler: Handler, call: Call, *, far: bool) -> Reply:
    if inspect.iscoroutinefunction(handler):
        return cast(Reply, await handler(call))
    return cast(Reply, await in_room(lambda: handler(call), far=far))


def stated_length(headers: Mapping[str, str]) -> int:
    """Return the length of the body as the request states it; 0 where it states none or nonsense."""
    stated = headers.get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else 0


async def _body(request: Request, limit: int) -> bytes:
    if stated_length(request.headers) > limit:
        raise BodyTooLarge(limit=limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
    return bytes(body)
