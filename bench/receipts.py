"""How long a receipt takes to issue and to verify, beside a bare signature of a library over as many bytes.

    python -m bench.receipts [--receipts 500]

Issued in full on the database that is set up here (SQLite unless told otherwise): the lock of the transfer, its place
in the chain, the signature, the provider's record, the line of the audit log, the commit. The yardstick is PyJWT
signing a payload of the same size with the same key, with nothing stored.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


def main() -> int:
    """Print each median beside the yardstick."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--receipts", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renkei-bench-") as home:
        os.environ.update(RENKEI_HOME=home, DJANGO_SETTINGS_MODULE="renkei.config.settings")
        _set_up()
        _bench(options.receipts)
    return 0


def _set_up() -> None:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)
    print(f"database: {connection.vendor}")


def _bench(count: int) -> None:
    import jwt
    from django.db import transaction

    from renkei.audit import api as audit
    from renkei.exchange import api as exchange
    from renkei.exchange.types import claims_of
    from renkei.kernel.ids import NODE
    from renkei.parties import api as parties
    from renkei.parties.rules import keys
    from renkei.wire import receipt as wire
    from tests.factories.exchange import table

    at = table()
    granted = exchange.access(at.secret(), now=NOW)
    delivered = exchange.deliver(granted, channel="http-data", now=NOW)
    answered, said = exchange.of_release(delivered.release), delivered.receipt.said
    payload = claims_of(said)
    key = keys.new_key()
    bare = jwt.PyJWS(algorithms=["ES256"])
    headers = {"kid": f"{said.provider}#{'x' * 43}", "typ": exchange.RECEIPT_TYPE}
    receipt = wire.read_receipt(delivered.receipt.text)
    document = json.dumps(parties.did_document(at.provider.slug, now=NOW)).encode()

    def record() -> None:
        with transaction.atomic():
            audit.record("bench.read", actor=NODE, subject=granted.transfer.id, at=NOW, rows=12)

    def verify() -> None:
        found = wire.read_receipt(receipt.text)
        wire.check_signature(found, wire.key_in_document(document, found))
        wire.check_time(found, now=NOW)

    print(f"a receipt: {len(receipt.text)} characters, {len(payload)} bytes of payload")
    yardstick = _median(lambda: bare.encode(payload, key, algorithm="ES256", headers=headers), count)
    print(f"yardstick: PyJWT signs as much      median {yardstick:.3f} ms")
    for name, work in (
        (
            "sign (key from the vault, kept in memory)",
            lambda: parties.sign_statement(
                org=at.provider.id, type=exchange.RECEIPT_TYPE, payload=payload, now=NOW
            ),
        ),
        (
            "issue in full (record, receipt, log, commit)",
            lambda: exchange.issue_receipt(granted, answered, channel="http-data", now=NOW),
        ),
        ("  of which one line of the log and its commit", record),
        ("verify (read, key of the document, signature)", verify),
    ):
        taken = _median(work, count)
        print(f"{name:<46} median {taken:.3f} ms, {taken / yardstick:.1f} times the yardstick")


def _median(work: Callable[[], object], count: int) -> float:
    """Return the median time of one call in ms."""
    work()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    sys.exit(main())
