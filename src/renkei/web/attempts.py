"""Sign-ins that were refused: they count against an address, and are told to the log in sums."""

import ipaddress
from datetime import datetime, timedelta

from django.db import transaction

from renkei.audit import api as audit
from renkei.kernel.ids import NODE
from renkei.web.errors import TooManyAttempts
from renkei.web.models import FailedSignIn

ATTEMPTS = 10
WINDOW = timedelta(minutes=15)


def network_of(address: str) -> str:
    """Return what one caller can call from: an IPv4 address, or the 64 bits of an IPv6 network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def check(address: str, *, now: datetime) -> None:
    """Raise TooManyAttempts after ten refused sign-ins from one address in a quarter of an hour."""
    recent = FailedSignIn.objects.filter(address=address, at__gte=now - WINDOW)
    if recent.count() >= ATTEMPTS:
        raise TooManyAttempts(count=ATTEMPTS, minutes=WINDOW.seconds // 60)


def note(address: str, *, now: datetime) -> None:
    """Count one refused sign-in."""
    FailedSignIn.objects.create(address=address, at=now)


@transaction.atomic
def settle(*, now: datetime) -> int:
    """Forget the attempts that no longer count, and tell the log how many there were; returns their number.

    Called once in a window, so that whoever knocks without end makes one entry in a quarter of an hour, not one each
    time. Addresses can tell of people: the entry holds only their number.
    """
    over = FailedSignIn.objects.select_for_update().filter(at__lt=now - WINDOW)
    addresses = list(over.values_list("address", flat=True))
    if addresses:
        over.delete()
        audit.record(
            "web.sign-ins-refused",
            actor=NODE,
            subject="sign-in",
            at=now,
            attempts=len(addresses),
            addresses=len(set(addresses)),
        )
    return len(addresses)
