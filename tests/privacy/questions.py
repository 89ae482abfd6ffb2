"""Tables, plans and questions for tests of queries in place."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from renkei.lake import api as lake
from renkei.privacy import api as privacy
from renkei.privacy.queries.running import Found
from tests.factories.lake import COLUMNS, MAY, rows_of, stored
from tests.factories.privacy import plan

KEY = b"k" * 32


def in_place(table: Any, *, group: int = 3, cell: str | None = None, **terms: Any) -> privacy.Plan:
    """Return a plan under which queries are answered and nothing leaves."""
    made = plan(
        table,
        cell=cell,
        group=group,
        **{n: terms.pop(n) for n in ("dropped", "since", "until") if n in terms},
    )
    return replace(made, delivery=privacy.Delivery.IN_PLACE, **terms)


def observed(rows: Sequence[tuple[str | None, str | None, float | None, int | None]]) -> lake.Table:
    """Store rows of device, gateway, reading and counter."""
    made = [
        {
            "device": d,
            "at": MAY,
            "latitude": None,
            "longitude": None,
            "gateway": g,
            "reading": r,
            "counter": c,
        }
        for d, g, r, c in rows
    ]
    return stored(rows_of(made, COLUMNS))


def ask(under: privacy.Plan, sql: str, **asked: Any) -> Found:
    """Prepare and run a query."""
    prepared = privacy.prepare_query(under, privacy.Question(sql, **asked))
    assert isinstance(prepared, privacy.Prepared)
    return privacy.run_query(under, prepared, key=KEY, now=MAY)[1]


def told(under: privacy.Plan, sql: str) -> tuple[tuple[object, ...], ...]:
    """Return the rows of an answer."""
    return ask(under, sql).answer.rows
