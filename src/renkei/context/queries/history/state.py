"""How far a tenant's history has been moved, and reading it as of one moment.

Lines lie in the database until they have been moved to the archive, and each of them in one place at any time that
counts: the archive's lines bear the number of their batch, and those of a batch count from the moment on at which the
same transaction deletes them from the database and calls the batch settled. So a reader asks first how far the archive
counts, then the database, then once more how far the archive counts; where that has changed meanwhile, it begins anew.
The archive itself is read last. It only grows, and what is swept or erased from it did not count any more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import QuerySet

from renkei.context.models import ArchiveRow, EntityRow, VoidRow
from renkei.kernel.ids import OrgId, TableId

_TRIES = 20
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class State:
    """Where a tenant's archive is, and how far it counts."""

    table: TableId
    settled: int
    """Lines of batches up to this one count."""
    state: int


@dataclass(frozen=True, slots=True)
class VoidAttribute:
    """All lines of an attribute up to one of them."""

    entity: int
    attribute: str
    """Empty for every attribute."""
    dataset: str | None
    """None for every dataset."""
    until: int


@dataclass(frozen=True, slots=True)
class Voids:
    """Lines that do not count though they may still lie somewhere."""

    instances: tuple[int, ...] = ()
    attributes: tuple[VoidAttribute, ...] = ()


def state_of(tenant: OrgId) -> State | None:
    """Return how far a tenant's archive counts; None where there is none."""
    row = (
        ArchiveRow.objects.filter(tenant=tenant).values_list("table", "batch", "claimed_to", "state").first()
    )
    if row is None:
        return None
    table, batch, claimed_to, state = row
    return State(TableId(table), batch if claimed_to is None else batch - 1, state)


def voids_of(entities: Sequence[int]) -> Voids:
    """Return what does not count of these entities."""
    return _voids(VoidRow.objects.filter(entity__in=entities))


def voids_in(tenant: OrgId, *, until: int) -> Voids:
    """Return what does not count of a tenant's history, as far as these declarations say."""
    return _voids(VoidRow.objects.filter(tenant=tenant, pk__lte=until))


def _voids(found: QuerySet[VoidRow]) -> Voids:
    instances, attributes = [], []
    told = found.values_list("entity", "instance", "attribute", "dataset", "until")
    for entity, instance, attribute, dataset, until in told:
        if instance is not None:
            instances.append(instance)
        else:
            attributes.append(VoidAttribute(entity, attribute, dataset, until or 0))
    return Voids(tuple(instances), tuple(attributes))


def archived_now(entities: Sequence[int]) -> set[int]:
    """Return those of these entities that have something in the archive; they are marked before their lines move."""
    return set(
        EntityRow.objects.filter(pk__in=entities, archived_at__isnull=False).values_list("pk", flat=True)
    )


def at_one_moment(tenant: OrgId, read: Callable[[State | None], Read]) -> Read:
    """Read the database while nothing changes its place; `read` is told how far the archive counts."""
    before = state_of(tenant)
    for _ in range(_TRIES):
        found = read(before)
        after = state_of(tenant)
        if after == before:
            return found
        before = after
    raise RuntimeError(f"the history of {tenant} changed its place {_TRIES} times during one read")
