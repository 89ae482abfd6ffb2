"""Acts on registrations of context sources (clause 5.9): they are kept and found; no request is sent on to them yet."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from renkei.audit import api as audit
from renkei.context.errors import RegistrationExists, RegistrationMissing, RequestInvalid
from renkei.context.models import RegistrationRow
from renkei.context.rules.patterns import is_pattern
from renkei.kernel.clock import parse_utc
from renkei.kernel.ids import Actor, OrgId


def register_source(tenant: OrgId, uri: str, body: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    """Keep a registration (clause 5.9.2). Raises context.registration-exists, context.request-invalid."""
    _check_patterns(body)
    row = RegistrationRow(tenant=tenant, uri=uri, body=body, created_at=now, modified_at=now)
    row.expires_at = _expiry(body, now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _record("registered", tenant, actor, now)
    except IntegrityError:
        raise RegistrationExists(registration=uri) from None


@transaction.atomic
def update_source(tenant: OrgId, uri: str, changes: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    """Replace members of a registration; one that is None goes (clause 5.9.3). Raises context.registration-missing."""
    row = RegistrationRow.objects.select_for_update().filter(tenant=tenant, uri=uri).first()
    if row is None:
        raise RegistrationMissing(registration=uri)
    _check_patterns(changes)
    row.body = {name: value for name, value in {**row.body, **changes}.items() if value is not None}
    row.modified_at, row.expires_at = now, _expiry(row.body, now)
    row.save()
    _record("updated", tenant, actor, now)


@transaction.atomic
def forget_source(tenant: OrgId, uri: str, *, actor: Actor, now: datetime) -> None:
    """Delete a registration (clause 5.9.4). Raises context.registration-missing."""
    gone, _ = RegistrationRow.objects.filter(tenant=tenant, uri=uri).delete()
    if not gone:
        raise RegistrationMissing(registration=uri)
    _record("forgotten", tenant, actor, now)


def _check_patterns(body: dict[str, Any]) -> None:
    for piece in body.get("information") or ():
        for entity in piece.get("entities", ()):
            if "idPattern" in entity and not is_pattern(entity["idPattern"]):
                raise RequestInvalid(why="/information/entities/idPattern is a regular expression (RE2)")


def _expiry(body: dict[str, Any], now: datetime) -> datetime | None:
    if "expiresAt" not in body:
        return None
    at = parse_utc(body["expiresAt"])
    if at <= now:
        raise RequestInvalid(why="/expiresAt lies in the past")
    return at


def _record(what: str, tenant: OrgId, actor: Actor, now: datetime) -> None:
    audit.record(f"context.source-{what}", actor=actor, subject=tenant, at=now)
