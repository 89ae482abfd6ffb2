"""How long one search over 10,000 crawled datasets takes, beside plain SQL that ranks the same matches by their titles.

    python -m bench.federation [--datasets 10000] [--rounds 50]

The entries come from a crawl of a catalogue on a shelf, which is measured too, as is the crawl after it in which nothing
has changed: once told by the tag, once found by comparing every dataset.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
PAGE = 100
WORDS = [
    "水位",
    "気温",
    "騒音",
    "改札",
    "交通量",
    "大気質",
    "noise",
    "level",
    "traffic",
    "air",
    "gates",
    "readings",
]
PLACES = ["名古屋", "東京", "札幌", "Nagoya", "Tokyo", "Sapporo"]
SQL = """
SELECT id FROM federation_entry WHERE text LIKE %s
ORDER BY title_text LIKE %s DESC, id DESC LIMIT 51
"""


def main() -> int:
    """Print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as home:
        os.environ.update(RENKEI_HOME=home, DJANGO_SETTINGS_MODULE="renkei.config.settings")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0, skip_checks=True)
        print(f"database: {connection.vendor}; {options.datasets:,} datasets, median of {options.rounds}")
        _crawls(options.datasets)
        _searches(rounds=options.rounds)
    return 0


def _crawls(count: int) -> None:
    from tests.factories import parties as make
    from tests.factories.federation import Shelf, crawler, known

    node = known(make.organisation(slug="near"), now=NOW)
    pages = [
        [_described(number) for number in range(at, min(at + PAGE, count))] for at in range(0, count, PAGE)
    ]
    shelf = Shelf(pages=pages, etag='"1"')
    work = crawler(shelf, datasets=count, octets=10**12)
    _print("first crawl, all new", _once(lambda: work.crawl(node.id)))
    _print("crawl, unchanged by tag", _once(lambda: work.crawl(node.id)))
    shelf.etag = ""
    _print("crawl, unchanged by comparing", _once(lambda: work.crawl(node.id)))


def _searches(*, rounds: int) -> None:
    from django.db import connection

    from renkei.federation import api as federation
    from renkei.kernel.places import Box

    def plain() -> None:
        with connection.cursor() as cursor:
            cursor.execute(SQL, ["%水位%"] * 2)
            cursor.fetchall()

    viewer = federation.Viewer(org="urn:other", participant="did:web:other")  # type: ignore[arg-type]  # nobody's id
    questions = {
        "search: one word in Japanese": federation.Query(text="水位"),
        "search: two words, theme": federation.Query(text="noise tokyo", theme="environment"),
        "search: box and span of time": federation.Query(
            box=Box(136, 34, 137, 36), since=NOW, until=NOW + timedelta(days=30)
        ),
        "search: a word that nobody has": federation.Query(text="zzzz"),
    }
    yardstick = _median(plain, rounds)
    for name, query in questions.items():
        taken = _median(lambda query=query: federation.search(query, viewer=viewer, now=NOW), rounds)  # type: ignore[misc]
        _print(name, taken, f"{taken / yardstick:6.1f} × the yardstick")
    _print("yardstick: plain SQL, one word", yardstick)


def _described(number: int) -> Any:
    from renkei.federation import api as federation
    from renkei.kernel.places import Box, Place
    from renkei.kernel.texts import Text
    from tests.factories.federation import POLICY

    chance = random.Random(number)
    word, place = chance.choice(WORDS), chance.choice(PLACES)
    west, south = chance.uniform(128, 145), chance.uniform(30, 45)
    begun = NOW + timedelta(days=chance.randrange(-365, 365))
    return federation.Described(
        dataset=f"urn:uuid:{number:032x}",
        title=Text(ja=f"{place}の{word} {number}", en=f"{word} of {place} {number}"),
        description=Text(ja="LoRaWAN の測定値です。" * 10, en="Readings sent over LoRaWAN. " * 10),
        offers=(federation.Offer(policy=POLICY, recipients=None),),
        themes=("environment",) if number % 3 else ("mobility",),
        licence="CC-BY-4.0",
        formats=("HttpData-PULL", "DeltaSharing-PULL"),
        place=Place(name=Text(ja=place, en=place), box=Box(west, south, west + 0.5, south + 0.5)),
        first=begun,
        last=begun + timedelta(days=30),
    )


def _once(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _median(work: Callable[[], object], rounds: int) -> float:
    return statistics.median(_once(work) for _ in range(rounds))


def _print(name: str, seconds: float, more: str = "") -> None:
    print(f"{name:32} {seconds * 1000:10.2f} ms  {more}".rstrip())


if __name__ == "__main__":
    sys.exit(main())
