"""What goes wrong while a table is written, and what is left afterwards."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import NamedTemporaryFile

import pyarrow.parquet as pq
import pytest
from django.conf import settings

from renkei.lake import api as lake
from renkei.lake import store
from tests.factories.lake import contents, readings, stored, table

pytestmark = pytest.mark.django_db

WRITER = """
import json, os, resource, signal, sys
from pathlib import Path
import pyarrow.parquet as pq
from renkei.kernel.refusals import Refusal
from renkei.lake import store

def die(*args, **named):
    os.kill(os.getpid(), signal.SIGKILL)

how = json.loads(sys.argv[1])
if how.get("die_at"):
    setattr(store, how["die_at"], die)
rows = pq.read_table(how["rows"])
if how.get("largest_file"):
    resource.setrlimit(resource.RLIMIT_FSIZE, (how["largest_file"],) * 2)
try:
    store.append_once(Path(how["folder"]), rows, writer="telemetry", sequence=how["sequence"])
except Refusal as refusal:
    print(refusal.code)
"""

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}


def folder_of(made: lake.Table) -> Path:
    return settings.RENKEI.home / "lake" / made.id.removeprefix("urn:uuid:")


def data_files(made: lake.Table) -> set[Path]:
    return set(folder_of(made).glob("*.parquet"))


def append_elsewhere(
    made: lake.Table, *, sequence: int, each: int = 4, **how
) -> subprocess.CompletedProcess[str]:
    """Append in a process of its own, under the conditions named."""
    with NamedTemporaryFile(suffix=".parquet") as rows:
        pq.write_table(readings(each=each), rows.name)
        told = json.dumps({"folder": str(folder_of(made)), "sequence": sequence, "rows": rows.name, **how})
        return subprocess.run(
            [sys.executable, "-c", WRITER, told], check=False, capture_output=True, text=True, env=ENVIRONMENT
        )


def test_a_writer_killed_between_data_and_commit_leaves_nothing_and_its_retry_once():
    made = table()

    killed = append_elsewhere(made, sequence=1, die_at="commit")

    assert killed.returncode == -9
    assert len(data_files(made)) == 1
    assert (contents(made.id), lake.last_sequence(made.id, "telemetry")) == ([], None)

    retried = lake.append(made.id, readings(), writer="telemetry", sequence=1)

    assert retried == lake.Appended(version=1, rows=12, skipped=False)
    assert contents(made.id) == sorted(readings().to_pylist(), key=repr)


def test_a_writer_killed_between_commit_and_answer_has_written_once():
    made = table()

    killed = append_elsewhere(made, sequence=1, die_at="_sync_commits")
    retried = lake.append(made.id, readings(), writer="telemetry", sequence=1)

    assert killed.returncode == -9
    assert retried == lake.Appended(version=1, rows=0, skipped=True)
    assert contents(made.id) == sorted(readings().to_pylist(), key=repr)


def test_a_full_disk_refuses_the_rows_and_leaves_the_table_as_it_was():
    made = stored(readings(["D-0"]))
    before = (contents(made.id), data_files(made))

    refused = append_elsewhere(made, sequence=1, each=5_000, largest_file=4096)

    assert (refused.stdout, refused.stderr) == ("lake.disk-full\n", "")
    assert (contents(made.id), data_files(made)) == before

    retried = lake.append(made.id, readings(each=5_000), writer="telemetry", sequence=1)

    assert retried == lake.Appended(version=2, rows=15_000, skipped=False)


def test_a_disk_that_is_full_at_the_commit_leaves_the_table_as_it_was():
    made = stored(readings(["D-0"]))

    refused = append_elsewhere(made, sequence=1, each=0, largest_file=64)

    assert (refused.stdout, refused.stderr) == ("lake.disk-full\n", "")
    assert lake.last_sequence(made.id, "telemetry") is None
    assert lake.append(made.id, readings([]), writer="telemetry", sequence=1).version == 2


def test_errors_that_are_no_full_disk_are_passed_on():
    assert not store.is_disk_full(OSError(13, "Permission denied"))
    assert not store.is_disk_full(ValueError("os error"))
    assert store.is_disk_full(ValueError("Generic LocalFileSystem error: ... (os error 28)"))
    assert store.is_disk_full(ValueError('Could not write file "x": No space left on device'))


def test_a_commit_torn_by_a_power_cut_is_dropped_by_the_next_writer():
    made = stored(readings(["D-0"]))
    torn = folder_of(made) / "_delta_log" / f"{2:020}.json"

    for half in ('{"commitInfo":{"timestamp":17', ""):
        torn.write_text(half)
        appended = lake.append(made.id, readings(["D-1"]), writer="factory", sequence=2 + bool(half))
        torn = folder_of(made) / "_delta_log" / f"{appended.version + 1:020}.json"

    assert {row["device"] for row in contents(made.id)} == {"D-0", "D-1"}


def test_many_writers_of_one_sequence_write_it_once():
    made = table()
    rows = lake.read(stored(readings()).id).read_all()

    with ThreadPoolExecutor(4) as pool:
        did = list(
            pool.map(
                lambda sequence: (
                    store.append_once(folder_of(made), rows, writer="telemetry", sequence=sequence).skipped
                ),
                [1, 1, 1, 1],
            )
        )

    assert sorted(did) == [False, True, True, True]
    assert lake.snapshot(made.id).rows == 12


@pytest.mark.parametrize("feature", ["deletionVectors", "columnMapping"])
def test_a_table_whose_rows_are_not_simply_its_files_is_not_read(feature: str):
    made = stored(readings())
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": [feature],
        "writerFeatures": [feature],
    }
    log = folder_of(made) / "_delta_log" / f"{2:020}.json"
    log.write_text(json.dumps({"protocol": protocol}) + "\n")

    with pytest.raises(lake.TableUnreadable) as refused:
        lake.snapshot(made.id)

    assert refused.value.facts == {"table": made.id, "features": feature}
