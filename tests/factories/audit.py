"""Entries for tests, written as rooms write them."""

from datetime import UTC, datetime

from django.db import transaction

from renkei.audit import api as audit
from renkei.kernel.ids import NODE, Actor

MAY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


def act(
    action: str = "exchange.transfer-opened",
    *,
    actor: Actor = NODE,
    subject: str = "urn:uuid:transfer",
    at: datetime = MAY,
    concerns: tuple[str, ...] = (),
    **facts: audit.Fact,
) -> None:
    """Record one act in a transaction of its own."""
    with transaction.atomic():
        audit.record(action, actor=actor, subject=subject, at=at, concerns=concerns, **facts)


def acts(count: int, *, concerns: tuple[str, ...] = ()) -> None:
    """Record several acts, each on its own subject."""
    with transaction.atomic():
        for number in range(count):
            audit.record(
                "exchange.read",
                actor=NODE,
                subject=f"urn:uuid:{number}",
                at=MAY,
                concerns=concerns,
                number=number,
            )
