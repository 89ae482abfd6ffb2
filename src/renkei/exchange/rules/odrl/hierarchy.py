"""What is part of what: ISO 3166 codes, and the parts that the world tells."""

import re
from collections.abc import Collection, Iterator, Mapping

Parts = Mapping[str, Collection[str]]
"""Of each thing, what it is a part of (or an instance of)."""

_SUBDIVISION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}", re.ASCII)


def wholes(thing: str, parts: Parts) -> frozenset[str]:
    """Return what a thing is part of, over any number of steps, itself included; circles in `parts` do no harm."""
    found, waiting = {thing}, [thing]
    while waiting:
        for each in _one_step(waiting.pop(), parts):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return frozenset(found)


def _one_step(thing: str, parts: Parts) -> Iterator[str]:
    """Return what contains a thing directly. A subdivision such as JP-13 lies in its country (ISO 3166-2)."""
    if subdivision := _SUBDIVISION.fullmatch(thing):
        yield subdivision.group(1)
    told = parts.get(thing, ())
    yield from (told,) if isinstance(told, str) else told
