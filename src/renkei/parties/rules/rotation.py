"""Which key signs, which stand in the DID document, and how long a rotation takes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from renkei.kernel.clock import format_utc
from renkei.parties.errors import KeyWaiting, LeadInvalid, OverlapInvalid
from renkei.parties.types import Key, KeyName

DOCUMENT_KEPT = timedelta(minutes=5)
"""For how long others may keep a copy of a DID document."""
LEAST_LEAD = 2 * DOCUMENT_KEPT
"""A copy may be kept twice over: by a cache on the way, and by the peer that got it from there."""
MOST_LEAD = timedelta(days=7)
LEAST_OVERLAP = timedelta(hours=1)
"""Far more than the two minutes for which a signed token can still be shown."""
MOST_OVERLAP = timedelta(days=30)

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def check_rotation(*, lead: timedelta, overlap: timedelta) -> None:
    """Raise LeadInvalid or OverlapInvalid when peers would not have time to follow, or a key would stay for ever."""
    if not LEAST_LEAD <= lead <= MOST_LEAD:
        raise LeadInvalid(
            minutes=f"{lead / _MINUTE:g}", least=LEAST_LEAD // _MINUTE, most=MOST_LEAD // _MINUTE
        )
    if not LEAST_OVERLAP <= overlap <= MOST_OVERLAP:
        raise OverlapInvalid(
            hours=f"{overlap / _HOUR:g}", least=LEAST_OVERLAP // _HOUR, most=MOST_OVERLAP // _HOUR
        )


def check_none_waits(newest: Key, *, now: datetime) -> None:
    """Raise KeyWaiting while the organisation's newest key does not sign yet."""
    if newest.signs_from > now:
        raise KeyWaiting(name=newest.name, signs_from=format_utc(newest.signs_from.replace(microsecond=0)))


def succeed(
    former: Key, *, name: KeyName, lead: timedelta, overlap: timedelta, now: datetime
) -> tuple[Key, Key]:
    """Return the former key as it now ends, and the new one that follows it after `lead`."""
    change = now + lead
    ended = replace(former, signs_until=change, leaves_at=change + overlap)
    return ended, Key(
        name=name, created_at=now, signs_from=change, signs_until=None, leaves_at=None, wiped_at=None
    )


def withdraw(key: Key, *, now: datetime) -> Key:
    """Return a key as it ends when it must neither sign nor stand in the document from now on."""
    until = now if key.signs_until is None else min(key.signs_until, now)
    leaves = now if key.leaves_at is None else min(key.leaves_at, now)
    return replace(key, signs_from=min(key.signs_from, until), signs_until=until, leaves_at=leaves)


def signing_key(keys: Sequence[Key], *, now: datetime) -> Key | None:
    """Return the key that signs now, the earliest that has not ended; None where there is no key at all.

    Each key begins when the one before it ends, so no other can have begun. Where none has begun, another process's
    clock was ahead when it made the first key: that one signs already.
    """
    lasting = [key for key in keys if key.signs_until is None or now < key.signs_until]
    return min(lasting, key=lambda key: key.signs_from, default=None)


def stands_in_document(key: Key, *, now: datetime) -> bool:
    """Tell whether a key stands in the DID document."""
    return key.leaves_at is None or now < key.leaves_at
