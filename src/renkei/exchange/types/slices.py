"""A part of a long list."""

from collections.abc import Iterable
from typing import Self, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Slice(tuple[T_co, ...]):
    """Some items of a list in its order, and where the next ones begin."""

    next: str | None
    """What to pass as `after` for the items that follow; None where none do."""

    def __new__(cls, items: Iterable[T_co] = (), *, following: str | None = None) -> Self:
        """Make a part out of its items."""
        made = super().__new__(cls, items)
        made.next = following
        return made
