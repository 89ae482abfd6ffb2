"""How fast acts are recorded and sealed, and how long a proof takes, beside the least that hashing them can cost.

    python -m bench.audit [--entries 200000]

The yardstick for sealing is SHA-256 over the same bodies, one after the other, with nothing stored. The yardstick for
recording is a bare INSERT of the same rows through the same connection.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
PROOFS = 500
RECORDED = 5_000


def main() -> int:
    """Print each rate beside its yardstick."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=200_000)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as home:
        os.environ.update(RENKEI_HOME=home, DJANGO_SETTINGS_MODULE="renkei.config.settings")
        _set_up()
        _bench_recording()
        _bench_sealing(options.entries)
        _bench_proofs()
        _bench_check()
    return 0


def _set_up() -> None:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", "audit", verbosity=0, skip_checks=True)
    print(f"database: {connection.vendor}")


def _bench_recording() -> None:
    from django.db import connection, transaction

    from renkei.audit import api as audit
    from renkei.kernel.ids import NODE

    def record() -> None:
        with transaction.atomic():
            for number in range(RECORDED):
                audit.record("bench.read", actor=NODE, subject=f"urn:uuid:{number}", at=NOW, number=number)

    def insert() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for number in range(RECORDED):
                cursor.execute(
                    "INSERT INTO audit_entry (leaf_index, action, subject, body) VALUES (NULL, %s, %s, %s)",
                    ["bench.read", f"urn:uuid:{number}", _body(number)],
                )

    _compare("record, one by one in one transaction", "bare INSERT", RECORDED, record, insert)


def _bench_sealing(count: int) -> None:
    from renkei.audit import api as audit
    from renkei.audit.models import EntryRow
    from renkei.kernel.merkle import leaf_hash

    bodies = [_body(number) for number in range(count)]
    waiting = (
        EntryRow(action="bench.read", subject=f"urn:uuid:{number}", body=body)
        for number, body in enumerate(bodies)
    )
    audit.seal(now=NOW)
    EntryRow.objects.bulk_create(waiting, batch_size=5_000)

    _compare(
        "seal (place, hash, tree, commit)",
        "plain hashing",
        count,
        lambda: audit.signed_head(now=NOW),
        lambda: [leaf_hash(body.encode()) for body in bodies],
    )


def _bench_proofs() -> None:
    from renkei.audit import api as audit

    size = audit.head().size
    chosen = [random.randrange(size) for _ in range(PROOFS)]
    single = [_seconds(lambda index=index: audit.inclusion(index, size=size)) for index in chosen]
    growth = [_seconds(lambda index=index: audit.consistency(index, size)) for index in chosen]
    together = _seconds(lambda: audit.inclusions(chosen, size=size))
    bare = [_seconds(audit.head) for _ in range(PROOFS)]
    print(f"proofs in a log of {size:,} entries (yardstick: one query of one row, {_ms(bare)})")
    print(f"  inclusion    median {_ms(single)}")
    print(f"  consistency  median {_ms(growth)}")
    print(f"  inclusion, {PROOFS} at once: {together / PROOFS * 1000:.3f} ms each")


def _bench_check() -> None:
    from renkei.audit import api as audit

    size = audit.head().size
    taken = _seconds(audit.check)
    print(f"full check  {size / taken:,.0f} entries/s ({taken:.1f} s)")


def _compare(
    name: str, yardstick: str, count: int, work: Callable[[], object], bare: Callable[[], object]
) -> None:
    ours, least = _seconds(work), _seconds(bare)
    print(
        f"{name}: {count / ours:,.0f} entries/s; {yardstick}: {count / least:,.0f}/s; ratio {ours / least:.1f}"
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _ms(times: list[float]) -> str:
    return f"{statistics.median(times) * 1000:.3f} ms"


def _body(number: int) -> str:
    return (
        '{"action":"bench.read","actor":"node","at":"2026-05-01T09:00:00Z","concerns":[],'
        f'"facts":{{"number":{number}}},"subject":"urn:uuid:{number}","v":1}}'
    )


if __name__ == "__main__":
    sys.exit(main())
