"""The query language: what it reads, what it refuses, and what a document must hold to fit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.context.errors import QueryMalformed
from renkei.context.rules.asking import DEEPEST, LONGEST, MOST_TERMS, parse_q
from renkei.context.rules.fitting import matches
from renkei.context.rules.geo import wrong_with
from renkei.context.rules.selecting import has_scopes, has_types, parse_scopes, parse_types
from renkei.context.rules.subscribing.terms import read_term, stored_term
from renkei.context.types import All, AnyOf, Compare, Comparison, Document, Exists, Literal, Path, Range


def iri(name: str) -> str:
    return name if "://" in name else f"https://example.org/{name}"


def fit(q: str, doc: Document) -> bool:
    return matches(parse_q(q, expand=iri), doc)


def entity(**attributes: Any) -> Document:
    """An entity with one instance of a Property for each value, or with the instances given."""
    return {
        "id": "urn:ngsi-ld:Building:1",
        "type": [iri("Building")],
        "scope": ["/japan/tokyo"],
        "createdAt": "2026-05-01T09:00:00.000000Z",
        "modifiedAt": "2026-05-02T09:00:00.000000Z",
        "attrs": {
            iri(name): value
            if isinstance(value, list) and value and isinstance(value[0], dict) and "type" in value[0]
            else [{"type": "Property", "value": value}]
            for name, value in attributes.items()
        },
    }


def test_and_binds_more_closely_than_or():
    a, b, c = (Exists(Path(iri(name))) for name in "abc")

    assert parse_q("a|b;c", expand=iri) == AnyOf((a, All((b, c))))
    assert parse_q("(a|b);c", expand=iri) == All((AnyOf((a, b)), c))


def test_a_path_has_attributes_of_attributes_and_what_is_within_a_value():
    read = parse_q("address.source[street.number]==10..20,7", expand=iri)
    assert isinstance(read, Compare)
    assert read.path == Path(iri("address"), (iri("source"),), ("street", "number"))


def test_the_dots_of_a_full_iri_part_nothing():
    assert parse_q("https://uri.etsi.org/x/speed.observedAt", expand=iri) == Exists(
        Path("https://uri.etsi.org/x/speed", ("observedAt",))
    )


def test_a_range_and_a_list_of_values():
    assert parse_q("speed==10..20", expand=iri) == Compare(
        Path(iri("speed")), Comparison.EQUAL, (Range(10, 20),)
    )
    assert parse_q('color!="red",7', expand=iri) == Compare(
        Path(iri("color")), Comparison.UNEQUAL, (Literal("red", term=iri("red")), Literal(7))
    )


@pytest.mark.parametrize(
    "q",
    [
        "",
        "(",
        "a==",
        "a==b",
        "==3",
        "a;;b",
        "(a",
        "a)",
        "a>true",
        "a>urn:x:1",
        'a=="x',
        'a=="\\q"',
        'a=="\\ud800"',
        "a[",
        "a[]",
        "a..b",
        'a==1.."x"',
        "a~=(",
        "a==1 2",
        "a*",
        "(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1),
        ";".join("a" for _ in range(MOST_TERMS + 1)),
        "a" * (LONGEST + 1),
    ],
)
def test_what_is_no_query_is_refused(q: str):
    with pytest.raises(QueryMalformed):
        parse_q(q, expand=iri)


@given(st.text(alphabet='ab.[]();|,=!<>~"\\ 019-:TZ*+ué', max_size=40))
def test_any_text_is_read_or_refused(q: str):
    try:
        term = parse_q(q, expand=iri)
    except QueryMalformed:
        return
    assert matches(term, entity(a=1)) in (True, False)


BUILDING = entity(
    name="Eiffel Tower",
    level=4,
    full=False,
    colors=["red", "blue"],
    address={"street": "Main", "rooms": [{"no": 1}, {"no": 2}]},
    opened={"@type": "DateTime", "@value": "2026-05-01T11:00:00+02:00"},
    located=[{"type": "Relationship", "object": "urn:ngsi-ld:City:Pisa"}],
    title=[{"type": "LanguageProperty", "languageMap": {"en": "tower", "fr": "tour"}}],
    category=[{"type": "VocabProperty", "vocab": iri("commercial")}],
    spec=[{"type": "JsonProperty", "json": {"a": {"b": [1, "x"]}}}],
    route=[{"type": "ListRelationship", "objectList": ["urn:x:1", "urn:x:2"]}],
    track=[{"type": "ListProperty", "valueList": [1, 5]}],
    speed=[
        {
            "type": "Property",
            "value": 55,
            "unitCode": "KMH",
            "observedAt": "2026-05-01T08:00:00Z",
            "attrs": {iri("source"): [{"type": "Property", "value": "gps"}]},
        },
        {"type": "Property", "value": 54, "datasetId": "urn:d:1"},
    ],
)


FITTING = [
    'name=="Eiffel Tower"',
    'name~="^Eif.*r$"',
    "name!~=Pisa",
    'name!="Pisa Tower"',
    "name!=4",
    'name>"Ei"',
    "level==4",
    "level==4.0",
    "level==3..5",
    "level==1,2,4",
    "level!=5..6",
    "full==false",
    "full!=true",
    'colors=="blue"',
    'colors!="green"',
    'address[street]=="Main"',
    "address[rooms.no]==2",
    "address[street]",
    "opened==2026-05-01T09:00:00Z",
    "opened>2026-05-01",
    "located==urn:ngsi-ld:City:Pisa",
    'title[fr]=="tour"',
    'title[*]=="tower"',
    'title=="tour"',
    'category=="commercial"',
    'spec[a.b]=="x"',
    "spec[a.b]==1",
    "route==urn:x:2",
    "track>4",
    "speed==54",
    "speed!=55",
    "speed.observedAt<2026-05-01T09:00:00Z",
    'speed.unitCode=="KMH"',
    'speed.source=="gps"',
    "speed.source",
    "createdAt>=2026-05-01T09:00:00Z",
    'scope=="/japan/tokyo"',
    "id==urn:ngsi-ld:Building:1",
    "missing|level>3",
    "level>3;level<5",
]


@pytest.mark.parametrize("q", FITTING)
def test_the_building_fits(q: str):
    assert fit(q, BUILDING)


NOT_FITTING = [
    'level=="4"',
    "level==true",
    "full==0",
    "name>4",
    'colors!="red"',
    "missing",
    'missing!="x"',
    "opened<2026-05-01T09:00:00Z",
    'opened=="2026-05-01T09:00:00Z"',
    "located==urn:ngsi-ld:City:Paris",
    'title[de]=="tour"',
    'address=="Main"',
    "address[rooms]==1",
    "speed!=50..60",
    'located>"urn"',
    "located~=Pisa",
    "level!~=Pisa",
    "speed.missing",
    "level.value==4",
    "level>3;level<4",
]


@pytest.mark.parametrize("q", NOT_FITTING)
def test_the_building_does_not_fit(q: str):
    assert not fit(q, BUILDING)


def test_types_are_selected_by_all_of_one_group():
    selection = parse_types("(Building;Parking),Destination", expand=iri)
    assert has_types(selection, [iri("Building"), iri("Parking")])
    assert has_types(selection, [iri("Destination")])
    assert not has_types(selection, [iri("Building")])


@pytest.mark.parametrize("text", ["", "A;", "(A", "A)", "A B", ",A", "(" * 11 + "A" + ")" * 11])
def test_what_selects_no_types_is_refused(text: str):
    with pytest.raises(QueryMalformed):
        parse_types(text, expand=iri)


@pytest.mark.parametrize(
    ("query", "does"),
    [
        ("/Madrid/Gardens/ParqueNorte", True),
        ("/Madrid/+/ParqueNorte", True),
        ("/Madrid/#", True),
        ("/Madrid/Gardens/ParqueNorte/#", True),
        ("/#", True),
        ("/Madrid", False),
        ("/Madrid/+", False),
        ("/Paris/#,/Madrid/#", True),
        ("/Madrid/#;/CompanyA/#", False),
        ("/Mad/#", False),
    ],
)
def test_scopes(query: str, does: bool):
    assert has_scopes(parse_scopes(query), ["/Madrid/Gardens/ParqueNorte"]) is does
    assert not has_scopes(parse_scopes(query), [])


@pytest.mark.parametrize(
    "q",
    [
        'a=="red"',
        'a!="red",7,1.5',
        "a>2026-05-01T09:00:00Z;b.c[d.e]==1..2",
        "(a|b);c",
        "a==urn:x:y|a==true",
        'a~="^r"',
    ],
)
def test_a_term_that_is_kept_for_a_subscription_is_the_one_that_was_read(q):
    term = parse_q(q, expand=iri)
    assert read_term(stored_term(term)) == term


def test_a_geometry_collection_is_no_geometry_of_this_standard():
    point = {"type": "Point", "coordinates": [1, 2]}
    assert wrong_with(point) is None
    assert wrong_with({"type": "GeometryCollection", "geometries": [point]})
