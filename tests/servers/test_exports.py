"""What an export of an agreement gathers: everything that it led to, nothing of anybody else, all of it proven."""

from datetime import timedelta

import pytest
from django.db import transaction

from renkei.audit import api as audit
from renkei.audit.witnessing import SETTLING
from renkei.exchange import api as exchange
from renkei.kernel.canonical import digest
from renkei.servers import exports
from renkei.servers.witnesses import HttpPeerLogs
from renkei.wire import tlog
from tests.factories.audit import MAY, act
from tests.factories.exchange import Table, table
from tests.factories.foreign_log import ForeignLog

pytestmark = pytest.mark.django_db


class Logs:
    """Every peer's log is this one."""

    def __init__(self, log: ForeignLog) -> None:
        self.log = log

    def address(self, _peer: str) -> str:
        return f"https://{self.log.name}"

    def look(self, _address: str, *, kept) -> audit.Sighting:
        return tlog.sight(self.log.fetch, kept=kept)


def prepared(subject: str, **more) -> exports.Exporting:
    return exports.prepare(
        exports.Asked(subject=subject, **{"org": None, **more}), logs=HttpPeerLogs(), now=MAY
    )


def checked(export: exports.Exporting) -> tlog.CheckedExport:
    document = tlog.read_export(b"".join(export.parts()))
    return tlog.verify_export(document, vkey=audit.log_key().verifier)


def read(at: Table) -> str:
    """Read through a transfer and return the agreement."""
    granted = exchange.access(at.secret(), now=MAY)
    exchange.deliver(granted, channel="delta-sharing", now=MAY)
    return granted.agreement.id


def test_an_agreement_brings_everything_along_that_it_led_to() -> None:
    at = table()
    act("telemetry.batch-committed", subject=at.dataset.table)
    agreement = read(at)
    log = Logs(ForeignLog().grow("a"))
    while audit.visit_due(log, now=MAY + SETTLING):
        log.log.grow("b")

    ready = prepared(agreement)
    found = checked(ready)

    actions = [entry.action for entry in found.entries]
    for expected in (
        "exchange.negotiation-requested",
        "exchange.agreement-in-force",
        "exchange.transfer-started",
        "exchange.read",
        "privacy.released",
        "audit.head-witnessed",
    ):
        assert expected in actions
    assert "telemetry.batch-committed" not in actions
    assert found.witnessed == ("far.example",)
    assert [entry.index for entry in found.entries] == sorted(entry.index for entry in found.entries)


def test_the_hash_of_each_record_of_provision_is_that_of_the_record() -> None:
    at = table()
    agreement = read(at)

    marks = prepared(agreement, org=at.provider).frame.provisions

    [record] = exchange.provisions(org=at.provider.id)
    said = {
        "agreement": record.agreement,
        "at": "2026-05-01T09:00:00Z",
        "channel": "delta-sharing",
        "columns": list(record.columns),
        "dataset": record.dataset,
        "provider": at.provider.participant,
        "recipient": at.consumer.participant,
        "release": record.release,
        "role": "provider",
        "rows": 12,
        "transfer": record.transfer,
        "version": record.version,
    }
    assert [(mark.transfer, mark.sha256) for mark in marks] == [(record.transfer, digest(said))]


def test_each_side_gets_its_own_part_and_a_stranger_none() -> None:
    at = table()
    agreement = read(at)
    act("parties.about-the-stranger", subject="urn:uuid:elsewhere")

    provider, consumer = (checked(prepared(agreement, org=org)) for org in (at.provider, at.consumer))

    assert "privacy.released" in {entry.action for entry in provider.entries}
    assert "privacy.released" not in {entry.action for entry in consumer.entries}
    for found, org in ((provider, at.provider), (consumer, at.consumer)):
        concerning = [entry for entry in found.entries if entry.action.startswith("exchange.")]
        assert all(org.participant in entry.concerns for entry in concerning)


def test_the_releases_of_another_agreement_stay_out() -> None:
    at = table()
    first = read(at)
    before = sum(entry.action == "privacy.released" for entry in checked(prepared(first)).entries)
    with transaction.atomic():
        audit.record(
            "privacy.released",
            actor="node",
            subject=at.dataset.table,
            at=MAY,
            plan="0" * 64,
            version=9,
            rows=1,
        )

    after = sum(entry.action == "privacy.released" for entry in checked(prepared(first)).entries)

    assert (before, after) == (1, 1)


def test_an_export_in_parts_shows_each_witnessed_head_once_beside_its_entry() -> None:
    at = table()
    agreement = read(at)
    log = Logs(ForeignLog().grow("a"))
    while audit.visit_due(log, now=MAY + SETTLING + timedelta(seconds=1)):
        pass

    start: int | None = 0
    witnessed: list[str] = []
    entries = 0
    while start is not None:
        part = checked(prepared(agreement, start=start, limit=3))
        witnessed += part.witnessed
        entries += len(part.entries)
        start = part.following

    assert witnessed == ["far.example"]
    assert entries == len(checked(prepared(agreement)).entries)
