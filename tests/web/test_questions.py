"""The fields of the query builder and the request that they make."""

import shlex
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from renkei.context import api as context
from renkei.web.questions import Question, Request, Row, field_of, q_of, read_question, request_of
from renkei.web.templatetags.entities import shell_word


def question(**fields: str) -> Question:
    said = QueryDict(mutable=True)
    for name, value in fields.items():
        said[name.replace("__", "-")] = value
    return read_question(said)


def made(**fields: str) -> Request:
    return request_of(question(**fields), context=None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Row("a", "==", "25"), "a==25"),
        (Row("a", ">=", "-2.5e3"), "a>=-2.5e3"),
        (Row("a", "==", "true"), "a==true"),
        (Row("a", "<", "2026-05-01"), "a<2026-05-01"),
        (Row("a", "<", "2026-05-01T09:00:00Z"), "a<2026-05-01T09:00:00Z"),
        (Row("a", "==", "1..5"), "a==1..5"),
        (Row("a", "==", "urn:ngsi-ld:Zone:1"), "a==urn:ngsi-ld:Zone:1"),
        (Row("a", "==", "ok"), 'a=="ok"'),
        (Row("a", "==", 'say "hi"; all'), 'a=="say \\"hi\\"; all"'),
        (Row("a", "==", "25", "text"), 'a=="25"'),
        (Row("a", "==", "1,2", "written"), "a==1,2"),
        (Row("a", "~=", "25"), 'a~="25"'),
        (Row("a", "exists", "nothing of it"), "a"),
        (Row("", "==", "25"), ""),
    ],
)
def test_a_condition_is_said_in_the_query_language(row: Row, said: str) -> None:
    assert row.said == said


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40), st.booleans())
def test_whatever_is_written_as_a_text_is_read_as_that_text(value: str, any_of: bool) -> None:
    rows = (Row("a", "==", value, "text"), Row("b", "exists"))
    asked = Question({"joined": "any" if any_of else "all"}, rows)

    term = context.parse_q(q_of(asked), expand=lambda name: f"urn:{name}")

    assert isinstance(term, context.AnyOf if any_of else context.All)
    first = term.terms[0]
    assert isinstance(first, context.Compare)
    literal = first.values[0]
    assert isinstance(literal, context.Literal)
    assert literal.value == value


def test_all_fields_become_parameters_of_one_request() -> None:
    asked = made(
        type="A",
        id="urn:a:1",
        attribute__0="a",
        value__0="1",
        attribute__1="b",
        operator__1="exists",
        scope="/x/#",
        georel="near",
        place="139.7, 35.6",
        metres="500",
        shown="a, b",
        order="a;desc",
        limit="5",
        form="concise",
        system="yes",
        local="yes",
    )

    assert dict(asked.words) == {
        "type": "A",
        "id": "urn:a:1",
        "q": "a==1;b",
        "scopeQ": "/x/#",
        "georel": "near;maxDistance==500",
        "geometry": "Point",
        "coordinates": "[139.7,35.6]",
        "pick": "id,type,a,b",
        "orderBy": "a;desc",
        "limit": "5",
        "local": "true",
        "format": "concise",
        "options": "sysAttrs",
    }
    assert (asked.endpoint, dict(asked.headers)) == ("entities", {"accept": "application/json"})


def test_a_box_is_a_ring_that_closes() -> None:
    words = dict(made(georel="within", place="1,2,3,4").words)

    assert words["coordinates"] == "[[[1,2],[3,2],[3,4],[1,4],[1,2]]]"
    assert (words["georel"], words["geometry"]) == ("within", "Polygon")


@pytest.mark.parametrize(
    ("since", "until", "relation"),
    [
        ("2026-05-01", "", {"timerel": "after", "timeAt": "2026-05-01T00:00:00Z"}),
        ("", "2026-05-01T09:00", {"timerel": "before", "timeAt": "2026-05-01T09:00:00Z"}),
        (
            "2026-05-01T09:00+09:00",
            "2026-05-02",
            {"timerel": "between", "timeAt": "2026-05-01T00:00:00Z", "endTimeAt": "2026-05-02T00:00:00Z"},
        ),
        ("yesterday", "", {"timerel": "after", "timeAt": "yesterday"}),
    ],
)
def test_the_history_is_asked_for_by_its_times(since: str, until: str, relation: dict[str, str]) -> None:
    asked = made(when="past", since=since, until=until)

    assert (asked.endpoint, dict(asked.words)) == ("temporal/entities", relation)


def test_sums_over_periods_and_geojson_are_asked_for_each_in_its_way() -> None:
    sums = made(
        when="past", past_form="aggregatedValues", method="avg", period="PT1H", last="3", time="createdAt"
    )
    places = made(form="geojson")

    assert dict(sums.words) == {
        "timeproperty": "createdAt",
        "lastN": "3",
        "format": "aggregatedValues",
        "aggrMethods": "avg",
        "aggrPeriodDuration": "PT1H",
    }
    assert places.headers["accept"] == "application/geo+json"


def test_the_link_header_names_the_chosen_context() -> None:
    asked = request_of(question(type="A"), context="https://example.org/c.jsonld")

    assert asked.headers["link"].startswith("<https://example.org/c.jsonld>; rel=")


@given(st.text(st.characters(exclude_categories=["Cs", "Zs", "Cc"]), min_size=1, max_size=20))
def test_the_target_that_is_shown_says_what_was_asked_and_breaks_no_shell(value: str) -> None:
    target = made(type="A", attribute__0=value, value__0=value).target

    assert parse_qsl(urlsplit(target).query)[0] == ("type", "A")
    assert dict(parse_qsl(urlsplit(target).query))["q"] == Row(value, "==", value).said
    assert "'" not in target


def test_the_command_that_is_shown_names_a_context_in_one_word_of_the_shell() -> None:
    address = "https://consumer.example/c';touch$IFS/tmp/owned;'"
    asked = request_of(question(type="A"), context=address)
    line = asked.header_lines[-1]

    assert line.startswith("Link: <https://consumer.example/c'")
    assert shlex.split(f"curl -H {shell_word(line)}") == ["curl", "-H", line]


def test_a_refusal_is_placed_at_the_field_that_it_is_about() -> None:
    asked = question(attribute__0="aa", value__0="11", attribute__1="b", value__1="2")

    def at(place: int) -> str:
        return field_of(context.QueryMalformed(parameter="q", place=place, why="it is"), asked)

    assert q_of(asked) == "aa==11;b==2"
    assert [at(place) for place in (1, 6, 8, 11, 12)] == ["row-0", "row-0", "row-1", "row-1", "row-1"]
    assert field_of(context.QueryMalformed(parameter="coordinates", place=1, why="x"), asked) == "place"
    assert field_of(context.RequestInvalid(why="timerel comes with timeAt"), asked) == "since"
    assert field_of(context.RequestInvalid(why="something else"), asked) == ""
