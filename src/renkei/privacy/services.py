"""Writes: make a release, drop a table's releases, answer a query from one."""

import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from renkei.audit import api as audit
from renkei.kernel.ids import NODE, TableId
from renkei.lake import api as lake
from renkei.privacy import making, rules, shelf, statement
from renkei.privacy.errors import RowsStay
from renkei.privacy.live import LiveFilter, takes
from renkei.privacy.masks import PseudonymKey, pseudonym_key
from renkei.privacy.queries import noise, rewriting, running
from renkei.privacy.queries.noise import NoisyQuery, Totals
from renkei.privacy.queries.rewriting import Prepared
from renkei.privacy.queries.running import Found
from renkei.privacy.types import Delivery, Plan, Preview, Question, Release

ATTEMPTS = 4
"""One erasure after the other would have to end while a release is made."""


def release(plan: Plan, *, now: datetime) -> Release:
    """Return what a plan allows to leave of a table's latest version, made now or found as made before.

    Making it takes as long as DuckDB needs to read the table and write the release: call it outside a transaction.
    When an erasure takes the files away meanwhile it is begun anew from what is left. Raises privacy.rows-stay for a
    plan under which nothing leaves but answers, privacy.plan-inconsistent, privacy.no-lawful-route, lake.table-missing,
    lake.disk-full, lake.version-gone.
    """
    if plan.delivery is Delivery.IN_PLACE:
        raise RowsStay
    return released(plan, now=now)


def preview(plan: Plan, *, rows: int) -> Preview:
    """Return what a plan would release of a table's latest version, and its first rows; nothing is kept or recorded.

    It takes as long as a release. Raises what `release` raises; in place it is the table that queries would be answered
    from.
    """
    rules.check_lawful(plan)
    rules.check_fits(plan, lake.table(plan.table).columns)
    with tempfile.TemporaryDirectory(dir=settings.RENKEI.home, prefix="preview-") as scratch:
        return making.preview(plan, lake.snapshot(plan.table), Path(scratch), key=_key(plan), rows=rows)


def live_filter(plan: Plan) -> LiveFilter:
    """Return what a plan makes of single rows, with the groups of its table's latest version.

    It is what live reads and notifications ask, where a release would come too late: the same plan decides. Raises what
    `release` raises, and privacy.rows-stay also for aggregates.
    """
    if not takes(plan):
        raise RowsStay
    rules.check_lawful(plan)
    rules.check_fits(plan, lake.table(plan.table).columns)
    with tempfile.TemporaryDirectory(dir=settings.RENKEI.home, prefix="groups-") as scratch:
        told = making.told_groups(plan, lake.snapshot(plan.table), Path(scratch), key=_key(plan))
    return LiveFilter(plan, told, _key(plan))


def released(plan: Plan, *, now: datetime) -> Release:
    """Return a release, also one that only queries may be answered from. Raises what `release` raises but rows-stay."""
    rules.check_lawful(plan)
    rules.check_fits(plan, lake.table(plan.table).columns)
    for _ in range(ATTEMPTS - 1):
        try:
            return _released(plan, now=now)
        except lake.VersionGone:
            continue
    return _released(plan, now=now)


def prepare_query(plan: Plan, question: Question) -> Prepared | NoisyQuery:
    """Return what runs for a question under a plan: nothing of the data is read yet.

    Raises privacy's refusals of queries (docs/reference/queries.md), and what `check_lawful` raises.
    """
    rules.check_lawful(plan)
    columns = statement.released_columns(plan, lake.table(plan.table).columns)
    if plan.delivery is Delivery.IN_PLACE and plan.budget:
        return noise.prepare_noisy(plan, question, columns)
    noise.check_no_noise(question)
    least = plan.minimum_group.size if plan.delivery is Delivery.IN_PLACE and plan.minimum_group else None
    return rewriting.prepare(question.sql, columns, least=least)


def run_query(plan: Plan, prepared: Prepared, *, key: bytes, now: datetime) -> tuple[Release, Found]:
    """Answer a query from what its plan releases, within the limits of `queries.running`; nothing is recorded.

    Erasures of the table wait meanwhile. Raises privacy.query-failed, answer-too-large, queries-busy,
    query-ledger-full, and what `released` raises.
    """
    release = released(plan, now=now)
    with shelf.using(plan.table):
        return release, running.run(prepared, plan, release, key=key)


def total_query(plan: Plan, prepared: NoisyQuery, release: Release, *, key: bytes) -> Totals:
    """Return the sums that noise is to be added to. Raises what `run_query` raises."""
    with shelf.using(plan.table):
        return noise.total(prepared, plan, release, key=key, seconds=running.SECONDS)


def _released(plan: Plan, *, now: datetime) -> Release:
    digest = plan.digest()
    with shelf.using(plan.table):
        snapshot = lake.snapshot(plan.table)
        found = shelf.find(digest, snapshot.version)
        if found is not None:
            return found
        with shelf.making(digest) as aside:
            found = shelf.find(digest, snapshot.version)
            if found is not None:
                return found
            made = making.make(plan, snapshot, aside, key=_key(plan))
            _record(made, now)
            placed = shelf.put(aside, made, now=now)
            shelf.prune(digest, below=snapshot.version, now=now)
    return placed


def drop_releases(table: TableId) -> int:
    """Remove every release of a table, as after an erasure, and return how many there were."""
    with shelf.dropping(table):
        return shelf.drop(table)


@transaction.atomic
def _record(made: Release, now: datetime) -> None:
    audit.record(
        "privacy.released",
        actor=NODE,
        subject=made.table,
        at=now,
        plan=made.digest,
        version=made.version,
        rows=made.rows,
        withheld=sum(term.rows for term in made.withheld if not term.columns),
    )


def _key(plan: Plan) -> PseudonymKey | None:
    if not plan.pseudonyms:
        return None
    return pseudonym_key(settings.RENKEI.node_secret.encode(), plan.pseudonyms)
