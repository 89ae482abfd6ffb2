"""Parts of lists by keyset: each part is read from where the last one ended, however long the list has become."""

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from renkei.exchange.errors import PlaceUnknown
from renkei.kernel.clock import format_utc, parse_utc

R = TypeVar("R", bound=Model)
_LONGEST = 300


def part(rows: QuerySet[R], *, by: str, after: str | None, limit: int) -> tuple[list[R], str | None]:
    """Return rows by a time that never changes, latest first, and where the next ones begin. One query.

    Raises exchange.place-unknown for an `after` that no part has named.
    """
    found = rows.order_by(f"-{by}", "-pk")
    if after is not None:
        at, key = _read(after, rows)
        found = found.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at, "pk__lt": key}))
    page = list(found[: limit + 1])
    if len(page) <= limit:
        return page, None
    last = page[limit - 1]
    return page[:limit], f"{format_utc(getattr(last, by))} {last.pk}"


def _read(after: str, rows: QuerySet[R]) -> tuple[Any, Any]:
    at, _, key = after.partition(" ")
    if not (key and key.isprintable() and len(after) <= _LONGEST):
        raise PlaceUnknown
    try:
        return parse_utc(at), rows.model._meta.pk.to_python(key)
    except (ValueError, ValidationError) as why:
        raise PlaceUnknown from why
