"""What clients may send, in whatever form, and what they may not."""

from typing import Any

import msgspec
import pytest

from renkei.context.types import NULL, RequestInvalid
from renkei.kernel.refusals import Refusal
from renkei.wire.ngsild.errors import BodyTooLarge, BodyUnreadable
from renkei.wire.ngsild.reading import (
    read_attribute,
    read_body,
    read_entities,
    read_entity,
    read_fragment,
    read_identified,
    read_ids,
    read_merge,
    read_replacement,
    read_temporal_entity,
)
from tests.wire.ngsild.examples import CONTEXT, CORE, EX, VOCABULARY

POINT = {"type": "Point", "coordinates": [139.7, 35.7]}
CAMERA = "urn:ngsi-ld:Camera:3"


def entity(**attributes: Any) -> dict[str, Any]:
    return {"id": "urn:ngsi-ld:Vehicle:1", "type": "Vehicle", **attributes}


def only(given: Any, read: Any = read_entity) -> Any:
    """Return the instances that a `speed` of this becomes."""
    return read(entity(speed=given), CONTEXT)["attrs"][EX + "speed"]


def why(given: Any, read: Any = read_entity) -> str:
    with pytest.raises(RequestInvalid) as refused:
        read(given, CONTEXT)
    return str(refused.value.facts["why"])


def test_a_normalized_entity_is_expanded_whole():
    payload = entity(
        scope="japan/tokyo",
        speed=[
            {
                "type": "Property",
                "value": 55,
                "unitCode": "KMH",
                "observedAt": "2026-05-01T08:59:00Z",
                "createdAt": "2020-01-01T00:00:00Z",
                "source": {"type": "Relationship", "object": CAMERA, "objectType": "City"},
            },
            {"type": "Property", "value": 54, "datasetId": "urn:ngsi-ld:Dataset:gps"},
        ],
        location={"type": "GeoProperty", "value": POINT},
        unknown={"type": "Property", "value": {"@type": "DateTime", "@value": "2026-05-01T08:59:00Z"}},
    ) | {"@context": "https://example.org/context.jsonld", "modifiedAt": "2020-01-01T00:00:00Z"}

    assert read_entity(payload, CONTEXT) == {
        "id": "urn:ngsi-ld:Vehicle:1",
        "type": [EX + "Vehicle"],
        "scope": ["/japan/tokyo"],
        "attrs": {
            EX + "speed": [
                {
                    "type": "Property",
                    "value": 55,
                    "unitCode": "KMH",
                    "observedAt": "2026-05-01T08:59:00Z",
                    "attrs": {
                        EX + "source": [{"type": "Relationship", "object": CAMERA, "objectType": EX + "City"}]
                    },
                },
                {"type": "Property", "value": 54, "datasetId": "urn:ngsi-ld:Dataset:gps"},
            ],
            CORE + "location": [{"type": "GeoProperty", "value": POINT}],
            VOCABULARY + "unknown": [
                {"type": "Property", "value": {"@type": "DateTime", "@value": "2026-05-01T08:59:00Z"}}
            ],
        },
    }


KINDS = [
    (
        {"type": "Relationship", "object": [CAMERA, "urn:x:2"]},
        {"type": "Relationship", "object": [CAMERA, "urn:x:2"]},
    ),
    (
        {"type": "LanguageProperty", "languageMap": {"ja": "東京", "en": ["Tokyo", "Tokio"], "@none": "T"}},
        {"type": "LanguageProperty", "languageMap": {"ja": "東京", "en": ["Tokyo", "Tokio"], "@none": "T"}},
    ),
    ({"type": "VocabProperty", "vocab": "museum"}, {"type": "VocabProperty", "vocab": EX + "museum"}),
    (
        {"type": "VocabProperty", "vocab": ["museum", "City"]},
        {"type": "VocabProperty", "vocab": [EX + "museum", EX + "City"]},
    ),
    (
        {"type": "JsonProperty", "json": {"id": 1, "type": None, "value": []}},
        {"type": "JsonProperty", "json": {"id": 1, "type": None, "value": []}},
    ),
    ({"type": "ListProperty", "valueList": [1, [2]]}, {"type": "ListProperty", "valueList": [1, [2]]}),
    (
        {"type": "ListRelationship", "objectList": [CAMERA, {"object": "urn:x:2"}]},
        {"type": "ListRelationship", "objectList": [{"object": CAMERA}, {"object": "urn:x:2"}]},
    ),
]


