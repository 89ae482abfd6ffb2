"""What leaves, to the value and to the byte."""

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.db import connections

from renkei.audit import api as audit
from renkei.kernel.ids import TableId
from renkei.lake import api as lake
from renkei.privacy import api as privacy
from tests.factories.lake import MAY, OPERATOR, column, readings, rows_of, stored, table
from tests.factories.privacy import CLASSES, plan, rows_in

pytestmark = pytest.mark.django_db

TOKYO, TOKYO_MESH = (35.681236, 139.767125), "533946"
KYOTO, KYOTO_MESH = (34.985849, 135.758767), "523536"
LONDON = (51.507351, -0.127758)


def stored_at(*places: tuple[list[str], tuple[float, float] | None], **made: Any) -> lake.Table:
    """Make a table with one reading of each device at its place."""
    fresh = table(**made)
    for number, (devices, place) in enumerate(places):
        lake.append(fresh.id, readings(devices, each=1, place=place), writer="factory", sequence=number)
    return fresh


def cells_in(release: privacy.Release) -> dict[str, str | None]:
    return {row["device"]: row["cell"] for row in rows_in(release)}


def is_told(release: privacy.Release, secret: object) -> bool:
    """Tell whether a value is in a release's folder: in the raw bytes of a file, or in a column or a statistic."""
    text = str(secret)
    for path in release.files[0].path.parent.iterdir():
        if text.encode() in path.read_bytes():
            return True
        if path.suffix == ".parquet":
            footer = repr(pq.read_metadata(path).to_dict())
            if text in footer or text in repr(pq.read_table(path).to_pydict()):
                return True
    return False


def test_a_release_carries_cells_for_positions_and_the_other_columns_as_they_are():
    made = stored(readings(["D-1", "D-2"], each=1, place=TOKYO))

    release = privacy.release(plan(made.id), now=MAY)

    assert rows_in(release) == [
        {"device": name, "at": MAY, "cell": TOKYO_MESH, "reading": 21.5, "counter": 0}
        for name in ("D-1", "D-2")
    ]
    assert [column.name for column in release.columns] == ["device", "at", "cell", "reading", "counter"]
    assert (release.table, release.version, release.rows) == (made.id, 1, 2)
    assert release.withheld == (
        privacy.Withheld("rk:cell", 2, ("latitude", "longitude", "gateway")),
        privacy.Withheld("rk:minimumGroup", 0, ("cell",)),
    )


@pytest.mark.parametrize("cell", ["jis-mesh:2", "h3:5"])
def test_a_cell_with_too_few_devices_is_withheld_and_its_rows_stay(cell: str):
    made = stored_at((["D-1", "D-2"], TOKYO), (["D-3"], KYOTO), (["D-3"], KYOTO))

    release = privacy.release(plan(made.id, cell=cell, group=2), now=MAY)

    found = cells_in(release)
    assert found["D-1"] == found["D-2"] is not None
    assert found["D-3"] is None
    assert release.rows == 4
    assert release.withheld[1] == privacy.Withheld("rk:minimumGroup", 2, ("cell",))


def test_a_row_without_a_position_has_no_cell_and_counts_as_nothing_withheld():
    made = stored_at((["D-1", "D-2"], None))

    release = privacy.release(plan(made.id), now=MAY)

    assert cells_in(release) == {"D-1": None, "D-2": None}
    assert [term.rows for term in release.withheld] == [0, 0]


def test_a_position_that_the_mesh_does_not_reach_leaves_as_nothing():
    made = stored_at((["D-1", "D-2"], LONDON))

    release = privacy.release(plan(made.id), now=MAY)

    assert cells_in(release) == {"D-1": None, "D-2": None}
    assert [term.rows for term in release.withheld] == [2, 0]


def test_rows_that_name_no_device_make_no_group_larger():
    named, unnamed = readings(["D-1", "x"], each=1, place=TOKYO).to_pylist()
    made = stored(readings().from_pylist([named, {**unnamed, "device": None}], schema=readings().schema))

    release = privacy.release(plan(made.id, group=2), now=MAY)

    assert [row["cell"] for row in rows_in(release)] == [None, None]
    assert release.withheld[1] == privacy.Withheld("rk:minimumGroup", 2, ("cell",))


def test_only_rows_of_the_window_leave_and_only_they_make_a_group():
    made = table()
    for hour, device in enumerate(["D-1", "D-2", "D-3", "D-4"]):
        rows = readings([device], each=1, place=TOKYO, since=MAY + timedelta(hours=hour))
        lake.append(made.id, rows, writer="factory", sequence=hour)
    window = {"since": MAY + timedelta(hours=1), "until": MAY + timedelta(hours=2)}

    release = privacy.release(plan(made.id, **window), now=MAY)

    assert cells_in(release) == {"D-2": None}
    assert release.withheld == (
        privacy.Withheld("rk:observedFrom", 1, ()),
        privacy.Withheld("rk:observedUntil", 2, ()),
        privacy.Withheld("rk:cell", 1, ("latitude", "longitude", "gateway")),
        privacy.Withheld("rk:minimumGroup", 1, ("cell",)),
    )


