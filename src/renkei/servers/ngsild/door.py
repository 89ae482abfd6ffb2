"""What the handlers of NGSI-LD share: what is asked, by whom and in which words, and answers in the standard's forms.

A handler is an ordinary function from `Asked` to `Answer`; who calls it, and in which thread, is decided in
`application`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

from renkei.context import api as context
from renkei.kernel.ids import Actor, OrgId
from renkei.kernel.refusals import Kind, Refusal
from renkei.parties import api as parties
from renkei.servers.door import Call
from renkei.servers.errors import MediaTypeUnsupported, MethodUnsupported
from renkei.servers.ngsild.negotiation import BODIES, JSON, JSON_LD, accepted
from renkei.servers.ngsild.problems import problem
from renkei.servers.ngsild.resolving import core, link, resolve
from renkei.wire.ngsild.errors import BodyUnreadable
from renkei.wire.ngsild.jsonld import Context
from renkei.wire.ngsild.links import linked_context
from renkei.wire.ngsild.reading import read_body

BASE = "/ngsi-ld/v1"
_encode = msgspec.json.Encoder().encode


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

        JSON-LD brings its context along; JSON has it in the `Link` header. Raises context.request-invalid,
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


def refused(refusal: Refusal, *, status: int | None = None) -> Answer:
    """Answer with the standard's ProblemDetails (clause 5.5.2, RFC 7807)."""
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind is Kind.UNKNOWN_CALLER else {}
    if isinstance(refusal, MethodUnsupported):
        headers = {"Allow": refusal.facts["allowed"]}
    told = problem(refusal, status=status)
    return Answer(told["status"], told, JSON, headers)


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


def settled(answer: Answer | Later) -> Answer:
    """Do what an answer waits for, if it does. Raises what that is refused with."""
    if not isinstance(answer, Later):
        return answer
    (told,) = answer.wanted.together([answer.wanted])  # type: ignore[list-item]  # each its own kind
    if isinstance(told, Exception):
        raise told
    return answer.answer(told)
