"""Making tables, appending to them once, reading them at a version."""

import pyarrow as pa
import pytest

from renkei.audit import api as audit
from renkei.kernel.ids import OrgId, TableId
from renkei.lake import api as lake
from tests.factories.lake import COLUMNS, MAY, OPERATOR, column, contents, readings, rows_of, stored, table

pytestmark = pytest.mark.django_db


def test_a_table_is_what_its_owner_made():
    made = table(owner="org-a", name="gate_counts", columns=COLUMNS, subject="device")

    assert made == lake.Table(
        id=made.id,
        owner=OrgId("org-a"),
        name="gate_counts",
        columns=COLUMNS,
        subject="device",
        created_at=MAY,
    )
    assert lake.table(made.id) == lake.table_named(OrgId("org-a"), "gate_counts") == made
    assert lake.tables(OrgId("org-a")) == (made,)
    assert lake.tables(OrgId("org-b")) == ()


def test_making_a_table_leaves_a_trail():
    assert audit.trail(table().id) == ["lake.table-created"]


def test_a_new_table_is_empty():
    made = table()

    assert lake.snapshot(made.id) == lake.Snapshot(made.id, 0, COLUMNS, (), 0, 0)
    assert contents(made.id) == []


def test_two_tables_of_one_owner_have_different_names():
    table(owner="org-a", name="readings")

    with pytest.raises(lake.TableNameTaken):
        table(owner="org-a", name="readings")
    assert table(owner="org-b", name="readings").name == "readings"


@pytest.mark.parametrize(
    ("columns", "subject", "rule"),
    [
        ((), None, "at-least-one"),
        ((column("Device"),), None, "name"),
        ((column('a"b'),), None, "name"),
        ((column("a" * 64),), None, "name"),
        ((column("a"), column("a")), None, "twice"),
        ((column("a"),), "b", "subject-is-a-column"),
    ],
)
def test_columns_that_cannot_make_a_table_are_refused_by_rule(columns, subject, rule):
    with pytest.raises(lake.ColumnsInvalid) as refused:
        table(columns=columns, subject=subject)

    assert refused.value.facts["rule"] == rule


def test_every_type_of_value_comes_back_as_it_went_in():
    columns = tuple(column(f"c_{kind.value}", kind) for kind in lake.ColumnType)
    rows = [
        dict(zip((c.name for c in columns), values, strict=True))
        for values in [("連携 '\"", -(2**63), 0.1, True, MAY, b"\x00\xff"), (None,) * 6]
    ]
    made = stored(rows_of(rows, columns), columns=columns, subject=None)

    assert contents(made.id) == sorted(rows, key=repr)


def test_appended_rows_are_there_once():
    made = table()

    first = lake.append(made.id, readings(), writer="telemetry", sequence=7)
    again = lake.append(made.id, readings(), writer="telemetry", sequence=7)
    older = lake.append(made.id, readings(), writer="telemetry", sequence=6)

    assert first == lake.Appended(version=1, rows=12, skipped=False)
    assert again == older == lake.Appended(version=1, rows=0, skipped=True)
    assert contents(made.id) == sorted(readings().to_pylist(), key=repr)


def test_each_writer_has_a_sequence_of_its_own():
    made = table()

    lake.append(made.id, readings(), writer="telemetry", sequence=7)
    other = lake.append(made.id, readings(), writer="import", sequence=1)

    assert other == lake.Appended(version=2, rows=12, skipped=False)
    assert [lake.last_sequence(made.id, name) for name in ("telemetry", "import", "nobody")] == [7, 1, None]


def test_appending_no_rows_still_counts_the_sequence():
    made = table()

    appended = lake.append(made.id, readings([]), writer="telemetry", sequence=3)

    assert appended == lake.Appended(version=1, rows=0, skipped=False)
    assert lake.last_sequence(made.id, "telemetry") == 3
    assert lake.snapshot(made.id).files == ()


def test_a_table_is_read_at_a_version():
    made = table()
    lake.append(made.id, readings(["D-1"]), writer="w", sequence=1)
    lake.append(made.id, readings(["D-2"]), writer="w", sequence=2)

    assert {row["device"] for row in contents(made.id, version=1)} == {"D-1"}
    assert {row["device"] for row in contents(made.id)} == {"D-1", "D-2"}
    assert (lake.snapshot(made.id, 1).rows, lake.snapshot(made.id).rows) == (4, 8)


def test_a_version_that_is_not_there_is_refused():
    made = table()

    with pytest.raises(lake.VersionGone):
        lake.snapshot(made.id, 5)


def test_columns_may_come_in_any_order():
    made = table()

    lake.append(made.id, readings().select([c.name for c in reversed(COLUMNS)]), writer="w", sequence=1)

    assert contents(made.id) == sorted(readings().to_pylist(), key=repr)


@pytest.mark.parametrize(
    "rows",
    [
        readings().drop_columns(["gateway"]),
        readings().append_column("extra", pa.array([1] * 12)),
        readings().drop_columns(["reading"]).append_column("reading", pa.array(["warm"] * 12)),
        readings().drop_columns(["counter"]).append_column("counter", pa.array([0.5] * 12)),
        readings().append_column("device", pa.array(["D-9"] * 12)),
    ],
    ids=["column missing", "column unknown", "text for a number", "fraction for an integer", "column twice"],
)
def test_rows_that_do_not_fit_are_refused_and_nothing_is_written(rows):
    made = table()

    with pytest.raises(lake.RowsMisshapen):
        lake.append(made.id, rows, writer="w", sequence=1)

    assert lake.snapshot(made.id).version == 0
    assert lake.last_sequence(made.id, "w") is None


def test_an_unknown_table_is_refused_at_every_door():
    nowhere = TableId("urn:uuid:0")
    acts = [
        lambda: lake.table(nowhere),
        lambda: lake.table_named(OrgId("org-a"), "nothing"),
        lambda: lake.snapshot(nowhere),
        lambda: lake.read(nowhere),
        lambda: lake.last_sequence(nowhere, "w"),
        lambda: lake.append(nowhere, readings(), writer="w", sequence=1),
        lambda: lake.compact(nowhere, now=MAY),
        lambda: lake.erase(nowhere, subject="D-1", actor=OPERATOR, now=MAY),
    ]

    for act in acts:
        with pytest.raises(lake.TableMissing):
            act()


def test_a_query_reaches_the_snapshot_and_no_other_file():
    mine, other = stored(readings()), stored(readings())
    snapshot, elsewhere = lake.snapshot(mine.id), lake.snapshot(other.id)

    with lake.connection(snapshot) as db:
        counted = db.execute(f"SELECT count(*) FROM {lake.relation_sql(snapshot)}").fetchone()  # noqa: S608
        refused = []
        for sql in (
            f"SELECT * FROM {lake.relation_sql(elsewhere)}",  # noqa: S608
            "SELECT * FROM read_text('/etc/hostname')",
            "COPY (SELECT 1) TO '/tmp/renkei-escape.parquet'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(Exception, match=r"disabled|locked|Cannot") as why:
                db.execute(sql).fetchall()
            refused.append(type(why.value).__module__)

    assert counted == (12,)
    assert set(refused) == {"_duckdb"}
