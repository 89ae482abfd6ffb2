"""Registrations of context sources (clause 5.10)."""

from datetime import datetime

from django.db.models import Q, QuerySet

from renkei.context.errors import RegistrationMissing
from renkei.context.models import RegistrationRow
from renkei.context.rules.registering import speaks_of
from renkei.context.types import Registration, RegistrationQuery
from renkei.kernel.ids import OrgId


def registration(tenant: OrgId, uri: str, *, now: datetime) -> Registration:
    """Return a registration. Raises context.registration-missing."""
    row = _living(tenant, now).filter(uri=uri).first()
    if row is None:
        raise RegistrationMissing(registration=uri)
    return row.as_fact()


def registrations(tenant: OrgId, query: RegistrationQuery, *, now: datetime) -> list[Registration]:
    """Return the registrations that speak of what is asked for, in the order of their making.

    They are few, and what they say is nested: it is looked through here, not by the database.
    """
    rows = _living(tenant, now).order_by("id")
    return [found for row in rows if speaks_of(found := row.as_fact(), query)]


def _living(tenant: OrgId, now: datetime) -> QuerySet[RegistrationRow]:
    living = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return RegistrationRow.objects.filter(living, tenant=tenant)
