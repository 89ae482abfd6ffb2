"""The small numbers of names, as questions look them up: a name that nobody has used yet has none and gets none."""

from collections.abc import Iterable

from django.db import connection, transaction

from renkei.kernel.ids import OrgId

_MOST = 200_000
_known: dict[tuple[str, str], int] = {}


def numbers_of(tenant: OrgId, iris: Iterable[str]) -> dict[str, int]:
    """Return the number of each name that has one."""
    found: dict[str, int] = {}
    missing: list[str] = []
    for iri in dict.fromkeys(iris):
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
    marks = ", ".join(["%s"] * len(iris))
    with connection.cursor() as cursor:
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
