"""What all NGSI-LD endpoints share: who calls, for which tenant, in which words, and answers in the standard's forms.

One ASGI application takes everything under `/ngsi-ld/v1`. It splits the path before it is decoded, since names of
attributes are often IRIs with slashes of their own, and reads each request whole. A handler is an ordinary function from
`Asked` to `Answer`; it runs in the doors' pool of threads (`servers.door`).

The tenant is the organisation behind the token. `NGSILD-Tenant` may name it, and nothing else: what belongs to others is
read under an agreement, at the doors of `exchange` (ETSI GS CIM 009 v1.9.1, clauses 4.14 and 6.3.14).
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final, cast
from urllib.parse import unquote

import msgspec
from django.conf import settings
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import Actor, OrgId
from renkei.kernel.refusals import Kind, Refusal
from renkei.parties import api as parties
from renkei.servers import identity, raw
from renkei.servers.door import Call, check_address, in_room
from renkei.servers.errors import (
    AcceptableMissing,
    Fault,
    MediaTypeUnsupported,
    MethodUnsupported,
    ParameterUnknown,
    ResourceUnknown,
    TenantOfAnother,
    TenantUnknown,
)
from renkei.servers.lanes import Lane
from renkei.servers.ngsild.resolving import NotAtHand, at_hand_only, core, link, resolve
from renkei.wire.ngsild.errors import BodyUnreadable
from renkei.wire.ngsild.jsonld import Context
from renkei.wire.ngsild.links import linked_context
from renkei.wire.ngsild.problems import Error, Problem
from renkei.wire.ngsild.reading import read_body

log = logging.getLogger(__name__)

BASE = "/ngsi-ld/v1"
JSON, JSON_LD, GEO_JSON, MERGE = (
    "application/json",
    "application/ld+json",
    "application/geo+json",
    "application/merge-patch+json",
)
BODIES = (JSON, JSON_LD)
PATCHES = (JSON, JSON_LD, MERGE)
_encode = msgspec.json.Encoder().encode

_ERROR_OF_KIND: dict[Kind, Error] = {
    Kind.INVALID: Error.BAD_REQUEST_DATA,
    Kind.UNKNOWN_CALLER: Error.OPERATION_NOT_SUPPORTED,
    Kind.DENIED: Error.OPERATION_NOT_SUPPORTED,
    Kind.MISSING: Error.RESOURCE_NOT_FOUND,
    Kind.CONFLICT: Error.ALREADY_EXISTS,
    Kind.TOO_LARGE: Error.INVALID_REQUEST,
    Kind.UNAVAILABLE: Error.INTERNAL_ERROR,
}
_ERROR_OF_CODE: dict[str, Error] = {
    "servers.parameter-unknown": Error.INVALID_REQUEST,
    "servers.media-type-unsupported": Error.INVALID_REQUEST,
    "servers.acceptable-missing": Error.INVALID_REQUEST,
    "servers.method-unsupported": Error.OPERATION_NOT_SUPPORTED,
    "servers.tenant-unknown": Error.NONEXISTENT_TENANT,
    "servers.address-inside": Error.BAD_REQUEST_DATA,
    "servers.address-insecure": Error.BAD_REQUEST_DATA,
    "ngsild.body-unreadable": Error.INVALID_REQUEST,
    "context.ld-context-absent": Error.INVALID_REQUEST,
    "context.ld-context-unavailable": Error.LD_CONTEXT_NOT_AVAILABLE,
    "ngsild.option-unknown": Error.INVALID_REQUEST,
    "context.query-too-complex": Error.TOO_COMPLEX_QUERY,
    "exchange.agreement-not-in-force": Error.OPERATION_NOT_SUPPORTED,
    "exchange.duty-open": Error.OPERATION_NOT_SUPPORTED,
    "context.too-many-linked": Error.TOO_MANY_RESULTS,
}
_STATUS_OF_CODE = {
    "servers.media-type-unsupported": 415,
    "servers.acceptable-missing": 406,
    "servers.method-unsupported": 405,
    "exchange.agreement-not-in-force": 403,
    "exchange.duty-open": 403,
}
_STATUS_OF_KIND: dict[Kind, int] = {
    Kind.UNKNOWN_CALLER: 401,
    Kind.DENIED: 403,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read whole, from a caller who is known."""

    call: Call
    query: QueryParams
    """With every value of a parameter that was given more than once."""
    tenant: OrgId
    actor: Actor
    now: datetime
    place: str = ""
    """The path after the base, as it was sent."""

    @property
    def path(self) -> Mapping[str, str]:
        """The path's variables, decoded."""
        return self.call.path

    @property
    def where(self) -> str:
        """Return the path after the base, without the slash that may end it."""
        return self.place.strip("/")

    def context(self) -> Context:
        """Return the JSON-LD context that the `Link` header names, or the core context (clause 6.3.5)."""
        url = linked_context(self.call.headers.get("link"))
        return core() if url is None else self.resolved(url)

    def resolved(self, source: Any) -> Context:
        """Return a context that this request names, compiled. Raises what `resolve` raises."""
        return resolve(source, tenant=self.tenant)

    def body(self, taken: tuple[str, ...] = BODIES) -> Any:
        """Return the JSON of the body, whatever its context. Raises servers.media-type-unsupported."""
        self._media_type(taken)
        return read_body(self.call.body)

    def read(self, taken: tuple[str, ...] = BODIES) -> tuple[Any, Context]:
        """Return the JSON of the body and the context that it is written in (clause 6.3.5).

        JSON-LD brings its context along; JSON has it in the `Link` header. A batch may bring one in each of its items:
        then `None` stands for it in what `read_each` hands out. Raises context.request-invalid,
        servers.media-type-unsupported and what `resolve` raises.
        """
        kind, payload = self._media_type(taken), read_body(self.call.body)
        if not isinstance(payload, dict):
            raise BodyUnreadable(why="an object is needed here")
        if kind == JSON_LD:
            if "@context" not in payload:
                raise context.RequestInvalid(why="a body of application/ld+json has an @context")
            if linked_context(self.call.headers.get("link")) is not None:
                raise context.RequestInvalid(why="a body of application/ld+json comes without a Link header")
            return payload, self.resolved(payload["@context"])
        if "@context" in payload and kind == JSON:
            raise context.RequestInvalid(why="a body of application/json has no @context; send a Link header")
        return payload, self.context()

    def read_each(self) -> list[tuple[Any, Context | Refusal]]:
        """Return the items of a batch, each with its context, or with why that cannot be had."""
        kind, payload = self._media_type(BODIES), read_body(self.call.body)
        if not isinstance(payload, list) or not payload:
            raise context.RequestInvalid(why="a batch is a JSON array with at least one item")
        if kind == JSON_LD:
            if linked_context(self.call.headers.get("link")) is not None:
                raise context.RequestInvalid(why="a body of application/ld+json comes without a Link header")
            return [(item, self._own_context(item)) for item in payload]
        shared = self.context()
        return [(item, _without_context(item, shared)) for item in payload]

    def _own_context(self, item: Any) -> Context | Refusal:
        if not isinstance(item, dict) or "@context" not in item:
            return context.RequestInvalid(why="each item of a batch of application/ld+json has an @context")
        try:
            return self.resolved(item["@context"])
        except Refusal as refusal:
            return refusal

    def _media_type(self, taken: tuple[str, ...]) -> str:
        stated = self.call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if stated not in taken:
            raise MediaTypeUnsupported(stated=stated[:80] or "-", known=", ".join(taken))
        return stated

    def number(self, name: str, usual: int, *, most: int = 1_000_000_000) -> int:
        """Return a parameter that is a whole number, none below nothing. Raises context.request-invalid."""
        text = self.query.get(name)
        if text is None:
            return usual
        if not (text.isascii() and text.isdigit() and len(text) < 12) or int(text) > most:
            raise context.RequestInvalid(why=f"{name} is a whole number from 0 to {most}")
        return int(text)

    def accepted(self, offered: tuple[str, ...] = BODIES) -> str:
        """Return the offered media type that the caller likes best (RFC 9110, 12.5.1). Raises AcceptableMissing."""
        return accepted(self.call.headers.get("accept"), offered)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a value to be written as JSON, or bytes, or nothing."""

    status: int = 200
    value: Any = None
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def written(self) -> bytes:
        """Return the body."""
        if self.body is not None:
            return self.body
        return b"" if self.value is None else _encode(self.value)


def said(
    asked: Asked,
    value: Any,
    used: Context,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer in JSON with the context in the `Link` header, or in JSON-LD with the context in the body (clause 6.3.6)."""
    kind = asked.accepted()
    headers = dict(headers or {})
    if kind == JSON:
        named = link(used, tenant=asked.tenant, now=asked.now)
        headers["Link"] = f"{named},{headers['Link']}" if "Link" in headers else named
        return Answer(status, value, JSON, headers)
    return Answer(status, with_context(value, used), JSON_LD, headers)


