"""Run on a node's own database: makes a provider with an offered dataset, or a consumer, and prints its names.

python -m bench.nodes.parties provider|consumer
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from renkei.kernel.ids import TableId
    from renkei.parties.api import Organisation

READINGS = 200


def provider() -> dict[str, str]:
    """Make an organisation with a small table that is offered automatically for research."""
    from renkei.exchange import api as exchange
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.kernel.texts import Text
    from renkei.privacy import api as privacy

    made = consumer()
    dataset = exchange.publish_dataset(
        owner=_organisation().id,
        table=_table(),
        title=Text(ja="計測値", en="Readings"),
        description=Text(ja="ベンチ用の計測値。", en="Readings for a bench."),
        licence="CC-BY-4.0",
        classes=[privacy.ColumnClass("at", role=privacy.Role.TIME), privacy.ColumnClass("reading")],
        actor=NODE,
        now=utc_now(),
    )
    purpose = {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["research", "education"]}
    terms = {"permission": [{"action": "use", "constraint": [purpose]}]}
    offer = exchange.offer(dataset=dataset.id, terms=terms, automatic=True, actor=NODE, now=utc_now())
    return made | {"dataset": dataset.id, "offer": offer.id}


def consumer() -> dict[str, str]:
    """Make an organisation with a token."""
    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.kernel.texts import Text
    from renkei.parties import api as parties

    org = parties.create_organisation(
        slug="bench", name=Text(ja="計測", en="Bench"), actor=NODE, now=utc_now()
    )
    issued = parties.issue_token(
        org=org.id,
        label="bench",
        scopes=frozenset(parties.Scope),
        expires_at=None,
        actor=NODE,
        now=utc_now(),
    )
    return {"did": org.participant, "token": issued.secret}


def _organisation() -> "Organisation":
    from renkei.parties import api as parties

    return parties.organisation_by_slug("bench")


def _table() -> "TableId":
    import pyarrow as pa

    from renkei.kernel.clock import utc_now
    from renkei.kernel.ids import NODE
    from renkei.kernel.texts import Text
    from renkei.lake import api as lake

    name = Text(ja="列", en="Column")
    columns = (
        lake.Column(name="at", type=lake.ColumnType.INSTANT, unit=None, text=name),
        lake.Column(name="reading", type=lake.ColumnType.REAL, unit="Cel", text=name),
    )
    table = lake.create_table(
        owner=_organisation().id, name="readings", columns=columns, subject=None, actor=NODE, now=utc_now()
    )
    began = datetime(2026, 5, 1, tzinfo=UTC)
    times = [began + timedelta(minutes=number) for number in range(READINGS)]
    rows = pa.table(
        {
            "at": pa.array(times, pa.timestamp("us", tz="UTC")),
            "reading": pa.array([20.0 + number / 10 for number in range(READINGS)], pa.float64()),
        }
    )
    lake.append(table.id, rows, writer="bench", sequence=1)
    return table.id


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps({"provider": provider, "consumer": consumer}[sys.argv[1]]()))