@pytest.mark.parametrize(("given", "read"), KINDS)
def test_each_kind_is_read_normalized_and_concise(given: dict[str, Any], read: dict[str, Any]):
    concise = {member: value for member, value in given.items() if member != "type"}

    assert (only(given), only(concise)) == ([read], [read])


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (5, {"type": "Property", "value": 5}),
        ("text", {"type": "Property", "value": "text"}),
        ([1, {"a": 2}], {"type": "Property", "value": [1, {"a": 2}]}),
        ({"city": "Tokyo"}, {"type": "Property", "value": {"city": "Tokyo"}}),
        (
            {"type": "PostalAddress", "city": "Tokyo"},
            {"type": "Property", "value": {"type": "PostalAddress", "city": "Tokyo"}},
        ),
        (POINT, {"type": "GeoProperty", "value": POINT}),
        ({"value": POINT}, {"type": "GeoProperty", "value": POINT}),
        ({"type": "Property", "value": POINT}, {"type": "Property", "value": POINT}),
        ({"value": 5, "unitCode": "KMH"}, {"type": "Property", "value": 5, "unitCode": "KMH"}),
    ],
)
def test_what_has_no_kind_says_by_its_form_which_it_is(given: Any, read: dict[str, Any]):
    assert only(given) == [read]


def test_simplified_instances_are_told_apart_by_their_dataset():
    assert only({"dataset": {"@none": 5, "urn:ngsi-ld:Dataset:gps": {"vocab": "museum"}}}) == [
        {"type": "Property", "value": 5},
        {"type": "VocabProperty", "vocab": EX + "museum", "datasetId": "urn:ngsi-ld:Dataset:gps"},
    ]


RING = [[0, 0], [1, 0], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("Point", [0, 0, 40.5]),
        ("MultiPoint", [[0, 0]]),
        ("LineString", [[0, 0], [180, 90]]),
        ("MultiLineString", [[[0, 0], [1, 1]]]),
        ("Polygon", [RING]),
        ("MultiPolygon", [[RING, RING]]),
    ],
)
def test_every_sort_of_geometry_is_read(kind: str, coordinates: Any):
    geometry = {"type": kind, "coordinates": coordinates}

    assert only({"type": "GeoProperty", "value": geometry}) == [{"type": "GeoProperty", "value": geometry}]


