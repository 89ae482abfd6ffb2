"""Duties as they come to be: with the agreement, and anew with each delivery where data have to be deleted."""

from datetime import datetime

from renkei.exchange.models import UNFULFILLED, AgreementRow, DutyRow
from renkei.exchange.rules.owing import due_at, moves
from renkei.exchange.rules.terms import Terms, evaluable, parsed
from renkei.exchange.types import Agreement


def owe_duties(signed: AgreementRow, *, now: datetime) -> None:
    """Keep one row for each duty of an agreement that comes into force now."""
    DutyRow.objects.bulk_create(
        [
            DutyRow(
                signed=signed,
                number=number,
                action=duty.action.value,
                first=duty.first,
                due_at=due_at(duty, in_force_at=now),
            )
            for number, duty in enumerate(evaluable(signed.terms).duties, start=1)
        ],
        ignore_conflicts=True,
    )


def owe_deletion(signed: AgreementRow, *, now: datetime) -> None:
    """Let the duties to delete run from now on: something was delivered. No query where there are none.

    One that is overdue stays so, whatever is delivered besides: only its fulfilment ends that.
    """
    if signed.in_force_at is None:
        return
    for number, duty in enumerate(evaluable(signed.terms).duties, start=1):
        if moves(duty.action):
            due = due_at(duty, in_force_at=signed.in_force_at, delivered_at=now)
            rows = DutyRow.objects.filter(signed=signed, number=number)
            late = rows.filter(UNFULFILLED, due_at__lt=now)
            if not late.update(counts_from=now):
                rows.update(due_at=due, counts_from=now, overdue_at=None)


def owe_deletion_of(agreement: Agreement, *, now: datetime) -> None:
    """Do the same for an agreement of which only the fact is at hand, after each answer to its consumer."""
    if any(moves(duty.action) for duty in parsed(agreement.terms).duties):
        rows = AgreementRow.objects.filter(
            agreement=agreement.id, org=agreement.org, role=agreement.role.value
        )
        owe_deletion(rows.get(), now=now)


def open_firsts(signed: AgreementRow, *, terms: Terms) -> tuple[str, ...]:
    """Return what has to be done before anything is read and is not done; no query where there is nothing of that kind.

    A duty that is not kept at all counts as open.
    """
    firsts = {number: duty for number, duty in enumerate(terms.duties, start=1) if duty.first}
    if not firsts:
        return ()
    rows = DutyRow.objects.filter(signed=signed, number__in=firsts)
    done = {row.number for row in rows if row.is_fulfilled}
    return tuple(f"{number}: {duty.action.value}" for number, duty in firsts.items() if number not in done)
