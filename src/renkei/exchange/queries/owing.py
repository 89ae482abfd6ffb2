"""What an agreement still allows, and what it asks."""

from datetime import datetime

from django.db.models import QuerySet

from renkei.exchange.errors import AgreementMissing
from renkei.exchange.models import UNFULFILLED, WHOLE, AgreementRow, DutyRow, UsageRow
from renkei.exchange.rules.owing import window_end, window_of
from renkei.exchange.rules.terms import evaluable
from renkei.exchange.types import Agreement, OwedDuty, Role, Uses
from renkei.kernel.ids import AgreementId, OrgId


def duties(agreement: AgreementId, *, org: OrgId | None) -> tuple[OwedDuty, ...]:
    """Return the duties of an organisation's agreement in force, by their numbers; none before it is in force.

    Where `org` is None, those of the provider's copy before the consumer's. How each stands tells `OwedDuty.state`.
    Raises exchange.agreement-missing.
    """
    copies = AgreementRow.objects.filter(agreement=agreement).order_by("-role")
    signed = (copies if org is None else copies.filter(org=org)).values_list("pk", flat=True).first()
    if signed is None:
        raise AgreementMissing(agreement=agreement)
    rows = DutyRow.objects.select_related("signed").filter(signed=signed).order_by("number")
    return tuple(row.as_fact() for row in rows)


def duties_overdue(*, org: OrgId | None, now: datetime, limit: int = 20) -> tuple[OwedDuty, ...]:
    """Return the duties of an organisation's agreements, or the node's, that were to be fulfilled by now; one query."""
    rows = overdue(now).select_related("signed")
    rows = rows if org is None else rows.filter(signed__org=org)
    return tuple(row.as_fact() for row in rows.order_by("due_at", "pk")[:limit])


def overdue(now: datetime) -> QuerySet[DutyRow]:
    """Choose the duties that were to be fulfilled by now."""
    return DutyRow.objects.filter(UNFULFILLED, due_at__lt=now)


def uses(agreement: Agreement, *, now: datetime) -> Uses:
    """Return how often the data of an agreement may be used, and on the provider's side how often they were."""
    terms = evaluable(agreement.terms)
    window = window_of(terms.rate, now=now) if terms.rate else WHOLE
    taken: dict[int, int] | None = None
    if agreement.role is Role.PROVIDER and (terms.uses is not None or terms.rate is not None):
        rows = UsageRow.objects.filter(
            signed__agreement=agreement.id,
            signed__org=agreement.org,
            signed__role=Role.PROVIDER.value,
            slot__in={WHOLE, window},
        )
        taken = dict(rows.values_list("slot", "used"))
    return Uses(
        allowed=terms.uses,
        taken=None if taken is None or terms.uses is None else taken.get(WHOLE, 0),
        window_allowed=terms.rate.uses if terms.rate else None,
        window_taken=None if taken is None or terms.rate is None else taken.get(window, 0),
        window_ends=window_end(terms.rate, now=now) if terms.rate else None,
    )