BROKEN = [
    ({"type": "Vehicle"}, "/ must have the member id"),
    ({"id": "urn:a:b"}, "/ must have the member type"),
    (entity() | {"id": "vehicle"}, "/id must be a URI, not 'vehicle'"),
    (entity() | {"id": 5}, "/id must be a URI, not 5"),
    (entity() | {"type": []}, "/type must name a type"),
    (entity() | {"type": "type"}, "/type has a name that the @context turns into no IRI: 'type'"),
    (entity() | {"type": ["Vehicle", 1]}, "/type must be a name or an array of names, not 1"),
    (entity(scope="/a//b"), "/scope must be scopes such as /japan/tokyo, not '/a//b'"),
    (entity(speed=None), "/speed must have a value, not null"),
    (entity(speed={}), "/speed must have a value, not an empty object"),
    (entity(speed=[]), "/speed must have a value, not an array"),
    (entity(speed={"type": "Property"}), "/speed must have the member value"),
    (entity(speed={"type": "Property", "value": None}), "/speed/value must be a value, not null"),
    (
        entity(speed={"type": "Property", "value": NULL}),
        f"/speed/value must be a value, and {NULL} takes one away",
    ),
    (entity(speed=NULL), f"/speed must have a value, and {NULL} takes one away"),
    (entity(speed={"type": "Number", "value": 1}), "/speed/type must be a kind of attribute, not 'Number'"),
    (
        entity(speed={"type": ["Property"], "value": 1}),
        "/speed/type must be a kind of attribute, not an array",
    ),
    (
        entity(speed={"type": "Property", "value": 1, "object": CAMERA}),
        "/speed/object must not stand in a Property",
    ),
    (entity(speed={"value": 1, "object": CAMERA}), "/speed must have one of value and object"),
    (entity(speed={"unitCode": "KMH"}), "/speed must have a value"),
    (
        entity(isParked={"type": "Relationship", "object": "here"}),
        "/isParked/object must be a URI, not 'here'",
    ),
    (entity(isParked={"object": [CAMERA, 2]}), "/isParked/object/1 must be a URI, not 2"),
    (entity(isParked={"object": []}), "/isParked/object must be a URI, not an array"),
    (entity(isParked={"objectList": [{"object": "x"}]}), "/isParked/objectList/0 must be a URI, not 'x'"),
    (entity(street={"languageMap": {}}), "/street/languageMap must have a language"),
    (
        entity(street={"languageMap": {"ja": 5}}),
        "/street/languageMap/ja must be a text or an array of texts, not 5",
    ),
    (entity(street={"languageMap": {"日": "x"}}), "/street/languageMap has '日', which is no language tag"),
    (entity(street={"vocab": 5}), "/street/vocab must be a word of the @context or several, not 5"),
    (entity(street={"valueList": 5}), "/street/valueList must be an array, not 5"),
    (
        entity(speed={"value": 1, "observedAt": "2026-02-30T00:00:00Z"}),
        "/speed/observedAt must be a date and time in UTC such as 2026-05-01T09:00:00Z, not '2026-02-30T00:00:00Z'",
    ),
    (
        entity(speed={"value": 1, "observedAt": "2026-05-01T09:00:00+09:00"}),
        "/speed/observedAt must be a date and time in UTC such as 2026-05-01T09:00:00Z, not '2026-05-01T09:00:00+09:00'",
    ),
    (entity(speed={"value": 1, "datasetId": "gps"}), "/speed/datasetId must be a URI, not 'gps'"),
    (entity(speed=[{"value": 1}, {"value": 2}]), "/speed/1 is a second instance by default"),
    (
        entity(speed=[{"value": 1, "datasetId": "urn:a:b"}, {"value": 2, "datasetId": "urn:a:b"}]),
        "/speed/1 is a second instance of urn:a:b",
    ),
    (entity(speed=[{"value": 1}, 2]), "/speed/1 must be an instance of the attribute, not 2"),
    (
        entity(speed={"value": 1, "source": {"type": "Relationship", "object": "x"}}),
        "/speed/source/object must be a URI, not 'x'",
    ),
    (entity() | {"a(b": 1}, "/a(b has a name with characters that are not allowed: 'a(b'"),
    (entity() | {"a/b": None}, "/a~1b must have a value, not null"),
    (
        entity(speed=1) | {EX + "speed": 2},
        "/https:~1~1example.org~1speed stands for the same attribute as another name",
    ),
]


@pytest.mark.parametrize(("given", "said"), BROKEN)
def test_a_broken_rule_is_named_with_its_place(given: dict[str, Any], said: str):
    assert why(given) == said


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ("[1, 2]", "must be a GeoJSON geometry, not '[1, 2]'"),
        ({"type": "Circle", "coordinates": [0, 0]}, "/type must be a type of GeoJSON geometry, not 'Circle'"),
        ({"type": [], "coordinates": [0, 0]}, "/type must be a type of GeoJSON geometry, not an array"),
        ({"type": "Point"}, "must have coordinates"),
        (
            {"type": "Point", "coordinates": [181, 0]},
            "/coordinates must lie within ±180 and ±90 degrees, not at 181, 0",
        ),
        (
            {"type": "Point", "coordinates": [1]},
            "/coordinates must be a position [longitude, latitude], not an array",
        ),
        ({"type": "Point", "coordinates": ["1", 2]}, "/coordinates must be numbers, not '1'"),
        ({"type": "Point", "coordinates": [True, 2]}, "/coordinates must be numbers, not true"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
            "/coordinates/0 must be a closed ring: its last position is its first",
        ),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]},
            "/coordinates/0 must be an array of at least 4, not an array",
        ),
    ],
)
def test_a_geometry_is_checked(geometry: Any, said: str):
    place = "/speed/value" + ("" if said.startswith("/") else " ")

    assert why(entity(speed={"type": "GeoProperty", "value": geometry})) == place + said


@pytest.mark.parametrize(
    "given",
    [
        {"id": "x" * 100_000},
        entity() | {"x" * 100_000: 1},
        entity(speed={"value": 1, "observedAt": "2" * 100_000}),
        entity(speed={"type": "x" * 100_000, "value": 1}),
    ],
)
def test_a_refusal_does_not_repeat_all_that_was_sent(given: dict[str, Any]):
    assert len(why(given)) < 500


