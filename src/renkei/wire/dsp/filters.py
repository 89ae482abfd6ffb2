"""The one filter of a catalogue that this node understands: a window on the list of datasets.

The protocol leaves filters to the implementations. Connectors of the Eclipse family send one with every request, a
`QuerySpec` that by itself restricts nothing but how many datasets come, and from which on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec


@dataclass(frozen=True, slots=True)
class Window:
    """Which datasets of the list are asked for: so many (None: as many as the provider pleases), after so many."""

    offset: int = 0
    limit: int | None = None


class QuerySpec(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Ask for a part of a list, in its own order; whatever else it may say has not been understood."""

    type: Literal["QuerySpec"] = msgspec.field(name="@type")
    offset: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    sort_order: Literal["ASC"] = "ASC"
    sort_field: None = None
    filter_expression: Annotated[list[Any], msgspec.Meta(max_length=0)] | None = None


def window(filters: Sequence[Any] | None) -> Window | None:
    """Return the part that is asked for; None where the filter asks for anything but a part of the whole list."""
    if not filters:
        return Window()
    if len(filters) > 1:
        return None
    try:
        spec = msgspec.convert(filters[0], QuerySpec)
    except msgspec.ValidationError:
        return None
    return Window(offset=spec.offset, limit=spec.limit)