def test_no_byte_of_what_is_withheld_is_in_the_release():
    made = stored(readings(["SECRET-DEVICE", "D-2"], each=1, place=TOKYO, gateway="SECRET-GATEWAY"))

    release = privacy.release(plan(made.id, dropped=["device", "counter"]), now=MAY)

    secrets = ("SECRET-DEVICE", "SECRET-GATEWAY", *TOKYO)
    assert [secret for secret in secrets if is_told(release, secret)] == []
    assert is_told(release, TOKYO_MESH)
    assert release.withheld[0] == privacy.Withheld("rk:withholdColumn", 2, ("device", "counter"))


def test_a_column_that_nobody_classified_does_not_leave():
    made = stored(readings(["D-1", "D-2"], each=1, gateway="SECRET-GATEWAY"))
    told = tuple(c for c in CLASSES if c.name not in {"gateway", "reading"})

    release = privacy.release(plan(made.id, columns=told), now=MAY)

    assert [column.name for column in release.columns] == ["device", "at", "cell", "counter"]
    assert privacy.Withheld("unclassified", 2, ("gateway", "reading")) in release.withheld
    assert not is_told(release, "SECRET-GATEWAY")


def test_an_empty_table_is_released_as_no_rows_with_its_columns():
    release = privacy.release(plan(table().id), now=MAY)

    assert (release.rows, release.version) == (0, 0)
    assert [pq.read_schema(file.path).names for file in release.files] == [
        ["device", "at", "cell", "reading", "counter"]
    ]


def test_a_release_keeps_every_type_and_any_column_name():
    names = ["n", "enough", "rows", "told", "positions", "placed", "shown", "entity", "select", "cell_key"]
    columns = tuple(column(name) for name in names) + tuple(
        column(f"c_{kind.value}", kind) for kind in lake.ColumnType
    )
    row = {name: f"'{name}\"" for name in names} | dict(
        zip(
            (f"c_{kind.value}" for kind in lake.ColumnType),
            ("連携", -5, 0.1, False, MAY, b"\x00\xff"),
            strict=True,
        )
    )
    place = (column("latitude", lake.ColumnType.REAL), column("longitude", lake.ColumnType.REAL))
    classes = tuple(privacy.ColumnClass(c.name) for c in columns) + CLASSES[2:4]
    everything = rows_of([{**row, "latitude": TOKYO[0], "longitude": TOKYO[1]}] * 2, columns + place)
    made = stored(everything, columns=columns + place, subject=None)
    open_classes = tuple(privacy.ColumnClass(c.name, role=c.role) for c in classes)

    release = privacy.release(plan(made.id, columns=open_classes, group=1, entity="n"), now=MAY)

    assert rows_in(release) == [{**row, "cell": TOKYO_MESH}] * 2


def test_a_release_is_made_once_for_a_plan_and_a_version():
    made = stored(readings(["D-1", "D-2"]))

    first = privacy.release(plan(made.id), now=MAY)
    again = privacy.release(plan(made.id), now=MAY + timedelta(hours=1))
    lake.append(made.id, readings(["D-3"]), writer="factory", sequence=2)
    later = privacy.release(plan(made.id), now=MAY + timedelta(hours=2))

    assert again == first
    assert (later.version, later.rows, later.digest) == (2, 12, first.digest)
    assert first.files[0].path.exists()
    assert audit.trail(made.id) == ["lake.table-created", "privacy.released", "privacy.released"]


def test_earlier_releases_go_after_a_day():
    made = stored(readings(["D-1", "D-2"]))
    first = privacy.release(plan(made.id), now=MAY)
    lake.append(made.id, readings(["D-3"]), writer="factory", sequence=2)

    privacy.release(plan(made.id), now=MAY + timedelta(days=1, seconds=1))

    assert not first.files[0].path.parent.exists()


def test_after_an_erasure_and_dropping_nothing_of_the_subject_is_left_in_any_release():
    made, other = stored(readings(["SUBJECT-77", "D-2"])), stored(readings(["D-1", "D-2"]))
    privacy.release(plan(made.id), now=MAY)
    privacy.release(plan(made.id, group=3), now=MAY)
    kept = privacy.release(plan(other.id), now=MAY)

    lake.erase(made.id, subject="SUBJECT-77", actor=OPERATOR, now=MAY)
    dropped = privacy.drop_releases(made.id)

    assert dropped == 2
    assert not is_told(privacy.release(plan(made.id), now=MAY), "SUBJECT-77")
    assert kept.files[0].path.exists()


