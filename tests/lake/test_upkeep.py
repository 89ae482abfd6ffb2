"""Compaction and erasure: what stays and what is gone, to the byte."""

import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from renkei.audit import api as audit
from renkei.lake import api as lake
from tests.factories.lake import MAY, OPERATOR, contents, readings, stored, table

pytestmark = pytest.mark.django_db


def folder_of(made: lake.Table) -> Path:
    return settings.RENKEI.home / "lake" / made.id.removeprefix("urn:uuid:")


def is_told_anywhere(folder: Path, subject: str) -> list[str]:
    """Return the files beside and under a table's folder that hold the subject, in raw bytes or in a column."""
    told = []
    for path in folder.parent.glob(f"{folder.name}*/**/*"):
        if path.is_file():
            shown = path.read_bytes()
            if path.suffix == ".parquet":
                shown += repr(pq.read_table(path).to_pydict()).encode()
            if subject.encode() in shown:
                told.append(path.name)
    return sorted(told)


def many_appends(made: lake.Table, times: int) -> None:
    for number in range(times):
        rows = readings([f"D-{number % 3}", "D-9"], since=MAY + timedelta(hours=number))
        lake.append(made.id, rows, writer="telemetry", sequence=number)


def test_compaction_keeps_the_rows_and_the_sequences():
    made = table()
    many_appends(made, 7)
    before = contents(made.id)

    lake.compact(made.id, now=MAY)

    assert contents(made.id) == before
    assert len(lake.snapshot(made.id).files) == 1
    assert lake.last_sequence(made.id, "telemetry") == 6
    assert lake.append(made.id, readings(), writer="telemetry", sequence=6).skipped


def test_compaction_leaves_a_large_file_alone_until_the_new_ones_weigh_as_much():
    made = table()
    lake.append(made.id, readings([f"D-{number}" for number in range(2_000)]), writer="telemetry", sequence=0)
    [large] = lake.snapshot(made.id).files
    for number in (1, 2, 3):
        lake.append(made.id, readings(["D-1"]), writer="telemetry", sequence=number)
    before = contents(made.id)

    lake.compact(made.id, now=MAY)

    files = lake.snapshot(made.id).files
    assert contents(made.id) == before
    assert large in files
    assert len(files) == 2


def test_compaction_sorts_by_subject_and_time():
    made = table()
    many_appends(made, 5)

    lake.compact(made.id, now=MAY)

    (file,) = lake.snapshot(made.id).files
    order = [(row["device"], row["at"]) for row in pq.read_table(file, columns=["device", "at"]).to_pylist()]
    assert order == sorted(order)


def test_versions_from_before_a_compaction_stay_readable_for_a_day():
    made = table()
    many_appends(made, 4)
    before = contents(made.id, version=2)

    lake.compact(made.id, now=MAY)

    assert contents(made.id, version=2) == before


def test_compaction_removes_what_dead_writers_left_a_day_ago():
    made = stored(readings())
    old, young = folder_of(made) / "part-old.parquet", folder_of(made) / "part-young.parquet"
    for orphan, age in ((old, 25 * 3600), (young, 0)):
        orphan.write_bytes(b"PAR1")
        os.utime(orphan, (time.time() - age,) * 2)

    lake.compact(made.id, now=MAY)

    assert (old.exists(), young.exists()) == (False, True)


def test_compacting_again_changes_nothing():
    made = stored(readings())
    lake.compact(made.id, now=MAY)
    before = lake.snapshot(made.id).files

    lake.compact(made.id, now=MAY)

    assert lake.snapshot(made.id).files == before


def test_appends_keep_a_table_compact_by_themselves():
    made = table()

    many_appends(made, 60)

    snapshot = lake.snapshot(made.id)
    assert snapshot.rows == 60 * 8
    assert len(snapshot.files) < 20


def test_an_erased_subject_is_in_no_byte_of_the_table():
    made = table()
    lake.append(made.id, readings(["SUBJECT-77", "D-1"]), writer="telemetry", sequence=1)
    lake.append(made.id, readings(["D-2"]), writer="telemetry", sequence=2)
    lake.compact(made.id, now=MAY)
    lake.append(made.id, readings(["SUBJECT-77"]), writer="telemetry", sequence=3)
    others = [row for row in contents(made.id) if row["device"] != "SUBJECT-77"]
    assert len(is_told_anywhere(folder_of(made), "SUBJECT-77")) == 3

    erased = lake.erase(made.id, subject="SUBJECT-77", actor=OPERATOR, now=MAY)

    assert erased == lake.Erased(rows=8, version=lake.snapshot(made.id).version)
    assert contents(made.id) == others
    assert is_told_anywhere(folder_of(made), "SUBJECT-77") == []
    assert lake.last_sequence(made.id, "telemetry") == 3


