"""Figures about a table, computed from the table itself."""

from collections.abc import Sequence

from renkei.exchange.types import Quality
from renkei.lake import api as lake
from renkei.privacy.api import ColumnClass, Role


def measure(table: lake.Table, *, classes: Sequence[ColumnClass]) -> Quality:
    """Count rows, values and subjects of a table's latest version, in one pass over its files."""
    snapshot = lake.snapshot(table.id)
    names = [column.name for column in table.columns]
    time = _column(classes, Role.TIME)
    if time and next(each for each in table.columns if each.name == time).type is not lake.ColumnType.INSTANT:
        time = None
    subject = _column(classes, Role.SUBJECT) or table.subject
    asked = [f"count({lake.quote_name(name)})" for name in names]
    asked += [f"min({lake.quote_name(time)})", f"max({lake.quote_name(time)})"] if time else ["NULL", "NULL"]
    asked.append(f"count(DISTINCT {lake.quote_name(subject)})" if subject else "NULL")
    with lake.reading(snapshot), lake.connection(snapshot) as duck:
        question = f"SELECT count(*), {', '.join(asked)} FROM {lake.relation_sql(snapshot)}"  # noqa: S608 - every name and path is quoted
        rows, *values = duck.execute(question).fetchone()
    counts, (first, last, subjects) = values[: len(names)], values[len(names) :]
    return Quality(
        version=snapshot.version,
        rows=rows,
        first=first,
        last=last,
        completeness={
            name: count * 1000 // rows if rows else 0 for name, count in zip(names, counts, strict=True)
        },
        subjects=subjects,
    )


def _column(classes: Sequence[ColumnClass], role: Role) -> str | None:
    return next((each.name for each in classes if each.role is role), None)
