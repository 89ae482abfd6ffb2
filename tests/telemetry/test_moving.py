"""Staged uplinks reach the table once, wherever the process dies."""

import threading
from typing import Any

import pytest
from django.db import connection

from renkei.audit import api as audit
from renkei.kernel.refusals import Refusal
from renkei.lake import api as lake
from renkei.parties import api as parties
from renkei.telemetry import api as telemetry
from renkei.telemetry.models import StreamRow
from renkei.telemetry.services import moving
from tests.factories.parties import organisation
from tests.factories.telemetry import EUI, MAY, device, receive, uplink, uplinks

pytestmark = pytest.mark.django_db


def table_rows(org: parties.Organisation) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.read(telemetry.uplink_table(org.id).id).read_all().to_pylist()
    return sorted(rows, key=lambda row: (row["sent_at"], row["counter"]))


def counters(org: parties.Organisation) -> list[int]:
    return [row["counter"] for row in table_rows(org)]


@pytest.fixture
def org() -> parties.Organisation:
    owner = organisation()
    device(org=owner)
    return owner


def stream() -> int:
    return int(StreamRow.objects.get().pk)


def test_an_uplink_becomes_a_row_with_every_column(org):
    receive(uplink(payload=b"\x00\xff"))

    assert telemetry.commit_staged(now=MAY) == 1

    assert table_rows(org) == [
        {
            "network": "helium",
            "device": EUI,
            "session": "D2010048",
            "counter": 1,
            "port": 1,
            "sent_at": MAY,
            "received_at": MAY,
            "payload_size": 15,
            "payload": b"\x00\xff",
            "decoded": '{"temperature":34}',
            "latitude": 45.195,
            "longitude": 5.718,
            "gateway_count": 1,
            "gateway": "gw-1",
            "gateway_latitude": 45.195,
            "gateway_longitude": 5.718,
            "rssi": -109.0,
            "snr": -20.0,
            "spreading_factor": 11,
            "bandwidth": 125_000,
            "frequency": 867_900_000,
            "airtime": 0.905216,
        }
    ]


def test_what_was_moved_is_no_longer_staged_and_leaves_one_line(org):
    receive(*uplinks(3))

    assert (telemetry.commit_staged(now=MAY), telemetry.commit_staged(now=MAY)) == (3, 0)

    assert telemetry.intake(org.id).staged == 0
    assert counters(org) == [1, 2, 3]
    assert audit.trail(telemetry.uplink_table(org.id).id).count("telemetry.batch-committed") == 1


