"""Facts as people and as programs read them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from renkei.cli.tables import as_json_text, as_table
from renkei.kernel.texts import Text


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    name: str


@dataclass(frozen=True)
class Fact:
    id: str
    title: Text
    colour: Colour
    at: datetime | None
    inner: Inner
    tags: tuple[str, ...] = ()
    good: bool = True
    key: bytes = b"\x00\x01"


FACT = Fact(
    id="urn:1",
    title=Text(ja="題", en="Title"),
    colour=Colour.RED,
    at=datetime(2026, 5, 1, 9, 0, 0, 123456, tzinfo=UTC),
    inner=Inner(name="deep"),
    tags=("a", "b"),
)


def test_json_holds_everything_and_is_the_same_every_time() -> None:
    assert json.loads(as_json_text([FACT])) == [
        {
            "id": "urn:1",
            "title": {"ja": "題", "en": "Title"},
            "colour": "red",
            "at": "2026-05-01T09:00:00.123456Z",
            "inner": {"name": "deep"},
            "tags": ["a", "b"],
            "good": True,
            "key": "AAE=",
        }
    ]
    assert as_json_text([FACT]) == as_json_text([FACT])


def test_a_list_is_a_table_with_the_plain_fields() -> None:
    head, line, row = as_table([FACT], columns=None, lang="en").splitlines()

    assert head.split() == ["id", "title", "colour", "at", "good"]
    assert set(line.strip()) == {"─"}
    assert row.split() == ["urn:1", "Title", "red", "2026-05-01T09:00:00Z", "yes"]


def test_columns_choose_the_fields_and_reach_into_them() -> None:
    columns = {"inner.name": Text(ja="名", en="Name"), "tags": Text(ja="札", en="Tags")}

    table = as_table([FACT], columns=columns, lang="ja")

    assert [line.split() for line in table.splitlines()][::2] == [["名", "札"], ["deep", "a,", "b"]]


def test_one_fact_is_a_list_of_its_fields() -> None:
    assert as_table(FACT, columns=["id", "at", "inner.missing"], lang="en").splitlines() == [
        "id             urn:1",
        "at             2026-05-01T09:00:00Z",
        "inner missing  –",
    ]


def test_nothing_is_said_to_be_nothing() -> None:
    assert (as_table([], columns=None, lang="en"), as_table([], columns=None, lang="ja")) == (
        "(none)",
        "(なし)",
    )


def test_what_a_peer_wrote_is_shown_as_written() -> None:
    assert "[red]x[/red] :smile:" in as_table([{"a": "[red]x[/red] :smile:"}], columns=None, lang="en")


def test_a_long_id_stays_whole_where_nobody_watches() -> None:
    assert "x" * 300 in as_table([{"a": "x" * 300}], columns=None, lang="en")