def test_after_an_erasure_no_earlier_version_can_be_read_and_appends_go_on():
    made = table()
    many_appends(made, 3)

    erased = lake.erase(made.id, subject="D-9", actor=OPERATOR, now=MAY)

    for version in range(3):
        with pytest.raises(lake.VersionGone):
            lake.snapshot(made.id, version)
    later = lake.append(made.id, readings(["D-4"]), writer="telemetry", sequence=9)
    assert later == lake.Appended(version=erased.version + 1, rows=4, skipped=False)
    assert len(contents(made.id)) == 16


def test_erasing_again_finishes_what_a_dead_process_left():
    made = stored(readings(["SUBJECT-77", "D-1"]))
    lake.erase(made.id, subject="SUBJECT-77", actor=OPERATOR, now=MAY)
    (folder_of(made) / "part-dead.parquet").write_bytes(b"PAR1 SUBJECT-77")

    again = lake.erase(made.id, subject="SUBJECT-77", actor=OPERATOR, now=MAY)

    assert again.rows == 0
    assert is_told_anywhere(folder_of(made), "SUBJECT-77") == []


def test_erasing_the_only_subject_leaves_an_empty_table():
    made = stored(readings(["D-1"]))

    assert lake.erase(made.id, subject="D-1", actor=OPERATOR, now=MAY).rows == 4
    assert (contents(made.id), lake.snapshot(made.id).files) == ([], ())


def test_rows_that_name_nobody_survive_an_erasure():
    rows = readings(["D-1"]).to_pylist()
    rows[0]["device"] = None
    made = stored(readings(["D-1"]).from_pylist(rows, schema=readings().schema))

    assert lake.erase(made.id, subject="D-1", actor=OPERATOR, now=MAY).rows == 3
    assert contents(made.id) == [rows[0]]


def test_an_erasure_leaves_a_trail_that_does_not_name_the_subject():
    made = stored(readings(["SUBJECT-77", "D-1"]))

    erased = lake.erase(made.id, subject="SUBJECT-77", actor=OPERATOR, now=MAY)

    audit.seal(now=MAY)
    bodies = [entry.body for entry in audit.entries(start=0, limit=100) if made.id.encode() in entry.body]
    assert audit.trail(made.id) == ["lake.table-created", "lake.subject-erased"]
    assert hashlib.sha256(f"{made.id}\nSUBJECT-77".encode()).hexdigest().encode() in bodies[-1]
    assert f'"version":{erased.version}'.encode() in bodies[-1]
    assert not any(b"SUBJECT-77" in body for body in bodies)


def test_nobody_can_be_erased_where_no_column_names_a_subject():
    made = stored(readings(), subject=None)

    with pytest.raises(lake.SubjectUnknown):
        lake.erase(made.id, subject="D-1", actor=OPERATOR, now=MAY)


@limits(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(["append", "compact", "erase"]), min_size=1, max_size=8), st.data())
def test_whatever_is_done_in_whatever_order_the_table_holds_what_it_should(acts, data):
    made, expected, sequence = table(), [], 0
    for act in acts:
        device = data.draw(st.sampled_from(["D-1", "D-2"]))
        if act == "append":
            sequence += 1
            rows = readings([device], since=MAY + timedelta(hours=sequence))
            lake.append(made.id, rows, writer="telemetry", sequence=sequence)
            expected += rows.to_pylist()
        elif act == "compact":
            lake.compact(made.id, now=MAY)
        else:
            lake.erase(made.id, subject=device, actor=OPERATOR, now=MAY)
            expected = [row for row in expected if row["device"] != device]

        assert contents(made.id) == sorted(expected, key=repr)
        assert lake.last_sequence(made.id, "telemetry") == (sequence or None)


def test_rows_that_no_longer_count_are_removed_and_earlier_versions_stay():
    made = table()
    lake.append(made.id, readings(), writer="w", sequence=1)
    before = lake.snapshot(made.id).version

    gone = lake.remove(made.id, column="device", values=["D-1", "D-3"], actor=OPERATOR, now=MAY)

    assert gone.rows == 8
    assert {row["device"] for row in lake.read(made.id).read_all().to_pylist()} == {"D-2"}
    assert lake.read(made.id, version=before).read_all().num_rows == 12
    again = lake.remove(made.id, column="device", values=["D-1"], actor=OPERATOR, now=MAY)
    assert again.rows == 0
    assert audit.trail(made.id)[1:] == ["lake.rows-removed"]


def test_rows_past_their_time_are_forgotten_and_those_without_a_time_stay():
    made = table()
    rows = readings(["D-1"], each=4)
    column = rows.schema.get_field_index("at")
    at = rows.column("at").to_pylist()
    rows = rows.set_column(column, rows.schema.field(column), [[None, *at[1:]]])
    lake.append(made.id, rows, writer="w", sequence=1)

    gone = lake.forget_before(made.id, column="at", before=at[2], actor=OPERATOR, now=MAY)

    assert gone.rows == 1
    left = [row["at"] for row in lake.read(made.id).read_all().to_pylist()]
    assert (left.count(None), sorted(filter(None, left))) == (1, at[2:])
