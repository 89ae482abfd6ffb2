"""The small numbers of a tenant's types and attributes."""

from collections.abc import Iterable

from django.db import connection, transaction

from renkei.context.queries import naming
from renkei.kernel.ids import OrgId

_MOST = 200_000
"""Names that one process keeps in mind; past that it forgets all and learns them anew."""
_PART = 500
"""Names in one statement."""
_known: dict[tuple[str, str], int] = {}


def name_ids(tenant: OrgId, iris: Iterable[str]) -> dict[str, int]:
    """Return the number of each name, in the caller's transaction; a name that has none gets one.

    A number is kept in mind only once the transaction that made it has been committed.
    """
    found, missing = {}, []
    for iri in iris:
        number = _known.get((tenant, iri))
        if number is None:
            missing.append(iri)
        else:
            found[iri] = number
    if missing:
        learnt = _looked_up(tenant, missing)
        found |= learnt
        transaction.on_commit(lambda: _remember(tenant, learnt))
    return found


def _looked_up(tenant: OrgId, iris: list[str]) -> dict[str, int]:
    iris = sorted(set(iris))  # in one order, so that two writers of the same names do not wait for each other
    learnt: dict[str, int] = {}
    for start in range(0, len(iris), _PART):
        learnt |= _part_looked_up(tenant, iris[start : start + _PART])
    return learnt


def _part_looked_up(tenant: OrgId, iris: list[str]) -> dict[str, int]:
    rows = ", ".join(["(%s, %s)"] * len(iris))
    marks = ", ".join(["%s"] * len(iris))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO context_name (tenant, iri) VALUES {rows} ON CONFLICT DO NOTHING",  # noqa: S608 - only marks
            [value for iri in iris for value in (tenant, iri)],
        )
        cursor.execute(
            f"SELECT iri, id FROM context_name WHERE tenant = %s AND iri IN ({marks})",  # noqa: S608 - only marks
            [tenant, *iris],
        )
        return {str(iri): int(number) for iri, number in cursor.fetchall()}


def _remember(tenant: OrgId, learnt: dict[str, int]) -> None:
    if len(_known) > _MOST:
        _known.clear()
    for iri, number in learnt.items():
        _known[(tenant, iri)] = number


def forget() -> None:
    """Forget every number, as after another database was put in this one's place."""
    _known.clear()
    naming.forget()
