import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.wire.byte_range import ByteRange, RangeUnsatisfiable, read_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=2-5", ByteRange(2, 4)),
        ("bytes=8-", ByteRange(8, 2)),
        ("bytes=8-99", ByteRange(8, 2)),
        ("bytes=-3", ByteRange(7, 3)),
        ("bytes=-99", ByteRange(0, 10)),
        ("Bytes=1-1", ByteRange(1, 1)),
    ],
)
def test_one_range_is_cut_to_the_file(header: str, part: ByteRange):
    assert read_range(header, size=10) == part


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=0-1,4-5",
        "lines=1-2",
        "bytes=a-b",
        "bytes=٣-٤",
        "0-1",
    ],
)
def test_a_header_that_may_be_ignored_means_the_whole_file(header: str | None):
    assert read_range(header, size=10) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=-5", 0), ("bytes=0-", 0)],
)
def test_a_range_outside_the_file_cannot_be_satisfied(header: str, size: int):
    with pytest.raises(RangeUnsatisfiable):
        read_range(header, size=size)


@given(
    header=st.text() | st.from_regex(r"bytes=\d{0,30}-\d{0,30}", fullmatch=True), size=st.integers(0, 10**15)
)
def test_whatever_is_asked_no_byte_outside_the_file_is_named(header: str, size: int):
    try:
        part = read_range(header, size=size)
    except RangeUnsatisfiable:
        return
    assert part is None or (part.start >= 0 and part.length > 0 and part.start + part.length <= size)


def test_the_answer_names_its_part_of_the_whole():
    assert ByteRange(2, 4).content_range(10) == "bytes 2-5/10"
