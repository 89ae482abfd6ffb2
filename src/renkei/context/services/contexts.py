"""Acts on the JSON-LD contexts that a node keeps (ETSI GS CIM 009 v1.9.1, clause 5.13).

Each tenant has its own: what one fetched, added or used is nothing that another sees. What the operator lays in stands in
the place of its address for everybody: whoever asks for the address gets a copy of that, and no call leaves the node.
"""

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from renkei.audit import api as audit
from renkei.context.errors import LdContextMissing, LdContextNotReloadable, LdContextUnavailable
from renkei.context.models import StoredContextRow
from renkei.context.ports import ContextSource
from renkei.context.services.uses import drop_uses
from renkei.context.types.contexts import EVERYBODY, ContextKind, StoredContext
from renkei.kernel.ids import NODE, Actor, OrgId, new_id

log = logging.getLogger(__name__)

KEPT: Final = timedelta(hours=6)
"""How long what was fetched serves before it is fetched again."""
KEPT_STALE: Final = timedelta(minutes=5)
"""How long what could not be fetched again goes on serving before that is tried once more."""
MOST: Final = {ContextKind.CACHED: 1000, ContextKind.IMPLICIT: 10_000, ContextKind.HOSTED: 10_000}
"""Contexts of a kind that are kept for a tenant; past that, the one that was used longest ago goes."""


@transaction.atomic
def host_context(tenant: OrgId, body: str, *, base: str, actor: Actor, now: datetime) -> StoredContext:
    """Keep a context that a member brought (clause 5.13.2) and serve it below `base`."""
    local_id = new_id().removeprefix("urn:uuid:")
    stored = _stored(tenant, f"{base}/{local_id}", ContextKind.HOSTED, body, local_id=local_id, now=now)
    _record("context.ld-context-hosted", stored, actor=actor, now=now)
    return stored


def keep_implicit(tenant: OrgId, body: str, *, base: str, now: datetime) -> StoredContext:
    """Keep a context that an answer has to name, and serve it below `base`; the same one is kept once."""
    local_id = hashlib.sha256(f"{tenant}\n{body}".encode()).hexdigest()[:32]
    return _stored(tenant, f"{base}/{local_id}", ContextKind.IMPLICIT, body, local_id=local_id, now=now)


def context_at(tenant: OrgId, url: str, *, source: ContextSource, now: datetime) -> StoredContext:
    """Return the context at an address: what was fetched before, what the operator laid in, or what is fetched now.

    What has expired and cannot be fetched again goes on serving for a while. Raises what `ContextSource.fetch` raises.
    """
    row = StoredContextRow.objects.filter(tenant=tenant, url=url).first()
    if row is not None and (row.expires_at is None or row.expires_at > now):
        return row.as_fact()
    try:
        body = _published(url, source)
    except LdContextUnavailable as refusal:
        if row is None:
            raise
        log.warning("the context %s could not be fetched again: %s", url, refusal)
        row.expires_at = now + KEPT_STALE
        row.save(update_fields=["expires_at"])
        return row.as_fact()
    return _stored(tenant, url, ContextKind.CACHED, body, expires_at=now + KEPT, now=now)


def reload_context(tenant: OrgId, named: str, *, source: ContextSource, now: datetime) -> StoredContext:
    """Fetch a context again, at once (clause 5.13.5); where that fails, what there was remains.

    Raises context.ld-context-not-reloadable and what `ContextSource.fetch` raises.
    """
    row = _named(tenant, named)
    if row is None or row.kind != ContextKind.CACHED:
        raise LdContextNotReloadable(named=named[:200])
    body = _published(row.url, source)
    return _stored(tenant, row.url, ContextKind.CACHED, body, expires_at=now + KEPT, now=now)


@transaction.atomic
def delete_context(tenant: OrgId, named: str, *, actor: Actor, now: datetime) -> StoredContext:
    """Keep a context no longer (clause 5.13.5), by its local id or its address. Raises context.ld-context-missing.

    What was fetched is fetched again when it is next asked for.
    """
    row = _named(tenant, named)
    if row is None:
        raise LdContextMissing(named=named[:200])
    deleted = row.as_fact()
    row.delete()
    drop_uses(tenant, deleted.url)
    if deleted.kind != ContextKind.CACHED:
        _record("context.ld-context-deleted", deleted, actor=actor, now=now)
    return deleted


@transaction.atomic
def lay_in_context(url: str, body: str, *, now: datetime) -> StoredContext:
    """Let a document stand for what is published at an address, for everybody, until it is forgotten."""
    stored = _stored(EVERYBODY, url, ContextKind.CACHED, body, now=now)
    StoredContextRow.objects.filter(url=url, kind=ContextKind.CACHED).exclude(tenant=EVERYBODY).update(
        expires_at=now
    )
    _record("context.ld-context-laid-in", stored, actor=NODE, now=now)
    return stored


@transaction.atomic
def forget_context(url: str, *, now: datetime) -> StoredContext:
    """Forget what was laid in for an address, and what tenants have of it. Raises context.ld-context-missing."""
    row = StoredContextRow.objects.filter(tenant=EVERYBODY, url=url).first()
    if row is None:
        raise LdContextMissing(named=url[:200])
    forgotten = row.as_fact()
    StoredContextRow.objects.filter(url=url, kind=ContextKind.CACHED).delete()
    _record("context.ld-context-forgotten", forgotten, actor=NODE, now=now)
    return forgotten


def _named(tenant: OrgId, named: str) -> StoredContextRow | None:
    return StoredContextRow.objects.filter(Q(local_id=named) | Q(url=named), tenant=tenant).first()


def _published(url: str, source: ContextSource) -> str:
    laid_in = StoredContextRow.objects.filter(tenant=EVERYBODY, url=url).values_list("body", flat=True)
    return next(iter(laid_in), None) or source.fetch(url)


def _stored(
    tenant: OrgId,
    url: str,
    kind: ContextKind,
    body: str,
    *,
    now: datetime,
    local_id: str = "",
    expires_at: datetime | None = None,
) -> StoredContext:
    row = StoredContextRow(
        tenant=tenant,
        local_id=local_id or new_id().removeprefix("urn:uuid:"),
        url=url,
        kind=kind,
        body=body,
        created_at=now,
        expires_at=expires_at,
    )
    StoredContextRow.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["tenant", "url"], update_fields=["body", "expires_at"]
    )
    stored = StoredContextRow.objects.get(tenant=tenant, url=url)
    _make_room(stored)
    return stored.as_fact()


def _make_room(new: StoredContextRow) -> None:
    rows = StoredContextRow.objects.filter(tenant=new.tenant, kind=new.kind)
    over = rows.count() - MOST[ContextKind(new.kind)]
    if new.tenant != EVERYBODY and over > 0:
        others = rows.exclude(pk=new.pk).order_by(Coalesce("last_used_at", "created_at"), "id")
        StoredContextRow.objects.filter(pk__in=list(others.values_list("pk", flat=True)[:over])).delete()


def _record(event: str, stored: StoredContext, *, actor: Actor, now: datetime) -> None:
    digest = hashlib.sha256(stored.body.encode()).hexdigest()
    audit.record(event, actor=actor, subject=stored.local_id, at=now, url=stored.url, sha256=digest)
