"""Which class a column has under an agreement, when its owner has changed the classes since it was signed."""

from collections.abc import Sequence

from renkei.privacy.types import Category, ColumnClass, Role

_STRICTER = tuple(Category)
"""From the least guarded to the most."""
_PLACES = {Role.LATITUDE, Role.LONGITUDE, Role.PLACE}


def stricter(*, signed: Sequence[ColumnClass], present: Sequence[ColumnClass]) -> tuple[ColumnClass, ...]:
    """Return each column's class as an agreement has to take it: never looser than signed, never looser than now.

    A column that has come to tell a place is kept back where the terms want cells; otherwise roles stay as signed, so
    that both sides go on speaking of the same time, subject and positions. Agreements without signed classes take the
    present ones.
    """
    before = {each.name: each for each in signed}
    return tuple(_stricter(before.get(each.name, each), each) for each in present)


def _stricter(signed: ColumnClass, present: ColumnClass) -> ColumnClass:
    category = max(signed.category, present.category, key=_STRICTER.index)
    tells_place_now = present.role in _PLACES and signed.role not in _PLACES
    return ColumnClass(present.name, category, Role.PLACE if tells_place_now else signed.role)