def test_what_a_dead_process_left_aside_is_cleared_and_the_release_made():
    made = stored(readings(["D-1", "D-2"]))
    folder: Path = settings.RENKEI.home / "releases" / plan(made.id).digest()
    for half in (folder / ".aside", folder / "1"):
        half.mkdir(parents=True)
        (half / "part-00000.parquet").write_bytes(b"half")

    release = privacy.release(plan(made.id), now=MAY)

    assert release.rows == 8
    assert sorted(path.name for path in folder.iterdir()) == ["1"]
    assert sorted(path.name for path in (folder / "1").iterdir()) == ["part-00000.parquet", "release.json"]


def test_the_audit_line_of_a_release_holds_counts_and_hashes_only():
    made = stored(readings(["SECRET-DEVICE", "D-2"], each=1))

    release = privacy.release(plan(made.id), now=MAY)

    audit.seal(now=MAY)
    (body,) = [e.body for e in audit.entries(start=0, limit=100) if release.digest.encode() in e.body]
    assert f'"plan":"{release.digest}","rows":2,"version":1,"withheld":0'.encode() in body
    assert b"SECRET-DEVICE" not in body


def test_an_unlawful_plan_releases_nothing():
    made = stored(readings())

    with pytest.raises(privacy.NoLawfulRoute):
        privacy.release(plan(made.id, cell=None, group=None), now=MAY)
    assert not (settings.RENKEI.home / "releases" / plan(made.id, cell=None, group=None).digest()).exists()


def test_a_plan_over_a_table_that_is_not_there_is_refused():
    with pytest.raises(lake.TableMissing):
        privacy.release(plan(TableId("urn:uuid:none")), now=MAY)


@pytest.mark.parametrize(
    ("columns", "entity", "rule"),
    [
        ((*CLASSES, privacy.ColumnClass("nothing")), "device", "column-of-the-table"),
        (CLASSES, "nobody", "entity-is-a-column"),
        (
            (CLASSES[0], privacy.ColumnClass("counter", role=privacy.Role.TIME), *CLASSES[2:6]),
            "device",
            "time-is-instant",
        ),
    ],
)
def test_a_plan_that_does_not_fit_its_table_is_refused_by_rule(columns, entity, rule):
    made = stored(readings())
    open_columns = tuple(privacy.ColumnClass(c.name, role=c.role) for c in columns)

    with pytest.raises(privacy.PlanInconsistent) as refused:
        privacy.release(plan(made.id, columns=open_columns, entity=entity), now=MAY)

    assert refused.value.facts["rule"] == rule


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let the system refuse this process's writes beyond a size, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_refuses_the_release_and_leaves_nothing_half_made():
    made = stored(readings(["D-1", "D-2"], each=20_000))

    with files_no_larger_than(4096), pytest.raises(lake.DiskFull):
        privacy.release(plan(made.id), now=MAY)

    folder: Path = settings.RENKEI.home / "releases" / plan(made.id).digest()
    assert list(folder.iterdir()) == []
    assert audit.trail(made.id) == ["lake.table-created"]
    assert privacy.release(plan(made.id), now=MAY).rows == 40_000


def test_files_that_an_erasure_removed_are_said_to_be_gone():
    made = stored(readings(["SUBJECT-77", "D-2"]))
    before = lake.snapshot(made.id)
    lake.erase(made.id, subject="SUBJECT-77", actor=OPERATOR, now=MAY)

    with pytest.raises(lake.VersionGone), lake.reading(before), lake.connection(before) as db:
        db.sql(f"FROM {lake.relation_sql(before)}").fetchall()


@pytest.mark.django_db(transaction=True)
def test_erasures_while_releases_are_made_spoil_none_of_them():
    subjects = [f"SUBJECT-{number}" for number in range(8)]
    made = stored(readings([*subjects, "D-1", "D-2"]))
    over, failed, released = threading.Event(), [], 0

    def keep_releasing() -> None:
        nonlocal released
        group = 1
        try:
            while not over.is_set():
                group += 1
                privacy.release(plan(made.id, group=group), now=MAY)
                released += 1
        except Exception as why:  # noqa: BLE001 - whatever it is, it is what the test is about
            failed.append(why)
        finally:
            connections.close_all()

    readers = [threading.Thread(target=keep_releasing) for _ in range(2)]
    for reader in readers:
        reader.start()
    for subject in subjects:
        lake.erase(made.id, subject=subject, actor=OPERATOR, now=MAY)
        privacy.drop_releases(made.id)
    over.set()
    for reader in readers:
        reader.join(60)

    assert (failed, released > 0) == ([], True)
    assert privacy.release(plan(made.id), now=MAY).rows == 8