def test_batches_keep_to_their_limit_and_their_order(org):
    receive(*uplinks(5))

    assert [telemetry.commit_staged(now=MAY, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert counters(org) == [1, 2, 3, 4, 5]


def test_every_owner_has_a_table_of_its_own(org):
    other = organisation(slug="other-lab")
    device(org=other, eui="0018B20000020CA0")
    receive(uplink(counter=1), uplink(eui="0018B20000020CA0", counter=2))

    assert telemetry.commit_staged(now=MAY) == 2
    assert (counters(org), counters(other)) == ([1], [2])


def test_a_process_that_dies_after_the_claim_leaves_a_batch_that_is_done_again(org):
    receive(*uplinks(3))
    moving.claim_batch(stream(), limit=2)
    receive(uplink(counter=9))

    assert [telemetry.commit_staged(now=MAY, limit=100) for _ in range(3)] == [2, 2, 0]
    assert sorted(counters(org)) == [1, 2, 3, 9]


def test_a_process_that_dies_after_the_append_leaves_no_row_twice(org):
    receive(*uplinks(3))
    claimed = moving.claim_batch(stream(), limit=100)
    assert claimed is not None
    moving.append_batch(claimed)
    receive(*uplinks(2, first=4))

    assert [telemetry.commit_staged(now=MAY) for _ in range(3)] == [3, 2, 0]
    assert sorted(counters(org)) == [1, 2, 3, 4, 5]
    assert audit.trail(telemetry.uplink_table(org.id).id).count("telemetry.batch-committed") == 2


def test_two_processes_at_the_same_batch_do_no_harm(org):
    receive(*uplinks(3))
    slow = moving.claim_batch(stream(), limit=100)
    quick = moving.claim_batch(stream(), limit=100)
    assert slow is not None
    assert quick is not None

    moving.append_batch(quick)
    assert moving.observe_rows(quick, now=MAY) == 3
    assert moving.settle_batch(quick, now=MAY) == 3
    receive(*uplinks(2, first=4))
    next_claim = moving.claim_batch(stream(), limit=100)
    assert next_claim is not None
    moving.append_batch(slow)

    assert moving.settle_batch(slow, now=MAY) == 0
    assert telemetry.commit_staged(now=MAY) == 2
    assert sorted(counters(org)) == [1, 2, 3, 4, 5]


def test_a_table_that_cannot_be_written_does_not_hold_up_the_others(org, monkeypatch):
    other = organisation(slug="other-lab")
    device(org=other, eui="0018B20000020CA0")
    receive(uplink(counter=1), uplink(eui="0018B20000020CA0", counter=2))
    full, append = telemetry.uplink_table(org.id).id, lake.append

    def append_unless_full(table: Any, *given: Any, **more: Any) -> lake.Appended:
        if table == full:
            raise lake.DiskFull
        return append(table, *given, **more)

    with monkeypatch.context() as disk:
        disk.setattr(lake, "append", append_unless_full)
        with pytest.raises(lake.DiskFull):
            telemetry.commit_staged(now=MAY)
    assert (counters(org), counters(other)) == ([], [2])

    assert telemetry.commit_staged(now=MAY) == 1
    assert (counters(org), counters(other)) == ([1], [2])


def test_an_erased_device_is_gone_from_the_table_the_staging_and_the_list(org):
    kept = device(org=org, eui="0018B20000020CA0", name="sensor")
    gone = next(known for known in telemetry.devices(org.id) if known.eui == EUI)
    receive(*uplinks(3), uplink(eui="0018B20000020CA0", counter=7))
    telemetry.commit_staged(now=MAY)
    receive(*uplinks(2, first=4))

    erased = telemetry.erase_device(owner=org.id, device_id=gone.id, actor=org.actor, now=MAY)

    assert erased.rows == 5
    assert [row["device"] for row in table_rows(org)] == ["0018B20000020CA0"]
    assert [known.id for known in telemetry.devices(org.id)] == [kept.id]
    assert telemetry.repeats(org.id) == telemetry.Repeats(uplinks=1, frames=1)
    assert receive(uplink(counter=6)) == ["telemetry.unknown-device"]
    assert audit.trail(gone.id)[-2:] == ["telemetry.device-retired", "telemetry.device-erased"]
    with pytest.raises(Refusal):
        telemetry.erase_device(owner=org.id, device_id=gone.id, actor=org.actor, now=MAY)


@pytest.mark.django_db(transaction=True)
def test_receivers_and_committers_at_once_lose_nothing_and_double_nothing():
    org = organisation()
    euis = [f"{number:016X}" for number in range(4)]
    for eui in euis:
        device(org=org, eui=eui)
    faults: list[BaseException] = []
    done = threading.Event()

    def run(work: Any) -> threading.Thread:
        def guarded() -> None:
            try:
                work()
            except BaseException as fault:  # noqa: BLE001 - handed to the test's own thread below
                faults.append(fault)
            finally:
                connection.close()

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def send(order: int) -> None:
        for start in range(0, 200, 20):
            batch = [item for eui in euis[::order] for item in uplinks(20, eui=eui, first=start)]
            telemetry.receive(batch[::order], owner=None, now=MAY)

    def commit() -> None:
        while not done.is_set():
            telemetry.commit_staged(now=MAY, limit=70)

    senders, committers = [run(lambda: send(1)), run(lambda: send(-1))], [run(commit), run(commit)]
    for thread in senders:
        thread.join()
    done.set()
    for thread in committers:
        thread.join()
    while telemetry.commit_staged(now=MAY):
        pass

    assert faults == []
    assert sorted((row["device"], row["counter"]) for row in table_rows(org)) == [
        (eui, counter) for eui in euis for counter in range(200)
    ]
    assert telemetry.intake(org.id) == telemetry.Intake(
        received=1_600, stored=800, duplicates=800, refused={}, staged=0
    )
