"""How fast acts are recorded and sealed, and how long a proof takes, beside the least that hashing them can cost.

    python -m bench.audit [--entries 200000] [--large 10000000]

The yardstick for sealing is SHA-256 over the same bodies, one after the other, with nothing stored. The yardstick for
recording is a bare INSERT of the same rows through the same connection. What is called `the log` is the whole way of acts
that were done together: `record_many` in one transaction, then `seal`.

The large log is synthetic: its tree of `--large` leaves is put into the tables as `seal` would leave it, but there are no
entries behind it, since recording as many would take minutes. A proof reads nothing but the tree. Each proof of the large
log that is timed is also verified, against the root that was kept apart while the tree was built.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from renkei.audit import api as audit

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
PROOFS = 500
RECORDED = 5_000


def main() -> int:
    """Print each rate beside its yardstick."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument(
        "--large", type=int, default=10_000_000, help="leaves of the synthetic log; 0 for none"
    )
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as home:
        os.environ.update(RENKEI_HOME=home, DJANGO_SETTINGS_MODULE="renkei.config.settings")
        _set_up()
        _bench_recording()
        _bench_log(options.entries)
        _bench_sealing(options.entries)
        _bench_proofs()
        _bench_check()
        if options.large:
            _bench_large(options.large)
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

    def record_many() -> None:
        with transaction.atomic():
            audit.record_many(_acts(RECORDED))

    def insert() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for number in range(RECORDED):
                cursor.execute(
                    "INSERT INTO audit_entry (leaf_index, action, subject, body) VALUES (NULL, %s, %s, %s)",
                    ["bench.read", f"urn:uuid:{number}", _body(number)],
                )

    _compare("record, one by one in one transaction", "bare INSERT", RECORDED, record, insert)
    _compare("record_many, in one transaction", "bare INSERT", RECORDED, record_many, insert)


def _bench_log(count: int) -> None:
    """The bar: 50,000 entries/s from the act to the sealed log."""
    from django.db import transaction

    from renkei.audit import api as audit

    def whole() -> None:
        with transaction.atomic():
            audit.record_many(_acts(count))
        audit.seal(now=NOW)

    audit.seal(now=NOW)
    before, taken = audit.head().size, _seconds(whole)
    assert audit.head().size == before + count
    print(
        f"the log, batched (record_many and seal): {count / taken:,.0f} entries/s ({taken:.1f} s); bar: 50,000/s"
    )


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


def _bench_large(size: int) -> None:
    """The bar: under 1 ms for a proof in a log of 10,000,000 entries."""
    from renkei.audit import api as audit
    from renkei.kernel.merkle import verify_inclusion

    start = time.perf_counter()
    root = _build_tree(size)
    print(
        f"a synthetic tree of {size:,} leaves was put into the tables in {time.perf_counter() - start:.0f} s"
    )
    assert audit.head() == audit.head().__class__(size=size, root=root)
    chosen = [random.randrange(size) for _ in range(PROOFS)]
    times = []
    for index in chosen:
        start = time.perf_counter()
        proof = audit.inclusion(index, size=size)
        times.append(time.perf_counter() - start)
        assert verify_inclusion(leaf=_leaf(index), index=index, size=size, path=proof.path, root=root)
    growth = [_seconds(lambda index=index: audit.consistency(index, size)) for index in chosen]
    worst = sorted(times)[int(PROOFS * 0.99)]
    print(
        f"  inclusion    median {_ms(times)}, 99 of 100 under {worst * 1000:.3f} ms; bar: 1 ms; {PROOFS} verified"
    )
    print(f"  consistency  median {_ms(growth)}")


def _build_tree(size: int) -> bytes:
    """Leave the tables as `seal` would after so many entries, and return the root, computed apart from the tables."""
    from django.db import connection, transaction

    from renkei.audit import tree
    from renkei.audit.models import LogRow, TileRow

    step = tree.WIDTH**2 * 16
    edge: dict[tree.Tile, bytes] = {}
    insert = "INSERT INTO audit_tile (level, tile_index, hashes) VALUES (%s, %s, %s)"
    with transaction.atomic(), connection.cursor() as cursor:
        TileRow.objects.all().delete()
        for start in range(0, size, step):
            leaves = [_leaf(index) for index in range(start, min(start + step, size))]
            edge |= tree.grow(edge=edge, size=start, leaves=leaves)
            full = {tile: hashes for tile, hashes in edge.items() if len(hashes) == tree.WIDTH * tree.HASH}
            cursor.executemany(insert, [(*tile, hashes) for tile, hashes in full.items()])
            edge = {tile: hashes for tile, hashes in edge.items() if tile not in full}
        cursor.executemany(insert, [(*tile, hashes) for tile, hashes in edge.items()])
        root = _root(size)
        LogRow.objects.update_or_create(pk=1, defaults={"size": size, "root": root})
    return root


def _root(size: int) -> bytes:
    """The root over the same leaves by a stack of subtrees: nothing of the room's tiles is used."""
    from hashlib import sha256

    stack: list[bytes] = []
    for index in range(size):
        node, place = _leaf(index), index
        while place & 1:
            node, place = sha256(b"\x01" + stack.pop() + node).digest(), place >> 1
        stack.append(node)
    root = stack.pop()
    while stack:
        root = sha256(b"\x01" + stack.pop() + root).digest()
    return root


def _leaf(index: int) -> bytes:
    from hashlib import sha256

    return sha256(b"\x00%d" % index).digest()


def _acts(count: int) -> "Iterator[audit.Recording]":
    from renkei.audit import api as audit
    from renkei.kernel.ids import NODE

    return (
        audit.Recording(
            "bench.read", actor=NODE, subject=f"urn:uuid:{number}", at=NOW, facts={"number": number}
        )
        for number in range(count)
    )


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
