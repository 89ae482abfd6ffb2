"""The search: in both languages, by every filter, with the best first and at a steady cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renkei.federation import api as federation
from renkei.federation.errors import EntryMissing, QueryUnreadable
from renkei.kernel.places import Box, Place
from renkei.kernel.texts import Text
from renkei.parties import api as parties
from tests.factories import parties as make
from tests.factories.federation import MAY, Shelf, crawler, described, known, titles, viewer

pytestmark = pytest.mark.django_db
ENVI = "http://publications.europa.eu/resource/authority/data-theme/ENVI"


@pytest.fixture
def org() -> parties.Organisation:
    return make.organisation(slug="near")


def shelve(org: parties.Organisation, *said: federation.Described) -> federation.KnownNode:
    node = known(org)
    assert crawler(Shelf(pages=[list(said)])).crawl(node.id).trouble is None
    return node


def find(text: str = "", *, who: federation.Viewer | None = None, **query: Any) -> list[str]:
    found = federation.search(federation.Query(text=text, **query), viewer=who, now=MAY)
    return titles(found)


def test_words_are_found_in_japanese_and_english_wherever_they_stand(org: parties.Organisation) -> None:
    shelve(
        org,
        described("urn:a", title="River levels", title_ja="河川の水位"),
        described(
            "urn:b",
            title="Gates",
            title_ja="改札の通過数",
            description=Text(ja="駅前での計測", en="At the station"),
        ),
        described(
            "urn:c", title="Air", themes=("大気質",), place=Place(name=Text(ja="名古屋市", en="Nagoya"))
        ),
    )

    found = {
        asked: find(asked)
        for asked in (
            "水位",
            "の水",
            "駅前 計測",
            "駅前 水位",
            "RIVER",
            "station",
            "大気",
            "名古屋",
            "nagoya",
            "zzz",
        )
    }

    assert found == {
        "水位": ["River levels"],
        "の水": ["River levels"],
        "駅前 計測": ["Gates"],
        "駅前 水位": [],
        "RIVER": ["River levels"],
        "station": ["Gates"],
        "大気": ["Air"],
        "名古屋": ["Air"],
        "nagoya": ["Air"],
        "zzz": [],
    }


@pytest.mark.parametrize("asked", ["ｾﾝｻｰ", "センサー", "ＬＯＲＡ", "lora", "LoRa　センサー"])
def test_wide_and_narrow_large_and_small_letters_are_one(org: parties.Organisation, asked: str) -> None:
    shelve(org, described("urn:a", title="LoRa sensors", title_ja="ＬｏＲａセンサー"))

    assert find(asked) == ["LoRa sensors"]


@pytest.mark.parametrize("asked", ["100%", "a_b", "back\\slash", "it's"])
def test_signs_of_the_database_are_plain_letters(org: parties.Organisation, asked: str) -> None:
    shelve(
        org,
        described("urn:a", title=f"of {asked} kind"),
        described("urn:b", title="of 1000 aXb back-slash its kind"),
    )

    assert find(asked) == [f"of {asked} kind"]


def test_a_word_in_the_title_counts_more_than_in_the_themes_and_there_more_than_in_the_description(
    org: parties.Organisation,
) -> None:
    shelve(
        org,
        described("urn:a", title="A", description=Text(ja="", en="about noise")),
        described("urn:b", title="Noise B"),
        described("urn:c", title="C", themes=("noise",)),
        described("urn:d", title="D noise", themes=("noise",), description=Text(ja="", en="noise")),
    )

    assert find("noise") == ["D noise", "Noise B", "C", "A"]


def test_what_was_withdrawn_comes_last_and_can_be_left_out(org: parties.Organisation) -> None:
    node = known(org)
    shelf = Shelf(
        pages=[[described("urn:a", title="Noise gone"), described("urn:b", title="B", themes=("noise",))]]
    )
    crawler(shelf).crawl(node.id)
    shelf.pages = [[described("urn:b", title="B", themes=("noise",))]]
    crawler(shelf).crawl(node.id)

    assert find("noise") == ["B", "Noise gone"]
    assert find("noise", current_only=True) == ["B"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"theme": "environment"}, ["A"]),
        ({"theme": "Environment"}, ["A"]),
        ({"theme": ENVI}, ["B"]),
        ({"theme": "envi"}, ["B"]),
        ({"theme": "environ"}, []),
        ({"licence": "CC-BY-4.0"}, ["B", "A"]),
        ({"licence": "http://spdx.org/licenses/CC-BY-4.0"}, ["B"]),
        ({"format": "HttpData-PULL"}, ["A"]),
        ({"provider": "did:web:far.example:orgs:far"}, ["B", "A"]),
        ({"provider": "did:web:far.example"}, []),
        ({"provider": "遠く"}, ["B", "A"]),
        ({"provider": "far LAB"}, ["B", "A"]),
        ({"provider": "near"}, []),
        ({"theme": "environment", "format": "DeltaSharing-PULL"}, []),
    ],
)
def test_each_filter_leaves_what_fits(
    org: parties.Organisation, query: dict[str, str], expected: list[str]
) -> None:
    shelve(
        org,
        described(
            "urn:a", title="A", themes=("environment",), licence="CC-BY-4.0", formats=("HttpData-PULL",)
        ),
        described("urn:b", title="B", themes=(ENVI,), licence="http://spdx.org/licenses/CC-BY-4.0"),
    )

    assert find(**query) == expected


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Box(136.5, 34.5, 136.6, 34.6), ["Nagoya"]),
        (Box(-180, -90, 180, 90), ["Fiji", "Nagoya"]),
        (Box(137, 36, 138, 37), ["Nagoya"]),  # they touch
        (Box(137.1, 34, 138, 36), []),
        (Box(136, 36.1, 137, 37), []),
        (Box(178, -20, 179, -10), ["Fiji"]),
        (Box(-179.5, -20, -179, -10), ["Fiji"]),
        (Box(170, -20, -170, -10), ["Fiji"]),
        (Box(130, -90, -170, 90), ["Fiji", "Nagoya"]),
        (Box(0, -20, 10, -10), []),
    ],
)
def test_a_place_is_found_by_any_box_that_it_meets(
    org: parties.Organisation, box: Box, expected: list[str]
) -> None:
    shelve(
        org,
        described("urn:a", title="Nagoya", place=Place(box=Box(136, 34, 137, 36))),
        described("urn:b", title="Fiji", place=Place(box=Box(177, -19, -178, -16))),
        described("urn:c", title="Nowhere"),
    )

    assert find(box=box) == expected


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (0, 1, ["Whole"]),
        (10, None, ["Open end"]),
        (None, -10, ["Open start"]),
        (2, 8, ["Open end", "Whole"]),
        (-9, 9, ["Open start", "Open end", "Whole"]),
    ],
)
def test_a_span_of_time_is_found_by_any_that_it_overlaps(
    org: parties.Organisation, since: int | None, until: int | None, expected: list[str]
) -> None:
    def day(number: int) -> Any:
        return MAY + timedelta(days=number)

    shelve(
        org,
        described("urn:a", title="Whole", first=day(0), last=day(5)),
        described("urn:b", title="Open end", first=day(7)),
        described("urn:c", title="Open start", last=day(-7)),
        described("urn:d", title="Whenever"),
    )

    bounds = {"since": None if since is None else day(since), "until": None if until is None else day(until)}
    assert find(**bounds) == expected


def test_a_long_answer_is_read_part_by_part_without_gap_or_repetition(org: parties.Organisation) -> None:
    shelve(
        org,
        *(described(f"urn:{each}", title=f"T{each}", themes=("x",) if each % 2 else ()) for each in range(7)),
    )

    seen: list[str] = []
    after = None
    while True:
        part = federation.search(federation.Query(text="t"), viewer=None, now=MAY, after=after, limit=3)
        seen += titles(part)
        after = part.next
        if after is None:
            break

    assert seen == [f"T{each}" for each in range(6, -1, -1)]


@pytest.mark.parametrize("after", ["", "x", "1", "1 x", "-1 1", "1 " + "9" * 60, "１ 1"])
def test_a_place_in_the_list_that_no_part_has_named_is_refused(after: str) -> None:
    with pytest.raises(QueryUnreadable):
        federation.search(federation.Query(), viewer=None, now=MAY, after=after)


@pytest.mark.parametrize("text", ["x " * 200, " ".join("abcdefghijk")])
def test_a_question_without_end_is_refused(text: str) -> None:
    with pytest.raises(QueryUnreadable):
        find(text)


def test_a_search_takes_two_queries_however_many_fit_and_however_many_words(
    org: parties.Organisation,
) -> None:
    shelve(org, *(described(f"urn:{each}", title="one two three") for each in range(30)))

    def cost(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            find(text, who=viewer(org))
        return len(queries)

    assert [cost(text) for text in ("", "one", "one two three", "zzz")] == [2, 2, 2, 1]


def test_an_offer_made_to_some_by_name_is_shown_to_them_alone(org: parties.Organisation) -> None:
    named, other = make.organisation(slug="named"), make.organisation(slug="other")
    both = described("urn:b", title="Both")
    restricted = described("urn:a", title="Restricted", to=frozenset([named.participant]))
    mixed = federation.Described(
        dataset=both.dataset,
        title=both.title,
        description=both.description,
        offers=(*both.offers, *restricted.offers),
    )
    shelve(org, restricted, mixed)

    shown = {
        slug: {
            each.described.title.en: len(each.described.offers)
            for each in federation.search(federation.Query(), viewer=who, now=MAY)
        }
        for slug, who in {
            "asker": viewer(org),
            "named": viewer(named),
            "other": viewer(other),
            "operator": None,
        }.items()
    }

    assert shown == {
        "asker": {"Restricted": 1, "Both": 2},
        "named": {"Restricted": 1, "Both": 2},
        "other": {"Both": 1},
        "operator": {"Restricted": 1, "Both": 2},
    }


def test_one_entry_is_there_for_those_alone_who_can_find_it(org: parties.Organisation) -> None:
    other = make.organisation(slug="other")
    shelve(org, described("urn:a", to=frozenset(["did:web:somebody.example"])))
    (found,) = federation.search(federation.Query(), viewer=viewer(org), now=MAY)

    assert federation.entry(found.id, viewer=viewer(org), now=MAY) == found
    with pytest.raises(EntryMissing):
        federation.entry(found.id, viewer=viewer(other), now=MAY)
    with pytest.raises(EntryMissing):
        federation.entry(found.id + 1, viewer=None, now=MAY)


def test_what_is_open_to_everybody_is_told_without_the_rest(org: parties.Organisation) -> None:
    shelve(org, described("urn:a", title="Open"), described("urn:b", to=frozenset(["did:web:x.example"])))
    known(org, participant="did:web:private.example", shared=False)

    def told(**asked: Any) -> list[str]:
        return titles(federation.open_entries(now=MAY, **asked)[0])

    assert told(org=None, crawled=True) == ["Open"]
    assert told(org=None, crawled=False) == []
    assert told(org=org.id, crawled=False) == []
