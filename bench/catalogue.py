"""How long a page of 100 datasets out of 10,000 takes, beside plain SQL that fetches the same rows.

    python -m bench.catalogue [--datasets 10000] [--pages 100]

Measured twice: the room's query, and the whole door as a peer finds it, a signed catalogue request over HTTP to a node
in a process of its own until the last byte of the answer.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import psutil

from renkei.servers.broker import free_port

if TYPE_CHECKING:
    from renkei.parties.api import Organisation

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
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
        port = free_port()
        os.environ.update(
            RENKEI_HOME=home,
            RENKEI_PUBLIC_URL=f"http://127.0.0.1:{port}",
            RENKEI_BACKGROUND="no",
            DJANGO_SETTINGS_MODULE="renkei.config.settings",
        )
        owner, reader = _set_up(options.datasets)
        queries = _count_queries(owner)
        ours = _median(lambda after: _page(owner, after), pages=options.pages)
        plain = _median(lambda after: _plain(owner, after), pages=options.pages)
        with _node(port) as (client, process):
            _fetch(client, owner, reader, "urn:d:000100")
            before = process.cpu_times()
            whole = _median(lambda after: _fetch(client, owner, reader, after), pages=options.pages)
            after = process.cpu_times()
            size = _fetch(client, owner, reader, "urn:d:000100")
        spent = (after.user + after.system - before.user - before.system) / options.pages
        print(f"page of {PAGE} out of {options.datasets:,} datasets of {COLUMNS} columns, {queries} queries")
        print(f"catalogue          {ours * 1000:8.2f} ms (median of {options.pages})")
        print(f"yardstick, SQL     {plain * 1000:8.2f} ms (same rows, no facts made of them)")
        print(f"ratio              {ours / plain:8.2f}")
        print(
            f"whole door         {whole * 1000:8.2f} ms (signed request to last byte, {size / 1024:,.0f} KiB)"
        )
        print(f"processor time     {spent * 1000:8.2f} ms a page in the node")
        print(f"ratio              {whole / plain:8.2f}")
    return 0


def _set_up(count: int) -> "tuple[Organisation, Organisation]":
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)
    print(f"database: {connection.vendor}")
    from renkei.exchange.models import DatasetRow, OfferRow
    from renkei.kernel.ids import NODE
    from renkei.kernel.texts import Text
    from renkei.parties import api as parties

    owner, reader = (
        parties.create_organisation(slug=slug, name=Text(ja="計測", en="Bench"), actor=NODE, now=NOW)
        for slug in ("owner", "reader")
    )
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
    DatasetRow.objects.bulk_create((_dataset(owner.id, number) for number in range(count)), batch_size=500)
    OfferRow.objects.bulk_create(
        (
            OfferRow(
                id=f"urn:o:{n:06}", dataset_id=f"urn:d:{n:06}", terms=terms, automatic=True, created_at=NOW
            )
            for n in range(count)
        ),
        batch_size=500,
    )
    return owner, reader


def _dataset(owner: str, number: int) -> Any:
    from renkei.exchange.models import DatasetRow

    return DatasetRow(
        id=f"urn:d:{number:06}",
        owner=owner,
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


def _page(owner: "Organisation", after: str) -> None:
    from renkei.exchange import api as exchange

    assert len(exchange.catalogue(owner.id, after=after, limit=PAGE).listings) == PAGE


def _plain(owner: "Organisation", after: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SQL, [owner.id, after, PAGE])
        assert len(cursor.fetchall()) == PAGE


def _fetch(client: httpx.Client, owner: "Organisation", reader: "Organisation", after: str) -> int:
    from renkei.kernel.clock import utc_now
    from renkei.parties import api as parties
    from renkei.wire.dsp import envelope
    from renkei.wire.dsp.catalog import CatalogRequestMessage

    token = parties.sign_token(org=reader.id, audience=owner.participant, now=utc_now())
    answer = client.post(
        f"/orgs/{owner.slug}/dsp/2025-1/catalog/request",
        params={"after": after, "limit": str(PAGE)},
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        content=envelope.write(CatalogRequestMessage()),
    )
    answer.raise_for_status()
    return len(answer.content)


@contextmanager
def _node(port: int) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    from renkei.cli.up import server_command

    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60.0, trust_env=False)
    with client, subprocess.Popen(server_command("127.0.0.1", port)) as server:
        try:
            for _ in range(600):
                try:
                    client.get("/audit/head").raise_for_status()
                except httpx.TransportError:
                    time.sleep(0.05)
                else:
                    break
            (worker,) = psutil.Process(server.pid).children()
            yield client, worker
        finally:
            server.terminate()


def _count_queries(owner: "Organisation") -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        _page(owner, "urn:d:000100")
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
