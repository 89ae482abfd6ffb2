"""Which columns the history of a type of entity could have, judged by entities as they are."""

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any, Final

from renkei.context.errors import TypeUnknown
from renkei.context.queries.listing import entities_of_type
from renkei.context.rules.moments import moment_of
from renkei.context.types import DEFAULT, VALUE_MEMBER, FeedColumn, Instance, Kind
from renkei.kernel.ids import OrgId

LOOKED_AT: Final = 1000
"""Entities."""
_TAKEN: Final = ("entity", "observed_at", "latitude", "longitude")
_HUMPS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def suggested_columns(
    tenant: OrgId, iri: str, *, attributes: Iterable[str] = (), now: datetime
) -> tuple[tuple[FeedColumn, ...], str | None]:
    """Return a column for each attribute of a type, or for those named (IRIs), and its GeoProperty, where it has one.

    A column's type is what all values that were looked at fit into. Raises context.type-unknown.
    """
    found: dict[str, set[str]] = {}
    wanted = set(attributes)
    places: dict[str, int] = {}
    looked_at = 0
    for document in islice(entities_of_type(tenant, iri, now=now), LOOKED_AT):
        looked_at += 1
        for name, instances in document["attrs"].items():
            for instance in instances:
                if instance.get("datasetId", DEFAULT) != DEFAULT:
                    continue
                if instance["type"] == Kind.GEO:
                    places[name] = places.get(name, 0) + 1
                elif not wanted or name in wanted:
                    found.setdefault(name, set()).add(_sort(instance))
    if not looked_at:
        raise TypeUnknown(iri=iri)
    names = _names(found)
    columns = tuple(FeedColumn(name, names[name], _fitting(sorts)) for name, sorts in found.items())
    return columns, max(places, key=lambda name: places[name], default=None)


def _sort(instance: Instance) -> str:
    value: Any = instance.get(VALUE_MEMBER[instance["type"]])
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "real"
    return "instant" if isinstance(value, str) and moment_of(value) is not None else "text"


def _fitting(sorts: set[str]) -> str:
    (one, *others) = sorted(sorts)
    return "text" if others else one


def _names(iris: Iterable[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for iri in iris:
        tail = _HUMPS.sub("_", re.split(r"[/#:]", iri)[-1])
        word = re.sub(r"[^a-z0-9]+", "_", tail.lower()).strip("_")[:50] or "attribute"
        word = f"a_{word}" if word[0].isdigit() or word in _TAKEN else word
        number = 1
        while (name := word if number == 1 else f"{word}_{number}") in names.values():
            number += 1
        names[iri] = name
    return names
