"""What became of notifications, gathered, so that a subscription's row is written once for many of them."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F

from renkei.context.models import NotificationRow, SubscriptionRow


@dataclass(slots=True)
class _Figures:
    sent: int = 0
    failed: int = 0
    last: datetime | None = None
    success: datetime | None = None
    failure: datetime | None = None
    error: str = ""


@dataclass(slots=True)
class Tally:
    """What one worker has sent and not yet written down."""

    taken: int = 0
    """Notifications taken, those included that are written down already."""
    _over: list[int] = field(default_factory=list)
    _tried: list[int] = field(default_factory=list)
    _set_aside: list[int] = field(default_factory=list)
    _figures: dict[int, _Figures] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._over or self._tried or self._set_aside)

    def drop(self, row: int) -> None:
        """Nobody wants this one any more."""
        self._over.append(row)

    def sent(self, rows: tuple[int, ...], subscription: int, *, now: datetime) -> None:
        """It was taken."""
        self._over += rows
        self.taken += 1
        figures = self._of(subscription, now=now)
        figures.success = now

    def failed(self, rows: tuple[int, ...], subscription: int, *, why: str, now: datetime) -> None:
        """It could not be sent, and waits for the next time."""
        self._tried += rows
        self._not_taken(subscription, why=why, now=now)

    def refused(self, rows: tuple[int, ...], subscription: int, *, why: str, now: datetime) -> None:
        """Its receiver does not want it."""
        self._set_aside += rows
        self._not_taken(subscription, why=why, now=now)

    def write(self, *, now: datetime) -> None:
        """Write it down, in the caller's transaction, and forget all but how many were taken."""
        if self._over:
            NotificationRow.objects.filter(pk__in=self._over).delete()
        if self._tried:
            NotificationRow.objects.filter(pk__in=self._tried).update(attempts=F("attempts") + 1)
        if self._set_aside:
            rows = NotificationRow.objects.filter(pk__in=self._set_aside)
            rows.update(attempts=F("attempts") + 1, failed_at=now)
        for subscription, figures in sorted(self._figures.items()):
            _grow(subscription, figures)
        self._over, self._tried, self._set_aside, self._figures = [], [], [], {}

    def _of(self, subscription: int, *, now: datetime) -> _Figures:
        figures = self._figures.setdefault(subscription, _Figures())
        figures.sent += 1
        figures.last = now
        return figures

    def _not_taken(self, subscription: int, *, why: str, now: datetime) -> None:
        figures = self._of(subscription, now=now)
        figures.failed += 1
        figures.failure, figures.error = now, why[:255]


def _grow(subscription: int, figures: _Figures) -> None:
    changed = {
        "last_notification": figures.last,
        "last_success": figures.success,
        "last_failure": figures.failure,
    }
    known = {name: value for name, value in changed.items() if value is not None}
    if figures.failure is not None:
        known["last_error"] = figures.error  # type: ignore[assignment]
    SubscriptionRow.objects.filter(pk=subscription).update(
        times_sent=F("times_sent") + figures.sent, times_failed=F("times_failed") + figures.failed, **known
    )
