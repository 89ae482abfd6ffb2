"""Everything under `/ngsi-ld/v1` as one ASGI application: which endpoint is asked, by whom, and where its work is done.

It splits the path before it is decoded, since names of attributes are often IRIs with slashes of their own, and reads each
request whole. A handler runs in a lane (`servers.lanes`) or in the doors' pools of threads (`servers.door`).

The tenant is the organisation behind the token. `NGSILD-Tenant` may name it, and nothing else: what belongs to others is
read under an agreement, at the doors of `exchange` (ETSI GS CIM 009 v1.9.1, clauses 4.14 and 6.3.14).
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, cast
from urllib.parse import unquote

from django.conf import settings
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.kernel.refusals import Refusal
from renkei.parties import api as parties
from renkei.servers import identity, raw
from renkei.servers.deadline import within
from renkei.servers.door import Call, check_address, in_room
from renkei.servers.errors import (
    Fault,
    MethodUnsupported,
    ParameterUnknown,
    ResourceUnknown,
    TenantOfAnother,
    TenantUnknown,
)
from renkei.servers.lanes import Lane
from renkei.servers.ngsild.door import BASE, Answer, Asked, Endpoint, Later, refused, settled
from renkei.servers.ngsild.negotiation import GEO_JSON, JSON, JSON_LD, accepted
from renkei.servers.ngsild.resolving import NotAtHand, at_hand_only

log = logging.getLogger(__name__)

Written = tuple[Answer, bytes]
"""An answer and its body."""
_NOTHING_ASKED: Final = QueryParams("")
_SHORT: Final = 64 * 1024
"""Bytes of a body that takes a moment to read."""
WAITED: Final = 20.0
"""Seconds that one request may wait for others, however many contexts of slow hosts it names."""


def _finished(answers: Sequence[Answer | Later]) -> list[Written | Exception]:
    """Do what answers wait for, all of one kind together, and write the answers."""
    waiting = [answer for answer in answers if isinstance(answer, Later)]
    told: dict[int, Any] = {}
    for kind in (context.Planned, context.Sought):
        of_kind = [later for later in waiting if isinstance(later.wanted, kind)]
        if of_kind:
            together = kind.together([later.wanted for later in of_kind])  # type: ignore[misc]  # as above
            told |= zip(map(id, of_kind), together, strict=True)
    return [_answered(answer, told.get(id(answer))) for answer in answers]


def _answered(answer: Answer | Later, told: Any) -> Written | Exception:
    if isinstance(told, Exception):
        return told
    try:
        return _written(answer.answer(told) if isinstance(answer, Later) else answer)
    except Exception as failure:  # noqa: BLE001 - it is raised where this one was asked for
        return failure


_reads = Lane("ngsild-reads", finish=_finished)
_writes = Lane("ngsild-writes", finish=_finished)
"""A thread of their own, so that no read waits until a disk has taken what others wrote."""


Handle = Callable[[Endpoint, Call, QueryParams, str], "Answer | Later"]
"""Lets a caller in, and has the endpoint answer."""


class NgsiLd:
    """Everything under `/ngsi-ld/v1`, as one ASGI application."""

    def __init__(self, endpoints: Iterable[Endpoint], *, handle: Handle | None = None) -> None:
        """`handle` lets callers in: members by their tokens, unless told otherwise."""
        self.endpoints = tuple(endpoints)
        self._handle = handle or _handled
        self._by_length: dict[int, list[tuple[tuple[str, ...], dict[str, Endpoint]]]] = {}
        for endpoint in self.endpoints:
            pattern = tuple(endpoint.path.split("/"))
            known = self._by_length.setdefault(len(pattern), [])
            found = next((methods for shape, methods in known if shape == pattern), None)
            if found is None:
                found = {}
                known.append((pattern, found))
            found[endpoint.method] = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer, body = await self._asked(scope, receive)
        except Refusal as refusal:
            answer, body = _written(refused(refusal))
        except ClientDisconnect:
            answer, body = _written(Answer(400))
        except Exception:
            log.exception("a bug behind %s %s", scope["method"], scope["path"])
            answer, body = _written(refused(Fault(), status=500))
        await raw.answer(
            send,
            answer.status,
            body,
            media_type=answer.media_type,
            headers=answer.headers.items(),
            head=scope["method"] == "HEAD",
        )

    async def _asked(self, scope: Scope, receive: Receive) -> Written:
        headers = raw.headers_of(scope)
        if scope["method"] == "GET":
            # What the caller cannot read is not looked for.
            accepted(headers.get("accept"), (JSON, JSON_LD, GEO_JSON))
        endpoint, variables = self._found(scope)
        variables = {**scope.get("path_params", {}), **variables}
        query = QueryParams(scope["query_string"]) if scope["query_string"] else _NOTHING_ASKED
        call = Call(scope["method"], variables, query, headers)
        check_address(call)
        body = await raw.body_of(receive, headers, limit=settings.RENKEI.max_body)
        if body:
            call = Call(call.method, variables, query, headers, body)
        work = partial(self._handle, endpoint, call, query, _after_base(scope))
        if endpoint.far:
            return await in_room(partial(_far, work), far=True)
        at_hand = partial(_at_hand, work)
        try:
            if endpoint.quick and "join" not in query and len(body) <= _SHORT:
                lane = _reads if endpoint.method == "GET" else _writes
                return cast(Written, await lane.run(at_hand))
            return await in_room(lambda: _written(settled(at_hand())))
        except NotAtHand:
            # It has to wait for somebody else, so it waits where it keeps nobody waiting.
            return await in_room(partial(_far, work), far=True)

    def _found(self, scope: Scope) -> tuple[Endpoint, dict[str, str]]:
        parts = _segments(scope)
        if (len(parts) > 2 and not parts[-1]) or (
            len(parts) == 2 and not parts[1] and self._takes(parts[:1], scope["method"])
        ):
            del parts[-1]  # a slash at the end says nothing, unless what ought to follow it is an entity's id
        for pattern, methods in self._by_length.get(len(parts), ()):
            if not all(want == part or want[0] == "{" for want, part in zip(pattern, parts, strict=True)):
                continue
            endpoint = methods.get(scope["method"]) or (
                methods.get("GET") if scope["method"] == "HEAD" else None
            )
            if endpoint is None:
                allowed = {*methods, "HEAD"} if "GET" in methods else methods
                raise MethodUnsupported(method=scope["method"][:20], allowed=", ".join(sorted(allowed)))
            named = zip(pattern, parts, strict=True)
            return endpoint, {want[1:-1]: unquote(part) for want, part in named if want[0] == "{"}
        raise ResourceUnknown(path="/".join(parts)[:200])

    def _takes(self, parts: list[str], method: str) -> bool:
        found = (methods for pattern, methods in self._by_length.get(len(parts), ()) if [*pattern] == parts)
        return method in next(found, {})


def _segments(scope: Scope) -> list[str]:
    """Return the undecoded segments after the base."""
    return _after_base(scope).split("/")


def _after_base(scope: Scope) -> str:
    sent: str = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    _, found, after = sent.partition(BASE)
    if not found:  # the base is encoded where it need not be
        raise ResourceUnknown(path=sent[:200])
    return after[1:]


def _far(work: Callable[[], Answer | Later]) -> Written:
    with within(WAITED):
        return _written(settled(work()))


def _at_hand(work: Callable[[], Answer | Later]) -> Answer | Later:
    with at_hand_only():
        return work()


def _handled(endpoint: Endpoint, call: Call, query: QueryParams, place: str) -> Answer | Later:
    reads = endpoint.reads or endpoint.method == "GET"
    scope = endpoint.scope or (parties.Scope.CONTEXT_READ if reads else parties.Scope.CONTEXT_WRITE)
    member = identity.member_of_late(call, scope)
    _check_tenant(call, member)
    unknown = [name for name in query if name not in endpoint.takes]
    if unknown:
        raise ParameterUnknown(named=", ".join(unknown)[:80], known=", ".join(sorted(endpoint.takes)) or "-")
    return endpoint.handler(Asked(call, query, member.org.id, member.org.actor, utc_now(), place))


def _check_tenant(call: Call, member: parties.Member) -> None:
    named = call.headers.get("ngsild-tenant")
    if named is None or named in {member.org.slug, member.org.id}:
        return
    if all(org.slug != named for org in parties.organisations()):
        raise TenantUnknown(tenant=named[:80])
    raise TenantOfAnother(tenant=named[:80])


def _written(answer: Answer) -> Written:
    return answer, answer.written()
