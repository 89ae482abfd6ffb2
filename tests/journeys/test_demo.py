"""The demo's story with real processes: two nodes, a real broker, the real client, told in figures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "renkei.cli.main", "demo", "--json"]
    # A folder without recordings: the packaged excerpt plays, as on a machine without the shared data.
    played = subprocess.run(
        [*command, "--folder", str(folder / "nodes"), "--data", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert played.returncode == 0, played.stderr
    return json.loads(played.stdout)


def test_every_uplink_is_stored_once_and_every_broken_message_is_counted(figures: dict):
    sent, intake = figures["sent"], figures["intake"]

    assert figures["excerpt"] is True
    assert (sent["again"], sent["broken"]) == (sent["recorded"] // 10, 5)
    assert intake == {
        "received": sum(sent.values()),
        "stored": sent["recorded"],
        "duplicates": sent["again"],
        "refused": {
            "telemetry.broken-json": 1,
            "telemetry.clock-far-off": 1,
            "telemetry.oversize": 1,
            "telemetry.unknown-device": 1,
            "telemetry.wrong-shape": 1,
        },
        "staged": 0,
    }
    assert figures["quality"]["rows"] == sent["recorded"]


def test_the_consumer_reads_every_row_and_only_what_the_terms_allow(figures: dict):
    read = figures["read"]

    assert read["pandas_rows"] == read["http_rows"] == figures["sent"]["recorded"]
    assert "cell" in read["columns"]
    assert {"latitude", "longitude", "payload", "gateway", "gateway_latitude"} & set(read["columns"]) == set()
    assert [each["term"] for each in figures["withheld"]] == [
        "rk:withholdColumn",
        "rk:cell",
        "rk:minimumGroup",
    ]


def test_a_query_is_answered_in_place_from_masked_rows_with_a_receipt(figures: dict):
    told = figures["in_place"]
    [[uplinks, devices, rssi]] = told["rows"]

    assert told["columns"] == ["uplinks", "devices", "rssi"]
    assert 0 < uplinks < figures["sent"]["recorded"]
    assert (devices, told["smallest_group"]) == (5, 5)
    assert -200 < rssi < 0
    assert len(told["receipt"]) == 64


def test_uplinks_are_entities_that_are_read_and_told_of_as_the_terms_allow(figures: dict):
    told = figures["context"]

    assert told["entities"] == len(told["read"]) == 5
    assert 0 < told["history_rows"] <= figures["sent"]["recorded"]
    assert "location" not in told["attributes"]
    assert {"rssi", "snr", "cell"} <= set(told["attributes"])
    assert all(name.startswith("urn:ngsi-ld:Pseudonym:") for name, _ in told["read"])
    assert all(rssi % 5 == 0 for _, rssi in told["read"])
    assert told["told"][0] in {name for name, _ in told["read"]}


def test_everyone_else_is_refused_with_a_reason(figures: dict):
    assert figures["refused"] == [
        "privacy.rows-stay",
        "privacy.query-part-refused",
        "privacy.query-table-unknown",
        "privacy.query-differs-too-little",
        "exchange.question-hidden",
        "exchange.purpose-not-offered",
        "servers.token-missing",
        "exchange.transfer-unknown",
        "telemetry.unknown-device",
        "exchange.agreement-ended",
        "tlog.entry-not-in-log",
    ]


def test_agreement_and_transfers_stand_in_the_log_that_only_grew(figures: dict):
    proven = figures["proven"]

    assert proven["before"] < proven["size"]
    assert proven["actions"] == [
        "exchange.agreement-in-force",
        "exchange.transfer-started",
        "exchange.read",
        "exchange.transfer-started",
        "exchange.read",
    ]