def with_context(value: Any, used: Context) -> Any:
    """Return a JSON value with its context inside: an object as it is, an array in each of its items."""
    if isinstance(value, list):
        return [with_context(item, used) for item in value]
    return {**value, "@context": used.link or used.source} if isinstance(value, dict) else value


@lru_cache(maxsize=512)
def accepted(header: str | None, offered: tuple[str, ...]) -> str:
    """Choose from what is offered, in the offer's order where the caller likes several as well."""
    if not header or header.strip() == "*/*":
        return offered[0]
    liked: list[tuple[str, float]] = []
    for part in header[:2000].split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            liked.append((name.lower(), float(weight)))
        except ValueError:
            continue
    best, most = "", 0.0
    for media_type in offered:
        fits = _weight(media_type, liked)
        if fits > most:
            best, most = media_type, fits
    if not best:
        raise AcceptableMissing(accept=header[:80], known=", ".join(offered))
    return best


def _weight(media_type: str, liked: list[tuple[str, float]]) -> float:
    """Return the weight of the most precise range that covers a media type."""
    family = media_type.partition("/")[0] + "/*"
    for name in (media_type, family, "*/*"):
        found = [weight for range_, weight in liked if range_ == name]
        if found:
            return max(found)
    return 0.0


def _without_context(item: Any, shared: Context) -> Context | Refusal:
    if isinstance(item, dict) and "@context" in item:
        return context.RequestInvalid(why="an item of a batch of application/json has no @context")
    return shared


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that waits for an act or an entity, so that many requests are served together."""

    wanted: context.Planned[Any] | context.Sought
    answer: Callable[[Any], Answer]
    """Makes the answer of what comes of it."""


Handler = Callable[[Asked], Answer | Later]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A handler at a method and a path; `{name}` in the path is a variable of one segment."""

    method: str
    path: str
    handler: Handler
    takes: frozenset[str] = frozenset()
    """The parameters that it knows; any other is refused (clause 6.3.20)."""
    scope: parties.Scope | None = None
    """What the token has to serve for; reading serves for GET, writing for the rest, unless told otherwise."""
    reads: bool = False
    """Whether it only reads, whatever its method."""
    far: bool = False
    """Whether it may have to wait for another node."""
    quick: bool = False
    """Whether it takes a moment, as a rule (see `servers.lanes`)."""