def test_a_fragment_takes_away_with_a_null():
    payload = {
        "scope": NULL,
        "speed": {"type": "Property", "value": NULL, "datasetId": "urn:a:b"},
        "street": {"type": "LanguageProperty", "languageMap": {"@none": NULL}},
        "isParked": NULL,
    }

    assert read_fragment(payload, CONTEXT) == {
        "scope": [NULL],
        "attrs": {
            EX + "speed": [{"type": "Property", "value": NULL, "datasetId": "urn:a:b"}],
            EX + "street": [{"type": "LanguageProperty", "languageMap": NULL}],
            EX + "isParked": [{"type": "Property", "value": NULL}],
        },
    }


def test_only_a_merge_may_leave_the_value_as_it_is():
    payload = {"speed": {"unitCode": "KMH", "source": {"value": "gps"}}, "name": {"source": {"value": 1}}}

    assert read_merge(payload, CONTEXT)["attrs"] == {
        EX + "speed": [{"unitCode": "KMH", "attrs": {EX + "source": [{"type": "Property", "value": "gps"}]}}],
        EX + "name": [{"attrs": {EX + "source": [{"type": "Property", "value": 1}]}}],
    }
    assert why({"speed": {"unitCode": "KMH"}}, read_fragment) == "/speed must have a value"
    assert why(payload, read_identified) == "/ must have the member id"


def test_an_attribute_alone_may_be_partial_or_whole():
    partial = {"observedAt": "2026-05-01T09:00:00Z", "@context": "https://example.org/context.jsonld"}

    assert read_attribute(partial, CONTEXT, name="speed") == [{"observedAt": "2026-05-01T09:00:00Z"}]
    assert read_attribute({"vocab": "museum"}, CONTEXT, name="x") == [
        {"type": "VocabProperty", "vocab": EX + "museum"}
    ]
    with pytest.raises(RequestInvalid, match="/speed must have a value, not an empty object"):
        read_attribute({}, CONTEXT, name="speed")
    with pytest.raises(RequestInvalid, match="/speed must have a value"):
        read_replacement(partial, CONTEXT, name="speed")


def test_a_temporal_entity_has_one_dataset_many_times():
    instances = [
        {"type": "Property", "value": value, "observedAt": f"2026-05-01T09:0{value}:00Z"}
        for value in (1, 2, 3)
    ]

    assert only([{**one, "instanceId": "urn:x:1"} for one in instances], read_temporal_entity) == instances


def test_one_bad_entity_of_a_batch_does_not_spoil_the_others():
    missing = RequestInvalid(why="no context")

    first, second, third = read_entities(
        [entity(speed=1), {"id": "x"}, entity()], [CONTEXT, CONTEXT, missing]
    )

    assert first == read_entity(entity(speed=1), CONTEXT)
    assert isinstance(second, Refusal)
    assert second.facts == {"why": "/id must be a URI, not 'x'"}
    assert third is missing


def test_a_batch_is_an_array_with_something_in_it():
    for given in ({}, [], None):
        with pytest.raises(RequestInvalid, match="must be an array with an element"):
            read_entities(given, [])
    good, bad = read_ids([CAMERA, "camera"])
    assert good == CAMERA
    assert isinstance(bad, RequestInvalid)


def test_what_is_no_object_is_no_entity():
    for given in ([], "x", None, 5):
        with pytest.raises(BodyUnreadable):
            read_entity(given, CONTEXT)


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":,}', b'"\xff"', b"NaN", b'"\\ud800"'])
def test_what_is_no_json_is_unreadable(body: bytes):
    with pytest.raises(BodyUnreadable):
        read_body(body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a":"b\\u0000"}', "NUL"),
        (b'{"a\\u0000":1}', "NUL"),
        (b"1e400", "double"),
        (b"[-1" + b"0" * 400 + b"]", "double"),
        (b"[" * 65 + b"]" * 65, "deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "deep"),
    ],
)
def test_what_no_database_keeps_is_refused(body: bytes, said: str):
    with pytest.raises(RequestInvalid, match=said):
        read_body(body)


def test_what_only_looks_too_much_is_read():
    payload = {
        "brackets": "[{" * 500,
        "digits": "1" * 400,
        "escaped": "\\u0000",
        "deep": msgspec.Raw(b"[" * 62 + b"]" * 62),
    }

    assert read_body(msgspec.json.encode(payload))["escaped"] == "\\u0000"


def test_a_body_has_a_limit():
    assert read_body(b"[1]", limit=3) == [1]
    with pytest.raises(BodyTooLarge):
        read_body(b"[1, 2]", limit=3)
