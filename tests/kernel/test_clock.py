from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.kernel.clock import format_utc, parse_duration, parse_moment, parse_utc, utc_now

TOKYO = timezone(timedelta(hours=9))


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_is_read_as_it_was_written(at: datetime) -> None:
    assert parse_utc(format_utc(at)) == at


def test_a_time_of_tokyo_is_written_in_utc() -> None:
    assert format_utc(datetime(2026, 5, 1, 18, 0, tzinfo=TOKYO)) == "2026-05-01T09:00:00Z"


def test_microseconds_are_kept_where_there_are_any() -> None:
    assert format_utc(datetime(2026, 5, 1, 9, 0, 0, 120, tzinfo=UTC)) == "2026-05-01T09:00:00.000120Z"


def test_a_time_is_read_from_any_offset() -> None:
    assert parse_utc("2026-05-01T18:00:00+09:00") == datetime(2026, 5, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-05-01T09:00:00", "2026-05-01", "soon", ""])
def test_a_time_without_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_utc(text)


@pytest.mark.parametrize(
    ("text", "end", "at"),
    [
        ("2026-05-01", False, "2026-05-01T00:00:00Z"),
        ("2026-05-01", True, "2026-05-01T23:59:59.999999Z"),
        (" 2026-05-01T09:00:00+09:00 ", True, "2026-05-01T00:00:00Z"),
        ("2026-05-01T09:00:00", False, "2026-05-01T09:00:00Z"),
    ],
)
def test_a_date_is_its_first_or_its_last_moment(text: str, end: bool, at: str):
    assert format_utc(parse_moment(text, end=end)) == at


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+09:00"])
def test_what_is_no_moment_is_refused(text: str):
    with pytest.raises(ValueError):
        parse_moment(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P30D", timedelta(days=30)),
        ("P2W", timedelta(weeks=2)),
        ("PT12H", timedelta(hours=12)),
        ("P1DT1H1M1S", timedelta(days=1, hours=1, minutes=1, seconds=1)),
        ("PT864000S", timedelta(days=10)),
    ],
)
def test_a_duration_of_exact_length_is_read(text: str, length: timedelta):
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1M", "P1Y", "30D", "P0D", "PT0S", "P1.5D", "-P1D", "P１D", "P1DT"]
)
def test_what_has_no_exact_length_is_refused(text: str):
    with pytest.raises(ValueError):
        parse_duration(text)