Written = tuple[Answer, bytes]
"""An answer and its body."""
_NOTHING_ASKED: Final = QueryParams("")
_SHORT: Final = 64 * 1024
"""Bytes of a body that takes a moment to read."""


def settled(answer: Answer | Later) -> Answer:
    """Do what an answer waits for, if it does. Raises what that is refused with."""
    if not isinstance(answer, Later):
        return answer
    (told,) = answer.wanted.together([answer.wanted])  # type: ignore[list-item]  # each its own kind
    if isinstance(told, Exception):
        raise told
    return answer.answer(told)


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
            send, answer.status, body, media_type=answer.media_type, headers=answer.headers.items()
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
        if endpoint.quick and "join" not in query and len(body) <= _SHORT:
            lane = _reads if endpoint.method == "GET" else _writes
            try:
                return cast(Written, await lane.run(partial(_at_hand, work)))
            except NotAtHand:
                pass  # it has to wait for somebody else, so it waits where it keeps nobody waiting
        return await in_room(partial(_alone, work), far=endpoint.far)

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
                raise MethodUnsupported(method=scope["method"][:20], allowed=", ".join(sorted(methods)))
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
    raw: str = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    return raw[raw.index(BASE) + len(BASE) + 1 :]


def _alone(work: Callable[[], Answer | Later]) -> Written:
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


def refused(refusal: Refusal, *, status: int | None = None) -> Answer:
    """Answer with the standard's ProblemDetails (clause 5.5.2, RFC 7807)."""
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind is Kind.UNKNOWN_CALLER else {}
    told = problem(refusal, status=status)
    return Answer(told["status"], told, JSON, headers)


def describe(refusal: Refusal, *, status: int | None = None) -> Problem:
    """Return which of the standard's errors a refusal is, and the status that it is answered with."""
    error = _ERROR_OF_CODE.get(refusal.code) or _ERROR_OF_KIND[refusal.kind]
    usual = _STATUS_OF_CODE.get(refusal.code) or (
        error.status if refusal.code in _ERROR_OF_CODE else _STATUS_OF_KIND.get(refusal.kind)
    )
    return Problem(error, refusal.said("en"), status or usual)


def problem(refusal: Refusal, *, status: int | None = None) -> dict[str, Any]:
    """Return a refusal as ProblemDetails, with this node's code, facts and texts beside the standard's members."""
    told = refusal.as_dict()
    ours = {name: told[name] for name in ("code", "kind", "facts", "ja", "en")}
    return {**describe(refusal, status=status).as_json(), **ours}


def _written(answer: Answer) -> Written:
    return answer, answer.written()
