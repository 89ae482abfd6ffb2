"""Whatever a name or a value holds, generated SQL means exactly it."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel.ids import TableId
from renkei.lake import api as lake
from renkei.lake.sql import quote_instant, quote_name, quote_text, quote_texts

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(texts)
def test_a_quoted_text_is_that_text(text: str):
    assert duckdb.execute(f"SELECT {quote_text(text)}").fetchone() == (text,)


@given(st.lists(texts, min_size=1, max_size=5))
def test_quoted_texts_are_those_texts(several: list[str]):
    assert duckdb.execute(f"SELECT {quote_texts(several)}").fetchone() == (several,)


@given(texts.filter(bool))
def test_a_quoted_name_is_that_name(name: str):
    assert duckdb.sql(f"SELECT 1 AS {quote_name(name)}").columns == [name]


@pytest.mark.parametrize("bad", ["", "a\0b"])
def test_a_name_that_cannot_be_quoted_is_not_quoted(bad: str):
    with pytest.raises(ValueError):
        quote_name(bad)


def test_a_text_with_a_nul_is_not_quoted():
    with pytest.raises(ValueError):
        quote_text("a\0")


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001 - the zone is drawn too
    st.integers(-14 * 60, 14 * 60),
)
def test_a_quoted_instant_is_that_instant(local: datetime, offset: int):
    at = local.replace(tzinfo=timezone(timedelta(minutes=offset)))

    micros = duckdb.execute(f"SELECT epoch_us({quote_instant(at)})").fetchone()

    assert micros == ((at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1),)


def test_a_time_without_an_offset_is_not_quoted():
    with pytest.raises(ValueError):
        quote_instant(datetime(2026, 5, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    "folder", ["plain", "it's", "a[1]b", "star*", "why?", 'say "so"', "連携 表", "per%20cent", "{a,b}"]
)
def test_a_file_is_read_wherever_it_lies_and_alone(tmp_path: Path, folder: str):
    for name, value in ((folder, 1), ("a1b", 2), ("starfish", 3), ("whyx", 4)):
        (tmp_path / name).mkdir(exist_ok=True)
        pq.write_table(pa.table({"v": [value]}), tmp_path / name / "x.parquet")

    file = tmp_path / folder / "x.parquet"
    snapshot = lake.Snapshot(TableId("t"), 0, (), (file,), 1, 1)
    with lake.connection(snapshot) as db:
        rows = db.execute(f"SELECT v FROM {lake.files_sql([file])}").fetchall()  # noqa: S608

    assert rows == [(1,)]
