"""Agreements in place, for tests of queries."""

from collections.abc import Sequence
from typing import Any

from renkei.exchange import api as exchange
from renkei.kernel.clock import utc_now
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.privacy import api as privacy
from tests.factories import delivery
from tests.factories.delivery import Opened
from tests.factories.lake import COLUMNS, MAY, rows_of
from tests.factories.privacy import CLASSES


def in_place(
    group: int = 3, *, budget: str | None = None, more: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    """Return terms under which only answers leave."""
    constraints: list[dict[str, Any]] = [
        {"leftOperand": "rk:delivery", "operator": "eq", "rightOperand": "in-place"},
        {
            "leftOperand": "rk:minimumGroup",
            "operator": "gteq",
            "rightOperand": str(group),
            "rk:entity": "device",
        },
        *more,
    ]
    if budget is not None:
        constraints.append({"leftOperand": "rk:privacyBudget", "operator": "lteq", "rightOperand": budget})
    return {"permission": [{"action": "use", "constraint": constraints}]}


def rows(
    devices: int, *, gateway: str = "G-1", first: int = 0, reading: float = 10.0
) -> list[dict[str, Any]]:
    """Return one row for each device, its reading one more than the last's."""
    return [
        {
            "device": f"D-{first + n}",
            "at": MAY,
            "latitude": 35.68,
            "longitude": 139.76,
            "gateway": gateway,
            "reading": reading + n,
            "counter": n,
        }
        for n in range(devices)
    ]


def opened(
    org: parties.Organisation,
    held: list[dict[str, Any]],
    *,
    terms: dict[str, Any] | None = None,
    classes: Sequence[privacy.ColumnClass] = CLASSES,
) -> Opened:
    """Bring a transfer for queries to its start."""
    published = delivery.dataset(org, rows=rows_of(held, COLUMNS), classes=classes)
    return again(org, published, terms=terms)


def again(
    org: parties.Organisation, published: exchange.Dataset, *, terms: dict[str, Any] | None = None
) -> Opened:
    """Agree once more on a dataset, with the same consumer."""
    return delivery.opened(org=org, published=published, offered=terms or in_place(), form=exchange.SQL_QUERY)


def append(published: exchange.Dataset, held: list[dict[str, Any]], *, sequence: int) -> None:
    """Let a dataset's table grow."""
    lake.append(published.table, rows_of(held, COLUMNS), writer="factory", sequence=sequence)


def ask(opened_: Opened, sql: str, **asked: Any) -> privacy.Answer:
    """Ask as the door does."""
    access = exchange.access(opened_.secret, now=utc_now())
    return exchange.answer_query(access, privacy.Question(sql, **asked), now=utc_now()).answer
