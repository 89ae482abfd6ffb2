"""What the archive and sums over history keep of an instance beside its text."""

from typing import Any, NamedTuple

import msgspec

from renkei.context.rules.indexing import number_of
from renkei.context.types import VALUE_MEMBER, Instance, Kind

_encode = msgspec.json.Encoder(order="sorted").encode


class Worth(NamedTuple):
    """An instance as something that can be counted and compared."""

    kind: str
    sort: str
    """`n` a number or truth, `s` the text of a Property, `o` anything else."""
    number: float | None
    text: str | None
    """The text, or JSON of anything else; none for a number."""


def worth_of(instance: Instance) -> Worth:
    """Return what can be counted and compared of an instance."""
    kind = str(instance["type"])
    number = number_of(instance)
    if number is not None:
        return Worth(kind, "n", number, None)
    value: Any = instance.get(VALUE_MEMBER[kind])
    if kind == Kind.PROPERTY and isinstance(value, str):
        return Worth(kind, "s", None, value)
    return Worth(kind, "o", None, _encode(value).decode())
