"""Run on a node's own database: makes a provider with an offered dataset, or a consumer, and prints its names.

python -m bench.nodes.parties provider | consumer | many COUNT | own-terms COUNT | tokens COUNT
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

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


def many(count: int, *, own_terms: bool = False) -> dict[str, str]:
    """Make an organisation that offers so many datasets of seven columns for research and education.

    All under the same terms, or with `own_terms` each until a time of its own.
    """
    from renkei.exchange.models import DatasetRow, OfferRow

    made, now = consumer(), datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
    names = [f"urn:d:{number:06}" for number in range(count)]
    purpose = {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["education", "research"]}

    def terms(number: int) -> dict[str, Any]:
        end = (now + timedelta(days=365, seconds=number)).isoformat().replace("+00:00", "Z")
        until = {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": end}
        constraints = [purpose, until] if own_terms else [purpose]
        return {
            "profile": "https://w3id.org/renkei/terms/v1",
            "permission": [{"action": "use", "constraint": constraints}],
        }

    described = {
        "owner": _organisation().id,
        "table": "urn:uuid:table",
        "title_ja": "測定値",
        "title_en": "Readings",
        "description_ja": "LoRaWAN の測定値です。" * 5,
        "description_en": "Readings sent over LoRaWAN. " * 5,
        "licence": "CC-BY-4.0",
        "themes": ["environment"],
        "classes": [[f"column_{each}", "non-personal", "plain"] for each in range(7)],
        "version": 1,
        "rows": 1_000_000,
        "first": now,
        "last": now,
        "completeness": {f"column_{each}": 1000 for each in range(7)},
        "subjects": 10,
        "published_at": now,
    }
    DatasetRow.objects.bulk_create((DatasetRow(id=name, **described) for name in names), batch_size=500)
    OfferRow.objects.bulk_create(
        (
            OfferRow(id=f"{name}:offer", dataset_id=name, terms=terms(number), automatic=True, created_at=now)
            for number, name in enumerate(names)
        ),
        batch_size=500,
    )
    return made


def tokens(count: int) -> list[str]:
    """Sign so many tokens by which the organisation shows itself to itself, each for one call within a minute."""
    from renkei.kernel.clock import utc_now
    from renkei.parties import api as parties

    own = _organisation()
    return [parties.sign_token(org=own.id, audience=own.participant, now=utc_now()) for _ in range(count)]


if __name__ == "__main__":
    django.setup()
    match sys.argv[1:]:
        case ["provider"]:
            said: object = provider()
        case ["consumer"]:
            said = consumer()
        case ["many", count]:
            said = many(int(count))
        case ["own-terms", count]:
            said = many(int(count), own_terms=True)
        case ["tokens", count]:
            said = tokens(int(count))
    sys.stdout.write(json.dumps(said))
