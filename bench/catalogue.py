"""How long a page of 100 datasets out of 10,000 takes, beside plain SQL that fetches the same rows.

python -m bench.catalogue [--datasets 10000] [--pages 100]
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
OWNER = "urn:uuid:bench"
PAGE = 100
COLUMNS = 21
SQL = """
SELECT d.*, o.* FROM
    (SELECT * FROM exchange_dataset AS x WHERE owner = %s AND id > %s
        AND EXISTS (SELECT 1 FROM exchange_offer WHERE dataset_id = x.id AND withdrawn_at IS NULL)
        ORDER BY id LIMIT %s) AS d
    JOIN exchange_offer AS o ON o.dataset_id = d.id
ORDER BY d.id
"""


def main() -> int:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=100)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as home:
        os.environ.update(RENKEI_HOME=home, DJANGO_SETTINGS_MODULE="renkei.config.settings")
        _set_up(options.datasets)
        queries = _count_queries()
        ours = _median(_page, pages=options.pages)
        plain = _median(_plain, pages=options.pages)
        print(f"page of {PAGE} out of {options.datasets:,} datasets of {COLUMNS} columns, {queries} queries")
        print(f"catalogue          {ours * 1000:8.2f} ms (median of {options.pages})")
        print(f"yardstick, SQL     {plain * 1000:8.2f} ms (same rows, no facts made of them)")
        print(f"ratio              {ours / plain:8.2f}")
    return 0


def _set_up(count: int) -> None:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", "exchange", verbosity=0, skip_checks=True)
    print(f"database: {connection.vendor}")
    from renkei.exchange.models import DatasetRow, OfferRow

    terms = {
        "profile": "https://w3id.org/renkei/terms/v1",
        "permission": [
            {
                "action": "use",
                "constraint": [
                    {
                        "leftOperand": "purpose",
                        "operator": "isAnyOf",
                        "rightOperand": ["education", "research"],
                    },
                    {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": "2027-03-31T00:00:00Z"},
                ],
            }
        ],
    }
    DatasetRow.objects.bulk_create(map(_dataset, range(count)), batch_size=500)
    OfferRow.objects.bulk_create(
        (
            OfferRow(
                id=f"urn:o:{n:06}", dataset_id=f"urn:d:{n:06}", terms=terms, automatic=True, created_at=NOW
            )
            for n in range(count)
        ),
        batch_size=500,
    )


def _dataset(number: int) -> object:
    from renkei.exchange.models import DatasetRow

    return DatasetRow(
        id=f"urn:d:{number:06}",
        owner=OWNER,
        table="urn:uuid:table",
        title_ja="測定値",
        title_en="Readings",
        description_ja="LoRaWAN の測定値です。" * 5,
        description_en="Readings sent over LoRaWAN. " * 5,
        licence="CC-BY-4.0",
        themes=["environment"],
        classes=[[f"column_{each}", "non-personal", "plain"] for each in range(COLUMNS)],
        version=1,
        rows=1_000_000,
        first=NOW,
        last=NOW,
        completeness={f"column_{each}": 1000 for each in range(COLUMNS)},
        subjects=10,
        published_at=NOW,
    )


def _starts(pages: int) -> Iterator[str]:
    return (f"urn:d:{number * 97 % 9_900:06}" for number in range(pages))


def _page(after: str) -> None:
    from renkei.exchange import api as exchange
    from renkei.kernel.ids import OrgId

    assert len(exchange.catalogue(OrgId(OWNER), after=after, limit=PAGE).listings) == PAGE


def _plain(after: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SQL, [OWNER, after, PAGE])
        assert len(cursor.fetchall()) == PAGE


def _count_queries() -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        _page("urn:d:000100")
    return len(seen)


def _median(work: Callable[[str], None], *, pages: int) -> float:
    taken = []
    for after in _starts(pages):
        begun = time.perf_counter()
        work(after)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main())
