import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.wire import delta_sharing as wire

FILES = tuple(
    wire.File(url=f"https://node.example/files/{n}", id=str(n), size=10, rows=100, expires=5)
    for n in range(3)
)


@given(count=st.integers(0, 40), size=st.integers(1, 9))
def test_pages_together_hold_every_item_once_and_in_order(count: int, size: int):
    items = [wire.Share(name=f"s{n}") for n in range(count)]
    seen, token = [], None
    while True:
        page = json.loads(wire.listing(items, max_results=str(size), page_token=token))
        seen.extend(item["name"] for item in page["items"])
        token = page.get("nextPageToken")
        if not token:
            break
    assert seen == [item.name for item in items]


def test_a_page_of_no_items_still_says_that_there_are_more():
    page = json.loads(wire.listing([wire.Share(name="s")], max_results="0", page_token=None))

    assert page["items"] == []
    assert json.loads(
        wire.listing([wire.Share(name="s")], max_results=None, page_token=page["nextPageToken"])
    ) == {"items": [{"name": "s"}]}


@given(token=st.text(min_size=1))
def test_a_page_token_is_either_understood_or_refused(token: str):
    with contextlib.suppress(wire.PageMalformed):
        wire.listing([], max_results=None, page_token=token)


@pytest.mark.parametrize("size", ["-1", "one", "", "²", "9999999999"])
def test_a_page_size_that_is_no_whole_number_is_refused(size: str):
    with pytest.raises(wire.PageMalformed):
        wire.listing([], max_results=size, page_token=None)


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (None, True),
        ("", True),
        ("readerfeatures=deletionvectors", True),
        ("responseformat=delta,parquet;readerfeatures=deletionvectors,columnmapping", True),
        ("ResponseFormat=PARQUET", True),
        ("responseformat=delta;readerfeatures=deletionvectors", False),
        (";;=;responseformat", False),
    ],
)
def test_the_capabilities_header_tells_whether_parquet_is_read(header: str | None, taken: bool):
    assert wire.takes_parquet(header) is taken


def test_a_table_is_described_in_two_lines():
    described = wire.Metadata(
        id="urn:uuid:1",
        name="計測\u2028",
        description="気温",
        fields=(wire.Field("at", "timestamp"), wire.Field("rssi", "double", "dBm")),
        version=7,
        size=30,
        files=3,
    )

    lines = wire.metadata_lines(described).decode().splitlines()

    assert [json.loads(line) for line in lines] == [
        {"protocol": {"minReaderVersion": 1}},
        {
            "metaData": {
                "id": "urn:uuid:1",
                "name": "計測\u2028",
                "description": "気温",
                "format": {"provider": "parquet"},
                "schemaString": (
                    '{"type": "struct", "fields": [{"name": "at", "type": "timestamp", "nullable": true, "metadata": {}}, '
                    '{"name": "rssi", "type": "double", "nullable": true, "metadata": {"comment": "dBm"}}]}'
                ),
                "partitionColumns": [],
                "configuration": {},
                "version": 7,
                "size": 30,
                "numFiles": 3,
            }
        },
    ]


def test_a_file_is_one_line():
    assert json.loads(wire.file_lines(FILES[:1])) == {
        "file": {
            "url": "https://node.example/files/0",
            "id": "0",
            "partitionValues": {},
            "size": 10,
            "stats": '{"numRecords": 100}',
            "expirationTimestamp": 5,
        }
    }


@pytest.mark.parametrize(("limit", "taken"), [(None, 3), (0, 0), (1, 1), (100, 1), (101, 2), (10_000, 3)])
def test_a_limit_takes_as_few_files_as_hold_enough_rows(limit: int | None, taken: int):
    assert wire.enough(FILES, limit=limit) == FILES[:taken]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"predicateHints": ["a = 1"], "jsonPredicateHints": "{broken"}',
        b'{"predicateHints": 5, "jsonPredicateHints": {"op": "equal"}, "somethingNew": true}',
    ],
)
def test_hints_of_any_shape_are_let_through(body: bytes):
    query = wire.read_query(body)

    assert (query.limit_hint, query.asks_for_history()) == (None, False)


@pytest.mark.parametrize("name", ["version", "timestamp", "startingVersion", "endingVersion"])
def test_a_named_version_or_time_asks_for_history(name: str):
    assert wire.read_query(json.dumps({name: 0}).encode()).asks_for_history()


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"limitHint": "ten"}', b'{"limitHint": -1}', b"\xff"])
def test_a_broken_query_is_refused(body: bytes):
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        wire.read_query(body)


@pytest.mark.parametrize(
    ("title", "identifier", "name"),
    [
        ("LoRaWAN uplinks, Osaka 2025", "urn:uuid:0198-abcd1234", "lorawan-uplinks-osaka-2025-abcd1234"),
        ("気温", "urn:uuid:0198-abcd1234", "dataset-abcd1234"),
        ("a.b#c/d", "", "a-b-c-d"),
    ],
)
def test_a_shared_name_is_plain_ascii(title: str, identifier: str, name: str):
    assert wire.shared_name(title, identifier=identifier) == name


@given(title=st.text(), identifier=st.text())
def test_a_shared_name_survives_the_clients_way_of_writing_addresses(title: str, identifier: str):
    name = wire.shared_name(title, identifier=identifier)

    assert name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
