"""`/jsonldContexts`: the contexts that a member has here (ETSI GS CIM 009 v1.9.1, clauses 5.13, 6.29, 6.30)."""

from typing import Any, Final

import msgspec

from renkei.context import api as context
from renkei.kernel.clock import format_utc
from renkei.servers.ngsild import resolving
from renkei.servers.ngsild.door import BASE, Answer, Asked, Endpoint
from renkei.servers.ngsild.negotiation import JSON, JSON_LD
from renkei.wire.ngsild.core import CORE_URL, as_document, is_core

_CORE_ID: Final = "core"
_CORE_DETAILS: Final = {
    "URL": CORE_URL,
    "localId": _CORE_ID,
    "kind": context.ContextKind.CACHED,
    "createdAt": "2026-11-24T00:00:00Z",
}
"""The core context is part of this software; it is as old as its table (`wire.ngsild.core`)."""


def add(asked: Asked) -> Answer:
    """`POST /jsonldContexts` (clause 5.13.2); a context that names others that cannot be fetched is not taken."""
    document = asked.body()
    if not isinstance(document, dict) or "@context" not in document:
        raise context.LdContextAbsent
    resolving.check(document["@context"], tenant=asked.tenant, now=asked.now)
    stored = context.host_context(
        asked.tenant,
        asked.call.body.decode(),
        base=resolving.base(),
        actor=asked.actor,
        now=asked.now,
    )
    return Answer(201, headers={"Location": f"{BASE}/jsonldContexts/{stored.local_id}"})


def listed(asked: Asked) -> Answer:
    """`GET /jsonldContexts` (clause 5.13.3): addresses, or all that is known of each."""
    context.write_uses()
    stored = context.stored_contexts(asked.tenant, kind=_kind(asked))
    if _truth(asked, "details"):
        return Answer(value=[_details(one) for one in stored])
    return Answer(value=[one.url for one in stored])


def served(asked: Asked) -> Answer:
    """`GET /jsonldContexts/{id}` (clause 5.13.4): the context itself, or all that is known of it."""
    named, details = asked.path["id"], _truth(asked, "details")
    if _is_core(named):
        return _answer(asked, msgspec.json.encode(_CORE_DETAILS if details else as_document()))
    context.write_uses()
    stored = context.stored_context(asked.tenant, named)
    if stored is None:
        raise context.LdContextMissing(named=named[:200])
    context.count_uses(asked.tenant, [stored.url], now=asked.now)
    return _answer(asked, msgspec.json.encode(_details(stored)) if details else stored.body.encode())


def delete(asked: Asked) -> Answer:
    """`DELETE /jsonldContexts/{id}` (clause 5.13.5); with `reload`, what was fetched is fetched again."""
    named, reload = asked.path["id"], _truth(asked, "reload")
    if _is_core(named):
        if not reload:
            raise context.LdContextProtected
        return Answer(204)  # it never ages: what serves is what the standard says
    if reload:
        source = resolving.source_of(asked.tenant)
        stored = context.reload_context(asked.tenant, named, source=source, now=asked.now)
    else:
        stored = context.delete_context(asked.tenant, named, actor=asked.actor, now=asked.now)
    resolving.forget(asked.tenant, [stored.url])
    return Answer(204)


def _answer(asked: Asked, body: bytes) -> Answer:
    return Answer(body=body, media_type=asked.accepted((JSON, JSON_LD)))


def _details(stored: context.StoredContext) -> dict[str, Any]:
    known = {
        "URL": stored.url,
        "localId": stored.local_id,
        "kind": stored.kind,
        "createdAt": format_utc(stored.created_at),
        "numberOfHits": stored.used,
    }
    if stored.last_used_at is not None:
        known["lastUsage"] = format_utc(stored.last_used_at)
    if stored.expires_at is not None:
        known["expiresAt"] = format_utc(stored.expires_at)
    return known


def _is_core(named: str) -> bool:
    return named == _CORE_ID or is_core(named)


def _kind(asked: Asked) -> context.ContextKind | None:
    stated = asked.query.get("kind")
    if stated is None:
        return None
    try:
        return context.ContextKind(stated)
    except ValueError:
        known = ", ".join(context.ContextKind)
        raise context.RequestInvalid(why=f"kind is one of {known}") from None


def _truth(asked: Asked, parameter: str) -> bool:
    stated = asked.query.get(parameter, "false")
    if stated not in {"true", "false"}:
        raise context.RequestInvalid(why=f"{parameter} is true or false")
    return stated == "true"


ENDPOINTS = (
    Endpoint("POST", "jsonldContexts", add, far=True),
    Endpoint("GET", "jsonldContexts", listed, takes=frozenset({"details", "kind"})),
    Endpoint("GET", "jsonldContexts/{id}", served, takes=frozenset({"details"})),
    Endpoint("DELETE", "jsonldContexts/{id}", delete, takes=frozenset({"reload"}), far=True),
)
