import base64
import csv
import io
import json
from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from renkei.privacy.types import Withheld
from renkei.wire import rows

AT = datetime(2026, 5, 1, 9, 0, 0, 250000, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("count", pa.int64()),
        ("level", pa.float64()),
        ("on", pa.bool_()),
        ("at", pa.timestamp("us", "UTC")),
        ("payload", pa.binary()),
    ]
)
ONE = pa.RecordBatch.from_pylist(
    [
        {"name": "=1+1", "count": -5, "level": 0.1, "on": True, "at": AT, "payload": b"\x00\xff"},
        {"name": 'a "b",\r\nc', "count": None, "level": None, "on": None, "at": None, "payload": None},
    ],
    schema=SCHEMA,
)
texts = st.text(st.characters(exclude_categories=["Cs"]))


def test_csv_is_what_rfc_4180_says():
    written = rows.csv_header(SCHEMA.names) + rows.csv_rows(ONE)

    assert written.decode() == (
        "name,count,level,on,at,payload\r\n"
        "=1+1,-5,0.1,true,2026-05-01T09:00:00.250000Z,AP8=\r\n"
        '"a ""b"",\r\nc",,,,,\r\n'
    )


def test_json_lines_hold_one_object_each():
    written = rows.json_lines(ONE).decode().splitlines()

    assert [json.loads(line) for line in written] == [
        {
            "name": "=1+1",
            "count": -5,
            "level": 0.1,
            "on": True,
            "at": "2026-05-01T09:00:00.250000Z",
            "payload": "AP8=",
        },
        {"name": 'a "b",\r\nc', "count": None, "level": None, "on": None, "at": None, "payload": None},
    ]


def test_a_number_that_is_none_is_said_so():
    batch = pa.RecordBatch.from_pydict({"x": [float("nan"), float("inf")], "y": [1, 2]})

    assert rows.csv_rows(batch) == b"nan,1\r\ninf,2\r\n"
    assert rows.json_lines(batch) == b'{"x":null,"y":1}\n{"x":null,"y":2}\n'


@given(values=st.lists(st.tuples(texts, texts), min_size=1), cut=st.integers(0, 3))
def test_every_text_comes_back_from_csv_as_it_was(values: list[tuple[str, str]], cut: int):
    batch = pa.RecordBatch.from_pydict({"a": [a for a, _ in values], "b": [b for _, b in values]}).slice(cut)

    read = list(csv.reader(io.StringIO(rows.csv_rows(batch).decode(), newline="")))

    assert [tuple(row) for row in read] == values[cut:]


@given(values=st.lists(texts | st.none()))
def test_every_text_comes_back_from_json_as_it_was(values: list[str | None]):
    batch = pa.RecordBatch.from_pydict({"a": pa.array(values, pa.string())})

    assert [json.loads(line)["a"] for line in rows.json_lines(batch).split(b"\n")[:-1]] == values


@given(values=st.lists(st.binary()))
def test_bytes_come_back_from_base64(values: list[bytes]):
    batch = pa.RecordBatch.from_pydict({"n": list(range(len(values))), "a": pa.array(values, pa.binary())})

    lines = rows.csv_rows(batch).decode().splitlines()

    assert [base64.b64decode(line.split(",")[1]) for line in lines] == values


@given(names=st.lists(texts, min_size=1))
def test_every_column_name_comes_back_from_the_header(names: list[str]):
    assert next(csv.reader(io.StringIO(rows.csv_header(names).decode(), newline=""))) == names


def test_a_table_of_one_column_has_no_empty_lines():
    assert rows.csv_rows(pa.RecordBatch.from_pydict({"a": ["x", None, ""]})) == b'x\r\n""\r\n""\r\n'


def test_what_was_withheld_travels_in_a_header():
    kept = (
        Withheld("rk:minimumGroup 5 · 位置", 12, ("cell",)),
        Withheld("rk:withholdColumn", 0, ("payload", "rssi")),
    )

    header = rows.withheld_json(kept)

    assert header.isascii()
    assert b"\n" not in header
    assert rows.read_withheld(header.decode()) == kept
