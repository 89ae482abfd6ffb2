"""The JSON-LD contexts that a tenant has here."""

from django.db.models import Q

from renkei.context.models import StoredContextRow
from renkei.context.types.contexts import EVERYBODY, ContextKind, StoredContext
from renkei.kernel.ids import OrgId


def stored_contexts(tenant: OrgId, *, kind: ContextKind | None = None) -> list[StoredContext]:
    """Return a tenant's contexts, oldest first."""
    rows = StoredContextRow.objects.filter(tenant=tenant).order_by("id")
    return [row.as_fact() for row in (rows.filter(kind=kind) if kind else rows)]


def stored_context(tenant: OrgId, named: str) -> StoredContext | None:
    """Return a tenant's context by its local id, or by its address."""
    row = StoredContextRow.objects.filter(Q(local_id=named) | Q(url=named), tenant=tenant).first()
    return row.as_fact() if row else None


def laid_in_contexts() -> list[StoredContext]:
    """Return what the operator laid in for everybody, by address."""
    return [row.as_fact() for row in StoredContextRow.objects.filter(tenant=EVERYBODY).order_by("url")]


def context_addresses(tenant: OrgId) -> list[str]:
    """Return the addresses of the contexts that a tenant's documents can be read by, in order."""
    meant = StoredContextRow.objects.filter(tenant__in=(tenant, EVERYBODY)).exclude(kind=ContextKind.IMPLICIT)
    return list(meant.order_by("url").values_list("url", flat=True).distinct())
