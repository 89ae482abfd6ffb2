"""The JSON-LD contexts that requests name: found, compiled once, and kept in memory.

A context that a tenant has used lately costs no question to the database. What is kept is looked at anew every minute, so
that each process of a node learns within that time what another was told.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import msgspec
from django.conf import settings

from renkei.context import api as context
from renkei.kernel.clock import utc_now
from renkei.kernel.ids import OrgId
from renkei.servers.ngsild.fetching import GuardedSource, SourceOf
from renkei.servers.outgoing import shared_outgoing
from renkei.wire.ngsild.gathering import read_document, without_core
from renkei.wire.ngsild.jsonld import CORE, Context, compile_context
from renkei.wire.ngsild.links import context_link

PATH: Final = "/ngsi-ld/v1/jsonldContexts"
FRESH: Final = timedelta(minutes=1)
MOST: Final = 500
"""Compiled contexts in memory; one of 300 terms takes about 150 kB."""
_LARGEST_KEY: Final = 1024
"""Bytes; a larger inline context is known by its SHA-256."""

Key = tuple[OrgId, str | bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    context: Context
    urls: tuple[str, ...]
    """The contexts that it was made of."""
    until: datetime


_kept: OrderedDict[Key, _Kept] = OrderedDict()
_implicit: OrderedDict[Key, tuple[str, datetime]] = OrderedDict()
_lock = threading.Lock()
_thread = threading.local()


def core() -> Context:
    """Return what applies where no context is named."""
    return CORE


def resolve(source: Any, *, tenant: OrgId, now: datetime | None = None) -> Context:
    """Return the context that a request names, compiled, and count its use.

    Raises context.ld-context-invalid, context.ld-context-unavailable.
    """
    now = now or utc_now()
    kept = _at_hand(source, tenant=tenant, now=now)
    if kept.urls:
        context.count_uses(tenant, kept.urls, now=now)
    return kept.context


def consulted(source: Any, *, tenant: OrgId, now: datetime) -> Context:
    """Return a context, compiled, for this node's own business: nobody uses it by that. Raises what `resolve` raises."""
    return _at_hand(source, tenant=tenant, now=now).context


def _at_hand(source: Any, *, tenant: OrgId, now: datetime) -> _Kept:
    key = _key(tenant, source)
    kept = _kept.get(key)
    if kept is None or kept.until <= now:
        kept = _compiled(source, tenant=tenant, now=now)
        _keep(_kept, key, kept)
    return kept


def check(source: Any, *, tenant: OrgId, now: datetime) -> None:
    """Compile a context without using it. Raises what `resolve` raises."""
    _compiled(source, tenant=tenant, now=now)


def address(used: Context, *, tenant: OrgId, now: datetime) -> str:
    """Return where a context is found: its own address, or one where this node hosts it (clause 5.13.1)."""
    if used.link is not None:
        return used.link
    key = _key(tenant, used.source)
    url, until = _implicit.get(key, ("", now))
    if until <= now:
        body = msgspec.json.encode({"@context": used.source}).decode()
        url = context.keep_implicit(tenant, body, base=base(), now=now).url
        _keep(_implicit, key, (url, now + FRESH))
    return url


def link(used: Context, *, tenant: OrgId, now: datetime) -> str:
    """Write the `Link` header that names a context."""
    return context_link(address(used, tenant=tenant, now=now))


def base() -> str:
    """Return the address below which this node serves contexts."""
    return f"{settings.RENKEI.public_url}{PATH}"


def forget(tenant: OrgId, urls: Sequence[str]) -> None:
    """Forget what was compiled of contexts that are gone or have changed."""
    gone = set(urls)
    with _lock:
        for key in [key for key, kept in _kept.items() if key[0] == tenant and gone & set(kept.urls)]:
            del _kept[key]
        for key in [key for key, (url, _) in _implicit.items() if key[0] == tenant and url in gone]:
            del _implicit[key]


def forget_all() -> None:
    """Forget everything, as after another database was put in this one's place."""
    with _lock:
        _kept.clear()
        _implicit.clear()


class NotAtHand(Exception):
    """A context would have to be fetched, and whoever asks for it must not wait."""


class _Nowhere:
    def fetch(self, url: str) -> str:
        raise NotAtHand(url)


@contextmanager
def at_hand_only() -> Iterator[None]:
    """Let this thread fetch no context within the block: one that is not at hand raises NotAtHand."""
    _thread.at_hand_only = True
    try:
        yield
    finally:
        _thread.at_hand_only = False


@cache
def source() -> GuardedSource:
    """Return who fetches contexts for this process."""
    return GuardedSource(shared_outgoing(), inside_peers=settings.RENKEI.inside_peers)


def source_of(tenant: OrgId) -> context.ContextSource:
    """Return who fetches contexts for a tenant."""
    return SourceOf(tenant, source())


def _compiled(named: Any, *, tenant: OrgId, now: datetime) -> _Kept:
    found: list[context.StoredContext] = []

    def load(url: str) -> Any:
        stored = _found(url, tenant=tenant, now=now)
        found.append(stored)
        return read_document(stored.body.encode())

    compiled = compile_context(named, load=load)
    expiries = (stored.expires_at for stored in found if stored.expires_at is not None)
    return _Kept(compiled, tuple(stored.url for stored in found), min((now + FRESH, *expiries)))


def _found(url: str, *, tenant: OrgId, now: datetime) -> context.StoredContext:
    if not url.startswith(base() + "/"):
        return context.context_at(tenant, url, source=_source_here(tenant), now=now)
    stored = context.stored_context(tenant, url)
    if stored is None:
        raise context.LdContextUnavailable(url=url, why="this node hosts no such context for you")
    return stored


def _source_here(tenant: OrgId) -> context.ContextSource:
    return _Nowhere() if getattr(_thread, "at_hand_only", False) else source_of(tenant)


def _key(tenant: OrgId, source: Any) -> Key:
    own = without_core(source)
    if len(own) == 1 and isinstance(own[0], str):
        return tenant, own[0]
    inline = msgspec.json.encode(own)
    return tenant, inline if len(inline) <= _LARGEST_KEY else hashlib.sha256(inline).digest()


def _keep(table: OrderedDict[Key, Any], key: Key, value: Any) -> None:
    with _lock:
        table[key] = value
        table.move_to_end(key)
        while len(table) > MOST:
            table.popitem(last=False)
